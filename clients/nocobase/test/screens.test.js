// What screens do beside records: the order of collections and fields, pages with blocks of code, and views of the
// database, of which there are none.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { admin, collection, fresh, holder, keyWith, ok, person, refused, role, text } from './world.js';

const DENIED = '403 No permissions';
const names = (rows) => rows.map((row) => row.name);

describe('the order of collections', () => {
  it('is that of their making, and is changed by dragging one', async () => {
    const three = [];
    for (const title of ['one', 'two', 'three']) three.push(await collection([text('title')], { title }));
    const [one, two, last] = three;
    const listed = async () => names(await ok(admin.resource('collections').list({ filter: { name: three }, paginate: false })));
    const move = (params) => admin.resource('collections').move(params);
    assert.deepEqual(await listed(), three);
    assert.equal(await ok(move({ sourceId: last, targetId: one })), 'ok');
    assert.deepEqual(await listed(), [last, one, two]);
    assert.equal(await ok(move({ sourceId: last, targetId: two, method: 'insertAfter' })), 'ok');
    assert.deepEqual(await listed(), three);
    for (const params of [{}, { sourceId: fresh('nothing'), targetId: one }]) {
      assert.match(await refused(move(params)), /^40[04] /, JSON.stringify(params));
    }
    assert.deepEqual(await listed(), three);
  });

  it('is not for who may not change the structure', async () => {
    const [one, two] = [await collection([text('title')]), await collection([text('title')])];
    const { api } = await keyWith({ strategy: { actions: ['*'] } });
    assert.equal(await refused(api.resource('collections').move({ sourceId: one, targetId: two })), DENIED);
    assert.equal(await refused(api.resource('collections.fields', one).move({ sourceId: 'title', targetId: 'id' })), DENIED);
    assert.equal(await refused(api.resource('fields').move({ sourceId: 'x', targetId: 'y' })), DENIED);
  });
});

describe('the order of fields', () => {
  it('is changed by name within a collection, and by key anywhere', async () => {
    const name = await collection([text('a'), text('b'), text('c')]);
    const of = admin.resource('collections.fields', name);
    const listed = async () => names(await ok(of.list({ paginate: false })));
    assert.deepEqual(await listed(), ['id', 'a', 'b', 'c']);
    assert.equal(await ok(of.move({ sourceId: 'c', targetId: 'a' })), 'ok');
    assert.deepEqual(await listed(), ['id', 'c', 'a', 'b']);
    const key = async (field) => (await ok(of.get({ filterByTk: field }))).key;
    assert.equal(await ok(admin.resource('fields').move({ sourceId: await key('a'), targetId: await key('c') })), 'ok');
    assert.deepEqual(await listed(), ['id', 'a', 'c', 'b']);
    const { fields } = await ok(admin.resource('collections').get({ filterByTk: name, appends: ['fields'] }));
    assert.deepEqual(names(fields), ['id', 'a', 'c', 'b']);
    assert.match(await refused(of.move({ sourceId: 'nothing', targetId: 'a' })), /^40[04] /);
  });
});

describe('pages', () => {
  const at = (api) => api.resource('uiPages');
  const blocks = [{ title: 'Hello', code: "ctx.message.success('hello')" }, { code: '' }];

  it('are made, found, listed, changed and removed by people who may', async () => {
    const title = fresh('Page');
    const made = await ok(at(admin).create({ values: { title, blocks, more: 'x' } }));
    assert.deepEqual([made.title, made.blocks.length, made.blocks[0].code, made.more], [title, 2, blocks[0].code, undefined]);
    assert.deepEqual(await ok(at(admin).get({ filterByTk: made.id })), made);
    assert.deepEqual((await ok(at(admin).list({ filter: { title } }))).map((page) => page.id), [made.id]);
    const [changed] = await ok(at(admin).update({ filterByTk: made.id, values: { blocks: [blocks[0]], updatedAt: made.updatedAt } }));
    assert.deepEqual([changed.title, changed.blocks.length], [title, 1]);
    // Who began from an older state is told so.
    const late = at(admin).update({ filterByTk: made.id, values: { title: 'late', updatedAt: '2020-01-01T00:00:00.000Z' } });
    assert.match(await refused(late), /^400 /);
    assert.equal(await ok(at(admin).destroy({ filterByTk: made.id })), 1);
    assert.equal(await ok(at(admin).get({ filterByTk: made.id })), null);
    assert.equal(await ok(at(admin).destroy({ filterByTk: made.id })), 0);
  });

  it('that cannot be kept are refused', async () => {
    for (const values of [
      {}, { title: '' }, { title: 'x'.repeat(300) }, { title: 'x', blocks: 'x' }, { title: 'x', blocks: [1] },
      { title: 'x', blocks: [{ code: 5 }] }, { title: 'x', blocks: [{ code: 'x'.repeat(40_000) }] },
      { title: 'x', blocks: Array(21).fill({ code: '' }) }, { title: 'x', sort: 'first' },
    ]) {
      assert.match(await refused(at(admin).create({ values })), /^400 /, JSON.stringify(values).slice(0, 60));
    }
  });

  it('are written by no key, whatever it may, and read by those that could edit them', async () => {
    const { session } = await person(['member']);
    assert.ok(Array.isArray(await ok(at(session).list())));
    assert.equal(await refused(at(session).create({ values: { title: 'x' } })), DENIED);
    const { api: weak } = await holder(await role());
    for (const action of ['list', 'get', 'create', 'update', 'destroy']) {
      assert.equal(await refused(at(weak)[action]({ filterByTk: 1, values: { title: 'x' } })), DENIED, action);
    }
    const { api: strong } = await keyWith({ snippets: ['ui.*', 'pm.api-keys.configuration'] });
    assert.ok(Array.isArray(await ok(at(strong).list())));
    for (const action of ['create', 'update', 'destroy']) {
      assert.match(await refused(at(strong)[action]({ filterByTk: 1, values: { title: 'x' } })), /^403 Keys do not write pages/, action);
    }
  });
});

describe('views of the database', () => {
  it('are none', async () => {
    assert.deepEqual(await ok(admin.resource('dbViews').list()), []);
    assert.equal(await refused(admin.resource('dbViews').get({ filterByTk: 'users' })), '404 Not Found');
    const { api } = await keyWith({ strategy: { actions: ['*'] } });
    assert.equal(await refused(api.resource('dbViews').list()), DENIED);
  });
});
