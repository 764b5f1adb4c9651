// A new API key: what it is for, its role, how long it lives. Its token is shown once and kept nowhere.

import { h, icon } from '../lib/dom.js';
import { copy } from '../lib/clipboard.js';
import { curlOf } from '../lib/curl.js';
import { moment } from '../lib/fields.js';
import { useTestKey } from '../lib/keyring.js';
import { link } from '../lib/router.js';
import { allowsRecords } from '../lib/session.js';
import { confirm, openDialog } from '../ui/dialog.js';
import { button, field, formDialog, input, select } from '../ui/form.js';

const LIVES = [['1d', '1 day'], ['7d', '7 days'], ['30d', '30 days'], ['90d', '90 days'], ['365d', '1 year'], ['custom', 'Until a date…'], ['never', 'Never expires']];
const DAY_MS = 86_400_000;

/** Answers whether a key was made. */
export async function newKey(context) {
  const { api, session } = context;
  await context.refresh().catch(() => {});
  const roles = session.roles;
  const name = input({ maxlength: 255, placeholder: 'What the key is for', autofocus: true });
  const role = select(roles.map((one) => [one.name, one.title || one.name]), usual(roles));
  const life = select(LIVES, '30d');
  const until = input({ type: 'date', min: day(Date.now() + DAY_MS) });
  const untilField = field('Last day', until);
  const word = h('p', { class: 'notice warn' }, icon('warning'), h('span', {}, 'A key that never expires stays good until somebody deletes it, also when it has leaked unnoticed. Choose a date if you can.'));
  const strong = h('p', { class: 'notice warn' }, icon('warning'), h('span', {}, 'A key in this role can do nearly everything you can. A role of its own that allows only what the program needs is safer.'));
  const show = () => {
    untilField.hidden = life.value !== 'custom';
    until.required = life.value === 'custom';
    word.hidden = life.value !== 'never';
    strong.hidden = !['root', 'admin'].includes(role.value);
  };
  [life, role].forEach((one) => one.addEventListener('change', show));
  show();
  const hint = ['Only roles you hold can be chosen.', session.may('pm.users') && [' Is one missing? Give it to yourself under ', h('a', { href: link('users'), onclick: () => document.querySelector('dialog[open]')?.close() }, 'Users'), '.']];
  const made = await formDialog({
    title: 'Add API key', action: 'Create key',
    content: h('div', { class: 'stack' }, field('Name', name, { required: true }), field('Role', role, { required: true, hint }), strong, field('Expiration', life), untilField, word),
    submit: async () => {
      const answer = await api.call('apiKeys:create', undefined, { name: name.value.trim(), role: { name: role.value }, expiresIn: spanOf(life.value, until.value) });
      return { token: answer.data.token, name: name.value.trim(), role: role.options[role.selectedIndex].text, roleName: role.value };
    },
  });
  if (!made) return false;
  await showToken(context, made);
  return true;
}

/** A role made for a program rather than one of the builtin ones. */
const usual = (roles) => (roles.find((one) => !['root', 'admin', 'member'].includes(one.name)) ?? roles.find((one) => one.name === 'member') ?? roles[0])?.name;

/** The day in the reader's own calendar. */
function day(ms) {
  const date = new Date(ms);
  return new Date(ms - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

/** Seconds until the end of a day here, or the span itself. */
function spanOf(life, until) {
  if (life !== 'custom') return life;
  const seconds = Math.floor((new Date(`${until}T23:59:59`).getTime() - Date.now()) / 1000);
  if (!(seconds > 0)) throw new Error('Choose a day that is still to come.');
  return seconds;
}

/** Where the token says it ends. It is not checked here: the server does that. */
function endOf(token) {
  try {
    const { exp } = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
    return exp > 10_000_000_000 ? 'never expires' : `expires ${moment(exp * 1000)}`;
  } catch {
    return '';
  }
}

/** A collection the key can list, for the example. */
async function reachable(api, role) {
  const [collections, rights] = await Promise.all([
    api.all('collections:list'), api.request({ url: 'roles:check', headers: { 'x-role': role } }),
  ]).catch(() => [[], null]);
  return collections.find((one) => allowsRecords(rights?.data.data, one.name, 'view'))?.name ?? 'todos';
}

async function showToken({ api, toast, navigate }, { token, name, role, roleName }) {
  let copied = false;
  const done = (said) => {
    copied = true;
    toast.success(said);
  };
  const box = h('textarea', { class: 'input code token', readOnly: true, rows: 4, spellcheck: 'false', 'aria-label': 'The new API key', value: token, onfocus: (event) => event.target.select(), oncopy: () => (copied = true) });
  const copyKey = button('Copy key', async () => ((await copy(token)) ? done('The key was copied.') : toast.error('Your browser does not let the page copy. Select the key and copy it by hand.')), { kind: 'primary', mark: 'copy' });
  const example = curlOf({ method: 'GET', url: `${api.base}${await reachable(api, roleName)}:list`, token });
  const copyCurl = button('Copy as cURL', async () => (await copy(example)) && done('The example was copied, with the key in it.'), { kind: 'small', mark: 'copy' });
  const tryIt = button('Try it in the API documentation', () => {
    useTestKey({ token, name });
    copied = true;
    dialog.close();
    navigate(link('docs'));
  }, { kind: 'small', mark: 'play' });
  const ready = button('I have saved it', async () => (await leave()) && dialog.close(), {});
  const leave = async () => copied || confirm({ title: 'Close without copying?', message: 'The key was not copied yet, and it will not be shown again.', action: 'Close anyway', danger: true });
  const dialog = openDialog({
    title: 'Your new API key', wide: true, guard: leave, footer: [ready, copyKey],
    content: h('div', { class: 'stack', dataset: { dialog: 'token' } },
      h('div', { class: 'notice warn' }, icon('warning'), h('div', {}, h('strong', {}, 'Copy the key now. '), 'It is shown only this once: the server keeps no copy it could show again. Store it like a password, and never in a page or a repository.')),
      h('div', { class: 'field' }, box, h('p', { class: 'hint' }, `“${name}” acts in the role ${role} and ${endOf(token)}.`)),
      h('div', { class: 'stack tight' }, h('p', { class: 'label' }, 'How a program uses it'), h('pre', { class: 'code-block', tabindex: '0' }, example.replace(token, `${token.slice(0, 12)}…`)), h('div', { class: 'row' }, copyCurl, tryIt))),
  });
  copyKey.focus();
  await dialog.closed;
}
