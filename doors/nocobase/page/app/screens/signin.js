// Signing in with name and password.

import { h } from '../lib/dom.js';
import { card, cardForm, passwordField } from '../ui/card.js';
import { button, field, input } from '../ui/form.js';
import { forgotScreen, wayOfLetters } from './lost-password.js';

export function signInScreen(root, { api, message, done }) {
  const account = input({ name: 'username', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', autofocus: true });
  const [secret, password] = passwordField('Password', { name: 'password', autocomplete: 'current-password' });
  const form = cardForm('Sign in', [field('Username or email', account, { required: true }), secret], async () => {
    try {
      const answer = await api.call('auth:signIn', undefined, { account: account.value.trim(), password: password.value });
      await done(answer.data.token);
    } catch (error) {
      password.select();
      throw error;
    }
  }, message);
  card(root, 'Sign in to Keyward', form,
    h('p', { class: 'hint' }, 'Accounts are made by an administrator. This page forgets you when its tab is closed.'));
  account.focus();
  // Offered only where the server can send a letter.
  wayOfLetters(api).then((way) => way && form.append(button('Forgot password?', () =>
    forgotScreen(root, { api, way, account: account.value.trim(), back: () => signInScreen(root, { api, done }) }), { kind: 'quiet' })));
}
