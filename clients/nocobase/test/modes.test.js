// Several roles at once, and strangers with a role of their own: both for a whole server, so on one of their own.

import './open.js';

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import {
  admin, client, collection, fresh, grant, makeKey, ok, person, refused, role, signedIn, text, titles,
} from './world.js';

const DENIED = '403 No permissions';
const setMode = (roleMode) => ok(admin.resource('roles').setSystemRoleMode({ values: { roleMode } }));

describe('several roles at once', () => {
  let todos;
  let all;
  let mine;
  let bob;
  before(async () => {
    todos = await collection([text('title'), text('note')], { createdBy: true });
    await ok(admin.resource(todos).create({ values: { title: 'theirs', note: 'n' } }));
    all = await role({ resources: [{ name: todos, actions: [{ name: 'view', fields: ['title'] }] }], snippets: ['pm.api-keys.configuration'] });
    mine = await role();
    await grant(mine, [
      { name: todos, actions: [{ name: 'create' }, { name: 'view', fields: null, scopeKey: 'own' }, { name: 'update', scopeKey: 'own' }] },
    ]);
    bob = await person([all, mine]);
    bob.session.auth.setRole(mine);
    await ok(bob.session.resource(todos).create({ values: { title: 'mine', note: 'm' } }));
  });
  after(() => setMode('default'));

  const as = (name) => {
    const api = client(bob.session.auth.getToken());
    if (name) api.auth.setRole(name);
    return api;
  };
  const shown = async (api) =>
    (await ok(api.resource(todos).list({ sort: ['id'] }))).map((row) => [row.title, row.note ?? null]);

  it('is not, as long as nobody says so', async () => {
    await setMode('default');
    assert.deepEqual(await titles(as(mine), todos), ['mine']);
    assert.equal((await ok(admin.resource('roles').check())).roleMode, 'default');
    assert.equal(await refused(as(all).resource(todos).create({ values: {} })), DENIED);
  });

  it('allows what any of them does, and never a mix', async () => {
    await setMode('allow-use-union');
    const union = as('__union__');
    assert.deepEqual(await shown(union), [['theirs', null], ['mine', 'm']]);
    assert.equal((await ok(union.resource(todos).update({ filter: { title: 'mine' }, values: { note: 'new' } }))).length, 1);
    assert.deepEqual(await ok(union.resource(todos).update({ filterByTk: 1, values: { note: 'x' } })), []);
    assert.equal(await refused(union.resource(todos).list({ filter: { note: 'n' } })), DENIED);
    const check = await ok(union.resource('roles').check());
    assert.deepEqual([check.role, check.roleMode, check.allowAll], ['__union__', 'allow-use-union', false]);
    // Who names one role acts in one.
    assert.deepEqual(await titles(as(mine), todos), ['mine']);
  });

  it('writes what one of them may write, and not what two of them may together', async () => {
    await setMode('allow-use-union');
    const at = await collection([text('a'), text('b')]);
    await ok(admin.resource(at).create({ values: { a: '1', b: '1' } }));
    const [one, two] = [await role(), await role()];
    await grant(one, [{ name: at, actions: [{ name: 'view', fields: null }, { name: 'update', fields: ['a'] }] }]);
    await grant(two, [{ name: at, actions: [{ name: 'view', fields: null }, { name: 'update', fields: ['b'] }] }]);
    const { session } = await person([one, two]);
    session.auth.setRole('__union__');
    const update = async (values) => (await ok(session.resource(at).update({ filterByTk: 1, values }))).length;
    assert.equal(await update({ a: '2' }), 1);
    assert.equal(await update({ b: '2' }), 1);
    assert.equal(await update({ a: '3', b: '3' }), 0);
    assert.deepEqual(await ok(admin.resource(at).get({ filterByTk: 1, fields: ['a', 'b'] })), { a: '2', b: '2' });
  });

  it('may be for everybody, and is never for keys', async () => {
    await setMode('only-use-union');
    for (const name of [undefined, all, mine, '__union__']) {
      assert.deepEqual((await shown(as(name))).map(([title]) => title), ['theirs', 'mine'], name);
    }
    const key = client(await makeKey(as(), all));
    for (const name of [undefined, '__union__', mine]) {
      if (name) key.auth.setRole(name);
      assert.deepEqual(await shown(key), [['theirs', null], ['mine', null]], name);
      assert.equal(await refused(key.resource(todos).create({ values: {} })), DENIED);
      assert.equal((await ok(key.resource('roles').check())).role, all);
    }
  });

  it('is chosen by who manages roles', async () => {
    assert.equal(await refused(as(mine).resource('roles').setSystemRoleMode({ values: { roleMode: 'default' } })), DENIED);
    for (const values of [{}, { roleMode: 'everything' }, { roleMode: null }]) {
      assert.match(await refused(admin.resource('roles').setSystemRoleMode({ values })), /^400 /);
    }
  });
});

describe('strangers', () => {
  let todos;
  before(async () => {
    todos = await collection([text('title'), text('note')], { createdBy: true });
    await ok(admin.resource(todos).create({ values: [{ title: 'open', note: 'n' }, { title: 'closed', note: 'n' }] }));
  });
  after(() => admin.resource('roles').destroy({ filterByTk: 'anonymous' }));
  const nobody = client();
  const named = client(undefined, { 'X-Role': 'anonymous' });

  it('may do nothing as long as there is no role for them', async () => {
    for (const api of [nobody, named]) assert.equal(await refused(api.resource(todos).list()), '401 EMPTY_TOKEN');
  });

  it('may do with records what the role anonymous says, and nothing else', async () => {
    await ok(admin.resource('roles').create({ values: { name: 'anonymous', title: fresh('Anonymous'), snippets: ['pm', 'pm.*', 'ui.*'] } }));
    assert.equal(await refused(nobody.resource(todos).list()), '401 EMPTY_TOKEN');
    assert.equal(await refused(named.resource(todos).list()), DENIED);
    await grant('anonymous', [
      {
        name: todos,
        actions: [
          { name: 'view', fields: ['title'], scope: { scope: { title: { $ne: 'closed' } } } },
          { name: 'create', fields: ['title'] },
          { name: 'destroy', scopeKey: 'own' },
        ],
      },
    ]);
    const { session } = await person(['member']);
    assert.equal((await ok(session.resource('roles').check())).allowAnonymous, true);
    session.auth.setRole('anonymous');
    for (const api of [nobody, named, session]) {
      const rows = await ok(api.resource(todos).list({ filter: { title: 'open' } }));
      assert.deepEqual([rows.length, rows[0].title, 'note' in rows[0]], [1, 'open', false]);
      assert.equal((await ok(api.resource(todos).list())).some((row) => row.title === 'closed'), false);
    }
    const { id } = await ok(nobody.resource(todos).create({ values: { title: 'hello', note: 'dropped' } }));
    const row = await ok(admin.resource(todos).get({ filterByTk: id }));
    assert.deepEqual([row.note, row.createdById], [null, null]);
    // Nobody owns nothing, not even what strangers made.
    assert.match(await refused(named.resource(todos).destroy({ filterByTk: id })), /^403 /);
    assert.equal(await refused(nobody.resource(todos).update({ filterByTk: id, values: {} })), '401 EMPTY_TOKEN');
    for (const resource of ['users', 'roles', 'apiKeys', 'collections']) {
      assert.equal(await refused(nobody.resource(resource).list()), '401 EMPTY_TOKEN', resource);
    }
    assert.equal(await refused(session.resource('users').list()), DENIED);
  });

  it('with a wrong token are no strangers, and keys are their own role', async () => {
    assert.equal(await refused(client('nonsense').resource(todos).list()), '401 INVALID_TOKEN');
    const { username } = await person(['member']);
    const gone = await signedIn(username);
    const token = gone.auth.getToken();
    await gone.auth.signOut();
    assert.equal(await refused(client(token, { 'X-Role': 'anonymous' }).resource(todos).list()), '401 BLOCKED_TOKEN');
    const key = client(await makeKey(admin, 'root'), { 'X-Role': 'anonymous' });
    assert.equal((await ok(key.resource(todos).list({ filter: { title: 'closed' } }))).length, 1);
  });
});
