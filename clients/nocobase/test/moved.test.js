// A server that took over a real NocoBase (its database file is a fixture the real product wrote): for its clients nothing
// changed. And a server at its first start, with the settings people have from there.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { fixture, withServer } from './servers.js';
import { body, client, ok, refused } from './world.js';

const { keys } = fixture('nocobase-relations');
const titles = (rows) => rows.map((row) => row.title);

async function signedIn(base, values) {
  const api = client(undefined, {}, base);
  await api.auth.signIn(values);
  return api;
}

describe('after the move', () => {
  it('keys and people are what they were, and what was dead stays dead', () =>
    withServer({ taken: 'nocobase-relations' }, async ({ base, report }) => {
      const by = (name) => client(keys[name].token, {}, base);
      assert.ok(report.rows.every((row) => row.outcome !== 'refused' || row.reason));

      // The key works with the text it has, for what its role may.
      const key = by('for ever');
      const todos = key.resource('todos');
      const listed = await ok(todos.list({ sort: ['id'] }));
      assert.deepEqual(titles(listed), ['eat food', 'sleep', 'play games']);
      assert.deepEqual(Object.keys(listed[0]).filter((name) => ['due', 'labels', 'remark', 'pin'].includes(name)), []);
      const { id } = await ok(todos.create({ values: { title: 'moved', completed: false } }));
      assert.deepEqual(titles(await ok(todos.update({ filterByTk: id, values: { title: 'arrived', completed: true } }))), ['arrived']);
      assert.equal((await ok(todos.get({ filterByTk: id }))).completed, false);
      assert.equal(await ok(todos.destroy({ filterByTk: id })), 1);
      assert.equal(await refused(key.resource('users').list()), '403 No permissions');
      assert.equal((await ok(key.resource('auth').check())).username, 'ada');

      // Those of the administrator, too: over its own collections.
      const root = by('super');
      const [first] = await ok(root.resource('todos').list({ sort: ['id'], appends: ['tags', 'project'] }));
      assert.deepEqual([first.tags.map((tag) => tag.name), first.project.name], [['home', 'urgent'], 'House']);
      assert.equal((await body(root.resource('todos').list({ filter: { 'tags.name': 'urgent' } }))).meta.count, 1);

      for (const [name, said] of [
        ['short', '401 INVALID_TOKEN'],
        ['signed out', '401 BLOCKED_TOKEN'],
        ['deleted', '401 BLOCKED_TOKEN'],
        ['role taken', '401 ROLE_NOT_FOUND_FOR_USER'],
        ['forged', '401 INVALID_TOKEN'],
        ['other owner', '401 BLOCKED_TOKEN'],
        ['other role', '401 BLOCKED_TOKEN'],
        ['without a row', '401 BLOCKED_TOKEN'],
      ]) {
        assert.equal(await refused(by(name).resource('todos').list()), said, name);
      }

      // People sign in with the password they have, again and again: it is kept better from the first time on.
      for (const account of ['ada', 'ada@example.com', 'ada']) {
        const session = await signedIn(base, { account, password: 'correct horse battery' });
        const me = await ok(session.resource('auth').check());
        assert.deepEqual([me.username, me.nickname], ['ada', 'Ada']);
        const names = (await ok(session.resource('apiKeys').list({ paginate: false }))).map((row) => row.name);
        assert.ok(names.includes('for ever') && !names.includes('deleted'), `${names}`);
      }
      const wrong = client(undefined, {}, base).auth.signIn({ account: 'ada', password: 'wrong horse battery' });
      assert.match(await refused(wrong), /^401 The username\/email or password is incorrect/);
      const bob = await signedIn(base, { account: 'bob', password: 'another-password-2' });
      assert.deepEqual(await ok(bob.resource('todos').list()), []);

      // A key is ended by whom it belongs to, like any other.
      const ada = await signedIn(base, { account: 'ada', password: 'correct horse battery' });
      const row = (await ok(ada.resource('apiKeys').list({ paginate: false }))).find((one) => one.name === 'for ever');
      assert.equal(await ok(ada.resource('apiKeys').destroy({ filterByTk: row.id })), 1);
      assert.equal(await refused(todos.list()), '401 BLOCKED_TOKEN');
    }));
});

describe('at the first start', () => {
  it('the administrator is made of the names people have set already, and of nothing else', async () => {
    const settings = {
      INIT_ROOT_EMAIL: 'boss@example.com', INIT_ROOT_PASSWORD: 'a password of my own', INIT_ROOT_USERNAME: 'boss', INIT_ROOT_NICKNAME: 'The Boss',
    };
    await withServer({ settings }, async ({ base }) => {
      for (const account of ['boss', 'boss@example.com']) {
        const session = await signedIn(base, { account, password: settings.INIT_ROOT_PASSWORD });
        const me = await ok(session.resource('auth').check());
        assert.deepEqual([me.username, me.nickname, me.email], ['boss', 'The Boss', 'boss@example.com']);
        assert.equal((await ok(session.resource('roles').check())).allowAll, true);
      }
      const shipped = client(undefined, {}, base).auth.signIn({ account: 'admin@nocobase.com', password: 'admin123' });
      assert.match(await refused(shipped), /^401 /);
    });
  });

  it('nobody is there whom nobody named: no password is shipped', () =>
    withServer({}, async ({ base }) => {
      for (const account of ['nocobase', 'admin@nocobase.com', 'admin', 'root']) {
        const attempt = client(undefined, {}, base).auth.signIn({ account, password: 'admin123' });
        assert.match(await refused(attempt), /^401 /, account);
      }
    }));
});
