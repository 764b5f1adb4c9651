// A new password for who lost the old one: asking for a letter, and what the link in it opens. The token of a link is
// kept in memory only, and leaves the address before anything is asked.

import { h } from '../lib/dom.js';
import { parse } from '../lib/router.js';
import { card, cardForm, notice, passwordField } from '../ui/card.js';
import { button, field, input } from '../ui/form.js';
import { skeleton } from '../ui/layout.js';

/** The name of the way to sign in whose letters are sent, if there is one: the server says so to everybody. */
export async function wayOfLetters(api) {
  const ways = await api.call('authenticators:publicList').then((answer) => answer.data, () => []);
  return ways.find((way) => way.options?.enableResetPassword === true)?.name ?? null;
}

/** The token of the link that was opened; null for any other address. Whoever looks at the address later sees none. */
export function takeResetToken() {
  const { parts, params } = parse(location.hash);
  if (parts[0] !== 'reset-password') return null;
  history.replaceState(null, '', location.pathname + location.search);
  return params.get('resetToken') ?? '';
}

export function forgotScreen(root, { api, way, account = '', back }) {
  const email = input({ type: 'email', name: 'email', autocomplete: 'email', autocapitalize: 'none', spellcheck: 'false', value: account.includes('@') ? account : '' });
  const form = cardForm('Send link', field('Email', email, { required: true, hint: 'Of your account. A link to set a new password is sent there.' }), async () => {
    await api.request({ url: 'auth:lostPassword', method: 'post', data: { email: email.value.trim() }, headers: { 'x-authenticator': way } });
    card(root, 'Check your mail', notice('info', 'If there is an account with this address, a letter with a link is on its way. The link works once, and for an hour.'),
      button('Back to sign in', back, { kind: 'full' }));
    root.querySelector('h1').focus();
  });
  form.append(button('Back to sign in', back, { kind: 'quiet' }));
  card(root, 'Forgot password?', form);
  email.focus();
}

/** What a link opens. `back()` gives it up; `done(message)` leads to signing in with the new password. */
export async function resetScreen(root, { api, token, back, done }) {
  const again = () => resetScreen(root, { api, token, back, done });
  card(root, 'Set a new password', skeleton());
  try {
    await api.call('auth:checkResetToken', undefined, { resetToken: token });
  } catch (error) {
    return error.status === 401 ? over(root, { api, back }) : unknown(root, error, again, back);
  }
  const [first, password] = passwordField('New password', { autocomplete: 'new-password' });
  const [second, repeated] = passwordField('New password again', { autocomplete: 'new-password' });
  const form = cardForm('Set password', [first, second], async () => {
    if (password.value !== repeated.value) throw new Error('The two passwords are not the same.');
    try {
      await api.call('auth:resetPassword', undefined, { resetToken: token, password: password.value });
    } catch (error) {
      if (error.status === 401) return over(root, { api, back });
      throw error;
    }
    return done('Your new password is set. Sign in with it.');
  });
  form.append(button('Cancel', back, { kind: 'quiet' }));
  card(root, 'Set a new password', form,
    h('p', { class: 'hint' }, 'You are then signed out everywhere else, and the link cannot be used again.'));
  return password.focus();
}

async function over(root, { api, back }) {
  const way = await wayOfLetters(api);
  card(root, 'This link no longer works', notice('error', 'It was used before, or is older than an hour, or the account has changed since.'),
    h('div', { class: 'stack' },
      way ? button('Send a new link', () => forgotScreen(root, { api, way, back }), { kind: 'primary full' }) : h('p', {}, 'Ask an administrator for a new one.'),
      button('Back', back, { kind: way ? 'quiet' : 'full' })));
  root.querySelector('h1').focus();
}

function unknown(root, error, again, back) {
  card(root, 'Set a new password', notice('error', error.message),
    h('div', { class: 'stack' }, button('Try again', again, { kind: 'primary full' }), button('Back', back, { kind: 'quiet' })));
}
