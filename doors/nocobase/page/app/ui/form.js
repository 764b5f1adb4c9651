// Labelled controls, and dialogs that hold a form: what is wrong is said beside it, and it stays open until it worked.

import { add, fill, freshId, h, icon } from '../lib/dom.js';
import { openDialog } from './dialog.js';
import { toast } from './toast.js';

/** A control with its label, a hint, and a place for what is wrong with it. */
export function field(label, control, { hint, required, className = '' } = {}) {
  control.id ||= freshId('field');
  const note = hint && h('p', { class: 'hint', id: `${control.id}-hint` }, hint);
  if (note) control.setAttribute('aria-describedby', note.id);
  if (required) control.required = true;
  return h('div', { class: `field ${className}` },
    h('label', { for: control.id }, label, required && h('span', { class: 'required', 'aria-hidden': 'true' }, ' *')),
    control, note);
}

export const input = (props = {}) => h('input', { class: 'input', type: 'text', autocomplete: 'off', ...props });

export const textarea = (props = {}) => h('textarea', { class: 'input', rows: 4, spellcheck: 'false', ...props });

/** `options`: `[value, text]` pairs, or plain texts; `{ group, options }` makes a group. */
export function select(options, value, props = {}) {
  const one = (option) => {
    if (option?.group) return h('optgroup', { label: option.group }, option.options.map(one));
    const [key, text] = Array.isArray(option) ? option : [option, option];
    return h('option', { value: key, selected: String(key) === String(value ?? '') }, text);
  };
  return h('select', { class: 'input', ...props }, options.map(one));
}

/** A box to tick, with its words beside it. */
export function checkbox(label, { hint, ...props } = {}) {
  const box = h('input', { type: 'checkbox', id: freshId('box'), ...props });
  const note = hint && h('span', { class: 'hint' }, hint);
  return Object.assign(h('div', { class: 'check' }, box, h('label', { for: box.id }, label, note)), { box });
}

/** Several of a list: answers an element with `chosen()` and `choose(values)`. */
export function checklist(legend, options, chosen = [], { hint, empty = 'None' } = {}) {
  const boxes = options.map(([value, text, note]) => {
    const one = checkbox(text, { checked: chosen.includes(value), hint: note });
    one.box.value = value;
    return one;
  });
  const set = h('fieldset', { class: 'checklist' }, h('legend', {}, legend),
    hint && h('p', { class: 'hint' }, hint), boxes, boxes.length === 0 && h('p', { class: 'hint' }, empty));
  set.chosen = () => boxes.filter((one) => one.box.checked).map((one) => one.box.value);
  set.choose = (values) => boxes.forEach((one) => (one.box.checked = values.includes(one.box.value)));
  return set;
}

/** A line that says what went wrong. */
export function problem(message) {
  return h('div', { class: 'notice error', role: 'alert' }, icon('warning'), h('div', {}, message));
}

/** A button that is busy while its work is under way; what goes wrong with it is said. */
export function button(label, work, { kind = '', mark, ...props } = {}) {
  const element = h('button', { type: 'button', class: `button ${kind}`, ...props }, mark && icon(mark), label && h('span', {}, label));
  if (work) element.addEventListener('click', (event) => whileBusy(element, () => work(event)).catch((error) => toast.error(error.message)));
  return element;
}

export async function whileBusy(element, work) {
  if (element.getAttribute('aria-busy') === 'true') return;
  element.setAttribute('aria-busy', 'true');
  try {
    await work();
  } finally {
    element.removeAttribute('aria-busy');
  }
}

/**
 * A dialog around a form. `submit(close)` does the work; what it throws is shown and the dialog stays. Answers what
 * `submit` answered, or undefined when it was given up. `left(send)` makes one more button, which may send the form.
 */
export function formDialog({ title, content, action = 'Save', submit, danger, left, ...more }) {
  const trouble = h('div', { class: 'trouble' });
  const form = h('form', { class: 'stack', id: freshId('form'), novalidate: true }, trouble, content);
  const yes = h('button', { type: 'submit', class: `button ${danger ? 'danger' : 'primary'}`, form: form.id }, h('span', {}, action));
  const no = h('button', { type: 'button', class: 'button', onclick: () => dialog.close() }, 'Cancel');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!valid(form)) return;
    whileBusy(yes, async () => {
      fill(trouble);
      try {
        dialog.close((await submit()) ?? true);
      } catch (error) {
        add(trouble, problem(error.message));
        trouble.scrollIntoView({ block: 'nearest' });
      }
    });
  });
  const extra = left?.(() => form.requestSubmit());
  const dialog = openDialog({ title, content: form, footer: [extra, extra && h('span', { class: 'grow' }), no, yes], ...more });
  return dialog.closed;
}

/** Marks what must be mended, in words beside the control, and goes to the first. */
export function valid(form) {
  form.querySelectorAll('.field-error').forEach((line) => line.remove());
  let first;
  for (const control of form.querySelectorAll('input, select, textarea')) {
    control.removeAttribute('aria-invalid');
    if (control.checkValidity()) continue;
    first ??= control;
    control.setAttribute('aria-invalid', 'true');
    control.closest('.field')?.append(h('p', { class: 'field-error', role: 'alert' }, control.validationMessage));
  }
  first?.focus();
  return !first;
}
