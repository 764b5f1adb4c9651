// Every operator of the filter grammar over every type of field, in both ways a filter is written. What is to be found is
// worked out here, from the values.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { admin, baseURL, collection, ok, refused } from './world.js';

const UUIDS = ['1', '2', '3'].map((digit) => `${digit}987fbc9-4bed-4078-8f07-9141ba07c9f3`);

/** Three values of each type in ascending order; a fourth record has none, unless the server makes one (`made`). */
const TYPES = {
  string: { values: ['Apple', 'Cherry', 'banana'], text: true },
  text: { values: ['One line', 'Two_100%', 'three'], text: true },
  uid: { values: ['aaa', 'abb', 'bcc'], more: { autoFill: false } },
  nanoid: { values: ['aaa', 'abb', 'bcc'], more: { autoFill: false } },
  uuid: { values: UUIDS, more: { autoFill: false } },
  integer: { values: [-5, 0, 12], number: true },
  bigInt: { values: [-5, 12, 9_007_199_254_740_991], number: true },
  snowflakeId: { values: [1, 42, 347_823_905_398_784], number: true, made: true },
  float: { values: [-1.5, 0.25, 3], number: true },
  double: { values: [-1.5, 0.25, 3], number: true },
  decimal: { values: [-1.5, 0.25, 3], number: true, more: { precision: 10, scale: 2 } },
  date: { values: ['2025-12-31T23:59:59.999Z', '2026-01-05T10:00:00.000Z', '2026-02-01T00:00:00.000Z'], date: true },
  datetimeNoTz: { values: ['2025-12-31 23:59:59', '2026-01-05 10:00:00', '2026-02-01 00:00:00'], date: true },
  dateOnly: { values: ['2025-12-31', '2026-01-05', '2026-02-01'], date: true },
  unixTimestamp: { values: ['2025-12-31T23:59:59.000Z', '2026-01-05T10:00:00.000Z', '2026-02-01T00:00:00.000Z'], date: true },
  time: { values: ['00:00:00', '10:30:00', '23:59:59'] },
  boolean: { values: [false, true] },
  array: { values: [[], ['x'], ['x', 'y']], list: true },
  set: { values: [[], ['x'], ['x', 'y']], list: true },
  json: { values: [{ a: 1 }, ['x'], 'text'], opaque: true },
  jsonb: { values: [{ a: 1 }, ['x'], 'text'], opaque: true },
};

/** What the rest of the grammar says of each operator: of the values (undefined: none), with the operand. */
const given = (v) => v !== undefined;
const COMPARED = {
  $eq: (v, x) => v === x,
  $ne: (v, x) => v !== x,
  $is: (v, x) => v === x,
};
const ORDERED = {
  $gt: (v, x) => given(v) && v > x,
  $gte: (v, x) => given(v) && v >= x,
  $lt: (v, x) => given(v) && v < x,
  $lte: (v, x) => given(v) && v <= x,
};
const low = (v) => `${v}`.toLowerCase();
const TEXTS = {
  $includes: (v, x) => given(v) && low(v).includes(low(x)),
  $notIncludes: (v, x) => given(v) && !low(v).includes(low(x)),
  $startsWith: (v, x) => given(v) && low(v).startsWith(low(x)),
  $notStartsWith: (v, x) => given(v) && !low(v).startsWith(low(x)),
  $endWith: (v, x) => given(v) && low(v).endsWith(low(x)),
  $endsWith: (v, x) => given(v) && low(v).endsWith(low(x)),
  $notEndWith: (v, x) => given(v) && !low(v).endsWith(low(x)),
  $notEndsWith: (v, x) => given(v) && !low(v).endsWith(low(x)),
};
const LISTS = {
  $in: (v, list) => list.includes(v),
  $notIn: (v, list) => !list.includes(v),
};
/** Operands of days, months and years, with the first and the last day of each. */
const SPANS = [['2026-01-05', '2026-01-05', '2026-01-05'], ['2026-01', '2026-01-01', '2026-01-31'], ['2025', '2025-01-01', '2025-12-31']];
const day = (v) => v.slice(0, 10);
const DATES = {
  $dateOn: (v, [first, last]) => given(v) && day(v) >= first && day(v) <= last,
  $dateNotOn: (v, [first, last]) => given(v) && !(day(v) >= first && day(v) <= last),
  $dateBefore: (v, [first]) => given(v) && day(v) < first,
  $dateNotBefore: (v, [first]) => given(v) && day(v) >= first,
  $dateAfter: (v, [, last]) => given(v) && day(v) > last,
  $dateNotAfter: (v, [, last]) => given(v) && day(v) <= last,
};
const ALWAYS = {
  $empty: (v) => !given(v) || v === '' || v?.length === 0,
  $notEmpty: (v) => given(v) && v !== '' && v?.length !== 0,
};

/** `field[$op]=x` as people write it into addresses; every value is a text there. */
function brackets(filter, at = 'filter') {
  if (Array.isArray(filter)) return filter.map((one) => `${at}[]=${encodeURIComponent(one)}`).join('&');
  if (filter !== null && typeof filter === 'object') {
    return Object.entries(filter).map(([key, inner]) => brackets(inner, `${at}[${encodeURIComponent(key)}]`)).join('&');
  }
  return filter === null ? at : `${at}=${encodeURIComponent(filter)}`;
}

describe('every operator', { concurrency: 4 }, () => {
  for (const [type, { values, more, ...is }] of Object.entries(TYPES)) {
    describe(`a field of type ${type}`, () => {
      let name;
      const rows = is.made ? values : [...values, undefined];

      before(async () => {
        name = await collection([{ name: 'n', type: 'integer' }, { name: 'v', type, ...more }]);
        const made = await ok(admin.resource(name).create({ values: rows.map((v, n) => (given(v) ? { n, v } : { n })) }));
        assert.equal(made.length, rows.length);
      });

      /** The filter finds the records whose values this says so of, however it is written. */
      async function finds(filter, says) {
        const want = rows.flatMap((v, n) => (says(v) ? [n] : []));
        const params = { sort: ['n'], fields: ['n'] };
        const found = await ok(admin.resource(name).list({ filter, ...params }));
        assert.deepEqual(found.map((row) => row.n), want, JSON.stringify(filter));
        if (JSON.stringify(filter).includes('[]')) return;
        const written = await admin.axios.get(`${name}:list?${brackets(filter)}`, { baseURL, params: { sort: 'n', fields: 'n' } });
        assert.deepEqual(written.data.data.map((row) => row.n), want, brackets(filter));
      }

      it('is there or not', async () => {
        for (const [op, says] of Object.entries(ALWAYS)) await finds({ v: { [op]: true } }, says);
        await finds({ v: null }, (v) => !given(v));
        await finds({ v: { $eq: null } }, (v) => !given(v));
        await finds({ v: { $ne: null } }, given);
        await finds({ $not: { v: null } }, given);
      });

      if (!is.list && !is.opaque) {
        it('is compared', async () => {
          for (const x of values) {
            await finds({ v: x }, (v) => v === x);
            for (const [op, says] of Object.entries(COMPARED)) await finds({ v: { [op]: x } }, (v) => says(v, x));
          }
          for (const list of [values.slice(0, 2), values.slice(1), values]) {
            for (const [op, says] of Object.entries(LISTS)) await finds({ v: { [op]: list } }, (v) => says(v, list));
            await finds({ v: { $eq: list } }, (v) => list.includes(v));
            await finds({ v: { $ne: list } }, (v) => !list.includes(v));
          }
          await finds({ v: { $in: values[0] } }, (v) => v === values[0]);
          await finds({ v: { $in: [] } }, () => false);
          await finds({ v: { $notIn: [] } }, () => true);
        });
      }

      if (type === 'boolean') {
        it('is true or false', async () => {
          await finds({ v: { $isTruly: true } }, (v) => v === true);
          await finds({ v: { $isTruly: false } }, (v) => v !== true);
          await finds({ v: { $isFalsy: true } }, (v) => v !== true);
          await finds({ v: { $isFalsy: false } }, (v) => v === true);
        });
      } else if (!is.list && !is.opaque) {
        it('is ordered', async () => {
          for (const x of values) {
            for (const [op, says] of Object.entries(ORDERED)) await finds({ v: { [op]: x } }, (v) => says(v, x));
          }
          await finds({ v: { $between: [values[0], values[1]] } }, (v) => given(v) && v >= values[0] && v <= values[1]);
          await finds({ v: { $gt: values[0], $lt: values[2] } }, (v) => v === values[1]);
          for (const [sort, want] of [['v', [0, 1, 2]], ['-v', [2, 1, 0]]]) {
            const sorted = await ok(admin.resource(name).list({ sort: [sort], fields: ['n'] }));
            // Who has none comes last in both.
            assert.deepEqual(sorted.map((row) => row.n), is.made ? want : [...want, 3], sort);
          }
        });
      }

      if (is.text) {
        it('is looked into', async () => {
          const parts = [...values, values[0].slice(0, 2), values[1].slice(-2).toUpperCase(), '%', '_', 'zzz'];
          for (const x of parts) {
            for (const [op, says] of Object.entries(TEXTS)) await finds({ v: { [op]: x } }, (v) => says(v, x));
          }
          for (const [op, says] of Object.entries(TEXTS)) {
            const two = [values[0], values[1]];
            const all = op.startsWith('$not');
            await finds({ v: { [op]: two } }, (v) => (all ? two.every((x) => says(v, x)) : two.some((x) => says(v, x))));
            await finds({ v: { [op]: null } }, (v) => given(v) === all);
          }
          const x = values[1].slice(0, 2);
          await finds({ v: { $like: `${x}%` } }, (v) => TEXTS.$startsWith(v, x));
          await finds({ v: { $iLike: `%${x}%` } }, (v) => TEXTS.$includes(v, x));
          await finds({ v: { $notLike: `${x}%` } }, (v) => TEXTS.$notStartsWith(v, x));
        });
      }

      if (is.number) {
        it('has digits', async () => {
          await finds({ v: { $includes: '2' } }, (v) => given(v) && `${v}`.includes('2'));
          for (const wrong of ['x', '1x', [{}], ['x', 1]]) {
            for (const op of ['$eq', '$ne', '$gt', '$in', '$between']) {
              const said = await refused(admin.resource(name).list({ filter: { v: { [op]: wrong } } })).catch((e) => e.message);
              assert.match(said, /^400 /, `${op} ${JSON.stringify(wrong)}`);
            }
          }
        });
      }

      if (is.date) {
        it('is on, before and after days, months and years', async () => {
          for (const [x, first, last] of SPANS) {
            for (const [op, says] of Object.entries(DATES)) await finds({ v: { [op]: x } }, (v) => says(v, [first, last]));
          }
          await finds({ v: { $dateBetween: ['2025-12-31', '2026-01-31'] } }, (v) => given(v) && day(v) <= '2026-01-31');
          await finds({ v: { $dateBetween: ['2026-01', '2026-02'] } }, (v) => given(v) && day(v) >= '2026-01-01');
          for (const wrong of ['x', '2026-13', '2026-02-30', 5, ['2026-01-05', 'x']]) {
            const op = Array.isArray(wrong) ? '$dateBetween' : '$dateOn';
            assert.match(await refused(admin.resource(name).list({ filter: { v: { [op]: wrong } } })), /^400 /, JSON.stringify(wrong));
          }
        });
      }

      if (is.list) {
        it('holds values', async () => {
          const same = (v, list) => given(v) && v.length === list.length && list.every((x) => v.includes(x));
          for (const list of [['x'], ['y'], ['x', 'y'], ['y', 'x'], ['z'], ['x', 'z']]) {
            await finds({ v: { $anyOf: list } }, (v) => given(v) && list.some((x) => v.includes(x)));
            await finds({ v: { $noneOf: list } }, (v) => !given(v) || !list.some((x) => v.includes(x)));
            await finds({ v: { $match: list } }, (v) => same(v, list));
            await finds({ v: { $notMatch: list } }, (v) => given(v) && !same(v, list));
          }
          await finds({ v: { $anyOf: 'x' } }, (v) => given(v) && v.includes('x'));
          await finds({ v: { $arrayEmpty: true } }, ALWAYS.$empty);
          await finds({ v: { $arrayNotEmpty: true } }, ALWAYS.$notEmpty);
        });
      }

      it('answers an operator that is not for it, or refuses it, and never breaks', async () => {
        const ops = [
          ...Object.keys({ ...COMPARED, ...ORDERED, ...TEXTS, ...LISTS, ...DATES, ...ALWAYS }), '$between', '$like', '$notLike', '$iLike',
          '$notILike', '$isTruly', '$isFalsy', '$exists', '$notExists', '$anyOf', '$noneOf', '$match', '$notMatch', '$arrayEmpty',
          '$arrayNotEmpty', '$dateBetween', '$not',
        ];
        const operands = ['x', 1, null, ['x', 1], { a: 1 }];
        for (const op of ops) {
          const answers = await Promise.all(operands.map((x) =>
            admin.resource(name).list({ filter: { v: { [op]: x } } }).catch((error) => error.response)));
          for (const { status, data } of answers) assert.ok(status === 200 || status === 400, `${op}: ${status} ${JSON.stringify(data)}`);
        }
        // A name below a json field is one of its properties.
        const nonsense = ['$nothing', '$EQ', '$', '$$eq', '$regexp', '$col', '$contains', ...(is.opaque ? [] : ['__proto__', 'x'])];
        for (const op of nonsense) {
          assert.match(await refused(admin.resource(name).list({ filter: { [`v.${op}`]: 1 } })), /^400 /, op);
        }
      });
    });
  }
});
