// What a person says of a field, in a dialog of its own or as a line of a new collection.

import { fill, h } from '../lib/dom.js';
import { KIND_OPTIONS, fieldOf, kindById, nameFrom } from '../lib/kinds.js';
import { button, checkbox, field, input, select, textarea } from '../ui/form.js';

const NAME = '[A-Za-z_][A-Za-z0-9_\\-]*';

/** Title and name side by side, the name made of the title until somebody changes it. */
export function titleAndName({ title = '', name = '', make = nameFrom, labels = ['Title', 'Name'], hint, max = 60, example } = {}) {
  const titleBox = input({ value: title, maxlength: 200, placeholder: example });
  const nameBox = input({ value: name, pattern: NAME, maxlength: max, spellcheck: 'false', class: 'input mono' });
  let own = !!name;
  titleBox.addEventListener('input', () => !own && (nameBox.value = make(titleBox.value)));
  nameBox.addEventListener('input', () => (own = nameBox.value !== ''));
  nameBox.addEventListener('invalid', () => {});
  const check = () => nameBox.setCustomValidity(nameBox.validity.patternMismatch ? 'Letters, digits and _ only; a letter first.' : '');
  [titleBox, nameBox].forEach((box) => box.addEventListener('input', () => {
    nameBox.setCustomValidity('');
    check();
  }));
  const element = h('div', { class: 'pair' }, field(labels[0], titleBox, { required: true }), field(labels[1], nameBox, { required: true, hint }));
  return { element, titleBox, nameBox, read: () => ({ title: titleBox.value.trim(), name: nameBox.value.trim() }) };
}

/** All of a field: `{ element, read() }`. */
export function fieldForm({ collections = [], start = {} } = {}) {
  const naming = titleAndName({ ...start, hint: 'What programs call it.', example: 'Due date' });
  const kind = select(KIND_OPTIONS, start.kind ?? 'input');
  const more = h('div', { class: 'stack' });
  const required = checkbox('Required', { hint: 'Records without it are refused.' });
  const unique = checkbox('Unique', { hint: 'No two records have the same value.' });
  const flags = h('div', { class: 'pair' }, required, unique);
  let parts = {};
  const show = () => {
    const chosen = kindById(kind.value);
    parts = {};
    if (chosen.options) parts.choices = textarea({ rows: 4, placeholder: 'Low\nNormal\nHigh' });
    if (chosen.target) parts.target = select(collections.map((one) => [one.name, one.title || one.name]), collections[0]?.name);
    if (chosen.target && chosen.id !== 'm2m') parts.foreignKey = input({ pattern: NAME, class: 'input mono', spellcheck: 'false' });
    if (chosen.expression) parts.expression = input({ placeholder: '{{price}} * {{count}}', class: 'input mono', spellcheck: 'false' });
    fill(more,
      parts.choices && field('Choices', parts.choices, { required: true, hint: 'One a line.' }),
      parts.target && field('Collection it leads to', parts.target, { required: true }),
      parts.foreignKey && field('Foreign key', parts.foreignKey, { required: chosen.id === 'o2m', hint: chosen.id === 'm2o' ? 'The field here that holds the key of the other record. Left empty, one is made.' : 'The field over there that holds the key of this record. It is made if it is missing.' }),
      parts.expression && field('Expression', parts.expression, { required: true, hint: 'Fields in double braces. Worked out whenever the record is written.' }));
    flags.hidden = !!(chosen.target || chosen.expression || ['sequence', 'nanoid', 'uuid', 'checkbox', 'json', 'multipleSelect', 'password'].includes(chosen.id));
    if (flags.hidden) [required, unique].forEach((one) => (one.box.checked = false));
  };
  kind.addEventListener('change', show);
  show();
  const element = h('div', { class: 'stack' }, naming.element, field('Type', kind), more, flags);
  const read = () => fieldOf({
    kind: kind.value, ...naming.read(), required: required.box.checked, unique: unique.box.checked,
    choices: [...new Set((parts.choices?.value ?? '').split('\n').map((line) => line.trim()).filter(Boolean))],
    target: parts.target?.value, foreignKey: parts.foreignKey?.value.trim(), expression: parts.expression?.value.trim(),
  });
  return { element, read };
}

/** One line of a new collection: title, name, type, and what takes it away. */
export function fieldLine({ title = '', name = '', kind = 'input' } = {}, onremove) {
  let own = !!name;
  const titleBox = input({ value: title, placeholder: 'Title', 'aria-label': 'Title of the field', required: true });
  const nameBox = input({ value: name, placeholder: 'name', 'aria-label': 'Name of the field', pattern: NAME, class: 'input mono', required: true, spellcheck: 'false' });
  titleBox.addEventListener('input', () => !own && (nameBox.value = nameFrom(titleBox.value)));
  nameBox.addEventListener('input', () => (own = nameBox.value !== ''));
  const simple = KIND_OPTIONS.map((group) => ({ ...group, options: group.options.filter(([id]) => plain(id)) })).filter((group) => group.options.length);
  const kindBox = select(simple, kind, { 'aria-label': 'Type of the field' });
  const element = h('div', { class: 'field-line field' }, titleBox, nameBox, kindBox,
    button('', () => onremove(element), { kind: 'quiet icon-only', mark: 'trash', 'aria-label': 'Leave this field out' }));
  element.read = () => fieldOf({ kind: kindBox.value, title: titleBox.value.trim(), name: nameBox.value.trim() });
  return element;
}

/** Kinds that need nothing beyond a name. */
function plain(id) {
  const kind = kindById(id);
  return !kind.options && !kind.target && !kind.expression;
}
