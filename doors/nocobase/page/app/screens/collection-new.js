// A new collection, by hand or as the to-do example with its sample records.

import { h } from '../lib/dom.js';
import { snakeFrom } from '../lib/kinds.js';
import { button, checkbox, formDialog } from '../ui/form.js';
import { fieldLine, titleAndName } from './field-form.js';

const EXAMPLE = {
  title: 'Todos',
  name: 'todos',
  fields: [{ title: 'Title', name: 'title', kind: 'input' }, { title: 'Completed', name: 'completed', kind: 'checkbox' }],
  records: ['eat food', 'sleep', 'play games'],
};

const ID = { name: 'id', type: 'bigInt', autoIncrement: true, primaryKey: true, allowNull: false, interface: 'id', uiSchema: { title: 'ID', 'x-component': 'InputNumber' } };

/** Opens the form; answers the name of what was made. */
export async function newCollection({ api, toast }, { example }) {
  const start = example ? EXAMPLE : { fields: [{}] };
  const naming = titleAndName({ title: start.title, name: start.name, make: snakeFrom, hint: 'Part of its API address. It stays as it is.', example: 'Todos' });
  const lines = h('div', { class: 'field-lines' });
  const add = (said) => {
    const line = fieldLine(said, (gone) => gone.remove());
    lines.append(line);
    return line;
  };
  start.fields.forEach(add);
  const more = button('Add another field', () => add({}).querySelector('input').focus(), { kind: 'small', mark: 'plus' });
  const flags = [
    ['createdAt', 'Created at', true], ['updatedAt', 'Updated at', true],
    ['createdBy', 'Created by', true, 'Needed for “own records” in permissions.'], ['updatedBy', 'Updated by', true], ['sortable', 'Can be put in order by hand', false],
  ].map(([name, text, checked, hint]) => Object.assign(checkbox(text, { checked, hint }), { option: name }));
  const samples = example && checkbox(`Add ${EXAMPLE.records.length} sample records`, { checked: true, hint: EXAMPLE.records.join(', ') });
  const content = h('div', { class: 'stack' }, naming.element,
    h('div', { class: 'stack tight' }, h('p', { class: 'label' }, 'Fields'),
      h('p', { class: 'hint' }, 'A numeric ', h('code', {}, 'id'), ' is made for every record. Selects, formulas and relations can be added afterwards, under Structure.'), lines, h('div', {}, more)),
    h('fieldset', { class: 'checklist columns' }, h('legend', {}, 'Kept for every record'), flags), samples);
  return formDialog({
    title: example ? 'The to-do example' : 'New collection', wide: true, content, action: 'Create collection',
    submit: async () => {
      const { title, name } = naming.read();
      const fields = [...lines.children].map((line) => line.read());
      const options = Object.fromEntries(flags.map((one) => [one.option, one.box.checked]));
      await api.call('collections:create', undefined, { name, title, template: 'general', autoGenId: false, ...options, fields: [ID, ...fields] });
      if (samples && samples.box.checked) await addSamples(api, toast, name);
      toast.success(`${title} was created.`);
      return name;
    },
  });
}

async function addSamples(api, toast, name) {
  const records = EXAMPLE.records.map((title) => ({ title, completed: false }));
  await api.call(`${name}:create`, undefined, records).catch((error) => toast.warning(`The sample records were not added: ${error.message}`));
}
