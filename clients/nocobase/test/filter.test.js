// The whole filter grammar, as the SDK sends it.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { admin, client, collection, fresh, holder, ok, person, refused, role, sendAs, text } from './world.js';

let name;

/** What each record is called is what the tests below ask for. */
const RECORDS = [
  { key: 'a', s: 'Apple', n: 1, f: 1.5, b: true, d: '2026-01-05T10:00:00.000Z', day: '2026-01-05', list: ['x', 'y'] },
  { key: 'b', s: 'banana', n: 2, f: 2.5, b: false, d: '2026-01-06T23:30:00.000Z', day: '2026-01-06', list: ['y'] },
  { key: 'c', s: 'Cherry pie', n: 3, f: -1, b: true, d: '2026-02-01T00:00:00.000Z', day: '2026-02-01', list: [] },
  { key: 'd', s: '', n: 0, b: false, d: '2025-12-31T23:59:59.999Z', day: '2025-12-31', list: ['z', 'x'] },
  { key: 'e' },
  { key: 'f', s: '50%_off', n: 10, f: 0.1, b: true, d: '2026-01-31T23:59:59.000Z', day: '2026-01-31', list: ['x'] },
];

before(async () => {
  name = await collection(
    [
      text('key'),
      text('s'),
      { name: 'n', type: 'integer' },
      { name: 'f', type: 'double' },
      { name: 'b', type: 'boolean' },
      { name: 'd', type: 'date' },
      { name: 'day', type: 'dateOnly' },
      { name: 'list', type: 'array' },
      { name: 'more', type: 'json' },
    ],
    { createdBy: true },
  );
  await ok(admin.resource(name).create({ values: RECORDS }));
});

/** The keys of the records a filter finds. */
async function keys(filter, api = admin) {
  const rows = await ok(api.resource(name).list({ filter, sort: ['id'], fields: ['key'] }));
  return rows.map((row) => row.key).join('');
}

async function all(cases, api) {
  for (const [filter, want] of cases) assert.equal(await keys(filter, api), want, JSON.stringify(filter));
}

describe('comparing', () => {
  it('is equal by itself, with $eq, to null and to any of a list', () =>
    all([
      [{ s: 'Apple' }, 'a'],
      [{ s: { $eq: 'Apple' } }, 'a'],
      [{ 's.$eq': 'Apple' }, 'a'],
      [{ s: 'apple' }, ''],
      [{ n: 2 }, 'b'],
      [{ n: '2' }, 'b'],
      [{ f: 2.5 }, 'b'],
      [{ b: true }, 'acf'],
      [{ d: '2026-02-01T00:00:00.000Z' }, 'c'],
      [{ day: '2026-01-06' }, 'b'],
      [{ s: null }, 'e'],
      [{ s: { $eq: null } }, 'e'],
      [{ n: [1, 3] }, 'ac'],
      [{ n: { $eq: [1, 3] } }, 'ac'],
      [{ s: '' }, 'd'],
    ]));

  it('is not equal, which nulls are', () =>
    all([
      [{ s: { $ne: 'Apple' } }, 'bcdef'],
      [{ n: { $ne: 1 } }, 'bcdef'],
      [{ s: { $ne: null } }, 'abcdf'],
      [{ n: { $ne: [1, 2] } }, 'cdef'],
    ]));

  it('is larger, smaller, between; several in one object all hold', () =>
    all([
      [{ n: { $gt: 2 } }, 'cf'],
      [{ n: { $gte: 2 } }, 'bcf'],
      [{ n: { $lt: 1 } }, 'd'],
      [{ n: { $lte: 1 } }, 'ad'],
      [{ n: { $gt: 0, $lt: 3 } }, 'ab'],
      [{ n: { $between: [1, 3] } }, 'abc'],
      [{ f: { $gt: 0.05, $lte: 1.5 } }, 'af'],
      [{ s: { $gt: 'a' } }, 'b'],
      [{ d: { $gte: '2026-01-06T23:30:00Z', $lt: '2026-02-01T00:00:00Z' } }, 'bf'],
      [{ day: { $between: ['2026-01-05', '2026-01-31'] } }, 'abf'],
    ]));

  it('is in a list or not, where a single value is a list of one, and nulls are in no list', () =>
    all([
      [{ n: { $in: [1, 2, 99] } }, 'ab'],
      [{ n: { $in: 1 } }, 'a'],
      [{ n: { $in: [] } }, ''],
      [{ n: { $notIn: [1, 2] } }, 'cdef'],
      [{ n: { $notIn: 1 } }, 'bcdef'],
      [{ s: { $in: ['Apple', 'banana'] } }, 'ab'],
    ]));

  it('is true or false, where nothing is false; the operand false asks for the opposite', () =>
    all([
      [{ b: { $isTruly: true } }, 'acf'],
      [{ b: { $isFalsy: true } }, 'bde'],
      [{ b: { $isTruly: false } }, 'bde'],
      [{ b: { $isFalsy: false } }, 'acf'],
      [{ 'b.$isTruly': true }, 'acf'],
    ]));

  it('is empty or not: texts, lists, others', () =>
    all([
      [{ s: { $empty: true } }, 'de'],
      [{ s: { $notEmpty: true } }, 'abcf'],
      [{ n: { $empty: true } }, 'e'],
      [{ n: { $notEmpty: true } }, 'abcdf'],
      [{ list: { $empty: true } }, 'ce'],
      [{ list: { $notEmpty: true } }, 'abdf'],
    ]));
});

describe('texts', () => {
  it('hold another, whatever the case; of a list any', () =>
    all([
      [{ s: { $includes: 'an' } }, 'b'],
      [{ s: { $includes: 'APP' } }, 'a'],
      [{ s: { $includes: ['app', 'pie'] } }, 'ac'],
      [{ s: { $includes: null } }, 'e'],
    ]));

  it('do not hold another, of a list none; nulls are left out', () =>
    all([
      [{ s: { $notIncludes: 'an' } }, 'acdf'],
      [{ s: { $notIncludes: ['app', 'pie'] } }, 'bdf'],
    ]));

  it('begin and end', () =>
    all([
      [{ s: { $startsWith: 'ch' } }, 'c'],
      [{ s: { $startsWith: ['ch', 'ba'] } }, 'bc'],
      [{ s: { $notStartsWith: 'ch' } }, 'abdf'],
      [{ s: { $endWith: 'PIE' } }, 'c'],
      [{ s: { $endsWith: 'pie' } }, 'c'],
      [{ s: { $notEndWith: 'pie' } }, 'abdf'],
    ]));

  it('are like a pattern', () =>
    all([
      [{ s: { $like: '%an%' } }, 'b'],
      [{ s: { $iLike: 'CH%' } }, 'c'],
      [{ s: { $notLike: '%an%' } }, 'acdf'],
    ]));

  it('hold % and _ as ordinary characters', () =>
    all([
      [{ s: { $includes: '%' } }, 'f'],
      [{ s: { $includes: '_' } }, 'f'],
      [{ s: { $startsWith: '50%_' } }, 'f'],
      [{ s: { $endWith: '%_off' } }, 'f'],
      [{ s: { $startsWith: '%' } }, ''],
    ]));

  it('that look like something else stay texts', async () => {
    for (const s of ["'; DROP TABLE users; --", '" OR 1=1', '{{', '$eq', '\\', '%27', '{"a":1}', 'null', '🙂', 'ß']) {
      const { id } = await ok(admin.resource(name).create({ values: { s, key: 'q' } }));
      const found = await ok(admin.resource(name).list({ filter: { s, key: 'q' } }));
      assert.deepEqual(found.map((row) => [row.id, row.s]), [[id, s]], s);
      const part = await ok(admin.resource(name).list({ filter: { s: { $includes: s }, key: 'q' } }));
      assert.deepEqual(part.map((row) => row.id), [id], s);
      await ok(admin.resource(name).destroy({ filterByTk: id }));
    }
  });
});

describe('lists', () => {
  it('hold any, none, all or not all of some values', () =>
    all([
      [{ list: { $anyOf: ['y', 'z'] } }, 'abd'],
      [{ list: { $anyOf: ['x'] } }, 'adf'],
      [{ list: { $noneOf: ['x', 'z'] } }, 'bce'],
      [{ list: { $match: ['x'] } }, 'f'],
      [{ list: { $match: ['y', 'x'] } }, 'a'],
      [{ list: { $arrayEmpty: true } }, 'ce'],
    ]));
});

describe('dates', () => {
  it('are on, before and after a day, a month, a year, an instant', () =>
    all([
      [{ d: { $dateOn: '2026-01-05' } }, 'a'],
      [{ d: { $dateOn: '2026-01' } }, 'abf'],
      [{ d: { $dateOn: '2026' } }, 'abcf'],
      [{ d: { $dateNotOn: '2026-01' } }, 'cd'],
      [{ d: { $dateBefore: '2026-01-05' } }, 'd'],
      [{ d: { $dateNotBefore: '2026-01-06' } }, 'bcf'],
      [{ d: { $dateAfter: '2026-01-05' } }, 'bcf'],
      [{ d: { $dateNotAfter: '2026-01-05' } }, 'ad'],
      [{ d: { $dateAfter: '2026-01-06T23:30:00.000Z' } }, 'cf'],
      [{ d: { $dateBetween: ['2026-01-05', '2026-01-31'] } }, 'abf'],
    ]));

  it('of days are days, wherever the caller is', async () => {
    const cases = [
      [{ day: { $dateOn: '2026-01-05' } }, 'a'],
      [{ day: { $dateOn: '2026-01' } }, 'abf'],
      [{ day: { $dateBefore: '2026-01-05' } }, 'd'],
      [{ day: { $dateAfter: '2026-01' } }, 'c'],
      [{ day: { $dateBetween: ['2026-01-06', '2026-02-01'] } }, 'bcf'],
    ];
    for (const zone of ['+00:00', '+08:00', '-11:00']) {
      await all(cases, client(admin.auth.getToken(), { 'X-Timezone': zone }));
    }
  });

  it('of instants begin when the day begins where the caller is', async () => {
    const zone = (value) => client(admin.auth.getToken(), { 'X-Timezone': value });
    assert.equal(await keys({ d: { $dateOn: '2026-01-07' } }, zone('+08:00')), 'b');
    assert.equal(await keys({ d: { $dateOn: '2026-01-06' } }, zone('+08:00')), '');
    assert.equal(await keys({ d: { $dateOn: '2026-01' } }, zone('+08:00')), 'abd');
    assert.equal(await keys({ d: { $dateOn: '2026-01' } }, zone('-05:00')), 'abcf');
    assert.equal(await keys({ d: { $dateOn: '2025' } }, zone('+00:00')), 'd');
  });

  it('may be said relative to now', async () => {
    const now = Date.now();
    const day = 86_400_000;
    const made = await ok(
      admin.resource(name).create({
        values: [
          { key: '-', d: new Date(now - 10 * day).toISOString() },
          { key: '0', d: new Date(now).toISOString() },
          { key: '+', d: new Date(now + 10 * day).toISOString() },
        ],
      }),
    );
    const among = async (filter) => keys({ $and: [filter, { key: { $in: ['-', '0', '+'] } }] });
    assert.equal(await among({ d: { $dateOn: '{{$nDate.today}}' } }), '0');
    assert.equal(await among({ d: { $dateBefore: '{{$nDate.today}}' } }), '-');
    assert.equal(await among({ d: { $dateAfter: '{{$nDate.now}}' } }), '+');
    assert.equal(await among({ d: { $lt: '{{ $nDate.now }}' } }), '-0');
    // As the forms of screens say it.
    assert.equal(await among({ d: { $dateOn: { type: 'today' } } }), '0');
    assert.equal(await among({ d: { $dateOn: { type: 'past', number: 20, unit: 'day' } } }), '-');
    assert.equal(await among({ d: { $dateOn: { type: 'next', number: 20, unit: 'day' } } }), '+');
    assert.equal(await among({ d: { $dateBefore: { type: 'today' } } }), '-');
    for (const span of [{ type: 'someday' }, { type: 'past', number: -1 }, { type: 'past', number: 1, unit: 'age' }]) {
      assert.match(await refused(admin.resource(name).list({ filter: { d: { $dateOn: span } } })), /^400 /);
    }
    await ok(admin.resource(name).destroy({ filterByTk: made.map((row) => row.id) }));
  });
});

describe('logic', () => {
  it('joins with and, or, not; several keys are an and', () =>
    all([
      [{ b: true, n: { $gt: 1 } }, 'cf'],
      [{ $and: [{ b: true }, { n: { $gt: 1 } }] }, 'cf'],
      [{ $or: [{ n: 1 }, { s: 'banana' }] }, 'ab'],
      [{ $or: [{ n: 1 }, { $and: [{ n: { $gte: 3 } }, { b: true }] }] }, 'acf'],
      [{ $and: [{ $or: [{ n: 1 }, { n: 2 }] }, { $or: [{ b: true }, { b: null }] }] }, 'a'],
      [{ b: true, $or: [{ n: 1 }, { n: 2 }] }, 'a'],
      [{ n: { $or: [{ $eq: 1 }, { $gt: 5 }] } }, 'af'],
    ]));

  it('negates with three values: what is unknown is not its opposite either', () =>
    all([
      [{ $not: { n: 1 } }, 'bcdf'],
      [{ $not: [{ n: 1 }] }, 'bcdf'],
      [{ $not: { $or: [{ n: 1 }, { n: 2 }] } }, 'cdf'],
      [{ $not: { s: null } }, 'abcdf'],
    ]));

  it('over nothing is no condition', () =>
    all([
      [{}, 'abcdef'],
      [{ $and: [] }, 'abcdef'],
      [{ $or: [] }, 'abcdef'],
      [{ $and: [{}, { n: 1 }] }, 'a'],
      ['{}', 'abcdef'],
      ['[]', 'abcdef'],
      ['', 'abcdef'],
    ]));

  it('may be written nested or dotted', () =>
    all([
      [{ 'n.$gt': 2 }, 'cf'],
      [{ 'n.$between': [1, 2] }, 'ab'],
      [{ $and: [{ 'n.$gt': 0 }, { 'b.$isTruly': true }] }, 'acf'],
    ]));
});

describe('variables', () => {
  it('stand for the caller, the role and now', async () => {
    const rights = await role({ strategy: { actions: ['view', 'create'] } });
    const { id, api, session, username } = await holder(rights);
    session.auth.setRole(rights);
    await ok(api.resource(name).create({ values: { key: 'm', s: username } }));
    for (const filter of [
      { createdById: '{{$user.id}}' },
      { createdById: '{{ $user.id }}' },
      { createdById: '{{ctx.state.currentUser.id}}' },
      { 'createdById.$eq': '{{ ctx.state.currentUser.id }}' },
      { s: '{{$user.username}}' },
      { createdById: id },
    ]) {
      for (const caller of [api, session]) assert.equal(await keys(filter, caller), 'm', JSON.stringify(filter));
    }
    await ok(admin.resource('users').update({ filterByTk: id, values: { nickname: 'Nick', phone: '123', email: `${username}@example.org` } }));
    for (const [value, s] of [['Nick', 'nickname'], ['123', 'phone'], [`${username}@example.org`, 'email']]) {
      const made = await ok(admin.resource(name).create({ values: { key: 'v', s: value } }));
      assert.equal(await keys({ s: `{{$user.${s}}}` }, api), 'v', s);
      await ok(admin.resource(name).destroy({ filterByTk: made.id }));
    }
    // Somebody without one finds nothing by it, and nothing by its opposite.
    assert.equal(await keys({ s: '{{$user.appLang}}' }, api), '');
    assert.equal(await keys({ $not: { s: '{{$user.appLang}}' } }, api), '');
    await ok(api.resource(name).create({ values: { key: 'r', s: rights } }));
    assert.equal(await keys({ s: '{{$nRole}}' }, api), 'r');
    assert.equal(await keys({ s: '{{$nRole}}' }, session), 'r');
    const other = await person([rights]);
    assert.equal(await keys({ createdById: '{{$user.id}}' }, other.session), '');
    await ok(admin.resource(name).destroy({ filter: { key: { $in: ['m', 'r'] } } }));
  });

  it('that nobody knows are refused, and braces alone are text', async () => {
    for (const s of ['{{$nothing}}', '{{ $user.password }}', '{{$env.SECRET}}', '{{ctx.state.currentUser.password}}']) {
      assert.match(await refused(admin.resource(name).list({ filter: { s } })), /^40[03] /, s);
    }
    await all([[{ s: '{{' }, ''], [{ s: 'a {{b}} c' }, '']]);
  });
});

describe('a filter that is none is refused, never ignored', () => {
  it('when it is not an object', async () => {
    for (const filter of ['{"a":', 'x', '[1]', '1', 'true', '"x"']) {
      for (const action of ['list', 'update', 'destroy']) {
        const method = action === 'list' ? 'GET' : 'POST';
        const { status, json } = await sendAs(admin, method, `${name}:${action}?filter=${encodeURIComponent(filter)}`);
        assert.equal(status, 400, `${action} ${filter}`);
        assert.ok(json.errors[0].message);
      }
    }
    assert.equal(await keys({}), 'abcdef');
  });

  it('when an operator, a field or an operand is wrong', async () => {
    for (const filter of [
      { 's.$nothing': 'x' },
      { s: { $regexp: '.*' } },
      { $nothing: [] },
      { $eq: 1 },
      { nothing: 1 },
      { 'nothing.name': 1 },
      { 's.name': 1 },
      { n: 'no number' },
      { n: { $gt: 'x' } },
      { n: { $between: [1] } },
      { n: { $between: 1 } },
      { d: 'no date' },
      { d: { $dateOn: 'no date' } },
      { d: { $dateOn: '2026-13-01' } },
      { b: 'perhaps' },
      { $and: 'x' },
      { $and: [1] },
      { $or: ['x'] },
    ]) {
      assert.match(await refused(admin.resource(name).list({ filter })), /^400 /, JSON.stringify(filter));
    }
  });

  it('when it is too much', async () => {
    let deep = { n: 1 };
    for (let level = 0; level < 20; level += 1) deep = { $and: [deep] };
    // By POST the address is as long; so is what fits into it.
    const wide = { $or: Array.from({ length: 257 }, () => ({ n: 1 })) };
    const long = { n: { $in: Array.from({ length: 1_001 }, (_, n) => n) } };
    for (const filter of [deep, wide, long]) {
      assert.match(await refused(admin.resource(name).list({ filter })), /^4(00|14) /);
    }
  });

  it('when a role may not see what it asks about', async () => {
    const rights = await role({ resources: [{ name, actions: [{ name: 'view', fields: ['key', 'n'] }] }] });
    const { api } = await holder(rights);
    assert.equal(await keys({ n: { $gt: 2 } }, api), 'cf');
    for (const filter of [{ s: 'Apple' }, { s: { $notEmpty: true } }, { $or: [{ n: 1 }, { $not: { s: 'x' } }] }]) {
      assert.equal(await refused(api.resource(name).list({ filter })), '403 No permissions', JSON.stringify(filter));
    }
    assert.equal(await refused(api.resource(name).list({ sort: ['s'] })), '403 No permissions');
    assert.equal(await refused(api.resource(name).get({ filter: { s: 'Apple' } })), '403 No permissions');
    assert.match(await refused(api.resource(name).list({ filter: { [fresh('nothing')]: 1 } })), /^400 /);
  });
});
