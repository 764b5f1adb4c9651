// API keys of the person: the list, and ending one. Making one is in `key-new.js`.

import { fill, h } from '../lib/dom.js';
import { ago, moment } from '../lib/fields.js';
import { link } from '../lib/router.js';
import { confirm } from '../ui/dialog.js';
import { button } from '../ui/form.js';
import { empty, head } from '../ui/layout.js';
import { pager, table } from '../ui/table.js';
import { newKey } from './key-new.js';

const CENTURY_MS = 100 * 365.25 * 86_400_000;

export async function screen(container, context) {
  return list(container, context, { page: 1, size: 20 });
}

async function list(container, context, state) {
  const { api, session } = context;
  const answer = await api.call('apiKeys:list', { page: state.page, pageSize: state.size, sort: ['-createdAt'], appends: ['role'] });
  const again = (change = {}) => list(container, context, Object.assign(state, change));
  const make = (mark) => button('Add API key', async () => (await newKey(context)) && again({ page: 1 }), { kind: 'primary', mark });
  const top = head('API keys', { about: 'A key lets a program act as you, in one of your roles, without your password. Only your own keys are listed here.', actions: answer.data.length ? [make('plus')] : [] });
  if (answer.data.length === 0 && state.page === 1) {
    fill(container, top, empty('key', 'No API keys yet', [
      'A program sends its key in the header Authorization: Bearer … of each request, and may do what the key’s role allows: no more, and no longer than you say.',
      session.may('pm.acl.roles') && h('p', {}, 'Before you make one: is there a role for it under ', h('a', { href: link('roles') }, 'Roles & permissions'), ', and do you hold it?'),
    ].filter(Boolean), make('plus')));
    return;
  }
  fill(container, top, rows(answer.data, context, again), pager(answer.meta, { noun: 'keys', onpage: (page) => again({ page }), onsize: (size) => again({ size, page: 1 }) }));
}

function rows(keys, context, again) {
  return table([
    { title: 'Key', cell: (key) => [h('span', { class: 'strong' }, key.name), h('span', { class: 'sub' }, 'created ', h('time', { datetime: key.createdAt, title: moment(key.createdAt) }, ago(key.createdAt)))] },
    { title: 'Role', cell: (key) => (key.roleName ? h('span', { class: 'badge accent wrap' }, key.role?.title || key.roleName) : h('span', { class: 'badge bad' }, 'role is gone')) },
    { title: 'Expires', cell: (key) => expiry(key) },
    { title: 'Last used', cell: (key) => (key.lastUsedAt ? h('time', { datetime: key.lastUsedAt, title: moment(key.lastUsedAt) }, ago(key.lastUsedAt)) : h('span', { class: 'muted' }, 'never')) },
    { title: 'Requests', class: 'number', cell: (key) => (key.requestCount ?? 0).toLocaleString() },
    { title: 'Actions', hiddenTitle: true, class: 'actions', cell: (key) => button('Delete', () => remove(context, key, again), { kind: 'small quiet danger', mark: 'trash', 'aria-label': `Delete the key ${key.name}` }) },
  ], keys, { caption: 'Your API keys' });
}

function expiry(key) {
  if (key.enabled === false) return h('span', { class: 'badge bad' }, 'switched off');
  const left = key.expiresAt ? new Date(key.expiresAt).getTime() - Date.now() : Infinity;
  if (left > CENTURY_MS) return h('span', { class: 'badge warn' }, 'never');
  const kind = left <= 0 ? 'bad' : left < 7 * 86_400_000 ? 'warn' : '';
  return h('time', { class: `badge ${kind}`, datetime: key.expiresAt, title: moment(key.expiresAt) }, left <= 0 ? `expired ${ago(key.expiresAt)}` : ago(key.expiresAt));
}

async function remove({ api, toast }, key, again) {
  const sure = await confirm({ title: `Delete the key ${key.name}?`, message: 'Programs that use it are refused from the next request on. This cannot be undone.', action: 'Delete key', danger: true });
  if (!sure) return;
  try {
    const answer = await api.call('apiKeys:destroy', { filterByTk: key.id }, {});
    if (answer.data) toast.success(`The key ${key.name} was deleted.`);
    else toast.warning('The key was gone already.');
  } catch (error) {
    toast.error(error.message);
  }
  await again();
}
