// The todos guide, walked by the unmodified NocoBase SDK against a running server.
// Needs KEYWARD_URL, KEYWARD_ADMIN_EMAIL and KEYWARD_ADMIN_PASSWORD. Cleans up after itself, so that it can
// be run twice against the same server.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import axios from 'axios';
import sdk from '@nocobase/sdk';

const { APIClient } = sdk;

const url = process.env.KEYWARD_URL ?? 'http://127.0.0.1:7420';
const baseURL = `${url.replace(/\/$/, '')}/api/`;
const mark = Date.now().toString(36);
const collection = `todos_${mark}`;
const role = `todosApi_${mark}`;
const username = `todos-api-user-${mark}`;
const password = 'correct horse battery';

const todos = ['eat food', 'sleep', 'play games'];

/** A client as a page or a script makes it. */
function client(token) {
  const api = new APIClient({ baseURL });
  if (token) api.auth.setToken(token);
  return api;
}

/** What a refused call answered. */
async function refused(call) {
  const error = await call.then(
    (answer) => assert.fail(`was not refused: ${JSON.stringify(answer.data)}`),
    (e) => e,
  );
  if (!error.response) throw error;
  const { status, headers, data } = error.response;
  assert.ok(Array.isArray(data.errors), JSON.stringify(data));
  assert.ok(headers['x-decision-id'], 'every answer has a decision id');
  return { status, ...data.errors[0] };
}

describe('using API keys in NocoBase', () => {
  const admin = client();
  let userId;
  let token;

  before(async () => {
    assert.ok(process.env.KEYWARD_ADMIN_EMAIL, 'KEYWARD_ADMIN_EMAIL is not set');
    const { data } = await admin.auth.signIn({
      account: process.env.KEYWARD_ADMIN_EMAIL,
      password: process.env.KEYWARD_ADMIN_PASSWORD,
    });
    assert.equal(data.data.user.email, process.env.KEYWARD_ADMIN_EMAIL);
    assert.equal(data.data.user.password, undefined);
  });

  after(async () => {
    await admin.resource('collections').destroy({ filterByTk: collection }).catch(() => {});
    if (userId) await admin.resource('users').destroy({ filterByTk: userId }).catch(() => {});
    await admin.resource('roles').destroy({ filterByTk: role }).catch(() => {});
  });

  it('2.2 creates the collection with its fields and three records', async () => {
    const { data: made } = await admin.resource('collections').create({
      values: {
        name: collection,
        title: 'Todos',
        template: 'general',
        autoGenId: false,
        createdAt: true,
        updatedAt: true,
        createdBy: true,
        updatedBy: true,
        sortable: true,
        fields: [
          { name: 'id', type: 'bigInt', autoIncrement: true, primaryKey: true, allowNull: false, interface: 'id' },
          {
            name: 'title',
            type: 'string',
            interface: 'input',
            uiSchema: { type: 'string', title: 'Title', 'x-component': 'Input' },
          },
          { name: 'completed', type: 'boolean', interface: 'checkbox', uiSchema: { title: 'Completed' } },
        ],
      },
    });
    assert.equal(made.data.name, collection);
    const names = made.data.fields.map((field) => field.name);
    for (const name of ['id', 'title', 'completed', 'createdAt', 'updatedAt', 'createdById']) {
      assert.ok(names.includes(name), `${name} is among ${names}`);
    }
    for (const title of todos) {
      const { data } = await admin.resource(collection).create({ values: { title, completed: false } });
      assert.equal(data.data.title, title);
      assert.equal(typeof data.data.id, 'number');
    }
  });

  it('2.3 creates a role with full access to the collection, and a user who holds it', async () => {
    const { data } = await admin.resource('roles').create({
      values: { name: role, title: `To Dos API Role ${mark}`, snippets: ['pm.api-keys.configuration'] },
    });
    assert.equal(data.data.name, role);
    // All are ticked.
    const { data: known } = await admin.resource('collections.fields', collection).list({ paginate: false });
    const fields = known.data.map((field) => field.name);
    await admin.resource('roles.dataSourceResources', role).create({
      values: {
        name: collection,
        dataSourceKey: 'main',
        usingActionsConfig: true,
        actions: ['view', 'create', 'update', 'destroy'].map((name) => ({ name, fields, scope: null })),
      },
    });
    const { data: entry } = await admin.resource('roles.dataSourceResources', role).get({
      filter: { dataSourceKey: 'main', name: collection },
      appends: ['actions', 'actions.scope'],
    });
    assert.deepEqual(
      entry.data.actions.map((action) => action.name),
      ['view', 'create', 'update', 'destroy'],
    );
    const { data: user } = await admin.resource('users').create({
      values: { username, nickname: 'To Dos API User', password, roles: [] },
    });
    userId = user.data.id;
    assert.equal(typeof userId, 'number');
    await admin.resource('users.roles', userId).add({ values: [role] });
    const { data: held } = await admin.resource('users.roles', userId).list();
    assert.deepEqual(held.data.map((r) => r.name), [role]);
  });

  it('2.4 the user signs in and generates a key, which is shown once', async () => {
    const user = client();
    await user.auth.signIn({ account: username, password }, 'basic');
    const { data: check } = await user.resource('auth').check();
    assert.equal(check.data.username, username);
    const { data: rights } = await user.resource('roles').check();
    assert.equal(rights.data.role, role);
    assert.equal(rights.data.allowAll, false);
    const { data } = await user.resource('apiKeys').create({
      values: { name: 'guide key', role: { name: role }, expiresIn: '30d' },
    });
    token = data.data.token;
    const [header, payload] = token.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')));
    assert.deepEqual([header.alg, header.typ], ['HS256', 'JWT']);
    assert.equal(payload.userId, userId);
    assert.equal(payload.roleName, role);
    assert.equal(payload.exp - payload.iat, 30 * 86_400);

    const { data: keys } = await user
      .resource('apiKeys')
      .list({ appends: ['role'], sort: ['-createdAt'], pageSize: 20 });
    assert.equal(keys.meta.count, 1);
    assert.equal(keys.data[0].roleName, role);
    assert.equal(keys.data[0].expiresIn, '30d');
    assert.equal(JSON.stringify(keys).includes(token), false);
  });

  it('3.2 lists, creates, updates and deletes with the key', async () => {
    const api = client(token);
    const { data: list } = await api.resource(collection).list({ sort: ['id'], pageSize: 20 });
    assert.deepEqual(list.data.map((row) => row.title), todos);
    assert.deepEqual(list.meta, { count: 3, page: 1, pageSize: 20, totalPage: 1 });

    const { data: created } = await api.resource(collection).create({ values: { title: 'read a book' } });
    assert.equal(created.data.createdById, userId);
    const id = created.data.id;

    const { data: updated } = await api.resource(collection).update({ filterByTk: id, values: { completed: true } });
    assert.equal(updated.data.length, 1);
    assert.equal(updated.data[0].completed, true);

    const { data: found } = await api.resource(collection).list({ filter: { completed: { $isTruly: true } } });
    assert.deepEqual(found.data.map((row) => row.id), [id]);
    const { data: one } = await api.resource(collection).get({ filterByTk: id, fields: ['id', 'title'] });
    assert.deepEqual(one.data, { id, title: 'read a book' });

    const { data: gone } = await api.resource(collection).destroy({ filterByTk: id });
    assert.equal(gone.data, 1);
    const { data: missing } = await api.resource(collection).get({ filterByTk: id });
    assert.equal(missing.data, null);
  });

  it('3.3 answers plain axios with the key in the header, as the script block does', async () => {
    const { data, headers } = await axios.get(`${baseURL}${collection}:list`, {
      headers: { Authorization: `Bearer ${token}`, Origin: 'null' },
    });
    assert.equal(data.data.length, 3);
    assert.ok(['*', 'null'].includes(headers['access-control-allow-origin']), 'a page of another origin may read it');
  });

  it('3.3 turns a wrong key away with 401', async () => {
    const wrong = `${token.slice(0, -4)}AAAA`;
    const got = await refused(client(wrong).resource(collection).list());
    assert.deepEqual([got.status, got.code], [401, 'INVALID_TOKEN']);
    const none = await refused(client().resource(collection).list());
    assert.deepEqual([none.status, none.code], [401, 'EMPTY_TOKEN']);
  });

  it('denies what the role does not allow with 403, whatever role the header asks for', async () => {
    const api = client(token);
    assert.equal((await refused(api.resource('users').list())).status, 403);
    api.auth.setRole('admin');
    const got = await refused(api.resource('collections').create({ values: { name: `x_${mark}` } }));
    assert.deepEqual([got.status, got.message], [403, 'No permissions']);
  });

  it('a changed role and a deleted key take effect with the next call', async () => {
    await admin.resource('roles.dataSourceResources', role).update({
      filter: { dataSourceKey: 'main', name: collection },
      values: { usingActionsConfig: true, actions: [{ name: 'view', fields: ['id', 'title'] }] },
    });
    const api = client(token);
    const { data } = await api.resource(collection).list();
    assert.equal('completed' in data.data[0], false);
    const got = await refused(api.resource(collection).create({ values: { title: 'no' } }));
    assert.equal(got.status, 403);

    const user = client();
    await user.auth.signIn({ account: username, password });
    const { data: keys } = await user.resource('apiKeys').list();
    const { data: gone } = await user.resource('apiKeys').destroy({ filterByTk: keys.data[0].id });
    assert.equal(gone.data, 1);
    const after = await refused(api.resource(collection).list());
    assert.deepEqual([after.status, after.code], [401, 'BLOCKED_TOKEN']);
    await user.auth.signOut();
  });
});
