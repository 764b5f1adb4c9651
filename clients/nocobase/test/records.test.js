// Records: every action, its parameters, its envelope and its errors.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { admin, body, client, collection, fresh, ok, refusal, refused, send, sendAs, text, titles } from './world.js';

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const NO_FIELD = '400 Invalid SQL column or table reference';

let todos;
let there;

/** A collection with ten records, `t01` to `t10`. */
async function ten() {
  const name = await collection(
    [text('title'), { name: 'n', type: 'integer' }, { name: 'done', type: 'boolean' }, text('note')],
    { createdAt: true, updatedAt: true, createdBy: true, updatedBy: true, title: 'Todos' },
  );
  const values = Array.from({ length: 10 }, (_, at) => ({
    title: `t${`${at + 1}`.padStart(2, '0')}`,
    n: at + 1,
    done: at % 2 === 0,
  }));
  await ok(admin.resource(name).create({ values }));
  return name;
}

before(async () => {
  todos = await ten();
  there = admin.resource(todos);
});

describe('list', () => {
  it('answers pages of twenty in the order of the primary key, and says how many there are', async () => {
    const more = await collection([text('title')]);
    await ok(admin.resource(more).create({ values: Array.from({ length: 45 }, (_, n) => ({ title: `${n}` })) }));
    const page = async (params) => body(admin.resource(more).list(params));
    const first = await page();
    assert.deepEqual(first.meta, { count: 45, page: 1, pageSize: 20, totalPage: 3 });
    assert.deepEqual(first.data.map((r) => r.title), Array.from({ length: 20 }, (_, n) => `${n}`));
    const last = await page({ page: 3 });
    assert.deepEqual(last.data.map((r) => r.title), ['40', '41', '42', '43', '44']);
    assert.deepEqual(last.meta, { count: 45, page: 3, pageSize: 20, totalPage: 3 });
    const beyond = await page({ page: 9, pageSize: 10 });
    assert.deepEqual(beyond, { data: [], meta: { count: 45, page: 9, pageSize: 10, totalPage: 5 } });
    const one = await page({ pageSize: 1 });
    assert.deepEqual([one.data.length, one.meta.count, one.meta.totalPage], [1, 45, 45]);
  });

  it('without pages answers everything and no meta', async () => {
    const { data, meta } = await body(there.list({ paginate: false }));
    assert.deepEqual([data.length, meta], [10, undefined]);
  });

  it('of nothing is empty', async () => {
    const none = await collection([text('title')]);
    assert.deepEqual(await body(admin.resource(none).list()), {
      data: [],
      meta: { count: 0, page: 1, pageSize: 20, totalPage: 0 },
    });
  });

  it('has a ceiling for pages, and tells the size it used', async () => {
    for (const pageSize of [1_000, 1_001, 100_000]) {
      const { data, meta } = await body(there.list({ pageSize }));
      assert.deepEqual([data.length, meta.pageSize], [10, 1_000]);
    }
  });

  it('refuses pages that are none', async () => {
    for (const params of [
      { page: 0 }, { page: -1 }, { page: 'x' }, { page: 1.5 }, { pageSize: 0 }, { pageSize: -1 }, { pageSize: 'abc' },
      { pageSize: [1] }, { page: '99999999999999999999' },
    ]) {
      assert.match(await refused(there.list(params)), /^400 /, JSON.stringify(params));
    }
  });

  it('is sorted by one field or several, upwards or downwards', async () => {
    assert.equal((await titles(admin, todos, { sort: '-title' }))[0], 't10');
    assert.equal((await titles(admin, todos, { sort: ['-n'] }))[0], 't10');
    const mixed = await titles(admin, todos, { sort: ['done', '-n'] });
    assert.deepEqual(mixed, ['t10', 't08', 't06', 't04', 't02', 't09', 't07', 't05', 't03', 't01']);
    assert.deepEqual(await titles(admin, todos, { sort: 'done,-n' }), mixed);
    assert.equal(await refused(there.list({ sort: 'nothing' })), NO_FIELD);
    assert.equal(await refused(there.list({ sort: ['-nothing', 'id'] })), NO_FIELD);
  });

  it('puts records without a value last, in both directions', async () => {
    const name = await collection([text('title'), { name: 'n', type: 'integer' }]);
    await ok(admin.resource(name).create({ values: [{ title: 'b', n: 2 }, { title: 'x' }, { title: 'a', n: 1 }, { title: 'y' }] }));
    assert.deepEqual(await titles(admin, name, { sort: 'n' }), ['a', 'b', 'x', 'y']);
    assert.deepEqual(await titles(admin, name, { sort: '-n' }), ['b', 'a', 'x', 'y']);
    assert.deepEqual(await titles(admin, name, { sort: '-n,-id' }), ['b', 'a', 'y', 'x']);
  });

  it('answers the fields asked for', async () => {
    const keys = async (params) => Object.keys((await ok(there.list({ pageSize: 1, ...params })))[0]);
    const all = await keys();
    for (const name of ['id', 'title', 'n', 'done', 'note', 'createdAt', 'updatedAt', 'createdById', 'updatedById']) {
      assert.ok(all.includes(name), name);
    }
    assert.deepEqual(await keys({ fields: ['title', 'n'] }), ['title', 'n']);
    assert.deepEqual(await keys({ fields: 'id,title' }), ['id', 'title']);
    // What is named is answered.
    assert.deepEqual(await keys({ fields: ['id', 'title', 'n'], except: ['n'] }), ['id', 'title', 'n']);
    const without = await keys({ except: ['title', 'createdAt'] });
    assert.deepEqual(all.filter((name) => !without.includes(name)).sort(), ['createdAt', 'title']);
    assert.equal(await refused(there.list({ fields: ['title', 'nothing'] })), NO_FIELD);
    assert.deepEqual(await keys({ appends: ['nothing'] }), all);
  });

  it('holds every field, null where empty, ids as numbers and times in UTC', async () => {
    const [row] = await ok(there.list({ pageSize: 1 }));
    assert.equal(row.note, null);
    assert.equal(typeof row.id, 'number');
    assert.equal(typeof row.createdById, 'number');
    assert.match(row.createdAt, DATE);
    assert.match(row.updatedAt, DATE);
  });
});

describe('get', () => {
  it('answers one record by its key or by a filter', async () => {
    const [row] = await ok(there.list({ filter: { title: 't03' } }));
    assert.equal((await ok(there.get({ filterByTk: row.id }))).title, 't03');
    assert.equal((await ok(there.get({ filter: { title: 't03' } }))).id, row.id);
    assert.equal((await ok(there.get({ filter: { done: true }, sort: ['-n'] }))).title, 't09');
    assert.deepEqual(await ok(there.get({ filterByTk: row.id, fields: ['title'] })), { title: 't03' });
    assert.equal('title' in (await ok(there.get({ filterByTk: row.id, except: ['title'] }))), false);
    assert.equal(await ok(there.get({ filterByTk: row.id, filter: { title: 't04' } })), null);
  });

  it('of no record in particular answers the first; keys may come as JSON', async () => {
    assert.equal((await ok(there.get())).title, 't01');
    assert.equal((await ok(there.get({ sort: ['-id'] }))).title, 't10');
    const { id } = await ok(there.get({ filter: { title: 't04' } }));
    assert.equal((await ok(there.get({ filterByTk: `["${id}"]` }))).title, 't04');
  });

  it('of a record that is not there is null', async () => {
    for (const params of [{ filterByTk: 99_999 }, { filterByTk: 'abc' }, { filter: { title: 'nothing' } }]) {
      assert.deepEqual(await body(there.get(params)), { data: null });
    }
    assert.equal(await refused(there.get({ filter: { nothing: 1 } })), NO_FIELD);
    assert.equal(await refused(there.get({ filterByTk: 1, fields: ['nothing'] })), NO_FIELD);
  });
});

describe('create', () => {
  it('answers what was set and what was generated, and nothing else', async () => {
    const name = await ten();
    const made = await ok(admin.resource(name).create({ values: { title: 'new' } }));
    assert.deepEqual(
      Object.keys(made).sort(),
      ['createdAt', 'createdById', 'id', 'title', 'updatedAt', 'updatedById'],
    );
    const me = await ok(admin.resource('auth').check());
    assert.deepEqual([made.createdById, made.updatedById], [me.id, me.id]);
    const whole = await ok(admin.resource(name).get({ filterByTk: made.id }));
    assert.deepEqual([whole.n, whole.done, whole.note], [null, null, null]);
    assert.deepEqual(whole.createdAt, made.createdAt);
  });

  it('makes many from a list, all or none', async () => {
    const name = await collection([text('title', { unique: true })]);
    const made = await ok(admin.resource(name).create({ values: [{ title: 'a' }, { title: 'b' }] }));
    assert.deepEqual(made.map((row) => row.title), ['a', 'b']);
    assert.deepEqual(await ok(admin.resource(name).create({ values: [] })), []);
    assert.match(await refused(admin.resource(name).create({ values: [{ title: 'c' }, { title: 'a' }] })), /^400 /);
    assert.deepEqual(await titles(admin, name), ['a', 'b']);
    for (const values of [[1], [null], [{ title: 'd' }, 'x'], [[]]]) {
      assert.match(await refused(admin.resource(name).create({ values })), /^400 /, JSON.stringify(values));
    }
    const many = Array.from({ length: 1_001 }, (_, n) => ({ title: `m${n}` }));
    assert.match(await refused(admin.resource(name).create({ values: many })), /^400 /);
    assert.deepEqual(await titles(admin, name), ['a', 'b']);
  });

  it('drops what is no field, and takes only what the lists allow', async () => {
    const name = await ten();
    const at = admin.resource(name);
    const dropped = await ok(at.create({ values: { title: 'x', nothing: 1, constructor: 2, createdById: 999 } }));
    assert.deepEqual([dropped.title, 'nothing' in dropped, dropped.createdById === 999], ['x', false, false]);
    const white = await ok(at.create({ values: { title: 'x', n: 1, note: 'y' }, whitelist: ['title', 'n'] }));
    assert.deepEqual([white.title, white.n, white.note], ['x', 1, undefined]);
    const black = await ok(at.create({ values: { title: 'x', n: 1, note: 'y' }, blacklist: ['title'] }));
    assert.deepEqual([black.title, black.n, black.note], [undefined, 1, 'y']);
  });

  it('takes an id that is free', async () => {
    const name = await collection([text('title')]);
    const at = admin.resource(name);
    assert.equal((await ok(at.create({ values: { id: 77, title: 'a' } }))).id, 77);
    assert.match(await refused(at.create({ values: { id: 77, title: 'b' } })), /^400 .*already exists$/);
    assert.equal((await ok(at.create({ values: { title: 'c' } }))).id, 78);
    for (const id of ['x', 0, -5, '9223372036854775807', '9007199254740992']) {
      assert.match(await refused(at.create({ values: { id, title: 'd' } })), /^400 /, `${id}`);
    }
    assert.equal((await ok(at.create({ values: { title: 'e' } }))).id, 79);
  });

  it('of a taken unique value is refused by the title of its field', async () => {
    const name = await collection([text('code', { unique: true, uiSchema: { title: 'Item code' } }), text('title')]);
    const at = admin.resource(name);
    await ok(at.create({ values: { code: 'a' } }));
    assert.equal(await refused(at.create({ values: { code: 'a' } })), '400 Item code already exists');
    const { id } = await ok(at.create({ values: { code: 'b' } }));
    assert.equal(await refused(at.update({ filterByTk: id, values: { code: 'a' } })), '400 Item code already exists');
    // Empty is not the same as another empty one.
    await ok(at.create({ values: [{ title: 'x' }, { title: 'y' }] }));
  });
});

describe('update', () => {
  it('answers the changed records in full, a list even of one', async () => {
    const name = await ten();
    const at = admin.resource(name);
    const { id } = await ok(at.get({ filter: { title: 't01' } }));
    const rows = await ok(at.update({ filterByTk: id, values: { note: 'new' } }));
    assert.equal(rows.length, 1);
    assert.deepEqual([rows[0].id, rows[0].title, rows[0].note, rows[0].n], [id, 't01', 'new', 1]);
    assert.deepEqual(rows[0], await ok(at.get({ filterByTk: id })));
    assert.ok(rows[0].updatedAt >= rows[0].createdAt);
  });

  it('changes what is named or matches, and nothing else', async () => {
    const name = await ten();
    const at = admin.resource(name);
    const ids = (await ok(at.list())).map((row) => row.id);
    assert.equal((await ok(at.update({ filterByTk: ids.slice(0, 3), values: { note: 'a' } }))).length, 3);
    assert.equal((await ok(at.update({ filter: { n: { $gt: 8 } }, values: { note: 'b' } }))).length, 2);
    const both = { filterByTk: ids[0], filter: { n: 2 }, values: { note: 'c' } };
    assert.deepEqual(await ok(at.update(both)), []);
    const notes = (await ok(at.list({ sort: 'n' }))).map((row) => row.note);
    assert.deepEqual(notes, ['a', 'a', 'a', null, null, null, null, null, 'b', 'b']);
    assert.deepEqual(await ok(at.update({ filterByTk: 99_999, values: { note: 'x' } })), []);
    assert.deepEqual(await ok(at.update({ filterByTk: 'abc', values: { note: 'x' } })), []);
    assert.equal(await ok(at.destroy({ filterByTk: 'abc' })), 0);
    assert.deepEqual(await ok(at.update({ filter: { title: 'nothing' }, values: { note: 'x' } })), []);
  });

  it('takes only what the lists allow, and drops what is no field', async () => {
    const name = await ten();
    const at = admin.resource(name);
    const { id } = await ok(at.get({ filter: { title: 't01' } }));
    const change = async (params) => (await ok(at.update({ filterByTk: id, ...params })))[0];
    const white = await change({ values: { n: 50, note: 'w', nothing: 1 }, whitelist: ['n'] });
    assert.deepEqual([white.n, white.note], [50, null]);
    const black = await change({ values: { n: 60, note: 'b' }, blacklist: ['n'] });
    assert.deepEqual([black.n, black.note], [50, 'b']);
    const null_ = await change({ values: { note: null } });
    assert.equal(null_.note, null);
    assert.equal((await change({ values: {}, forceUpdate: true })).n, 50);
  });

  it('needs to know of what', async () => {
    for (const params of [{}, { filter: {} }, { filter: { $and: [] } }, { filter: '[]' }, { filterByTk: [] }]) {
      const answer = refused(there.update({ ...params, values: { note: 'x' } }));
      assert.equal(await answer, '400 to do update action, filter or filterByTk is required', JSON.stringify(params));
    }
    assert.equal(await refused(there.update({ filter: { nothing: 1 }, values: { note: 'x' } })), NO_FIELD);
    assert.ok((await ok(there.list())).every((row) => row.note === null));
  });
});

describe('destroy', () => {
  it('answers how many are gone', async () => {
    const name = await ten();
    const at = admin.resource(name);
    const ids = (await ok(at.list())).map((row) => row.id);
    assert.deepEqual(await body(at.destroy({ filterByTk: ids[0] })), { data: 1 });
    assert.equal(await ok(at.destroy({ filterByTk: ids.slice(0, 3) })), 2);
    assert.equal(await ok(at.destroy({ filter: { n: { $gte: 9 } } })), 2);
    assert.equal(await ok(at.destroy({ filterByTk: ids[0] })), 0);
    assert.equal(await ok(at.destroy({ filterByTk: ids[4], filter: { n: 99 } })), 0);
    assert.equal((await body(at.list())).meta.count, 5);
    assert.deepEqual((await sendAs(admin, 'POST', `${name}:destroy/${ids[5]}`)).json, { data: 1 });
  });

  it('needs to know of what', async () => {
    for (const params of [{}, { filter: {} }, { filter: { $and: [] } }, { filter: '[]' }]) {
      assert.equal(
        await refused(there.destroy(params)),
        '400 to do destroy action, filter or filterByTk is required',
        JSON.stringify(params),
      );
    }
    assert.equal(await refused(there.destroy({ filter: { nothing: 1 } })), NO_FIELD);
    assert.equal((await body(there.list())).meta.count, 10);
  });
});

describe('firstOrCreate and updateOrCreate', () => {
  it('find by the named values, or make the record', async () => {
    const name = await ten();
    const at = admin.resource(name);
    const found = await ok(at.firstOrCreate({ filterKeys: ['title'], values: { title: 't01', note: 'not written' } }));
    assert.deepEqual([found.n, found.note], [1, null]);
    const made = await ok(at.firstOrCreate({ filterKeys: ['title'], values: { title: 'new', note: 'written' } }));
    assert.equal(made.note, 'written');
    const again = await ok(at.firstOrCreate({ filterKeys: ['title', 'note'], values: { title: 'new', note: 'written' } }));
    assert.equal(again.id, made.id);

    await ok(at.updateOrCreate({ filterKeys: ['title'], values: { title: 't02', note: 'changed' } }));
    assert.equal((await ok(at.get({ filter: { title: 't02' } }))).note, 'changed');
    await ok(at.updateOrCreate({ filterKeys: ['title'], values: { title: 'newer', note: 'made' } }));
    assert.equal((await body(at.list())).meta.count, 12);
  });

  it('need the names of those values', async () => {
    for (const action of ['firstOrCreate', 'updateOrCreate']) {
      assert.match(await refused(there[action]({ values: { title: 't01' } })), /^400 /);
      assert.match(await refused(there[action]({ filterKeys: ['nothing'], values: { title: 't01' } })), /^400 /);
      assert.match(await refused(there[action]({ filterKeys: ['note'], values: { title: 't01' } })), /^400 /);
    }
    assert.equal((await body(there.list())).meta.count, 10);
  });
});

describe('errors', () => {
  it('tell who may not, before anything about the record', async () => {
    const anonymous = client();
    for (const action of ['list', 'get', 'create', 'update', 'destroy', 'firstOrCreate', 'updateOrCreate']) {
      const { status, errors } = await refusal(anonymous.resource(todos)[action]({ filterByTk: 1, filter: { nothing: 1 } }));
      assert.equal(status, 401, action);
      assert.deepEqual(errors, [{ code: 'EMPTY_TOKEN', message: 'Unauthenticated. Please sign in to continue.' }]);
    }
    assert.equal((await send('POST', `${todos}:create`, { body: '{"broken', headers: { 'content-type': 'application/json' } })).said, '401 EMPTY_TOKEN');
    assert.equal(await refused(anonymous.resource(fresh('nothing')).list()), '401 EMPTY_TOKEN');
  });

  it('of a change that breaks several rules name each of them', async () => {
    const rule = (name, args) => ({ validation: { type: 'string', rules: [{ name, args }] } });
    const name = await collection(
      [text('a', { ...rule('max', { limit: 3 }), uiSchema: { title: 'Alpha' } }), text('b', rule('min', { limit: 3 }))],
      { title: 'Ruled' },
    );
    const { status, errors } = await refusal(admin.resource(name).create({ values: { a: 'four', b: 'no' } }));
    assert.equal(status, 400);
    assert.deepEqual(errors, [
      { message: 'Ruled: Alpha must be at most 3 characters long' },
      { message: 'Ruled: b must be at least 3 characters long' },
    ]);
    assert.equal((await body(admin.resource(name).list())).meta.count, 0);
  });

  it('leave nothing half written', async () => {
    const name = await ten();
    const at = admin.resource(name);
    const before = await ok(at.list());
    assert.match(await refused(at.update({ filter: { n: { $gt: 0 } }, values: { note: 'x', n: 'no number' } })), /^400 /);
    assert.match(await refused(at.create({ values: [{ title: 'ok' }, { n: 'no number' }] })), /^400 /);
    assert.deepEqual(await ok(at.list()), before);
  });
});
