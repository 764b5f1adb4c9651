// What a role may do, in the words of the screens and in those of the dialect.

import { allowsSnippet, globbed } from './session.js';

/** Actions on records: name, words, whether single records and fields can be named. */
export const ACTIONS = [
  { name: 'view', title: 'View', about: 'list and read records', fields: true, scope: true },
  { name: 'create', title: 'Add', about: 'create records', fields: true, scope: false },
  { name: 'update', title: 'Edit', about: 'change records', fields: true, scope: true },
  { name: 'destroy', title: 'Delete', about: 'delete records', fields: false, scope: true },
  { name: 'export', title: 'Export', about: 'download what may be viewed as a sheet', fields: true, scope: true },
  { name: 'importXlsx', title: 'Import', about: 'create records from a sheet', fields: true, scope: false },
];

/** Parts of the administration a role can be given. */
export const SNIPPETS = [
  { name: 'pm.api-keys.configuration', title: 'Manage API keys', about: 'Create and delete one’s own keys. A key acts in one of the roles its owner holds.' },
  { name: 'pm.data-source-manager.data-source-main', title: 'Manage collections and fields', about: 'Create, change and delete collections with everything in them.' },
  { name: 'pm.acl.roles', title: 'Manage roles and permissions', about: 'Decide what every role may do.' },
  { name: 'pm.users', title: 'Manage users', about: 'Create people, give them roles, set passwords.' },
  { name: 'ui.*', title: 'Edit pages', about: 'Create and change pages with script blocks.' },
];

const NAMES = SNIPPETS.map((one) => one.name);

/** What a rule of one part is tried on. */
const probe = (name) => name.replace('*', 'uiSchemas');

/** Whether the rules of a role allow a part. */
export const allowsPart = (rules, name) => allowsSnippet(rules, probe(name));

/** The rules of a role after these parts were ticked. Rules this page has no words for stay, and allow no more than they did. */
export function snippetRules(before, ticked) {
  let kept = before.filter((rule) => !NAMES.includes(rule.replace(/^!/, '')));
  // A wide rule against what was ticked would win: it goes, and with it every wide rule it was holding back.
  const against = kept.filter((rule) => rule.startsWith('!') && ticked.some((name) => globbed(rule.slice(1), probe(name))));
  if (against.length) {
    const held = (rule) => rule.includes('*') || against.some((no) => globbed(no.slice(1), rule));
    kept = kept.filter((rule) => !against.includes(rule) && (rule.startsWith('!') || !held(rule)));
  }
  const rules = [...kept, ...ticked.filter((name) => !allowsPart(kept, name))];
  const no = NAMES.filter((name) => !ticked.includes(name) && (allowsPart(rules, name) || before.includes(`!${name}`)));
  return [...no.map((name) => `!${name}`), ...rules];
}

/** A strategy as `{ view: 'all', update: 'own' }`. */
export function strategyOf(actions = []) {
  const given = {};
  for (const one of actions ?? []) {
    const [name, predicate] = one.split(':');
    const names = name === '*' ? ACTIONS.map((action) => action.name) : [name];
    for (const action of names) if (given[action] !== 'all') given[action] = predicate && predicate !== 'all' ? predicate : 'all';
  }
  return given;
}

/** The same as the dialect writes it. Actions this page has no words for stay. */
export function strategyActions(given, before = []) {
  const others = (before ?? []).filter((one) => one.split(':')[0] !== '*' && !ACTIONS.some((action) => action.name === one.split(':')[0]));
  return [...ACTIONS.filter((action) => given[action.name]).map((action) => (given[action.name] === 'all' ? action.name : `${action.name}:${given[action.name]}`)), ...others];
}

/** An entry of a role for a collection, in short. */
export function entryInWords(entry) {
  const known = (entry.actions ?? []).filter((one) => ACTIONS.some((action) => action.name === one.name));
  if (known.length === 0) return 'nothing';
  const whole = known.every((one) => !one.fields && !one.scopeId && !one.scope) && known.length === ACTIONS.length;
  if (whole) return 'everything';
  return known.map((one) => {
    const action = ACTIONS.find((each) => each.name === one.name);
    const own = one.scope?.key === 'own' || one.scopeId === 2 ? ' own' : one.scopeId || (one.scope && one.scope.key !== 'all') ? ' some' : '';
    return `${action.title.toLowerCase()}${own}`;
  }).join(', ');
}
