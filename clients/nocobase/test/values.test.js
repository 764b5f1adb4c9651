// Records inside the values of a write: made, named, changed; all or nothing, and with the rights of their own collection.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { admin, body, collection, fresh, keyWith, ok, refused, text } from './world.js';

/** Posts with a box (belongsTo), an owner, comments (hasMany) and tags (belongsToMany). */
async function blog() {
  const boxes = await collection([text('title')]);
  const tags = await collection([text('title'), text('code', { unique: true })]);
  const comments = await collection(
    [text('title'), { name: 'tags', type: 'belongsToMany', target: tags, through: fresh('ct') }],
    { createdBy: true },
  );
  const posts = await collection(
    [
      text('title'),
      { name: 'box', type: 'belongsTo', target: boxes, foreignKey: 'boxId' },
      { name: 'owner', type: 'belongsTo', target: 'users', foreignKey: 'ownerId' },
      { name: 'comments', type: 'hasMany', target: comments, foreignKey: 'postId' },
      { name: 'tags', type: 'belongsToMany', target: tags, through: fresh('pt') },
    ],
    { createdBy: true },
  );
  await ok(admin.resource(tags).create({ values: ['red', 'green', 'blue'].map((title) => ({ title })) }));
  const counts = async () => {
    const all = [];
    for (const name of [posts, comments, tags, boxes]) all.push((await body(admin.resource(name).list({ pageSize: 1 }))).meta.count);
    return all;
  };
  const shown = (id) => ok(admin.resource(posts).get({ filterByTk: id, appends: ['box', 'comments', 'comments.tags', 'tags'] }));
  return { posts, boxes, tags, comments, counts, shown };
}

const titles = (rows) => rows.map((row) => row.title).sort();

describe('records inside of values', () => {
  it('without a key are made, with one are named', async () => {
    const { posts, shown } = await blog();
    const { id } = await ok(
      admin.resource(posts).create({
        values: {
          title: 'a',
          box: { title: 'cardboard' },
          comments: [{ title: 'one', tags: [1, { title: 'deep' }] }, { title: 'two' }],
          tags: [{ title: 'new' }, { id: 2, title: 'not changed' }, 3],
        },
      }),
    );
    const row = await shown(id);
    assert.equal(row.box.title, 'cardboard');
    assert.deepEqual(titles(row.comments), ['one', 'two']);
    assert.deepEqual(titles(row.comments.find((c) => c.title === 'one').tags), ['deep', 'red']);
    assert.deepEqual(titles(row.tags), ['blue', 'green', 'new']);
  });

  it('that are named are changed only where the call says so', async () => {
    const { posts, shown } = await blog();
    const at = admin.resource(posts);
    const { id } = await ok(at.create({ values: { box: { title: 'paper' }, comments: [{ title: 'one' }] } }));
    const { box, comments } = await shown(id);
    const values = { box: { id: box.id, title: 'wood' }, comments: [{ id: comments[0].id, title: 'ONE' }, { title: 'two' }] };
    await ok(at.update({ filterByTk: id, values }));
    const before = await shown(id);
    assert.deepEqual([before.box.title, titles(before.comments)], ['paper', ['one', 'two']]);
    await ok(at.update({ filterByTk: id, values, updateAssociationValues: ['box', 'comments'] }));
    const after = await shown(id);
    assert.deepEqual([after.box.title, titles(after.comments)], ['wood', ['ONE', 'two']]);
  });

  it('are written as one with it, or not at all', async () => {
    const { posts, counts } = await blog();
    const at = admin.resource(posts);
    const { id } = await ok(at.create({ values: { title: 'a', tags: [1] } }));
    const before = await counts();
    for (const call of [
      () => at.create({ values: { title: 'b', tags: [2, 99] } }),
      () => at.create({ values: { title: 'b', box: 99 } }),
      () => at.create({ values: { title: 'b', comments: [{ title: 'x' }, { id: 99 }] } }),
      () => at.create({ values: [{ title: 'b', tags: [2] }, { title: 'c', tags: [99] }] }),
      () => at.create({ values: { title: 'b', tags: [{ code: 'x' }, { code: 'x' }] } }),
      () => at.update({ filterByTk: id, values: { title: 'b', tags: [2, 99] } }),
      () => at.firstOrCreate({ filterKeys: ['title'], values: { title: 'b', tags: [99] } }),
      () => at.updateOrCreate({ filterKeys: ['title'], values: { title: 'a', tags: [99] } }),
      () => admin.resource(`${posts}.comments`, id).create({ values: { title: 'b', tags: [99] } }),
      () => admin.resource(`${posts}.tags`, id).set({ values: [2, 99] }),
      () => admin.resource(`${posts}.tags`, id).add({ values: [2, 99] }),
      () => admin.resource(`${posts}.tags`, id).toggle({ values: [1, 99] }),
    ]) {
      assert.match(await refused(call()), /^4\d\d /, `${call}`);
      assert.deepEqual(await counts(), before, `${call}`);
    }
    const row = await ok(at.get({ filterByTk: id, appends: ['tags'] }));
    assert.deepEqual([row.title, titles(row.tags)], ['a', ['red']]);
  });

  it('that make no sense are 400, and users are only named', async () => {
    const { posts, counts } = await blog();
    const before = await counts();
    for (const values of [
      { tags: [[1]] }, { tags: true }, { tags: [{ id: {} }] }, { box: [1, 2] }, { owner: { username: 'x' } },
    ]) {
      assert.match(await refused(admin.resource(posts).create({ values })), /^400 /, JSON.stringify(values));
    }
    assert.deepEqual(await counts(), before);
  });

  it('need the rights of their own collection', async () => {
    const { posts, tags, boxes, comments, counts } = await blog();
    await ok(admin.resource(posts).create({ values: { title: 'a', comments: [{ title: 'theirs' }] } }));
    const { api } = await keyWith({
      resources: [
        { name: posts, actions: [{ name: 'view', fields: null }, { name: 'create' }, { name: 'update', fields: ['title', 'tags'] }] },
        { name: tags, actions: [{ name: 'view', fields: null, scope: { scope: { title: { $ne: 'blue' } } } }] },
        { name: boxes, actions: [{ name: 'view', fields: null }, { name: 'create', fields: [] }] },
        { name: comments, actions: [{ name: 'view', fields: null }, { name: 'create', fields: ['title'] }, { name: 'update', scopeKey: 'own' }] },
      ],
    });
    const at = api.resource(posts);
    const before = await counts();
    for (const [call, says] of [
      [() => at.create({ values: { tags: [{ title: 'x' }] } }), /^403 /],
      [() => at.create({ values: { tags: [3] } }), /^40[034] /],
      [() => at.create({ values: { comments: [1] } }), /^40[034] /],
      [() => at.create({ values: { comments: [{ id: 1, title: 'x' }] }, updateAssociationValues: ['comments'] }), /^40[034] /],
      [() => at.create({ values: { tags: [{ id: 1, title: 'x' }] }, updateAssociationValues: ['tags'] }), /^403 /],
      [() => at.update({ filterByTk: 1, values: { tags: [{ title: 'x' }] } }), /^403 /],
      [() => api.resource(`${posts}.tags`, 1).create({ values: { title: 'x' } }), /^403 /],
      [() => api.resource(`${posts}.comments`, 1).destroy({ filterByTk: 1 }), /^403 /],
    ]) {
      assert.match(await refused(call()), says, `${call}`);
      assert.deepEqual(await counts(), before, `${call}`);
    }
    const { id } = await ok(at.create({ values: { title: 'mine', box: { title: 'b' }, tags: [1] } }));
    const row = await ok(admin.resource(posts).get({ filterByTk: id, appends: ['box', 'tags'] }));
    assert.deepEqual([row.box.title, titles(row.tags)], ['b', ['red']]);
  });
});

describe('found or made behind a record', () => {
  it('by their values, and linked', async () => {
    const { posts } = await blog();
    const [one, two] = await ok(admin.resource(posts).create({ values: [{ title: 'a' }, { title: 'b' }] }));
    const comments = (id) => admin.resource(`${posts}.comments`, id);
    const asked = { filterKeys: ['title'], values: { title: 'x' } };
    const first = await ok(comments(one.id).firstOrCreate(asked));
    assert.equal((await ok(comments(one.id).firstOrCreate(asked))).id, first.id);
    assert.notEqual((await ok(comments(two.id).firstOrCreate(asked))).id, first.id);
    const at = admin.resource(`${posts}.tags`, one.id);
    const made = await ok(at.updateOrCreate({ filterKeys: ['title'], values: { title: 'own', code: '1' } }));
    const [changed] = await ok(at.updateOrCreate({ filterKeys: ['title'], values: { title: 'own', code: '2' } }));
    assert.deepEqual([changed.id, changed.code], [made.id, '2']);
    assert.deepEqual(titles(await ok(at.list())), ['own']);
    assert.match(await refused(at.firstOrCreate({ values: { title: 'x' } })), /^400 /);
    assert.match(await refused(comments(99_999).firstOrCreate(asked)), /^404 /);
  });
});
