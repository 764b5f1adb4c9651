// What stands alone in the window for somebody who is not signed in: one card, and a form in it.

import { add, fill, h } from '../lib/dom.js';
import { button, field, input, problem, valid, whileBusy } from './form.js';

export function card(root, title, ...content) {
  fill(root, h('main', { class: 'signin' },
    h('div', { class: 'signin-card' },
      h('div', { class: 'signin-brand' }, h('img', { src: 'app/icon.svg', alt: '', width: 40, height: 40 }), h('h1', { tabindex: -1 }, title)),
      content)));
}

/** Something to read instead of a form; whoever cannot see it hears it. */
export const notice = (kind, ...words) => h('div', { class: `notice ${kind}`, role: kind === 'error' ? 'alert' : 'status' }, h('div', {}, words));

/** `work()` is done once all is filled in; what goes wrong with it, `message` until then, is said above the fields. */
export function cardForm(action, fields, work, message) {
  const trouble = h('div', { class: 'trouble' }, message && notice('info', message));
  const go = h('button', { type: 'submit', class: 'button primary full' }, h('span', {}, action));
  const form = h('form', { class: 'stack', novalidate: true, onsubmit: (event) => {
    event.preventDefault();
    if (!valid(form)) return;
    whileBusy(go, async () => {
      fill(trouble);
      try {
        await work();
      } catch (error) {
        add(trouble, problem(error.message));
      }
    });
  } }, trouble, fields, go);
  return form;
}

/** A password, which whoever types it may look at: the field, and its control. */
export function passwordField(label, props) {
  const control = input({ type: 'password', ...props });
  const show = button('Show', () => {
    const hidden = control.type === 'password';
    control.type = hidden ? 'text' : 'password';
    show.firstElementChild.textContent = hidden ? 'Hide' : 'Show';
  }, { kind: 'quiet small', 'aria-label': `Show or hide the ${label.toLowerCase()}` });
  const whole = field(label, control, { required: true });
  whole.firstElementChild.after(h('div', { class: 'with-button' }, control, show));
  return [whole, control];
}
