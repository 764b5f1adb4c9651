// The rows of a collection of pairs (`through`): filled by every way of writing the association, all or nothing, and never
// more of them shown than their own rights allow.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { admin, collection, grant, holder, ok, refused, role, text } from './world.js';

/** Tasks marked with tags by a collection of pairs with a note; `all()`: its rows in short. */
async function house() {
  const tags = await collection([text('name')]);
  const marks = await collection([text('note'), text('secret', { hidden: true })], { createdBy: true });
  const marked = { name: 'marked', type: 'belongsToMany', target: tags, through: marks, foreignKey: 'taskId', otherKey: 'tagId' };
  const tasks = await collection([text('title'), marked]);
  await ok(admin.resource(tags).create({ values: ['a', 'b', 'c'].map((name) => ({ name })) }));
  const all = async () =>
    (await ok(admin.resource(marks).list({ sort: ['tagId'] }))).map((row) => `${row.tagId}:${row.note ?? ''}`).join(' ');
  return { tags, marks, tasks, all };
}

describe('the row of a pair', () => {
  it('is filled and changed by every way of writing the association, or the call writes nothing', async () => {
    const { tasks, marks, all } = await house();
    await ok(admin.resource(tasks).create({ values: { title: 't' } }));
    const of = admin.resource(`${tasks}.marked`, 1);
    for (const [call, want] of [
      [() => of.add({ values: [[1, { note: 'a', secret: 's' }], 2] }), '1:a 2:'],
      [() => of.add({ values: [{ id: 2, [marks]: { note: 'b' } }] }), '1:a 2:b'],
      [() => of.set({ values: [[2, { note: 'c' }], 3] }), '2:c 3:'],
      [() => of.toggle({ values: [[1, { note: 'd' }], 3] }), '1:d 2:c'],
      [() => admin.resource(tasks).update({ filterByTk: 1, values: { marked: [{ id: 1, [marks]: { note: 'e', taskId: 7 } }] } }), '1:e'],
      [() => of.update({ filterByTk: 1, values: { [marks]: { note: 'f' } } }), '1:f'],
      [() => of.create({ values: { name: 'new', [marks]: { note: 'g' } } }), '1:f 4:g'],
      [() => of.updateOrCreate({ filterKeys: ['name'], values: { name: 'new', [marks]: { note: 'h' } } }), '1:f 4:h'],
      [() => of.remove({ values: [4] }), '1:f'],
    ]) {
      assert.equal((await call()).status, 200);
      assert.equal(await all(), want);
    }
    const [shown] = await ok(of.list());
    assert.ok(shown[marks].note === 'f' && !('secret' in shown[marks]), JSON.stringify(shown));
    for (const call of [
      () => of.update({ filterByTk: 1, values: { name: 'B', [marks]: { note: { no: 'text' } } } }),
      () => of.add({ values: [2, [3, { note: { a: 1 } }]] }),
      () => of.add({ values: [[1, 2]] }),
    ]) {
      assert.match(await refused(call()), /^400 /);
      assert.equal(await all(), '1:f');
    }
  });

  it('is seen with the rights of its own collection, and filled by whoever may write the association', async () => {
    const { tags, tasks, marks, all } = await house();
    const marked = [{ id: 1, [marks]: { note: 'x' } }, { id: 2, [marks]: { note: 'y' } }];
    await ok(admin.resource(tasks).create({ values: { title: 't', marked } }));
    const fields = ['title', 'marked'];
    const base = [
      { name: tasks, actions: [{ name: 'view', fields }, { name: 'update', fields }] },
      { name: tags, actions: [{ name: 'view', fields: ['name'] }] },
    ];
    const name = await role({ resources: base });
    const { api } = await holder(name);
    const seen = async () => (await ok(api.resource(tasks).get({ filterByTk: 1, appends: ['marked'] }))).marked.map((row) => row[marks]?.note);
    assert.deepEqual(await seen(), [undefined, undefined]);
    assert.match(await refused(api.resource(marks).list()), /^403 /);
    assert.match(await refused(api.resource(tasks).list({ filter: { [`marked.${marks}.note`]: 'x' } })), /^40[03] /);
    assert.equal((await api.resource(`${tasks}.marked`, 1).add({ values: [[1, { note: 'mine' }]] })).status, 200);
    assert.equal(await all(), '1:mine 2:y');
    await grant(name, [...base, { name: marks, actions: [{ name: 'view', fields: ['note'], scope: { scope: { note: 'y' } } }] }]);
    assert.deepEqual(await seen(), [undefined, 'y']);
    await grant(name, [{ name: tasks, actions: [{ name: 'view', fields }, { name: 'update', fields: ['title'] }] }]);
    assert.match(await refused(api.resource(`${tasks}.marked`, 1).add({ values: [[2, { note: 'no' }]] })), /^403 /);
    assert.equal(await all(), '1:mine 2:y');
  });
});
