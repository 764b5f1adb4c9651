// The same thing asked many times at once is done once, and everybody is answered.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { admin, body, collection, fresh, holder, makeKey, ok, password, person, role, text } from './world.js';

const TIMES = 16;
const atOnce = (call) =>
  Promise.all(Array.from({ length: TIMES }, (_, n) => call(n).then((a) => a, (e) => e.response ?? assert.fail(e))));
const statuses = (answers) => answers.map((a) => a.status).sort();
const once = [200, ...Array(TIMES - 1).fill(400)];

describe('at once', () => {
  it('a record is found or made', async () => {
    const name = await collection([text('title'), { name: 'n', type: 'integer' }]);
    const at = admin.resource(name);
    const first = await atOnce((n) => at.firstOrCreate({ filterKeys: ['title'], values: { title: 'x', n } }));
    assert.deepEqual(new Set(first.map((a) => a.data.data?.id)).size, 1);
    const updated = await atOnce((n) => at.updateOrCreate({ filterKeys: ['title'], values: { title: 'y', n } }));
    assert.ok(updated.every((a) => a.status === 200));
    assert.equal((await body(at.list())).meta.count, 2);
  });

  it('a unique value, a name of a user, a role, a collection, a field is taken', async () => {
    const name = await collection([text('code', { unique: true })]);
    const values = (resource, what) => () => admin.resource(resource).create({ values: what });
    const username = fresh('u');
    const roleName = fresh('r');
    const collectionName = fresh('c');
    assert.deepEqual(statuses(await atOnce(values(name, { code: 'x' }))), once);
    assert.deepEqual(statuses(await atOnce(values('roles', { name: roleName, title: roleName }))), once);
    assert.deepEqual(statuses(await atOnce(values('collections', { name: collectionName, fields: [text('a')] }))), once);
    assert.deepEqual(statuses(await atOnce(() => admin.resource('collections.fields', name).create({ values: text('b') }))), once);
    // Passwords are hashed, which waits for its turn: four are enough.
    const users = await Promise.all(
      [1, 2, 3, 4].map(() => values('users', { username, password })().then((a) => a.status, (e) => e.response.status)),
    );
    assert.deepEqual(users.sort(), [200, 400, 400, 400]);
  });

  it('a key is ended', async () => {
    const name = await role({ snippets: ['pm.api-keys.configuration'] });
    const { session } = await person([name]);
    await makeKey(session, name);
    const [{ id }] = await ok(session.resource('apiKeys').list());
    const answers = await atOnce(() => session.resource('apiKeys').destroy({ filterByTk: id }));
    assert.equal(answers.reduce((sum, a) => sum + a.data.data, 0), 1);
  });

  it('records are linked and removed', async () => {
    const labels = await collection([text('text')]);
    const tasks = await collection([
      text('title'),
      { name: 'labels', type: 'belongsToMany', target: labels, through: fresh('p'), foreignKey: 'a', otherKey: 'b' },
    ]);
    await ok(admin.resource(labels).create({ values: { text: 'red' } }));
    await ok(admin.resource(tasks).create({ values: { title: 'x' } }));
    const linked = admin.resource(`${tasks}.labels`, 1);
    assert.ok((await atOnce(() => linked.add({ values: [1] }))).every((a) => a.status === 200));
    assert.equal((await body(linked.list())).meta.count, 1);
    // An even number of turns of a switch.
    assert.ok((await atOnce(() => linked.toggle({ values: [1] }))).every((a) => a.status === 200));
    assert.equal((await body(linked.list())).meta.count, 1);
    const gone = await atOnce(() => admin.resource(tasks).destroy({ filterByTk: 1 }));
    assert.equal(gone.reduce((sum, a) => sum + a.data.data, 0), 1);
  });

  it('a role is given and taken, while its key calls: answered, or refused for that reason', async () => {
    const name = await role({ strategy: { actions: ['view'] } });
    const at = await collection([text('title')]);
    const { id, api } = await holder(name);
    const change = (n) => admin.resource('users.roles', id)[n % 2 ? 'add' : 'remove']({ values: [name] });
    const answers = await atOnce((n) => (n % 4 < 2 ? api.resource(at).list() : change(n)));
    for (const { status, data } of answers) {
      assert.ok(status === 200 || data.errors[0].code === 'ROLE_NOT_FOUND_FOR_USER', JSON.stringify(data));
    }
    await body(admin.resource('users.roles', id).remove({ values: [name] }));
    const after = await atOnce(() => api.resource(at).list());
    assert.ok(after.every((a) => a.status === 401));
  });

  it('the entries of a role are changed, and none is lost', async () => {
    const name = await role();
    const collections = [];
    for (let n = 0; n < 6; n += 1) collections.push(await collection([text('title')]));
    const entries = admin.resource('roles.dataSourceResources', name);
    await Promise.all(collections.map((c) => entries.create({ values: { name: c, actions: [{ name: 'view', fields: null }] } })));
    const listed = await ok(entries.list({ paginate: false }));
    assert.deepEqual(listed.map((e) => e.name).sort(), [...collections].sort());
    assert.equal(new Set(listed.map((e) => e.id)).size, 6);
  });
});
