// What a role may do in one collection: which actions, on which records, in which fields.

import { fill, h } from '../lib/dom.js';
import { isLink, titleOf } from '../lib/fields.js';
import { ACTIONS } from '../lib/rights.js';
import { button, checklist, checkbox, formDialog, select } from '../ui/form.js';

/** Opens the form for one collection; the list of them is drawn anew when it was saved. */
export async function collectionRights({ context: { api, toast }, role, path, changed }, collection, entry) {
  const scopes = await api.all('dataSources/main/rolesResourcesScopes:list').catch(() => []);
  const usable = scopes.filter((scope) => scope.key !== 'all' && (!scope.resourceName || scope.resourceName === collection.name));
  const ownable = collection.fields.some((field) => field.name === 'createdById');
  const given = Object.fromEntries((entry?.actions ?? []).map((one) => [one.name, one]));
  const lines = ACTIONS.map((action) => line(action, collection, given[action.name], usable, ownable));
  const others = (entry?.actions ?? []).filter((one) => !ACTIONS.some((action) => action.name === one.name));
  const all = button('Full access', () => lines.forEach((one) => one.whole()), { kind: 'small' });
  const none = button('Nothing', () => lines.forEach((one) => one.nothing()), { kind: 'small' });
  let general = false;
  const back = (send) => entry && button('Back to the general rule', () => {
    general = true;
    send();
  }, { kind: 'quiet' });
  const done = await formDialog({
    title: `${role.title || role.name} in ${collection.title || collection.name}`, wide: true, action: 'Save permissions', left: back,
    content: h('div', { class: 'stack' }, h('div', { class: 'row' }, all, none), h('div', { class: 'right-lines' }, lines.map((one) => one.element))),
    submit: async () => {
      if (general) {
        general = false;
        await api.call(`${path}/dataSourceResources:destroy`, { filterByTk: collection.name }, {});
        toast.success('The general rule holds again.');
        return;
      }
      const actions = lines.map((one) => one.read()).filter(Boolean);
      const kept = others.map(({ name, fields, scopeId }) => ({ name, fields, ...(scopeId && { scopeId }) }));
      await api.call('roles:applyDataPermissions', { filterByTk: role.name }, { resources: [{ name: collection.name, actions: [...actions, ...kept] }] });
      toast.success('The permissions were saved.');
    },
  });
  if (done) await changed();
}

function line(action, collection, given, scopes, ownable) {
  const may = checkbox(action.title, { checked: !!given, hint: action.about });
  // A filter written into the role itself has no id; it is kept unless another choice is made.
  const inline = given?.scope && !given.scopeId && !given.scope.key ? given.scope : null;
  const options = [['1', 'All records'], ...scopes.map((scope) => [String(scope.id), scope.name]), ...(inline ? [['kept', 'Records of a condition']] : [])];
  const scope = action.scope ? select(options, inline ? 'kept' : String(given?.scopeId ?? 1), { 'aria-label': `${action.title}: which records` }) : null;
  const warning = h('p', { class: 'hint' });
  const warn = () => fill(warning, scope?.value === '2' && !ownable && 'This collection does not keep who created a record, so “own” would allow nothing.');
  scope?.addEventListener('change', warn);
  const names = collection.fields.filter((field) => !field.hidden && field.type !== 'sort' && (action.name === 'view' ? field.type !== 'password' : !field.autoIncrement));
  const every = select([['all', 'All fields'], ['some', 'Chosen fields']], given?.fields ? 'some' : 'all', { 'aria-label': `${action.title}: which fields` });
  const chosen = checklist('Fields', names.map((field) => [field.name, titleOf(field), isLink(field) ? `→ ${field.target}` : undefined]), given?.fields ?? names.map((field) => field.name));
  chosen.classList.add('columns');
  const limits = h('div', { class: 'row' }, scope, action.fields && every);
  const details = h('div', { class: 'right-details' }, limits, warning, action.fields && chosen);
  const show = () => {
    details.hidden = !may.box.checked;
    chosen.hidden = every.value !== 'some';
    limits.hidden = !scope && !action.fields;
  };
  [may.box, every].forEach((one) => one.addEventListener('change', show));
  show();
  warn();
  const set = (yes) => {
    may.box.checked = yes;
    every.value = 'all';
    if (scope) scope.value = '1';
    show();
    warn();
  };
  return {
    element: h('div', { class: 'right-line' }, may, details),
    whole: () => set(true),
    nothing: () => set(false),
    read: () => {
      if (!may.box.checked) return null;
      const fields = action.fields && every.value === 'some' ? chosen.chosen() : null;
      if (action.fields && fields?.length === 0) throw new Error(`${action.title}: choose at least one field, or take the action away.`);
      const which = scope?.value;
      return { name: action.name, fields, ...(which === 'kept' ? { scope: inline } : which && which !== '1' ? { scopeId: Number(which) } : { scope: null }) };
    },
  };
}
