// The server's own description of its API, as far as the role reaches: every operation, to read, copy and try.

import { fill, h, icon } from '../lib/dom.js';
import { send } from '../lib/api.js';
import { saveAs } from '../lib/files.js';
import { testKey, useTestKey } from '../lib/keyring.js';
import { groupsOf } from '../lib/openapi.js';
import { link } from '../lib/router.js';
import { button, field, formDialog, problem, textarea } from '../ui/form.js';
import { empty, head } from '../ui/layout.js';
import { searchBox } from '../ui/table.js';
import { operation } from './docs-operation.js';

export async function screen(container, context) {
  const { api, session } = context;
  const credential = () => testKey() ?? { token: session.token, name: 'your sign-in', signIn: true };
  const asked = credential();
  const answer = await ask(context, asked, { method: 'GET', url: `${api.base}swagger:get` });
  const again = () => screen(container, context);
  const raw = answer.ok && button('OpenAPI file', () => saveAs(new Blob([JSON.stringify(answer.data, null, 2)], { type: 'application/json' }), 'openapi.json'), { mark: 'external' });
  const reaches = asked.signIn ? 'the role you act in' : 'the API key';
  fill(container,
    head('API documentation', { about: ['Every address ', reaches, ' can reach, below ', h('code', {}, api.base), '. Programs send their key in the header ', h('code', {}, 'Authorization: Bearer …'), '.'], actions: [raw] }),
    whoCard(context, asked, again),
    answer.ok ? operations(answer.data, context, credential)
      : problem(`The server refused ${asked.signIn ? 'this' : 'the key'}: ${answer.data?.errors?.[0]?.message ?? answer.status}`));
}

function operations(document_, context, credential) {
  const groups = groupsOf(document_);
  if (!groups.length) return empty('book', 'Nothing to describe', 'Nothing can be reached with these rights. Say under Roles & permissions what the role may do.');
  const place = h('div', { class: 'stack' });
  const nav = h('nav', { class: 'doc-nav', 'aria-label': 'Groups of operations' });
  const openGroup = (tag) => {
    const card = [...place.children].find((one) => one.dataset.tag === tag);
    card.open = true;
    card.scrollIntoView({ block: 'start' });
    card.querySelector('summary').focus({ preventScroll: true });
  };
  const show = (word) => {
    const found = groups.map((group) => ({ ...group, operations: group.operations.filter((one) => `${one.path} ${one.summary}`.toLowerCase().includes(word)) })).filter((group) => group.operations.length);
    fill(place, found.length ? found.map((group) => groupCard(group, context, credential, word)) : h('p', { class: 'muted' }, 'No operation is called that.'));
    fill(nav, found.map((group) => h('button', { type: 'button', onclick: () => openGroup(group.tag) }, group.tag)));
  };
  show('');
  return h('div', { class: 'stack' }, searchBox('Find an operation, such as todos:list', show), h('div', { class: 'doc' }, nav, place));
}

/**
 * Sends a request as whoever is chosen and answers whatever came back. The sign-in goes by the page's own client, which
 * takes up an exchanged token; a key has its own role and no other.
 */
export async function ask({ api }, { token, signIn }, { method, url, data }) {
  if (!signIn) return send(url, { method, data, headers: { authorization: `Bearer ${token}` } });
  try {
    return { ok: true, ...(await api.request({ url: url.slice(api.base.length), method, data })) };
  } catch (error) {
    if (!error.response?.status) throw error;
    return { ok: false, ...error.response };
  }
}

function groupCard(group, context, credential, word) {
  return h('details', { class: 'card doc-group', dataset: { tag: group.tag }, open: group.collection || word !== '' },
    h('summary', { class: 'card-head' }, h('h2', {}, group.tag), h('span', { class: 'badge' }, group.collection ? 'collection' : `${group.operations.length}`)),
    h('div', { class: 'doc-operations' }, group.operations.map((one) => operation(one, context, credential))));
}

/** As whom requests are sent from here. */
function whoCard({ session }, credential, again) {
  const choose = async () => {
    const box = textarea({ rows: 4, class: 'input code', autocomplete: 'off', autofocus: true });
    const made = await formDialog({
      title: 'Try with an API key', action: 'Use this key',
      content: h('div', { class: 'stack' }, field('API key', box, { required: true, hint: 'Kept in this page until you close or reload it, and sent to this server only.' }),
        session.may('pm.api-keys.configuration') && h('p', { class: 'hint' }, 'None at hand? ', h('a', { href: link('keys'), onclick: () => document.querySelector('dialog[open]')?.close() }, 'Make one'), '.')),
      submit: () => useTestKey({ token: box.value.trim().replace(/^Bearer\s+/i, ''), name: 'a key you entered' }),
    });
    if (made) again();
  };
  const text = credential.signIn
    ? ['Requests are sent with ', h('strong', {}, 'your sign-in'), `, in the role ${session.roles.find((one) => one.name === session.role)?.title ?? session.role}. Use an API key to see what a program sees.`]
    : ['Requests are sent with the API key ', h('strong', {}, credential.name), ` (${credential.token.slice(0, 10)}…).`];
  return h('div', { class: `notice ${credential.signIn ? 'info' : 'ok'} who-card` }, icon('key'), h('div', { class: 'grow' }, text),
    h('div', { class: 'row' }, button(credential.signIn ? 'Use an API key' : 'Another key', choose, { kind: 'small' }),
      !credential.signIn && button('Use my sign-in', () => {
        useTestKey(null);
        again();
      }, { kind: 'small quiet' })));
}
