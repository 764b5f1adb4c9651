// The control for a field of a record: shows its value, and reads what was made of it.

import { h } from '../lib/dom.js';
import { isLink, isNumber, shownValue, titleOf } from '../lib/fields.js';
import { checkbox, checklist, field as labelled, input, select, textarea } from './form.js';

const pad = (number) => String(number).padStart(2, '0');

/** `2026-01-31T09:30:05` in the reader's own time, for a control. */
function localOf(value) {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return '';
  const seconds = date.getSeconds() ? `:${pad(date.getSeconds())}` : '';
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}T${pad(date.getHours())}:${pad(date.getMinutes())}${seconds}`;
}

const choices = (field) => (field.uiSchema?.enum ?? []).map((one) => (typeof one === 'object' ? [one.value, one.label ?? one.value] : [one, one]));

/**
 * `{ element, read() }`. `read` answers undefined for what was not touched in a way that matters. `targets`: records a
 * relation may lead to, where the viewer may see them.
 */
export function editor(field, value, { targets, isNew } = {}) {
  const made = control(field, value, { targets, isNew });
  const required = field.allowNull === false && made.control && field.type !== 'boolean';
  const element = made.element ?? labelled(titleOf(field), made.control, { required, hint: made.hint ?? field.description });
  element.dataset.field = field.name;
  return { element, read: made.read };
}

function control(field, value, { targets, isNew }) {
  if (isLink(field)) return link(field, value, targets, isNew);
  switch (field.type) {
    case 'boolean': {
      const box = checkbox(titleOf(field), { checked: value ?? field.defaultValue === true, hint: field.description });
      return { element: box, read: () => box.box.checked };
    }
    case 'text':
      return field.interface === 'url' ? plain(input({ type: 'url', value: value ?? '', placeholder: 'https://' })) : plain(textarea({ value: value ?? '', rows: 4 }));
    case 'json':
    case 'jsonb':
      return json(value);
    case 'array':
    case 'set':
      return list(field, value);
    case 'date':
    case 'datetime':
    case 'datetimeTz': {
      const box = input({ type: 'datetime-local', step: 1, value: value ? localOf(value) : '' });
      return { control: box, hint: 'In your own time zone.', read: () => (box.value ? new Date(box.value).toISOString() : null) };
    }
    case 'datetimeNoTz':
      return plain(input({ type: 'datetime-local', step: 1, value: String(value ?? '').replace(' ', 'T').slice(0, 19) }), (text) => text.replace('T', ' '));
    case 'dateOnly':
      return plain(input({ type: 'date', value: value ?? '' }));
    case 'time':
      return plain(input({ type: 'time', step: 1, value: value ?? '' }));
    case 'password': {
      const box = input({ type: 'password', autocomplete: 'new-password' });
      return { control: box, hint: isNew ? undefined : 'Left empty, it stays as it is.', read: () => box.value || undefined };
    }
    case 'uuid':
    case 'nanoid':
    case 'uid': {
      const box = input({ value: value ?? '', class: 'input mono', spellcheck: 'false' });
      return { control: box, hint: 'Left empty, one is made.', read: () => box.value.trim() || undefined };
    }
    default:
      break;
  }
  if (isNumber(field)) {
    const whole = ['bigInt', 'integer'].includes(field.type);
    const box = input({ type: 'number', step: whole ? 1 : 'any', value: value ?? '' });
    return { control: box, read: () => (box.value === '' ? null : exact(box.value)) };
  }
  const options = choices(field);
  if (options.length) return plain(select([['', 'None'], ...options], value ?? (isNew ? field.defaultValue : '') ?? ''));
  const type = { email: 'email', phone: 'tel' }[field.interface] ?? 'text';
  return plain(input({ type, value: value ?? '' }));
}

/** A number as JSON can hold it; one it cannot stays the text it is. */
const exact = (text) => (String(Number(text)) === text || !/^-?\d{16,}/.test(text) ? Number(text) : text);

function plain(box, change = (text) => text) {
  return { control: box, read: () => (box.value === '' ? null : change(box.value)) };
}

function json(value) {
  const box = textarea({ class: 'input code', rows: 6, value: value === undefined || value === null ? '' : JSON.stringify(value, null, 2) });
  box.addEventListener('input', () => {
    try {
      if (box.value.trim()) JSON.parse(box.value);
      box.setCustomValidity('');
    } catch (error) {
      box.setCustomValidity(`This is not JSON: ${error.message}`);
    }
  });
  return { control: box, read: () => (box.value.trim() ? JSON.parse(box.value) : null) };
}

function list(field, value) {
  const options = choices(field);
  if (options.length) {
    const set = checklist(titleOf(field), options, value ?? []);
    set.classList.add('columns');
    return { element: set, read: set.chosen };
  }
  if ((value ?? []).some((one) => typeof one !== 'string')) return json(value);
  const box = textarea({ value: (value ?? []).join('\n'), rows: 3 });
  return { control: box, hint: 'One a line.', read: () => box.value.split('\n').map((line) => line.trim()).filter(Boolean) };
}

/** A record another is chosen from; what cannot be chosen here is only shown. */
function link(field, value, targets, isNew) {
  if (targets && field.type === 'belongsTo') {
    const current = value?.id ?? '';
    const options = targets.some(([id]) => id === current) || current === '' ? targets : [[current, `#${current}`], ...targets];
    const box = select([['', 'None'], ...options], current);
    return { control: box, read: () => (String(box.value) === String(current) ? undefined : box.value === '' ? null : Number(box.value) || box.value) };
  }
  if (isNew) return { element: h('div', { hidden: true }), read: () => undefined };
  const shown = h('div', { class: 'field' }, h('p', { class: 'label' }, titleOf(field)), h('div', {}, shownValue(field, value)), h('p', { class: 'hint' }, `Linked records of ${field.target}. They are changed through the API.`));
  return { element: shown, read: () => undefined };
}
