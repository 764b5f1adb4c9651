// Users: people and the accounts of programs, and the roles they hold.

import { fill, h } from '../lib/dom.js';
import { ago, moment, nameOf } from '../lib/fields.js';
import { confirm } from '../ui/dialog.js';
import { button, checklist, field, formDialog, input } from '../ui/form.js';
import { head } from '../ui/layout.js';
import { pager, searchBox, table } from '../ui/table.js';

export async function screen(container, context) {
  return list(container, context, { page: 1, size: 50, word: '' });
}

async function list(container, context, state) {
  const { api } = context;
  const place = h('div', { class: 'stack' });
  const roles = await api.all('users/_/roles:list');
  const view = { context, roles: roles.filter((role) => !role.hidden || context.session.rights.allowAll), again: () => show() };
  let waiting;
  async function show() {
    const like = { $includes: state.word };
    const filter = state.word ? { $or: ['username', 'nickname', 'email'].map((name) => ({ [name]: like })) } : undefined;
    const answer = await api.call('users:list', { page: state.page, pageSize: state.size, appends: ['roles'], filter, sort: 'id' });
    fill(place, answer.data.length ? rows(answer.data, view) : h('p', { class: 'muted' }, 'Nobody is called that.'),
      answer.meta?.count > state.size && pager(answer.meta, { noun: 'users', onpage: (page) => show(Object.assign(state, { page })) }));
  }
  const search = searchBox('Find by name or email', (word) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      Object.assign(state, { word, page: 1 });
      show().catch((error) => context.toast.error(error.message));
    }, 250);
  });
  fill(container, head('Users', {
    about: 'People who sign in, and accounts for programs. What they may do comes from their roles.',
    actions: [button('New user', () => create(view), { kind: 'primary', mark: 'plus' })],
  }), search, place);
  await show();
}

function rows(users, view) {
  const { context } = view;
  const me = context.session.user?.id;
  return table([
    { title: 'User', cell: (user) => [h('span', { class: 'strong' }, nameOf(user)), user.id === me && h('span', { class: 'muted' }, ' (you)'), h('span', { class: 'sub' }, [user.username, user.email].filter((text) => text && text !== nameOf(user)).join(' · '))] },
    { title: 'Roles', cell: (user) => (user.roles?.length ? h('span', { class: 'badges' }, user.roles.map((role) => h('span', { class: 'badge accent' }, role.title || role.name))) : h('span', { class: 'badge warn' }, 'none: cannot do anything')) },
    { title: 'Created', class: 'nowrap', cell: (user) => h('time', { datetime: user.createdAt, title: moment(user.createdAt) }, ago(user.createdAt)) },
    { title: 'Actions', hiddenTitle: true, class: 'actions', cell: (user) => [
      button('Edit', () => edit(view, user), { kind: 'small', 'aria-label': `Edit ${nameOf(user)}` }), ' ',
      user.id !== me && button('', () => remove(view, user), { kind: 'small quiet danger icon-only', mark: 'trash', 'aria-label': `Delete ${nameOf(user)}` })] },
  ], users, { caption: 'Users' });
}

function roleList(view, chosen) {
  return checklist('Roles', view.roles.map((role) => [role.name, role.title || role.name, role.name === 'root' ? 'may do everything' : role.name]), chosen,
    { hint: 'In which roles this user may act, and make API keys.' });
}

/** The same for a new user and one that is there. */
function form(view, user) {
  const username = input({ value: user?.username ?? '', maxlength: 100, autocapitalize: 'none', spellcheck: 'false', pattern: '[^@\\s]*', title: 'No blanks and no @' });
  const nickname = input({ value: user?.nickname ?? '', maxlength: 200 });
  const email = input({ type: 'email', value: user?.email ?? '' });
  const password = input({ type: 'password', autocomplete: 'new-password', minlength: 8 });
  const generated = button('Generate', () => {
    password.type = 'text';
    password.value = madePassword();
    password.select();
  }, { kind: 'quiet small' });
  const roles = roleList(view, user ? (user.roles ?? []).map((role) => role.name) : view.roles.filter((role) => role.default).map((role) => role.name));
  const secret = field(user ? 'New password' : 'Password', password, { required: !user, hint: user ? 'Left empty, it stays as it is. Otherwise they are signed out everywhere.' : 'At least 8 characters. Tell it to the person over a safe way.' });
  secret.firstElementChild.after(h('div', { class: 'with-button wide-button' }, password, generated));
  const element = h('div', { class: 'stack' },
    h('div', { class: 'pair' }, field('Nickname', nickname, { hint: 'What others see.' }), field('Username', username, { required: !user?.email, hint: 'For signing in: no blanks, no @.' })),
    field('Email', email, { hint: 'Also good for signing in.' }), secret, roles);
  const read = () => {
    const values = { username: username.value.trim() || null, nickname: nickname.value.trim() || null, email: email.value.trim() || null, roles: roles.chosen() };
    if (password.value) values.password = password.value;
    return values;
  };
  return { element, read };
}

/** Twenty characters nobody takes for one another. */
function madePassword() {
  const letters = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  let text = '';
  while (text.length < 20) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < Math.floor(256 / letters.length) * letters.length) text += letters[byte % letters.length];
  }
  return text;
}

async function create(view) {
  const { api, toast } = view.context;
  const filled = form(view, null);
  const done = await formDialog({
    title: 'New user', action: 'Create user', content: filled.element,
    submit: async () => {
      const values = Object.fromEntries(Object.entries(filled.read()).filter(([, value]) => value !== null));
      await api.call('users:create', undefined, values);
      toast.success(`${values.nickname || values.username} was created.`);
    },
  });
  if (done) await view.again();
}

async function edit(view, user) {
  const { api, toast, session, refresh } = view.context;
  // Roles this person must not give stay as they are.
  const hidden = (user.roles ?? []).filter((role) => !view.roles.some((known) => known.name === role.name)).map((role) => role.name);
  const filled = form(view, user);
  const done = await formDialog({
    title: `Edit ${nameOf(user)}`, content: filled.element,
    submit: async () => {
      const values = filled.read();
      values.roles.push(...hidden);
      const before = (user.roles ?? []).map((role) => role.name).sort().join();
      if ([...values.roles].sort().join() === before) delete values.roles;
      if (user.id === session.user?.id && values.roles && !values.roles.includes(session.role)) throw new Error('You are acting in one of the roles you are about to take from yourself. Change to another one first.');
      await api.call('users:update', { filterByTk: user.id }, values);
      toast.success('The user was saved.');
      if (user.id === session.user?.id && !values.password) await refresh();
    },
  });
  if (done && view.context.session.token) await view.again();
}

async function remove(view, user) {
  const { api, toast } = view.context;
  const sure = await confirm({ title: `Delete ${nameOf(user)}?`, message: 'They are signed out, and their API keys are refused from then on.', action: 'Delete user', danger: true });
  if (!sure) return;
  try {
    await api.call('users:destroy', { filterByTk: user.id }, {});
    toast.success(`${nameOf(user)} was deleted.`);
  } catch (error) {
    toast.error(error.message);
  }
  await view.again();
}

