// One record in a panel: made, changed, or only looked at. Sends what was changed and nothing else.

import { h } from '../lib/dom.js';
import { editable, isLink, isSystem, labelOf, shownValue, titleOf } from '../lib/fields.js';
import { openDialog } from '../ui/dialog.js';
import { editor } from '../ui/editor.js';
import { button, formDialog } from '../ui/form.js';

/** Records a relation may lead to; more are left to programs. */
const TARGETS_MAX = 200;

/** Answers whether something was written. */
export async function recordForm(context, { collection }, row, mayChange = true) {
  if (row && !mayChange) return look(collection, row);
  const { api, session, toast } = context;
  const writable = session.writable(collection.name, row ? 'update' : 'create');
  const fields = editable(collection).filter((field) => !writable || writable.has(field.name));
  const targets = await targetsOf(context, fields);
  const editors = fields.map((field) => ({ field, ...editor(field, row ? row[field.name] : undefined, { targets: targets[field.name], isNew: !row }) }));
  const kept = row && collection.fields.filter((field) => isSystem(field) && !field.isForeignKey && row[field.name] !== undefined);
  const key = collection.filterTargetKey ?? 'id';
  const title = collection.title || collection.name;
  return formDialog({
    title: row ? `${title}: record ${row[key]}` : `Add to ${title}`, side: true, action: row ? 'Save' : 'Add record',
    content: h('div', { class: 'stack' }, editors.map((one) => one.element),
      editors.length === 0 && h('p', { class: 'muted' }, 'The role you act in may write no field of this collection.'),
      kept?.length > 0 && h('dl', { class: 'facts' }, kept.map((field) => [h('dt', {}, titleOf(field)), h('dd', {}, shownValue(field, row[field.name]))]))),
    submit: async () => {
      const values = changed(editors, row);
      if (row && Object.keys(values).length === 0) return false;
      if (row) await api.call(`${collection.name}:update`, { filterByTk: row[key] }, values);
      else await api.call(`${collection.name}:create`, undefined, values);
      toast.success(row ? 'The record was saved.' : 'The record was added.');
      return true;
    },
  });
}

function changed(editors, row) {
  const values = {};
  for (const { field, read } of editors) {
    const value = read();
    const before = row ? row[field.name] : undefined;
    if (value === undefined || (!row && value === null)) continue;
    const same = field.type === 'date' && value && before ? new Date(value).getTime() === Math.floor(new Date(before).getTime() / 1000) * 1000 : JSON.stringify(value) === JSON.stringify(before ?? null);
    if (row && same && !isLink(field)) continue;
    values[field.name] = value;
  }
  return values;
}

/** For each relation to one record: those that can be chosen, by key and name. */
async function targetsOf({ api }, fields) {
  const one = async (field) => {
    const found = await api.call(`${field.target}:list`, { pageSize: TARGETS_MAX }).catch(() => null);
    return found && [field.name, found.data.map((record) => [record[field.targetKey ?? 'id'], `${labelOf(record)} (#${record.id})`])];
  };
  const lists = await Promise.all(fields.filter((field) => field.type === 'belongsTo').map(one));
  return Object.fromEntries(lists.filter(Boolean));
}

async function look(collection, row) {
  const shown = collection.fields.filter((field) => row[field.name] !== undefined && !field.isForeignKey);
  const close = button('Close', () => dialog.close());
  const dialog = openDialog({
    title: `${collection.title || collection.name}: record ${row[collection.filterTargetKey ?? 'id']}`, side: true, footer: close,
    content: h('div', { class: 'stack' }, h('p', { class: 'hint' }, 'The role you act in may not change this record.'),
      h('dl', { class: 'facts' }, shown.map((field) => [h('dt', {}, titleOf(field)), h('dd', {}, shownValue(field, row[field.name]))]))),
  });
  await dialog.closed;
  return false;
}
