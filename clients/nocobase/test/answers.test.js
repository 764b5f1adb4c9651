// What a write answers of the associations it wrote: lists always, a single record if it was written inside, a plain key
// never, and nothing its caller may not see.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { admin, collection, fresh, keyWith, ok, text } from './world.js';

let posts;
let comments;
let tags;
let boxes;
let notes;

before(async () => {
  boxes = await collection([text('title')]);
  notes = await collection([text('title')]);
  tags = await collection([text('title'), text('code')]);
  comments = await collection([text('title'), { name: 'tags', type: 'belongsToMany', target: tags, through: fresh('ct') }]);
  posts = await collection([
    text('title'),
    { name: 'box', type: 'belongsTo', target: boxes, foreignKey: 'boxId' },
    { name: 'owner', type: 'belongsTo', target: 'users', foreignKey: 'ownerId' },
    { name: 'note', type: 'hasOne', target: notes, foreignKey: 'postId' },
    { name: 'comments', type: 'hasMany', target: comments, foreignKey: 'postId' },
    { name: 'tags', type: 'belongsToMany', target: tags, through: fresh('pt') },
  ]);
  const three = ['red', 'green', 'blue'].map((title) => ({ title, code: `code of ${title}` }));
  await ok(admin.resource(tags).create({ values: three }));
  await ok(admin.resource(boxes).create({ values: { title: 'there' } }));
});

const titles = (rows) => rows.map((row) => row.title).sort();
const said = (row) => ['box', 'owner', 'note', 'comments', 'tags'].filter((name) => name in row);

describe('the answer to', () => {
  it('a create holds lists, and what was written inside', async () => {
    const row = await ok(admin.resource(posts).create({
      values: {
        title: 'a', tags: [1, { title: 'new' }], box: { title: 'x' }, note: { title: 'n' },
        comments: [{ title: 'one', tags: [2] }, { title: 'two' }],
      },
    }));
    assert.deepEqual(titles(row.tags), ['new', 'red']);
    assert.deepEqual([row.box.title, row.note.title], ['x', 'n']);
    assert.deepEqual(titles(row.comments), ['one', 'two']);
    assert.deepEqual(titles((await ok(admin.resource(comments).get({ filterByTk: row.comments[0].id, appends: ['tags'] }))).tags), ['green']);
    // The answer is what a read shows.
    const read = await ok(admin.resource(posts).get({ filterByTk: row.id, appends: ['tags', 'box', 'note', 'comments'] }));
    assert.deepEqual([titles(read.tags), read.box.id, read.note.id], [titles(row.tags), row.box.id, row.note.id]);
  });

  it('a create says nothing of what was not written, and of a plain key no more than the key', async () => {
    assert.deepEqual(said(await ok(admin.resource(posts).create({ values: { title: 'b' } }))), []);
    const plain = await ok(admin.resource(posts).create({ values: { title: 'c', box: 1, owner: 1 } }));
    assert.deepEqual([plain.boxId, plain.ownerId, said(plain)], [1, 1, []]);
    assert.deepEqual((await ok(admin.resource(posts).create({ values: { title: 'd', tags: [] } }))).tags, []);
  });

  it('a create of many is one answer for each', async () => {
    const rows = await ok(admin.resource(posts).create({ values: [{ title: 'e', tags: [1] }, { title: 'f', tags: [] }] }));
    assert.deepEqual(rows.map((row) => titles(row.tags)), [['red'], []]);
  });

  it('an update holds what it wrote, of each of its records', async () => {
    const at = admin.resource(posts);
    const [one, two] = await ok(at.create({ values: [{ title: 'h', tags: [1], box: 1 }, { title: 'h2' }] }));
    const rows = await ok(at.update({ filterByTk: [one.id, two.id], values: { tags: [3] } }));
    assert.deepEqual(rows.map((row) => [titles(row.tags), said(row)]), [[['blue'], ['tags']], [['blue'], ['tags']]]);
    const [changed] = await ok(at.update({ filterByTk: one.id, values: { note: { title: 'first' }, comments: [{ title: 'k' }] } }));
    assert.deepEqual([changed.note.title, titles(changed.comments), changed.boxId], ['first', ['k'], 1]);
    const [emptied] = await ok(at.update({ filterByTk: one.id, values: { tags: [], box: null } }));
    assert.deepEqual([emptied.tags, emptied.boxId], [[], null]);
  });

  it('what is found or made, too', async () => {
    const title = fresh('title');
    const call = (action, values) => ok(admin.resource(posts)[action]({ filterKeys: ['title'], values: { title, ...values } }));
    assert.deepEqual(titles((await call('firstOrCreate', { tags: [1] })).tags), ['red']);
    const [changed] = await call('updateOrCreate', { tags: [2] });
    assert.deepEqual(titles(changed.tags), ['green']);
  });

  it('a create behind a record, too', async () => {
    const { id } = await ok(admin.resource(posts).create({ values: { title: 'i' } }));
    const comment = await ok(admin.resource(`${posts}.comments`, id).create({ values: { title: 'c', tags: [1] } }));
    assert.deepEqual([titles(comment.tags), comment.postId], [['red'], id]);
    const tag = await ok(admin.resource(`${posts}.tags`, id).create({ values: { title: 'behind' } }));
    assert.deepEqual(titles(await ok(admin.resource(`${posts}.tags`, id).list())), ['behind']);
    assert.equal(tag.title, 'behind');
  });

  it('a key tells it of nothing its role may not see', async () => {
    const seen = { title: { $ne: 'blue' } };
    const { api } = await keyWith({
      resources: [
        {
          name: posts,
          actions: [
            { name: 'view', fields: ['title', 'tags'] },
            { name: 'create', fields: ['title', 'tags', 'box'] },
            { name: 'update', fields: ['title', 'tags'] },
          ],
        },
        { name: tags, actions: [{ name: 'view', fields: ['title'], scope: { scope: seen } }] },
        { name: boxes, actions: [{ name: 'create' }, { name: 'view', fields: null, scope: { scope: { title: 'x' } } }] },
      ],
    });
    const [blue] = await ok(admin.resource(tags).list({ filter: { title: 'blue' } }));
    const { id: hidden } = await ok(admin.resource(posts).create({ values: { title: 'j', tags: [blue.id] } }));
    const made = await ok(api.resource(posts).create({ values: { title: 'k', tags: [1], box: { title: 'unseen' } } }));
    assert.deepEqual(titles(made.tags), ['red']);
    assert.ok(!('code' in made.tags[0]) && !made.box, JSON.stringify(made));
    const [changed] = await ok(api.resource(posts).update({ filterByTk: hidden, values: { tags: [2] } }));
    assert.deepEqual(titles(changed.tags), ['green']);
    // It stays linked all the same.
    assert.deepEqual(titles(await ok(admin.resource(`${posts}.tags`, hidden).list())), ['blue', 'green']);
  });

  it('a write that links a user says who, and no more than everybody may know', async () => {
    const row = await ok(admin.resource(posts).create({ values: { title: 'l', owner: { id: 1 } } }));
    assert.equal(row.ownerId, 1);
    for (const name of ['password', 'phone', 'resetToken']) assert.ok(!JSON.stringify(row).includes(`"${name}"`), name);
  });
});
