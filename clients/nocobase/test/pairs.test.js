// Rows that pair two records, parts of what is linked, and questions about what is inside of JSON, as the SDK asks them.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { admin, collection, fresh, keyWith, ok, refused, text } from './world.js';

let tasks;
let tags;
let projects;
const pairs = fresh('marks');

before(async () => {
  tags = await collection([text('name'), text('color')]);
  projects = await collection([text('name'), text('secret')]);
  await ok(admin.resource('collections').create({ values: { name: pairs, fields: [text('note')] } }));
  tasks = await collection([
    text('title'),
    { name: 'js', type: 'json' },
    { name: 'project', type: 'belongsTo', target: projects, foreignKey: 'projectId' },
    { name: 'tags', type: 'belongsToMany', target: tags, through: pairs, foreignKey: 'taskId', otherKey: 'tagId' },
  ]);
  await ok(admin.resource(tags).create({ values: ['red', 'green'].map((name) => ({ name, color: 'c' })) }));
  const values = { title: 'a', project: { name: 'p', secret: 's' }, tags: [{ id: 1, [pairs]: { note: 'x' } }, 2], js: { k: 1, at: { city: 'Rome' } } };
  await ok(admin.resource(tasks).create({ values }));
  await ok(admin.resource(tasks).create({ values: { title: 'b', js: { k: 5, at: { city: 'Oslo' } } } }));
});

const notes = async () => (await ok(admin.resource(`${tasks}.tags`, 1).list({ sort: ['id'] }))).map((row) => row[pairs].note);

describe('pairs', () => {
  it('come with what they lead to, and are filled by every write of the association', async () => {
    const row = await ok(admin.resource(tasks).get({ filterByTk: 1, appends: ['tags'] }));
    assert.deepEqual(row.tags.map((tag) => [tag[pairs].taskId, tag[pairs].tagId, tag[pairs].note]), [[1, 1, 'x'], [1, 2, null]]);
    const at = admin.resource(`${tasks}.tags`, 1);
    await ok(at.add({ values: [[2, { note: 'y' }]] }));
    assert.deepEqual(await notes(), ['x', 'y']);
    await ok(at.update({ filterByTk: 1, values: { [pairs]: { note: 'z' } } }));
    await ok(admin.resource(tasks).update({ filterByTk: 1, values: { tags: [1, { id: 2, [pairs]: { note: 'w' } }] } }));
    assert.deepEqual(await notes(), ['z', 'w']);
    await ok(at.create({ values: { name: 'new', [pairs]: { note: 'v' } } }));
    assert.deepEqual(await notes(), ['z', 'w', 'v']);
  });

  it('are left out for who may not see them', async () => {
    const view = (name, fields) => ({ name, actions: [{ name: 'view', fields }] });
    const { api } = await keyWith({ resources: [view(tasks, ['title', 'tags']), view(tags, ['name'])] });
    const row = await ok(api.resource(tasks).get({ filterByTk: 1, appends: ['tags'] }));
    assert.deepEqual(row.tags.map((tag) => [tag.name, pairs in tag]), [['red', false], ['green', false], ['new', false]]);
  });
});

describe('a part', () => {
  it('comes alone', async () => {
    for (const asked of [{ fields: ['title', 'project.name'] }, { fields: ['title'], appends: ['project.name'] }])
      assert.deepEqual(await ok(admin.resource(tasks).get({ filterByTk: 1, ...asked })), { title: 'a', project: { name: 'p' } });
  });
});

describe('what is inside of json', () => {
  const found = async (filter, api = admin) => (await ok(api.resource(tasks).list({ filter, sort: ['id'] }))).map(({ title }) => title);

  it('can be asked about', async () => {
    assert.deepEqual(await found({ 'js.k': 1 }), ['a']);
    assert.deepEqual(await found({ 'js.k.$gt': 1 }), ['b']);
    assert.deepEqual(await found({ js: { at: { city: { $includes: 'o' } } } }), ['a', 'b']);
    assert.deepEqual(await found({ 'js.at.city': 'Rome', 'tags.name': 'red' }), ['a']);
    assert.deepEqual(await found({ 'js.nothing.$notExists': true }), ['a', 'b']);
  });

  it('is nobody’s to ask about who may not read the field', async () => {
    const { api } = await keyWith({ resources: [{ name: tasks, actions: [{ name: 'view', fields: ['title'] }] }] });
    assert.match(await refused(api.resource(tasks).list({ filter: { 'js.k': 1 } })), /^403 /);
    assert.deepEqual(await found({}, api), ['a', 'b']);
  });
});
