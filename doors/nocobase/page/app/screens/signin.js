// Signing in with name and password.

import { add, fill, h } from '../lib/dom.js';
import { button, field, input, problem, valid, whileBusy } from '../ui/form.js';

export function signInScreen(root, { api, message, done }) {
  const account = input({ name: 'username', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', autofocus: true });
  const password = input({ name: 'password', type: 'password', autocomplete: 'current-password' });
  const trouble = h('div', { class: 'trouble' });
  const show = button('Show', () => {
    const hidden = password.type === 'password';
    password.type = hidden ? 'text' : 'password';
    show.firstElementChild.textContent = hidden ? 'Hide' : 'Show';
  }, { kind: 'quiet small', 'aria-label': 'Show or hide the password' });
  const go = h('button', { type: 'submit', class: 'button primary full' }, h('span', {}, 'Sign in'));
  const secret = field('Password', password, { required: true });
  secret.firstElementChild.after(h('div', { class: 'with-button' }, password, show));
  const form = h('form', { class: 'stack', novalidate: true, onsubmit: (event) => {
    event.preventDefault();
    if (!valid(form)) return;
    whileBusy(go, async () => {
      fill(trouble);
      try {
        const answer = await api.call('auth:signIn', undefined, { account: account.value.trim(), password: password.value });
        await done(answer.data.token);
      } catch (error) {
        add(trouble, problem(error.message));
        password.select();
      }
    });
  } }, trouble, field('Username or email', account, { required: true }), secret, go);
  if (message) add(trouble, h('div', { class: 'notice info' }, message));
  fill(root, h('main', { class: 'signin' },
    h('div', { class: 'signin-card' },
      h('div', { class: 'signin-brand' }, h('img', { src: 'app/icon.svg', alt: '', width: 40, height: 40 }), h('h1', {}, 'Sign in to Keyward')),
      form,
      h('p', { class: 'hint' }, 'Accounts are made by an administrator. This page forgets you when its tab is closed.'))));
  account.focus();
}
