// The kinds of field a person can choose, and what each is on the wire. What the server knows beyond these is shown
// by its type.

/** `id`: interface; `type`: how it is kept; `component`: what other screens show it with. */
export const KINDS = [
  { id: 'input', title: 'Single line text', type: 'string', component: 'Input', group: 'Text' },
  { id: 'textarea', title: 'Long text', type: 'text', component: 'Input.TextArea', group: 'Text' },
  { id: 'email', title: 'Email', type: 'string', component: 'Input', group: 'Text' },
  { id: 'url', title: 'URL', type: 'text', component: 'Input.URL', group: 'Text' },
  { id: 'phone', title: 'Phone', type: 'string', component: 'Input', group: 'Text' },
  { id: 'checkbox', title: 'Checkbox', type: 'boolean', component: 'Checkbox', group: 'Choices' },
  { id: 'select', title: 'Single select', type: 'string', component: 'Select', group: 'Choices', options: true },
  { id: 'multipleSelect', title: 'Multiple select', type: 'array', component: 'Select', group: 'Choices', options: true },
  { id: 'integer', title: 'Integer', type: 'bigInt', component: 'InputNumber', group: 'Numbers' },
  { id: 'number', title: 'Number', type: 'double', component: 'InputNumber', group: 'Numbers' },
  { id: 'decimal', title: 'Decimal', type: 'decimal', component: 'InputNumber', group: 'Numbers' },
  { id: 'sequence', title: 'Sequence', type: 'sequence', component: 'Sequence', group: 'Numbers', more: { patterns: [{ type: 'integer', options: { digits: 4, start: 1 } }] } },
  { id: 'formula', title: 'Formula', type: 'formula', component: 'Formula.Result', group: 'Numbers', expression: true },
  { id: 'datetime', title: 'Date and time', type: 'date', component: 'DatePicker', group: 'Dates' },
  { id: 'date', title: 'Date', type: 'dateOnly', component: 'DatePicker', group: 'Dates' },
  { id: 'time', title: 'Time', type: 'time', component: 'TimePicker', group: 'Dates' },
  { id: 'json', title: 'JSON', type: 'json', component: 'Input.JSON', group: 'Other' },
  { id: 'password', title: 'Password', type: 'password', component: 'Password', group: 'Other' },
  { id: 'uuid', title: 'UUID', type: 'uuid', component: 'Input', group: 'Other' },
  { id: 'nanoid', title: 'Nano ID', type: 'nanoid', component: 'NanoIDInput', group: 'Other' },
  { id: 'm2o', title: 'Many to one', type: 'belongsTo', component: 'AssociationField', group: 'Relations', target: true },
  { id: 'o2m', title: 'One to many', type: 'hasMany', component: 'AssociationField', group: 'Relations', target: true },
  { id: 'm2m', title: 'Many to many', type: 'belongsToMany', component: 'AssociationField', group: 'Relations', target: true },
];

const GROUPS = [...new Set(KINDS.map((kind) => kind.group))];

/** For a select. */
export const KIND_OPTIONS = GROUPS.map((group) => ({
  group, options: KINDS.filter((kind) => kind.group === group).map((kind) => [kind.id, kind.title]),
}));

export const kindById = (id) => KINDS.find((kind) => kind.id === id);

/** What a field is, in words. */
export function kindTitle(field) {
  const special = { id: 'ID', createdAt: 'Created at', updatedAt: 'Updated at', createdBy: 'Created by', updatedBy: 'Updated by' };
  return special[field.interface] ?? kindById(field.interface)?.title ?? KINDS.find((kind) => kind.type === field.type)?.title ?? field.type;
}

/** What is sent to make a field of what a form says. */
export function fieldOf({ kind: id, name, title, required, unique, choices = [], target, foreignKey, expression }) {
  const kind = kindById(id);
  const uiSchema = { title: title || name, 'x-component': kind.component };
  const field = { name, type: kind.type, interface: kind.id, ...kind.more };
  if (kind.options) uiSchema.enum = choices.map((value) => ({ value, label: value }));
  if (kind.id === 'datetime') uiSchema['x-component-props'] = { showTime: true };
  if (kind.id === 'select') uiSchema.type = 'string';
  if (kind.target) Object.assign(field, { target }, foreignKey && { foreignKey }, kind.id === 'm2o' && { onDelete: 'SET NULL' });
  if (kind.expression) Object.assign(field, { expression, engine: 'math.js', dataType: 'double' });
  if (required) field.allowNull = false;
  if (unique) field.unique = true;
  return { ...field, uiSchema };
}

/** `Due date` → `dueDate`: a name a program can use. */
export function nameFrom(title) {
  const words = title.normalize('NFKD').replace(/[̀-ͯ]/g, '').match(/[A-Za-z0-9]+/g) ?? [];
  const name = words.map((word, at) => (at ? word[0].toUpperCase() + word.slice(1) : word[0].toLowerCase() + word.slice(1))).join('');
  return /^\d/.test(name) ? `f${name}` : name;
}

/** The same with `_`: `To Dos` → `to_dos`. */
export const snakeFrom = (title) => (title.normalize('NFKD').toLowerCase().match(/[a-z0-9]+/g) ?? []).join('_').replace(/^(?=\d)/, 'c');
