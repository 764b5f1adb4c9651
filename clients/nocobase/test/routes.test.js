// Every action the door serves, asked by everybody who may not: the table is the golden file of the door's own tests, so
// that a new action is asked here, too. Which words each caller hears depends on the caller, never on the action.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';

import {
  admin, baseURL, body, client, collection, fresh, holder, makeKey, native, nativeKey, nativeUser, ok, person, refusal, refused,
  role, text,
} from './world.js';

const golden = new URL('../../../doors/nocobase/tests/it/actions.golden', import.meta.url);
const ACTIONS = readFileSync(golden, 'utf8')
  .trim()
  .split('\n')
  .map((line) => {
    const [, name, verb, need] = line.match(/^(\S+) (\w+) (.*)$/);
    const [resource, action] = name.split(':');
    return { name, resource, action, writes: verb === 'Writes', need };
  });
const guarded = ACTIONS.filter((one) => one.need !== 'open to everybody');
const open = ACTIONS.filter((one) => one.need === 'open to everybody');
const forRoles = guarded.filter((one) => one.need !== 'any live credential');
/** Leads out again, also for those who get nowhere. */
const ofOneself = (one) => one.resource === 'auth';
/** A link for a new password is another kind of token. */
const LINK = 'Token expired';

let todos;
before(async () => {
  const labels = await collection([text('text')]);
  todos = await collection([
    text('title'),
    { name: 'labels', type: 'belongsToMany', target: labels, through: fresh('p'), foreignKey: 'a', otherKey: 'b' },
  ], { sortable: true });
});

/** Where the action is answered, about something that is there. */
function place({ resource, action }, { user = 1, role: name = 'member' } = {}) {
  const at = resource.replace('*.*', `${todos}.labels`).replace('*', todos);
  const [first, second] = at.split('.');
  const source = { roles: name, users: user, collections: todos, dataSources: 'main' }[first] ?? 1;
  const key = { collections: todos, roles: name, users: user, collectionCategories: 999_999, authenticators: 999_999 }[resource] ?? 1;
  return { at, source: second && source, path: `${second ? `${first}/${source}/${second}` : first}:${action}`, key };
}

function call(api, one) {
  const { at, source, key } = place(one);
  return api.resource(at, source)[one.action]({ filterByTk: key, values: {} });
}

/** The same as an answer of whatever status, with any body. */
async function post(api, one, about, values) {
  const { path, key } = place(one, about);
  const headers = { 'content-type': 'application/json' };
  const data = JSON.stringify(values);
  return api.axios.request({ baseURL, url: path, method: 'post', params: { filterByTk: key }, data, headers, validateStatus: null });
}

/** What each of these actions says to the caller, as `{words: [actions]}`. */
async function heard(actions, api) {
  const said = {};
  const words = await Promise.all(actions.map((one) => refused(call(api, one))));
  words.forEach((word, at) => (said[word] ??= []).push(actions[at].name));
  return said;
}

const names = (actions) => actions.map((one) => one.name);
const everywhere = (said, actions = guarded) => ({ [said]: names(actions) });

describe('every action', () => {
  it('asks who it is', async () => {
    assert.deepEqual(await heard(guarded, client()), everywhere('401 EMPTY_TOKEN'));
    assert.deepEqual(await heard(guarded, client('nonsense')), everywhere('401 INVALID_TOKEN'));
    assert.deepEqual(await heard(guarded, client('a.b.c')), everywhere('401 INVALID_TOKEN'));
    assert.deepEqual(await heard(guarded, client('kws_nonsense')), everywhere('401 BLOCKED_TOKEN'));
  });

  it('but those everybody may ask does not care', async () => {
    for (const one of open) {
      for (const api of [client(), client('nonsense')]) {
        const { status, data } = await call(api, one).catch((error) => error.response);
        const closed = one.name === 'auth:signUp' || data.errors?.[0].message === LINK;
        assert.ok(status === 200 || status === 400 || closed, `${one.name} ${status}`);
      }
    }
  });

  it('knows a token that was ended: signed out, deleted, expired, of nobody', async () => {
    const gone = await person(['admin']);
    const signedOut = gone.session.auth.getToken();
    await gone.session.resource('auth').signOut();
    assert.deepEqual(await heard(guarded, client(signedOut)), everywhere('401 BLOCKED_TOKEN'));

    const one = await holder('admin');
    const over = await makeKey(one.maker, 'admin', { expiresIn: '1s' });
    const keys = await ok(one.maker.resource('apiKeys').list());
    await ok(one.maker.resource('apiKeys').destroy({ filterByTk: keys.find((key) => key.expiresIn === '1d').id }));
    assert.deepEqual(await heard(guarded, one.api), everywhere('401 BLOCKED_TOKEN'));

    const until = Date.now() + 10_000;
    while ((await client(over).resource('auth').check().then(() => true, () => false)) && Date.now() < until);
    assert.deepEqual(await heard(guarded, client(over)), everywhere('401 INVALID_TOKEN'));

    await ok(admin.resource('users').destroy({ filterByTk: one.id }));
    assert.deepEqual(await heard(guarded, one.api), everywhere('401 NOT_EXIST_USER'));
  });

  it('knows a person who is not active', async () => {
    const { username, api } = await holder('admin');
    await native('PATCH', `users/${await nativeUser(username)}`, { active: false });
    assert.deepEqual(await heard(guarded, api), everywhere('401 NOT_EXIST_USER'));
  });

  it('knows a role that is not held', async () => {
    const name = await role();
    const { id, api, session } = await holder(name);
    session.auth.setRole('admin');
    assert.deepEqual(await heard(guarded, session), everywhere('401 ROLE_NOT_FOUND_FOR_USER'));
    await body(admin.resource('users.roles', id).remove({ values: [name] }));
    assert.deepEqual(await heard(guarded, api), everywhere('401 ROLE_NOT_FOUND_FOR_USER'));
    await body(admin.resource('users.roles', id).set({ values: [] }));
    session.auth.setRole(null);
    const bare = client(session.auth.getToken());
    const elsewhere = guarded.filter((one) => !ofOneself(one));
    assert.deepEqual(await heard(elsewhere, bare), everywhere('401 USER_HAS_NO_ROLES_ERR', elsewhere));
    assert.equal((await ok(bare.resource('auth').check())).id, id);
    assert.deepEqual(await body(bare.resource('auth').signOut()), {});
  });

  it('knows a key that was switched off, is used up, used too often, or from elsewhere', async () => {
    const { api, maker } = await holder('admin');
    const name = fresh('key');
    const key = client(await makeKey(maker, 'admin', { name }));
    const id = await nativeKey(name);
    const change = (values) => native('PATCH', `keys/${id}`, values);
    await native('POST', `keys/${id}/disable`, {});
    assert.deepEqual(await heard(guarded, key), everywhere('401 INVALID_TOKEN'));
    await native('POST', `keys/${id}/enable`, {});
    await change({ remaining: 0 });
    assert.deepEqual(await heard(guarded, key), everywhere('429 QUOTA_EXCEEDED'));
    await change({ remaining: null, allowed_hosts: ['203.0.113.9'] });
    assert.deepEqual(await heard(guarded, key), everywhere('403 HOST_NOT_ALLOWED'));
    await change({ allowed_hosts: null, rate_limit: { max: 1, window_ms: 600_000 } });
    await ok(key.resource('auth').check());
    assert.deepEqual(await heard(guarded, key), everywhere('429 RATE_LIMITED'));
    for (const [one, answer] of guarded.map((action) => [action, refusal(call(key, action))])) {
      const { headers } = await answer;
      assert.ok(Number(headers['retry-after']) > 0, one.name);
      assert.deepEqual([headers['ratelimit-limit'], headers['ratelimit-remaining']], ['1', '0'], one.name);
      assert.ok(Number(headers['ratelimit-reset']) > 0, one.name);
    }
    // Another key of the same person is as it was.
    await ok(api.resource('auth').check());
  });

  it('that takes a right is refused to who has none: people, keys, and who acts as a stranger', async () => {
    const { session, api } = await holder(await role());
    session.auth.setRole('anonymous');
    const other = await person([await role()]);
    for (const caller of [api, session, other.session]) {
      assert.deepEqual(await heard(forRoles, caller), everywhere('403 No permissions', forRoles));
    }
  });

  it('that writes is not reached by a GET, whoever asks', async () => {
    for (const one of ACTIONS.filter((action) => action.writes)) {
      for (const method of ['get', 'head']) {
        const answer = await admin.axios.request({ baseURL, url: place(one).path, method, params: { filterByTk: 1 }, validateStatus: null });
        assert.equal(answer.status, 405, one.name);
      }
    }
  });

  it('takes whatever it is told without breaking', async () => {
    const gone = new Set(['auth:signOut', 'collections:destroy', 'collections:setFields', 'users:destroy']);
    const about = { role: await role() };
    const me = await person(['root']);
    about.user = me.id;
    for (const one of ACTIONS.filter((action) => !gone.has(action.name))) {
      const bodies = [[], [null], 'x', 5, null, { name: 5, title: [], fields: 'x', roles: 7, filter: [], values: {} }];
      const answers = await Promise.all(bodies.map((values) => post(me.session, one, about, values)));
      for (const { status, data } of answers) {
        const known = status !== 401 || data.errors[0].message === LINK;
        assert.ok(status < 500 && status !== 405 && known, `${one.name}: ${status} ${JSON.stringify(data)}`);
      }
    }
  });
});
