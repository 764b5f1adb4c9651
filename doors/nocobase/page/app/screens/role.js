// One role: what it may do in single collections, in all of them, in the administration, and who holds it.

import { fill, h } from '../lib/dom.js';
import { ACTIONS, SNIPPETS, allowsPart, entryInWords, snippetRules, strategyActions, strategyOf } from '../lib/rights.js';
import { link } from '../lib/router.js';
import { button, checkbox, field, formDialog, input, select } from '../ui/form.js';
import { head } from '../ui/layout.js';
import { table } from '../ui/table.js';
import { collectionRights } from './role-collection.js';
import { members } from './role-members.js';
import { BUILTIN, remove } from './roles.js';

export async function roleScreen(container, context, name) {
  const { api, navigate } = context;
  const path = `roles/${encodeURIComponent(name)}`;
  const [{ data: role }, collections, entries] = await Promise.all([
    api.call('roles:get', { filterByTk: name }),
    api.all('collections:list', { appends: ['fields'] }),
    api.all(`${path}/dataSourceResources:list`, { appends: ['actions', 'actions.scope'] }),
  ]);
  if (!role) throw new Error(`There is no role “${name}”.`);
  const fixed = role.name === 'root';
  const places = { collections: h('div', {}), members: h('div', {}) };
  const view = { context, role, collections, entries, path };
  const own = () => role.name === context.session.role && context.refresh();
  // Only what has changed is drawn anew: what was chosen elsewhere and not saved yet stays.
  view.changed = async () => {
    [{ data: view.role }, view.entries] = await Promise.all([
      api.call('roles:get', { filterByTk: name }), api.all(`${path}/dataSourceResources:list`, { appends: ['actions', 'actions.scope'] })]);
    await own();
    fill(places.collections, collectionsCard(view));
  };
  view.drawMembers = async () => fill(places.members, await members(view));
  fill(container,
    head(role.title || role.name, {
      back: [link('roles'), 'Roles'],
      about: fixed ? 'The root role may do everything. Only people who hold it can give it to others.' : ['Programs call it ', h('code', {}, role.name), '. Changes hold from the next request on, for people and for keys.'],
      actions: [
        !fixed && button('Edit', () => edit(context, role, () => roleScreen(container, context, name)), { mark: 'edit' }),
        !BUILTIN.has(role.name) && button('Delete', () => remove(context, role, () => navigate(link('roles'))), { kind: 'quiet danger', mark: 'trash' }),
      ],
    }),
    !fixed && fill(places.collections, collectionsCard(view)),
    !fixed && generalCard(view),
    !fixed && administrationCard(view),
    places.members);
  await view.drawMembers();
}

const card = (title, about, ...content) => h('section', { class: 'card', 'aria-label': title },
  h('div', { class: 'card-head' }, h('div', {}, h('h2', {}, title), h('p', { class: 'hint' }, about))), content);

function collectionsCard(view) {
  const { collections, entries, role } = view;
  if (!collections.length) return card('Single collections', 'Make a collection first, then say here what the role may do in it.');
  const entryOf = (one) => entries.find((entry) => entry.name === one.name && entry.usingActionsConfig);
  const general = Object.keys(strategyOf(role.strategy?.actions)).length > 0;
  const state = (one) => {
    const entry = entryOf(one);
    if (!entry) return h('span', { class: 'muted' }, general ? 'as in every collection' : 'nothing');
    const words = entryInWords(entry);
    return h('span', { class: `badge ${words === 'everything' ? 'ok' : words === 'nothing' ? '' : 'accent'} wrap` }, words);
  };
  return card('Single collections', 'What is set here holds instead of the general rule below.', table([
    { title: 'Collection', cell: (one) => [h('span', { class: 'strong' }, one.title || one.name), h('span', { class: 'sub mono' }, one.name)] },
    { title: 'The role may', cell: state },
    { title: 'Actions', hiddenTitle: true, class: 'actions', cell: (one) => [
      entryInWords(entryOf(one) ?? {}) !== 'everything' && button('Full access', () => fullAccess(view, one), { kind: 'small quiet', 'aria-label': `Full access to ${one.title || one.name}` }), ' ',
      button('Configure', () => collectionRights(view, one, entryOf(one)), { kind: 'small', 'aria-label': `Configure ${one.title || one.name}` })] },
  ], collections, { caption: 'What the role may do in single collections' }));
}

async function fullAccess({ context: { api, toast }, role, changed }, collection) {
  const actions = ACTIONS.map((one) => ({ name: one.name, fields: null, scope: null }));
  try {
    await api.call('roles:applyDataPermissions', { filterByTk: role.name }, { resources: [{ name: collection.name, actions }] });
    toast.success(`${role.title || role.name} has full access to ${collection.title || collection.name}.`);
  } catch (error) {
    toast.error(error.message);
  }
  await changed();
}

function generalCard(view) {
  const { context: { api, toast }, role, changed } = view;
  const given = strategyOf(role.strategy?.actions);
  const lines = ACTIONS.map((action) => {
    const choice = select([['', 'No'], ['all', action.scope ? 'All records' : 'Yes'], ...(action.scope ? [['own', 'Own records']] : [])], given[action.name] ?? '', { class: 'input' });
    return { action, choice, element: field(action.title, choice, { hint: action.about }) };
  });
  const save = button('Save general rule', async () => {
    const chosen = Object.fromEntries(lines.filter((one) => one.choice.value).map((one) => [one.action.name, one.choice.value]));
    const { strategy } = view.role;
    await api.call('roles:update', { filterByTk: role.name }, { strategy: { ...strategy, actions: strategyActions(chosen, strategy?.actions) } });
    toast.success('The general rule was saved.');
    await changed();
  }, { kind: 'primary' });
  return card('Every other collection', 'The general rule, also for collections that are made later. Own records are those one created.',
    h('div', { class: 'card-body' }, h('div', { class: 'pair four' }, lines.map((one) => one.element))), h('div', { class: 'card-foot' }, save));
}

function administrationCard(view) {
  const { context: { api, toast }, role, changed } = view;
  const boxes = SNIPPETS.map((one) => Object.assign(checkbox(one.title, { hint: one.about, checked: allowsPart(role.snippets ?? [], one.name) }), { snippet: one.name }));
  const save = button('Save administration', async () => {
    const ticked = boxes.filter((one) => one.box.checked).map((one) => one.snippet);
    await api.call('roles:update', { filterByTk: role.name }, { snippets: snippetRules(view.role.snippets ?? [], ticked) });
    toast.success('What the role may administer was saved.');
    await changed();
  }, { kind: 'primary' });
  return card('Administration', 'Parts of this server the role may manage.',
    h('div', { class: 'card-body' }, h('div', { class: 'checklist' }, boxes)), h('div', { class: 'card-foot' }, save));
}

async function edit({ api, toast }, role, again) {
  const title = input({ value: role.title ?? '', maxlength: 200 });
  const about = input({ value: role.description ?? '', maxlength: 500 });
  const everybody = checkbox('New users get this role', { checked: role.default === true });
  const done = await formDialog({
    title: 'Edit role', content: h('div', { class: 'stack' }, field('Title', title, { required: true }), field('Description', about), everybody),
    submit: async () => {
      await api.call('roles:update', { filterByTk: role.name }, { title: title.value.trim(), description: about.value.trim() || null, default: everybody.box.checked });
      toast.success('The role was saved.');
    },
  });
  if (done) await again();
}
