// Roles: the list, and a new one. What one may do is in `role.js`.

import { fill, h } from '../lib/dom.js';
import { nameFrom } from '../lib/kinds.js';
import { SNIPPETS, allowsPart } from '../lib/rights.js';
import { link } from '../lib/router.js';
import { confirm } from '../ui/dialog.js';
import { button, checkbox, formDialog } from '../ui/form.js';
import { head } from '../ui/layout.js';
import { searchBox, table } from '../ui/table.js';
import { titleAndName } from './field-form.js';
import { roleScreen } from './role.js';

/** Roles every server has. */
export const BUILTIN = new Set(['root', 'admin', 'member']);

export async function screen(container, context, parts) {
  if (parts[1]) return roleScreen(container, context, parts[1]);
  return list(container, context);
}

async function list(container, context) {
  const roles = await context.api.all('roles:list');
  const again = () => list(container, context);
  const place = h('div', {});
  const show = (word) => {
    const found = roles.filter((role) => `${role.name} ${role.title ?? ''}`.toLowerCase().includes(word));
    fill(place, found.length ? rows(found, context, again) : h('p', { class: 'muted' }, 'No role is called that.'));
  };
  fill(container,
    head('Roles & permissions', {
      about: 'A role says what its holders may do. People hold any number of roles; an API key acts in exactly one.',
      actions: [button('New role', () => create(context), { kind: 'primary', mark: 'plus' })],
    }), roles.length > 8 && searchBox('Find a role', show), place);
  show('');
}

function rows(roles, context, again) {
  return table([
    { title: 'Role', cell: (role) => [h('a', { class: 'main-link', href: link('roles', role.name) }, role.title || role.name), h('span', { class: 'sub mono' }, role.name)] },
    { title: 'In every collection', cell: (role) => general(role) },
    { title: 'Administration', cell: (role) => administration(role) },
    { title: 'Notes', cell: (role) => h('span', { class: 'badges' }, role.default && h('span', { class: 'badge accent' }, 'new users'), BUILTIN.has(role.name) && h('span', { class: 'badge' }, 'built in')) },
    { title: 'Actions', hiddenTitle: true, class: 'actions', cell: (role) => [
      h('a', { class: 'button small', href: link('roles', role.name), 'aria-label': `${role.name === 'root' ? 'View' : 'Configure'} ${role.title || role.name}` }, role.name === 'root' ? 'View' : 'Configure'), ' ',
      !BUILTIN.has(role.name) && button('', () => remove(context, role, again), { kind: 'small quiet danger icon-only', mark: 'trash', 'aria-label': `Delete ${role.title || role.name}` })] },
  ], roles, { caption: 'Roles' });
}

function general(role) {
  if (role.name === 'root') return h('span', { class: 'badge ok' }, 'everything');
  const actions = role.strategy?.actions ?? [];
  if (!actions.length) return h('span', { class: 'muted' }, 'only what is set for single collections');
  return h('span', { class: 'badges' }, actions.map((one) => h('span', { class: 'badge' }, one === '*' ? 'everything' : one.replace(':own', ' (own)'))));
}

function administration(role) {
  const has = SNIPPETS.filter((one) => role.name === 'root' || allowsPart(role.snippets ?? [], one.name));
  if (has.length === SNIPPETS.length) return h('span', { class: 'badge ok' }, 'everything');
  if (!has.length) return h('span', { class: 'nothing' }, '–');
  return h('span', { class: 'badges' }, has.map((one) => h('span', { class: 'badge' }, one.title.replace('Manage ', ''))));
}

async function create({ api, toast, navigate }) {
  const naming = titleAndName({ make: nameFrom, hint: 'What programs call it. It stays as it is.', max: 100, example: 'To Dos API Role' });
  const keys = checkbox('May manage API keys', { checked: false, hint: 'Lets people who act in this role create and delete their own keys.' });
  const everybody = checkbox('New users get this role', { checked: false });
  const made = await formDialog({
    title: 'New role', action: 'Create role',
    content: h('div', { class: 'stack' }, naming.element, keys, everybody, h('p', { class: 'hint' }, 'It may do nothing with records until you say so, on the next screen.')),
    submit: async () => {
      const values = { ...naming.read(), default: everybody.box.checked };
      if (keys.box.checked) values.snippets = ['!ui.*', '!pm', 'pm.api-keys.configuration'];
      await api.call('roles:create', undefined, values);
      toast.success(`${values.title} was created. Now say what it may do.`);
      return values.name;
    },
  });
  if (made) navigate(link('roles', made));
}

/** Deletes a role; answers whether it did. */
export async function remove({ api, toast }, role, done) {
  const holders = await api.call(`roles/${encodeURIComponent(role.name)}/users:list`, { pageSize: 1 }).catch(() => null);
  const count = holders?.meta?.count ?? 0;
  const sure = await confirm({
    title: `Delete the role ${role.title || role.name}?`, action: 'Delete role', danger: true,
    message: [count ? `${count} ${count === 1 ? 'person loses' : 'people lose'} what it allows.` : 'Nobody holds it.', 'API keys that act in it are refused from then on.'],
  });
  if (!sure) return false;
  try {
    await api.call('roles:destroy', { filterByTk: role.name }, {});
    toast.success(`${role.title || role.name} was deleted.`);
    await done();
    return true;
  } catch (error) {
    toast.error(error.message);
    return false;
  }
}
