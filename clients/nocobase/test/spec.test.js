// Beyond the guide: associations, the filter grammar, scopes of rights and the error codes, by the unmodified
// SDK against a running server. Needs the same variables as the guide's test and cleans up after itself.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import sdk from '@nocobase/sdk';

const { APIClient } = sdk;

const url = process.env.KEYWARD_URL ?? 'http://127.0.0.1:7420';
const baseURL = `${url.replace(/\/$/, '')}/api/`;
const mark = Date.now().toString(36);
const [projects, tasks, labels, pairs] = ['projects', 'tasks', 'labels', 'pairs'].map((n) => `${n}_${mark}`);
const role = `reader_${mark}`;
const username = `reader-${mark}`;
const password = 'correct horse battery';

function client(token) {
  const api = new APIClient({ baseURL });
  if (token) api.auth.setToken(token);
  return api;
}

async function refused(call) {
  const error = await call.then(
    (answer) => assert.fail(`was not refused: ${JSON.stringify(answer.data)}`),
    (e) => e,
  );
  if (!error.response) throw error;
  const { status, data } = error.response;
  return { status, ...data.errors[0] };
}

describe('associations, filters and refusals through the SDK', () => {
  const admin = client();
  let reader;
  let userId;
  const titles = async (api, params) => (await api.resource(tasks).list(params)).data.data.map((row) => row.title);

  before(async () => {
    await admin.auth.signIn({
      account: process.env.KEYWARD_ADMIN_EMAIL,
      password: process.env.KEYWARD_ADMIN_PASSWORD,
    });
    const text = (name) => ({ name, type: 'string' });
    const make = (values) => admin.resource('collections').create({ values });
    await make({ name: projects, fields: [text('title'), text('secret')] });
    await make({ name: labels, fields: [text('text')] });
    await make({
      name: tasks,
      createdBy: true,
      fields: [
        text('title'),
        { name: 'project', type: 'belongsTo', target: projects, foreignKey: 'projectId' },
        { name: 'labels', type: 'belongsToMany', target: labels, through: pairs, foreignKey: 'a', otherKey: 'b' },
      ],
    });
    await admin.resource(`collections.fields`, projects).create({
      values: { name: 'tasks', type: 'hasMany', target: tasks, foreignKey: 'projectId' },
    });
    for (const title of ['one', 'two']) await admin.resource(projects).create({ values: { title, secret: title } });
    for (const text of ['red', 'green']) await admin.resource(labels).create({ values: { text } });
    await admin.resource(tasks).create({ values: { title: 'a', project: 1, labels: [1, 2] } });
    await admin.resource(tasks).create({ values: { title: 'b', project: { id: 2 } } });
    await admin.resource(tasks).create({ values: { title: 'c' } });

    await admin.resource('roles').create({
      values: { name: role, title: role, snippets: ['pm.api-keys.configuration'] },
    });
    await admin.resource('roles').applyDataPermissions({
      filterByTk: role,
      values: {
        resources: [
          { name: tasks, actions: [{ name: 'view', fields: ['title', 'project'] }] },
          { name: projects, actions: [{ name: 'view', fields: ['title'] }] },
        ],
      },
    });
    const made = await admin.resource('users').create({ values: { username, password, roles: [role] } });
    userId = made.data.data.id;
    const session = client();
    await session.auth.signIn({ account: username, password });
    const key = await session.resource('apiKeys').create({
      values: { name: 'reader', role: { name: role }, expiresIn: '1d' },
    });
    reader = client(key.data.data.token);
  });

  after(async () => {
    const gone = (resource, filterByTk) => admin.resource(resource).destroy({ filterByTk }).catch(() => {});
    for (const name of [tasks, projects, labels, pairs]) await gone('collections', name);
    await gone('users', userId);
    await gone('roles', role);
  });

  it('appends associations, whole or in part', async () => {
    const { data } = await admin.resource(tasks).list({ appends: ['project', 'labels'], sort: ['id'] });
    assert.equal(data.data[0].project.title, 'one');
    assert.deepEqual(data.data[0].labels.map((l) => l.text), ['red', 'green']);
    assert.equal(data.data[2].project, null);
    const part = await admin.resource(tasks).get({ filterByTk: 1, fields: ['title', 'createdBy.username'] });
    assert.deepEqual(Object.keys(part.data.data), ['title', 'createdBy']);
    assert.deepEqual(Object.keys(part.data.data.createdBy), ['username']);
  });

  it('filters and sorts along associations', async () => {
    assert.deepEqual(await titles(admin, { filter: { project: { title: 'two' } } }), ['b']);
    assert.deepEqual(await titles(admin, { filter: { 'labels.text.$includes': 'ree' } }), ['a']);
    assert.deepEqual(await titles(admin, { filter: { 'project.$notExists': true } }), ['c']);
    assert.deepEqual(await titles(admin, { sort: ['-project.title', 'id'] }), ['b', 'a', 'c']);
  });

  it('lists, adds, removes and sets through the association', async () => {
    const linked = admin.resource(`${tasks}.labels`, 2);
    const texts = async () => (await linked.list({ sort: ['id'] })).data.data.map((l) => l.text);
    await linked.add({ values: [1, 2] });
    assert.deepEqual(await texts(), ['red', 'green']);
    await linked.remove({ values: [1] });
    assert.deepEqual(await texts(), ['green']);
    await linked.set({ values: [1] });
    assert.deepEqual(await texts(), ['red']);
    const made = await admin.resource(`${projects}.tasks`, 1).create({ values: { title: 'd' } });
    assert.equal(made.data.data.projectId, 1);
  });

  it('lets a key see no more behind an association than in front of it', async () => {
    const { data } = await reader.resource(tasks).list({ appends: ['project', 'createdBy', 'labels'], sort: ['id'] });
    assert.deepEqual(data.data[0].project, { id: 1, title: 'one' });
    assert.equal(data.data[0].createdBy, undefined);
    assert.equal(data.data[0].labels, undefined);
    for (const filter of [
      { 'createdBy.username': 'admin' },
      { 'createdBy.password': { $startsWith: '3' } },
      { 'project.secret': 'one' },
      { 'labels.text': 'red' },
    ]) {
      const { status, message } = await refused(reader.resource(tasks).list({ filter }));
      assert.deepEqual([status, message], [403, 'No permissions'], JSON.stringify(filter));
    }
    assert.equal((await refused(reader.resource(tasks).list({ sort: ['project.secret'] }))).status, 403);
    assert.equal((await refused(reader.resource(`${tasks}.labels`, 1).add({ values: [2] }))).status, 403);
  });

  it('says what is wrong in the dialect of the original', async () => {
    const codes = async (call) => {
      const { status, code } = await refused(call);
      return [status, code];
    };
    assert.deepEqual(await codes(client().resource(tasks).list()), [401, 'EMPTY_TOKEN']);
    assert.deepEqual(await codes(client('nonsense').resource(tasks).list()), [401, 'INVALID_TOKEN']);
    assert.deepEqual(await codes(admin.resource(tasks).list({ filter: { nothing: 1 } })), [400, undefined]);
    assert.deepEqual(await codes(admin.resource(tasks).list({ filter: { 'title.$nothing': 1 } })), [400, undefined]);
    assert.deepEqual(await codes(admin.resource(tasks).update({ values: { title: 'x' } })), [400, undefined]);
    assert.deepEqual(await codes(admin.resource('nothing_here').list()), [404, undefined]);
    assert.deepEqual(await codes(admin.resource('collections').create({ values: { name: tasks } })), [400, undefined]);
    const unknown = await refused(admin.resource(tasks).list({ sort: ['nothing'] }));
    assert.equal(unknown.message, 'Invalid SQL column or table reference');
  });
});
