// `query`: measures over groups of records, and what a key may not learn through them.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { admin, client, collection, fresh, keyWith, ok, refused, text } from './world.js';

let orders;
let customers;
before(async () => {
  customers = await collection([text('name'), text('secret')]);
  orders = await collection(
    [
      text('status'),
      { name: 'amount', type: 'integer' },
      { name: 'on', type: 'date' },
      text('note', { hidden: true }),
      { name: 'customer', type: 'belongsTo', target: customers, foreignKey: 'customerId' },
    ],
    { createdBy: true },
  );
  const [ann, bob] = await ok(admin.resource(customers).create({ values: [{ name: 'ann', secret: 's' }, { name: 'bob', secret: 't' }] }));
  await ok(
    admin.resource(orders).create({
      values: [
        { status: 'open', amount: 10, on: '2026-01-05T10:00:00Z', customer: ann.id },
        { status: 'open', amount: 20, on: '2026-01-06T23:30:00Z', customer: bob.id },
        { status: 'done', amount: 5, on: '2026-02-01T00:00:00Z', customer: ann.id },
        { status: 'done', amount: 5, on: '2026-02-02T00:00:00Z' },
        { amount: null },
      ],
    }),
  );
});

const query = (values, api = admin) => ok(api.resource(orders).query({ values }));
const status = { field: ['status'], alias: 'status' };
const sum = { field: ['amount'], aggregation: 'sum', alias: 'sum' };

describe('a question about groups', () => {
  it('is answered with a row for each, its measures beside', async () => {
    const rows = await query({
      dimensions: [status],
      measures: [sum, { field: ['id'], aggregation: 'count', alias: 'n' }],
      orders: [{ field: ['status'], alias: 'status', order: 'asc' }],
      filter: { status: { $notEmpty: true } },
    });
    assert.deepEqual(rows, [{ status: 'done', sum: 10, n: 2 }, { status: 'open', sum: 30, n: 2 }]);
  });

  it('measures in every way', async () => {
    const measure = (aggregation, more = {}) => ({ field: ['amount'], aggregation, alias: aggregation, ...more });
    const measures = ['count', 'sum', 'avg', 'min', 'max', 'countDistinct'].map((how) => measure(how));
    const [row] = await query({ measures });
    assert.deepEqual(row, { count: 4, sum: 40, avg: 10, min: 5, max: 20, countDistinct: 3 });
    const [distinct] = await query({ measures: [measure('count', { distinct: true })] });
    assert.equal(distinct.count, 3);
  });

  it('groups by days, months and years, where the caller is', async () => {
    const measures = [{ field: ['id'], aggregation: 'count', alias: 'n' }];
    const by = (format) => ({
      measures, filter: { on: { $notEmpty: true } }, orders: [{ alias: 'on', order: 'asc' }],
      dimensions: [{ field: ['on'], alias: 'on', format }],
    });
    assert.deepEqual(await query(by('YYYY-MM')), [{ on: '2026-01', n: 2 }, { on: '2026-02', n: 2 }]);
    assert.deepEqual(await query(by('YYYY')), [{ on: '2026', n: 4 }]);
    const there = client(admin.auth.getToken(), { 'X-Timezone': '+08:00' });
    const days = (await query(by('YYYY-MM-DD'), there)).map((row) => row.on);
    assert.deepEqual(days, ['2026-01-05', '2026-01-07', '2026-02-01', '2026-02-02']);
  });

  it('follows associations, keeps groups that fit, sorts and pages', async () => {
    const customer = { field: ['customer', 'name'], alias: 'customer' };
    const asked = { dimensions: [customer], measures: [sum], filter: { customerId: { $notEmpty: true } } };
    assert.deepEqual(
      await query({ ...asked, orders: [{ alias: 'sum', order: 'desc' }] }),
      [{ customer: 'bob', sum: 20 }, { customer: 'ann', sum: 15 }],
    );
    assert.deepEqual(await query({ ...asked, having: { sum: { $gt: 15 } } }), [{ customer: 'bob', sum: 20 }]);
    const page = { ...asked, orders: [{ alias: 'sum', order: 'desc' }], limit: 1, offset: 1 };
    assert.deepEqual(await query(page), [{ customer: 'ann', sum: 15 }]);
  });

  it('that makes no sense is 400', async () => {
    for (const values of [
      { measures: [{ field: ['nothing'], aggregation: 'sum' }] },
      { dimensions: [{ field: ['nothing'] }], measures: [sum] },
      { measures: [{ field: ['amount'], aggregation: 'nothing' }] },
      { measures: [{ aggregation: 'sum' }] },
      { measures: [sum], orders: [{ field: ['amount'], order: 'sideways' }] },
      { measures: [sum], orders: [{ alias: 'nothing' }] },
      { measures: [sum], filter: { nothing: 1 } },
      { measures: [sum], having: { nothing: 1 } },
      { measures: 'x' },
      { measures: [sum], limit: 'x' },
      { measures: [{ field: [1] }] },
    ]) {
      assert.match(await refused(admin.resource(orders).query({ values })), /^400 /, JSON.stringify(values));
    }
    assert.equal(await refused(admin.resource(fresh('nothing')).query({ values: { measures: [sum] } })), '404 Not Found');
  });
});

describe('a question tells no more than a list', () => {
  it('of records: those the key may see', async () => {
    const { api } = await keyWith({
      resources: [{ name: orders, actions: [{ name: 'view', fields: null, scope: { scope: { status: 'open' } } }] }],
    });
    assert.deepEqual(await query({ measures: [sum] }, api), [{ sum: 30 }]);
    const own = await keyWith({ strategy: { actions: ['view:own'] } });
    const [none] = await query({ measures: [{ field: ['id'], aggregation: 'count', alias: 'n' }] }, own.api);
    assert.ok(!none || none.n === 0, JSON.stringify(none));
    const nobody = await keyWith({});
    assert.equal(await refused(nobody.api.resource(orders).query({ values: { measures: [sum] } })), '403 No permissions');
    assert.equal(await refused(client().resource(orders).query({ values: { measures: [sum] } })), '401 EMPTY_TOKEN');
  });

  it('of fields: those the key may see, and none that is hidden', async () => {
    const { api } = await keyWith({
      resources: [
        { name: orders, actions: [{ name: 'view', fields: ['status', 'customer'] }] },
        { name: customers, actions: [{ name: 'view', fields: ['name'] }] },
      ],
    });
    const count = { field: ['id'], aggregation: 'count', alias: 'n' };
    assert.ok((await query({ dimensions: [status], measures: [count] }, api)).length > 0);
    for (const values of [
      { measures: [sum] },
      { dimensions: [{ field: ['amount'] }], measures: [count] },
      { dimensions: [{ field: ['customer', 'secret'] }], measures: [count] },
      { measures: [{ field: ['customer', 'secret'], aggregation: 'max' }] },
      { measures: [count], filter: { amount: 5 } },
      { measures: [count], filter: { 'customer.secret': 's' } },
      { dimensions: [{ field: ['createdBy', 'password'] }], measures: [count] },
      { dimensions: [{ field: ['note'] }], measures: [count] },
    ]) {
      assert.match(await refused(api.resource(orders).query({ values })), /^40[03] /, JSON.stringify(values));
    }
    for (const field of [['note'], ['createdBy', 'password']]) {
      assert.match(await refused(admin.resource(orders).query({ values: { dimensions: [{ field }], measures: [count] } })), /^40[03] /);
    }
  });
});
