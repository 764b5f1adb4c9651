// Dialogs over the native element, which keeps the focus inside and gives it back. Never stacks markup from data.

import { freshId, h, icon } from '../lib/dom.js';
import { liftToasts } from './toast.js';

/**
 * Opens a dialog; answers `{ element, close, closed }`. `content` and `footer` are elements; `side` opens it as a panel.
 * `guard()` may refuse to be closed by Escape or the cross (a key that was not copied yet).
 */
export function openDialog({ title, content, footer, wide, side, guard = () => true, onclose = () => {} }) {
  const label = freshId('dialog');
  let result;
  let settle;
  const closed = new Promise((resolve) => (settle = resolve));
  const close = (value) => {
    result = value;
    element.close();
  };
  const attempt = async () => (await guard()) && close();
  const element = h('dialog', { class: `dialog ${wide ? 'wide' : ''} ${side ? 'side' : ''}`, 'aria-labelledby': label },
    h('header', { class: 'dialog-head' },
      h('h2', { id: label }, title),
      h('button', { type: 'button', class: 'button quiet icon-only', 'aria-label': 'Close', onclick: attempt }, icon('close'))),
    h('div', { class: 'dialog-body' }, content),
    footer && h('footer', { class: 'dialog-foot' }, footer));
  element.addEventListener('cancel', (event) => {
    event.preventDefault();
    attempt();
  });
  element.addEventListener('close', () => {
    liftToasts();
    element.remove();
    onclose(result);
    settle(result);
  });
  document.body.append(element);
  element.showModal();
  const first = element.querySelector('[autofocus], .dialog-body input, .dialog-body select, .dialog-body textarea, .dialog-foot .primary');
  first?.focus();
  return { element, close, closed };
}

/**
 * Asks before something that cannot be undone. `type`: a word that must be typed first. Answers true or false.
 * Also takes a text alone.
 */
export function confirm(asked) {
  const { title = 'Are you sure?', message, action = 'OK', danger = false, type } = typeof asked === 'string' ? { message: asked } : asked;
  return new Promise((resolve) => {
    const yes = h('button', { type: 'submit', class: `button ${danger ? 'danger' : 'primary'}`, disabled: !!type }, action);
    const typed = type && h('input', { class: 'input', autocomplete: 'off', spellcheck: 'false', id: freshId('type') });
    typed?.addEventListener('input', () => (yes.disabled = typed.value !== type));
    const no = h('button', { type: 'button', class: 'button', onclick: () => dialog.close(false) }, 'Cancel');
    const form = h('form', { id: freshId('confirm'), class: 'stack', onsubmit: (event) => {
      event.preventDefault();
      if (!yes.disabled) dialog.close(true);
    } },
      [message].flat().map((text) => (text instanceof Node ? text : h('p', {}, text))),
      typed && h('div', { class: 'field' }, h('label', { for: typed.id }, 'Type ', h('strong', {}, type), ' to confirm'), typed));
    yes.setAttribute('form', form.id);
    const dialog = openDialog({ title, content: form, footer: [no, yes], onclose: (answer) => resolve(answer === true) });
    // Where nothing has to be typed, the harmless answer is the one under the finger.
    if (!type && danger) no.focus();
    else if (!type) yes.focus();
  });
}
