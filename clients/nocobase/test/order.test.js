// Sortable collections: the places the server gives, and moving records about.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { admin, collection, keyWith, ok, refused, sendAs, text } from './world.js';

/** Cards `a`, `b`, `d` of the part `open` and `c` of `done`; `sort` orders all, `place` each part. */
async function cards() {
  const name = await collection(
    [text('title'), text('status', { defaultValue: 'open' }), { name: 'place', type: 'sort', scopeKey: 'status' }],
    { sortable: true, createdBy: true },
  );
  const ids = {};
  for (const [title, status] of [['a', 'open'], ['b', 'open'], ['c', 'done'], ['d', 'open']]) {
    ids[title] = (await ok(admin.resource(name).create({ values: { title, status } }))).id;
  }
  const at = admin.resource(name);
  const order = async (sort = 'sort', filter = {}) =>
    (await ok(at.list({ sort: [sort], filter, fields: ['title'] }))).map((row) => row.title).join('');
  const move = (params) => ok(at.move(params));
  return { name, at, order, move, ...ids };
}

describe('the order of a sortable collection', () => {
  it('is counted up by the server, and is in no answer', async () => {
    const { at, order, d } = await cards();
    const made = await ok(at.create({ values: { title: 'e', status: 'done' } }));
    assert.deepEqual([made.place, 'sort' in made], [2, false]);
    assert.equal((await ok(at.get({ filterByTk: d }))).place, 3);
    assert.equal(await order(), 'abcde');
    assert.equal(await order('-sort'), 'edcba');
  });

  it('is given to records that were there before', async () => {
    const name = await collection([text('title')]);
    await ok(admin.resource(name).create({ values: [{ title: 'a' }, { title: 'b' }] }));
    await ok(admin.resource('collections.fields', name).create({ values: { name: 'rank', type: 'sort' } }));
    const rows = await ok(admin.resource(name).list({ fields: ['title', 'rank'], sort: ['-rank'] }));
    assert.deepEqual(rows, [{ title: 'b', rank: 2 }, { title: 'a', rank: 1 }]);
  });

  it('is different for records made at once', async () => {
    const { at } = await cards();
    const made = await Promise.all(Array.from({ length: 30 }, () => ok(at.create({ values: { title: 'x' } }))));
    assert.equal(new Set(made.map((row) => row.place)).size, 30);
  });
});

describe('moving a record', () => {
  it('takes the place of another: before it upwards, after it downwards', async () => {
    const { order, move, a, b, c } = await cards();
    assert.equal(await move({ sourceId: a, targetId: c }), 'ok');
    assert.equal(await order(), 'bcad');
    await move({ sourceId: a, targetId: b });
    assert.equal(await order(), 'abcd');
  });

  it('goes where it is told: after another, to the top, in the order it names', async () => {
    const { order, move, a, b, c, d } = await cards();
    await move({ sourceId: a, targetId: c, method: 'insertAfter' });
    assert.equal(await order(), 'bcad');
    await move({ sourceId: d, sticky: true });
    assert.equal(await order(), 'dbca');
    await move({ sourceId: b, targetId: a, sortField: 'place', method: 'insertAfter' });
    assert.equal(await order('place', { status: 'open' }), 'abd');
    assert.equal(await order(), 'dbca');
  });

  it('goes to another part of the order', async () => {
    const { at, order, move, a, b, c } = await cards();
    await move({ sourceId: a, targetId: c, sortField: 'place' });
    assert.equal(await order('place', { status: 'done' }), 'ac');
    await move({ sourceId: b, sortField: 'place', targetScope: { status: 'done' } });
    assert.equal(await order('place', { status: 'done' }), 'acb');
    assert.equal((await ok(at.get({ filterByTk: b }))).status, 'done');
  });

  it('works among the records behind another, and only among those', async () => {
    const { name, order, a, b, c, d } = await cards();
    const boards = await collection([text('title'), { name: 'cards', type: 'hasMany', target: name, foreignKey: 'boardId' }]);
    const board = await ok(admin.resource(boards).create({ values: { cards: [a, b, d] } }));
    const at = (api, id = board.id) => api.resource(`${boards}.cards`, id);
    assert.equal(await ok(at(admin).move({ sourceId: d, targetId: a, sortField: 'sort' })), 'ok');
    assert.equal(await order(), 'dabc');
    for (const params of [{ sourceId: c, targetId: a }, { sourceId: a, targetId: c }, { sourceId: a, targetId: 99_999 }]) {
      assert.match(await refused(at(admin).move(params)), /^404 /, JSON.stringify(params));
    }
    assert.match(await refused(at(admin, 99_999).move({ sourceId: a, targetId: b })), /^404 /);
    const viewer = await keyWith({ strategy: { actions: ['view'] } });
    assert.equal(await refused(at(viewer.api).move({ sourceId: a, targetId: b })), '403 No permissions');
    assert.equal(await order(), 'dabc');
  });

  it('leaves room: places are numbers with others around them', async () => {
    const { at } = await cards();
    for (const place of ['9223372036854775807', '-9223372036854775808', 1.5, 'x']) {
      assert.match(await refused(at.create({ values: { title: 'x', place } })), /^400 /, `${place}`);
    }
  });

  it('that cannot be done is refused', async () => {
    const { at, order, a, b } = await cards();
    const plain = await collection([text('title')]);
    await ok(admin.resource(plain).create({ values: [{}, {}] }));
    assert.match(await refused(admin.resource(plain).move({ sourceId: 1, targetId: 2 })), /^400 /);
    for (const params of [
      {}, { sourceId: a }, { targetId: b }, { sourceId: a, targetId: b, method: 'sideways' },
      { sourceId: a, targetId: b, sortField: 'title' }, { sourceId: 'x', targetId: b },
    ]) {
      assert.match(await refused(at.move(params)), /^400 /, JSON.stringify(params));
    }
    assert.match(await refused(at.move({ sourceId: 99_999, targetId: b })), /^404 /);
    assert.match(await refused(at.move({ sourceId: a, targetId: 99_999 })), /^404 /);
    assert.equal(await order(), 'abcd');
  });

  it('is for who may update it, and where it goes', async () => {
    const { name, order, a, b, c } = await cards();
    const moved = (api, params) => refused(api.resource(name).move(params));
    const reader = await keyWith({ strategy: { actions: ['view', 'create', 'destroy'] } });
    assert.equal(await moved(reader.api, { sourceId: a, targetId: b }), '403 No permissions');
    const owner = await keyWith({ strategy: { actions: ['view', 'update:own'] } });
    assert.match(await moved(owner.api, { sourceId: a, targetId: b }), /^40[34] /);
    const actions = [{ name: 'view', fields: null }, { name: 'update', fields: ['title'] }];
    const titler = await keyWith({ resources: [{ name, actions }] });
    assert.equal(await moved(titler.api, { sourceId: a, targetId: c, sortField: 'place' }), '403 No permissions');
    assert.equal(await order(), 'abcd');
    const editor = await keyWith({ strategy: { actions: ['view', 'update'] } });
    assert.equal(await ok(editor.api.resource(name).move({ sourceId: a, targetId: b })), 'ok');
    assert.equal(await order(), 'bacd');
    assert.equal((await sendAs(admin, 'GET', `${name}:move?sourceId=${a}&targetId=${b}`)).status, 405);
  });
});
