// The structure of one collection: its fields, its title, its end.

import { fill, h } from '../lib/dom.js';
import { isSystem, titleOf } from '../lib/fields.js';
import { kindTitle } from '../lib/kinds.js';
import { link } from '../lib/router.js';
import { confirm } from '../ui/dialog.js';
import { button, field, formDialog, input, textarea } from '../ui/form.js';
import { head } from '../ui/layout.js';
import { table } from '../ui/table.js';
import { STRUCTURE, remove } from './collections.js';
import { fieldForm } from './field-form.js';

export async function structure(container, context, name) {
  const { api, session, navigate } = context;
  const all = await api.all('collections:list', { appends: ['fields'] });
  const collection = all.find((one) => one.name === name);
  if (!collection) throw new Error(`There is no collection “${name}”, or the role you act in may not see it.`);
  const manages = session.may(STRUCTURE);
  const again = () => structure(container, context, name);
  const actions = [
    h('a', { class: 'button', href: link('records', name) }, 'Records'),
    manages && button('Rename', () => rename(context, collection, again), { mark: 'edit' }),
    manages && button('Add field', () => addField(context, collection, all, again), { kind: 'primary', mark: 'plus' }),
  ];
  fill(container,
    head(collection.title || name, { back: [link('collections'), 'Collections'], about: ['Programs call it ', h('code', {}, name), '. Its records are at ', h('code', {}, `${new URL(api.base).pathname}${name}:list`), '.'], actions }),
    fieldTable(context, collection, manages, again),
    manages && h('section', { class: 'card danger-zone' }, h('div', { class: 'card-body' },
      h('h2', {}, 'Delete this collection'), h('p', { class: 'muted' }, 'Deletes the collection and every record in it.'),
      h('div', {}, button('Delete collection', () => remove(context, collection, () => navigate(link('collections'))), { kind: 'danger', mark: 'trash' })))));
}

function fieldTable(context, collection, manages, again) {
  const rank = (one) => (one.primaryKey ? 0 : isSystem(one) || one.isForeignKey || one.type === 'sort' ? 2 : 1);
  const rows = [...collection.fields].sort((a, b) => rank(a) - rank(b));
  return table([
    { title: 'Field', cell: (one) => [h('span', { class: 'strong' }, titleOf(one)), h('span', { class: 'sub mono' }, one.name)] },
    { title: 'Type', cell: (one) => [kindTitle(one), one.target && h('span', { class: 'muted' }, ` → ${one.target}`)] },
    { title: 'Rules', cell: (one) => marks(one) },
    { title: 'Actions', hiddenTitle: true, class: 'actions', cell: (one) => manages && rank(one) === 1 && [
      button('Edit', () => editField(context, collection, one, again), { kind: 'small quiet', 'aria-label': `Edit the field ${titleOf(one)}` }),
      button('', () => removeField(context, collection, one, again), { kind: 'small quiet danger icon-only', mark: 'trash', 'aria-label': `Delete the field ${titleOf(one)}` })] },
  ], rows, { caption: `Fields of ${collection.title || collection.name}` });
}

function marks(field) {
  const said = [
    field.primaryKey && 'primary key', field.autoIncrement && 'made by the server', field.allowNull === false && !field.primaryKey && 'required',
    field.unique && 'unique', field.hidden && 'hidden', field.isForeignKey && 'foreign key', (isSystem(field) || field.type === 'sort') && !field.isForeignKey && 'kept by the server',
  ].filter(Boolean);
  return said.length ? h('span', { class: 'badges' }, said.map((one) => h('span', { class: 'badge' }, one))) : h('span', { class: 'nothing' }, '–');
}

async function addField({ api, toast }, collection, collections, again) {
  const form = fieldForm({ collections });
  const made = await formDialog({
    title: `Add a field to ${collection.title || collection.name}`, content: form.element, action: 'Add field',
    submit: async () => {
      const values = form.read();
      await api.call(`collections/${collection.name}/fields:create`, undefined, values);
      toast.success(`${titleOf(values)} was added.`);
    },
  });
  if (made) again();
}

/** Title and choices; the type and the name stay, as programs rest on them. */
async function editField({ api, toast }, collection, one, again) {
  const title = input({ value: one.uiSchema?.title ?? '', maxlength: 200 });
  const given = one.uiSchema?.enum;
  const line = (choice) => (typeof choice === 'object' ? choice.label ?? choice.value : choice);
  const choices = given && textarea({ rows: 5, value: given.map(line).join('\n') });
  const done = await formDialog({
    title: `Edit the field ${titleOf(one)}`,
    content: h('div', { class: 'stack' }, field('Title', title, { required: true, hint: ['Programs go on calling it ', h('code', {}, one.name), '.'] }),
      choices && field('Choices', choices, { required: true, hint: 'One a line. Records keep what they hold, also of a choice that is taken away.' })),
    submit: async () => {
      const uiSchema = { ...one.uiSchema, title: title.value.trim() };
      // A choice that is called as before keeps its value.
      if (choices) uiSchema.enum = [...new Set(choices.value.split('\n').map((text) => text.trim()).filter(Boolean))].map((text) => given.find((choice) => line(choice) === text) ?? { value: text, label: text });
      await api.call(`collections/${collection.name}/fields:update`, { filterByTk: one.name }, { uiSchema });
      toast.success('The field was saved.');
    },
  });
  if (done) again();
}

async function rename({ api, toast }, collection, again) {
  const title = input({ value: collection.title ?? '', maxlength: 200 });
  const done = await formDialog({
    title: 'Rename collection', action: 'Rename',
    content: field('Title', title, { required: true, hint: `Only what people read changes: programs go on calling it “${collection.name}”.` }),
    submit: async () => {
      await api.call('collections:update', { filterByTk: collection.name }, { title: title.value.trim() });
      toast.success('The collection was renamed.');
    },
  });
  if (done) again();
}

async function removeField({ api, toast }, collection, one, again) {
  const sure = await confirm({
    title: `Delete the field ${titleOf(one)}?`, action: 'Delete field', danger: true,
    message: `Its value is deleted in every record of ${collection.title || collection.name}. This cannot be undone.`,
  });
  if (!sure) return;
  try {
    await api.call(`collections/${collection.name}/fields:destroy`, { filterByTk: one.name }, {});
    toast.success(`${titleOf(one)} was deleted.`);
  } catch (error) {
    toast.error(error.message);
  }
  again();
}
