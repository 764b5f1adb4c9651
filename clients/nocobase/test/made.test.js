// Fields whose values the server makes or keeps in a way of its own: orders are in order.test.js.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { admin, body, collection, ok, refused, text } from './world.js';

const fields = (name) => admin.resource('collections.fields', name);
const integer = (name) => ({ name, type: 'integer' });

describe('a sequence', () => {
  const patterns = [
    { type: 'string', options: { value: 'A-' } },
    { type: 'integer', options: { digits: 3, start: 1, key: 7 } },
  ];

  it('counts up, in the form its patterns say', async () => {
    const name = await collection([text('title'), { name: 'no', type: 'sequence', patterns }]);
    const at = admin.resource(name);
    const one = await ok(at.create({ values: { title: 'x' } }));
    assert.equal(one.no, 'A-001');
    assert.deepEqual((await ok(at.create({ values: [{}, {}] }))).map((row) => row.no), ['A-002', 'A-003']);
    await ok(at.destroy({ filterByTk: one.id }));
    assert.equal((await ok(at.create({ values: {} }))).no, 'A-004');
  });

  it('gives no number twice, also at once', async () => {
    const name = await collection([{ name: 'no', type: 'sequence', patterns }]);
    const rows = await Promise.all(Array.from({ length: 30 }, () => ok(admin.resource(name).create({ values: {} }))));
    assert.equal(new Set(rows.map((row) => row.no)).size, 30);
  });

  it('knows dates and chance', async () => {
    const more = [
      { type: 'date', options: { format: 'YYYYMM' } },
      { type: 'string', options: { value: '/' } },
      { type: 'randomChar', options: { length: 5, symbols: ['uppercase'] } },
    ];
    const name = await collection([{ name: 'no', type: 'sequence', patterns: more }]);
    const [a, b] = await ok(admin.resource(name).create({ values: [{}, {}] }));
    assert.match(a.no, /^\d{6}\/[A-Z]{5}$/);
    assert.notEqual(a.no, b.no);
  });

  it('is not written by clients, and must be understood', async () => {
    const name = await collection([{ name: 'no', type: 'sequence', patterns }]);
    const { id, no } = await ok(admin.resource(name).create({ values: { no: 'mine' } }));
    assert.equal(no, 'A-001');
    await ok(admin.resource(name).update({ filterByTk: id, values: { no: 'mine' } }));
    assert.equal((await ok(admin.resource(name).get({ filterByTk: id }))).no, 'A-001');
    for (const bad of [[{ type: 'nothing' }], 'x', [{ type: 'integer', options: { base: 1 } }]]) {
      assert.match(await refused(fields(name).create({ values: { name: 'other', type: 'sequence', patterns: bad } })), /^400 /, JSON.stringify(bad));
    }
  });
});

describe('a formula', () => {
  it('is worked out when a record is made and changed', async () => {
    const name = await collection([
      integer('a'), integer('b'),
      { name: 'sum', type: 'formula', dataType: 'double', engine: 'math.js', expression: '{{a}} * 2 + {{b}}' },
    ]);
    const at = admin.resource(name);
    const { id } = await ok(at.create({ values: { a: 2, b: 3 } }));
    assert.equal((await ok(at.get({ filterByTk: id }))).sum, 7);
    const [changed] = await ok(at.update({ filterByTk: id, values: { b: 10 } }));
    assert.equal(changed.sum, 14);
    await ok(at.update({ filterByTk: id, values: { sum: 999 } }));
    assert.equal((await ok(at.get({ filterByTk: id }))).sum, 14);
    assert.deepEqual((await ok(at.list({ filter: { sum: { $gt: 10 } } }))).map((row) => row.id), [id]);
  });

  it('of nothing is nothing', async () => {
    const name = await collection([integer('a'), { name: 'f', type: 'formula', dataType: 'double', expression: '10 / {{a}}' }]);
    const at = admin.resource(name);
    const rows = await ok(at.create({ values: [{}, { a: 0 }, { a: 5 }] }));
    const found = [];
    for (const { id } of rows) found.push((await ok(at.get({ filterByTk: id }))).f);
    assert.deepEqual(found, [null, null, 2]);
  });

  it('may be a text', async () => {
    const name = await collection([text('a'), text('b'), { name: 'f', type: 'formula', engine: 'string', expression: '{{a}}-{{b}}' }]);
    const { id } = await ok(admin.resource(name).create({ values: { a: 'x', b: 'y' } }));
    assert.equal((await ok(admin.resource(name).get({ filterByTk: id }))).f, 'x-y');
  });

  it('must be understood', async () => {
    const name = await collection([integer('a')]);
    for (const expression of ['', '{{a}} +', 'process.exit()', '((((']) {
      assert.match(await refused(fields(name).create({ values: { name: 'f', type: 'formula', expression } })), /^400 /, expression);
    }
    assert.deepEqual((await body(fields(name).list())).data.map((f) => f.name), ['id', 'a']);
  });
});

describe('where a field asks for it', () => {
  it('the time of a write is kept: of the first, or of the last', async () => {
    const date = (name, more) => ({ name, type: 'date', ...more });
    const name = await collection([date('first', { defaultToCurrentTime: true }), date('last', { onUpdateToCurrentTime: true }), text('title')]);
    const at = admin.resource(name);
    const before = Date.now();
    const { id } = await ok(at.create({ values: {} }));
    const made = await ok(at.get({ filterByTk: id }));
    assert.ok(Math.abs(Date.parse(made.first) - before) < 60_000, made.first);
    const old = '2001-01-01T00:00:00.000Z';
    const [row] = await ok(at.update({ filterByTk: id, values: { first: old, last: old, title: 'x' } }));
    assert.equal(row.first, old);
    assert.ok(Date.parse(row.last) >= before - 1_000, row.last);
  });

  it('texts are kept without blanks around them', async () => {
    const name = await collection([text('neat', { trim: true }), text('plain')]);
    const { neat, plain } = await ok(admin.resource(name).create({ values: { neat: '  x y ', plain: ' x ' } }));
    assert.deepEqual([neat, plain], ['x y', ' x ']);
  });
});

describe('other types', () => {
  it('set: each value once', async () => {
    const name = await collection([{ name: 'v', type: 'set' }]);
    const { v } = await ok(admin.resource(name).create({ values: { v: ['a', 'b', 'a'] } }));
    assert.deepEqual(v, ['a', 'b']);
  });

  it('unixTimestamp: a moment, sent as a time or as a number', async () => {
    const name = await collection([{ name: 'v', type: 'unixTimestamp' }]);
    const at = admin.resource(name);
    for (const v of ['2026-03-04T05:06:07.000Z', 1_772_600_767]) {
      const { id } = await ok(at.create({ values: { v } }));
      assert.equal((await ok(at.get({ filterByTk: id }))).v, '2026-03-04T05:06:07.000Z', `${v}`);
    }
    assert.match(await refused(at.create({ values: { v: 'x' } })), /^400 /);
  });

  it('snowflakeId: a number of the server\'s', async () => {
    const name = await collection([{ name: 'v', type: 'snowflakeId' }]);
    const [one, two] = await ok(admin.resource(name).create({ values: [{}, {}] }));
    assert.ok(Number.isSafeInteger(one.v) && one.v !== two.v, `${one.v}`);
  });

  it('uuid, uid and nanoid without filling stay empty', async () => {
    const name = await collection(['uuid', 'uid', 'nanoid'].map((type) => ({ name: type, type, autoFill: false })));
    const { id } = await ok(admin.resource(name).create({ values: {} }));
    assert.deepEqual(await ok(admin.resource(name).get({ filterByTk: id })), { id, uuid: null, uid: null, nanoid: null });
  });
});
