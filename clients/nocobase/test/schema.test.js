// Collections and their fields: made, shown, changed and removed, with every type and option.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { admin, body, client, collection, fresh, holder, keyWith, ok, refusal, refused, text } from './world.js';

const DENIED = '403 No permissions';
const collections = admin.resource('collections');
const fields = (name) => admin.resource('collections.fields', name);
const named = (list, name) => list.find((one) => one.name === name);

describe('collections', () => {
  it('are made as the screens of the guide make them', async () => {
    const name = fresh('todos');
    const made = await ok(
      collections.create({
        values: {
          name, title: 'Todos', template: 'general', autoGenId: false, createdAt: true, updatedAt: true, createdBy: true,
          updatedBy: true, sortable: true, logging: true, view: false, simplePaginate: false,
          fields: [
            { name: 'id', type: 'bigInt', autoIncrement: true, primaryKey: true, allowNull: false, interface: 'id', uiSchema: { type: 'number', title: '{{t("ID")}}' } },
            { name: 'title', type: 'string', interface: 'input', uiSchema: { type: 'string', title: 'Title', 'x-component': 'Input' } },
            { name: 'completed', type: 'boolean', interface: 'checkbox', uiSchema: { title: 'Completed' } },
            { name: 'createdAt', type: 'date', interface: 'createdAt', field: 'createdAt' },
            { name: 'updatedAt', type: 'date', interface: 'updatedAt', field: 'updatedAt' },
            { name: 'createdBy', type: 'belongsTo', interface: 'createdBy', target: 'users', foreignKey: 'createdById' },
            { name: 'updatedBy', type: 'belongsTo', interface: 'updatedBy', target: 'users', foreignKey: 'updatedById' },
          ],
        },
      }),
    );
    assert.deepEqual([made.name, made.title, made.inherit, made.hidden], [name, 'Todos', false, false]);
    assert.equal(made.filterTargetKey, 'id');
    assert.deepEqual([made.template, made.autoGenId, made.sortable, made.logging], ['general', false, true, true]);
    assert.equal(typeof made.key, 'string');
    const title = named(made.fields, 'title');
    assert.deepEqual([title.type, title.interface, title.collectionName], ['string', 'input', name]);
    assert.deepEqual(title.uiSchema, { type: 'string', title: 'Title', 'x-component': 'Input' });
    assert.equal(typeof title.key, 'string');
    const row = await ok(admin.resource(name).create({ values: { title: 'x' } }));
    for (const key of ['id', 'createdAt', 'updatedAt', 'createdById', 'updatedById']) assert.ok(row[key], key);
  });

  it('with the id of today\'s screens have numbers that fit into JSON', async () => {
    const id = { name: 'id', type: 'snowflakeId', primaryKey: true, interface: 'snowflakeId' };
    const name = await collection([id, text('title')]);
    const rows = await ok(admin.resource(name).create({ values: [{ title: 'a' }, { title: 'b' }] }));
    for (const row of rows) assert.ok(Number.isSafeInteger(row.id) && row.id > 0, `${row.id}`);
    assert.notEqual(rows[0].id, rows[1].id);
    assert.equal((await ok(admin.resource(name).get({ filterByTk: rows[1].id }))).title, 'b');
  });

  it('without a name get one, without an id field a number', async () => {
    const made = await ok(collections.create({ values: { fields: [text('title')] } }));
    assert.match(made.name, /^t_[0-9a-z]+$/);
    const row = await ok(admin.resource(made.name).create({ values: { title: 'x' } }));
    assert.equal(row.id, 1);
    await ok(collections.destroy({ filterByTk: made.name }));
  });

  it('have the four fields of who and when only if they are asked for', async () => {
    const bare = await collection([text('title')]);
    assert.deepEqual(Object.keys(await ok(admin.resource(bare).create({ values: { title: 'x' } }))).sort(), ['id', 'title']);
    for (const [flag, field] of [['createdAt', 'createdAt'], ['updatedAt', 'updatedAt'], ['createdBy', 'createdById'], ['updatedBy', 'updatedById']]) {
      const name = await collection([text('title')], { [flag]: true });
      assert.deepEqual(Object.keys(await ok(admin.resource(name).create({ values: {} }))).sort(), [field, 'id'].sort(), flag);
      const off = await collection([text('title')], { [flag]: false });
      assert.deepEqual(Object.keys(await ok(admin.resource(off).create({ values: {} }))), ['id'], flag);
    }
  });

  it('may have a key of their own', async () => {
    const name = await collection([{ name: 'code', type: 'string', primaryKey: true }, text('title')]);
    assert.equal((await ok(collections.get({ filterByTk: name }))).filterTargetKey, 'code');
    await ok(admin.resource(name).create({ values: { code: 'a', title: 'x' } }));
    assert.equal((await ok(admin.resource(name).get({ filterByTk: 'a' }))).title, 'x');
    assert.match(await refused(admin.resource(name).create({ values: { code: 'a' } })), /^400 .*already exists$/);
    assert.match(await refused(admin.resource(name).create({ values: { title: 'no code' } })), /^400 /);
    const [changed] = await ok(admin.resource(name).update({ filterByTk: 'a', values: { title: 'y' } }));
    assert.equal(changed.title, 'y');
    assert.equal(await ok(admin.resource(name).destroy({ filterByTk: 'a' })), 1);
  });

  it('are listed, found, changed and removed', async () => {
    const name = await collection([text('title')], { title: 'Before' });
    const found = await ok(collections.get({ filterByTk: name, appends: ['fields'] }));
    assert.deepEqual(found.fields.map((f) => f.name), ['id', 'title']);
    assert.equal('fields' in (await ok(collections.get({ filterByTk: name }))), false);
    const list = await body(collections.list({ filter: { name }, appends: ['fields'] }));
    assert.deepEqual([list.data.length, list.data[0].name, list.meta.count], [1, name, 1]);
    assert.ok(list.data[0].fields.length >= 2);
    const [changed] = await ok(collections.update({ filterByTk: name, values: { title: 'After', category: ['x'], description: 'd' } }));
    assert.deepEqual([changed.title, changed.category, changed.description], ['After', ['x'], 'd']);
    assert.match(await refused(collections.update({ filterByTk: name, values: { name: fresh('c') } })), /^400 /);
    assert.equal(await ok(collections.destroy({ filterByTk: name })), 1);
    assert.match(await refused(admin.resource(name).list()), /^404 /);
    assert.equal((await body(collections.list({ filter: { name } }))).meta.count, 0);
  });

  it('are all told at once, with their fields', async () => {
    const name = await collection([text('title')]);
    const { data, meta } = await body(admin.resource('collections').listMeta());
    assert.equal(meta, undefined);
    assert.deepEqual(named(data, name).fields.map((f) => f.name), ['id', 'title']);
  });

  it('have names that nothing else has', async () => {
    const name = await collection([text('title')]);
    assert.equal(await refused(collections.create({ values: { name } })), `400 Collection named ${name} already exists`);
    for (const reserved of ['users', 'roles', 'apiKeys', 'collections', 'auth', 'swagger']) {
      assert.equal(await refused(collections.create({ values: { name: reserved } })), `400 Collection named ${reserved} already exists`);
    }
    for (const bad of ['a b', 'a.b', '1a', 'a/b', 'a:b', 'ä', "a'; DROP TABLE users; --", 'x'.repeat(300)]) {
      assert.match(await refused(collections.create({ values: { name: bad } })), /^400 /, bad);
    }
  });

  it('that are made badly are not made at all', async () => {
    const name = fresh('c');
    for (const values of [
      { fields: 'x' },
      { fields: [1] },
      { fields: [{ name: 'a', type: 'nothing' }] },
      { fields: [{ name: 'a b', type: 'string' }] },
      { fields: [text('a'), text('a')] },
      { fields: [{ name: 'a', type: 'string', allowNull: 'x' }] },
      { fields: [text('a')], createdAt: 'yes' },
      { title: ['x'] },
    ]) {
      assert.match(await refused(collections.create({ values: { name, ...values } })), /^400 /, JSON.stringify(values));
    }
    assert.equal((await body(collections.list({ filter: { name } }))).meta.count, 0);
  });

  it('of the system cannot be removed or changed', async () => {
    for (const name of ['users', 'roles', 'apiKeys', 'collections']) {
      assert.equal(await refused(collections.destroy({ filterByTk: name })), DENIED, name);
      assert.equal(await refused(collections.update({ filterByTk: name, values: { title: 'x' } })), DENIED, name);
    }
    assert.equal(await ok(collections.destroy({ filterByTk: fresh('nothing') })), 0);
    assert.match(await refused(collections.destroy()), /^400 to do destroy action, filter or filterByTk is required$/);
  });

  it('are changed by who may, and a key is told of those it can do something in', async () => {
    const [open, closed] = [await collection([text('title')]), await collection([text('title')])];
    const { api, session } = await keyWith({ resources: [{ name: open, actions: [{ name: 'view', fields: null }] }] });
    for (const caller of [api, session]) {
      const at = caller.resource('collections');
      assert.equal(await refused(at.create({ values: { name: fresh('c') } })), DENIED);
      assert.equal(await refused(at.update({ filterByTk: open, values: { title: 'x' } })), DENIED);
      assert.equal(await refused(at.destroy({ filterByTk: open })), DENIED);
      assert.equal(await refused(caller.resource('collections.fields', open).create({ values: text('x') })), DENIED);
      assert.equal(await refused(caller.resource('collections.fields', open).update({ filterByTk: 'title', values: { hidden: true } })), DENIED);
      assert.equal(await refused(caller.resource('collections.fields', open).destroy({ filterByTk: 'title' })), DENIED);
    }
    const seen = (await ok(api.resource('collections').list({ paginate: false }))).map((c) => c.name);
    assert.deepEqual([seen.includes(open), seen.includes(closed)], [true, false]);
    const meta = (await ok(api.resource('collections').listMeta())).map((c) => c.name);
    assert.deepEqual([meta.includes(open), meta.includes(closed)], [true, false]);
    assert.equal(await refused(client().resource('collections').list()), '401 EMPTY_TOKEN');
    const builder = await keyWith({ snippets: ['pm.data-source-manager.data-source-main'] });
    assert.ok(await ok(builder.api.resource('collections').create({ values: { name: fresh('c') } })));
  });
});

describe('fields', () => {
  it('are added, listed, found, changed and removed', async () => {
    const name = await collection([text('title')]);
    await ok(admin.resource(name).create({ values: { title: 'x' } }));
    const made = await ok(fields(name).create({ values: { name: 'n', type: 'integer', interface: 'integer', uiSchema: { title: 'N' } } }));
    assert.deepEqual([made.name, made.type, made.interface, made.collectionName], ['n', 'integer', 'integer', name]);
    assert.equal(typeof made.key, 'string');
    assert.deepEqual((await ok(admin.resource(name).list()))[0], { id: 1, title: 'x', n: null });
    await ok(admin.resource(name).update({ filterByTk: 1, values: { n: 5 } }));
    const list = await body(fields(name).list());
    assert.deepEqual(list.data.map((f) => f.name), ['id', 'title', 'n']);
    assert.equal((await ok(fields(name).get({ filterByTk: 'n' }))).type, 'integer');
    const [changed] = await ok(fields(name).update({ filterByTk: 'n', values: { uiSchema: { title: 'Number' }, interface: 'number' } }));
    assert.deepEqual([changed.uiSchema.title, changed.interface, changed.type], ['Number', 'number', 'integer']);
    assert.deepEqual(await body(fields(name).destroy({ filterByTk: 'n' })), { data: true });
    assert.deepEqual((await ok(admin.resource(name).list()))[0], { id: 1, title: 'x' });
    assert.equal(await ok(fields(name).get({ filterByTk: 'n' })), null);
    assert.deepEqual(await ok(fields(name).update({ filterByTk: 'n', values: { hidden: true } })), []);
  });

  it('without a name get one', async () => {
    const name = await collection([]);
    assert.match((await ok(fields(name).create({ values: { type: 'string' } }))).name, /^f_[0-9a-z]+$/);
  });

  it('have names of their own, and types that exist', async () => {
    const name = await collection([text('title')]);
    assert.equal(
      await refused(fields(name).create({ values: text('title') })),
      `400 Field name "title" already exists in collection "${name}"`,
    );
    assert.match(await refused(fields(name).create({ values: { name: 'x', type: 'nothing' } })), /^400 /);
    assert.match(await refused(fields(name).create({ values: { name: 'a b', type: 'string' } })), /^400 /);
    assert.match(await refused(fields(fresh('nothing')).create({ values: text('x') })), /^404 /);
    assert.deepEqual(await ok(fields(fresh('nothing')).list()), []);
  });

  it('keep what screens say of them, word for word', async () => {
    const said = {
      interface: 'select',
      uiSchema: { type: 'string', title: 'T', enum: [{ value: 'a', label: 'A', color: 'red' }], 'x-component-props': { a: [1, { b: null }] } },
      description: 'about',
      someOption: { deep: [true] },
    };
    const name = await collection([text('kind', said)]);
    const field = await ok(fields(name).get({ filterByTk: 'kind' }));
    for (const [key, value] of Object.entries(said)) assert.deepEqual(field[key], value, key);
  });

  describe('of every type', () => {
    const DATE = '2026-03-04T05:06:07.089Z';
    const UUID = 'a987fbc9-4bed-4078-8f07-9141ba07c9f3';
    /** Type, what is sent, what comes back (if it is not the same), what is refused. */
    const TYPES = [
      ['string', 'text', undefined, [{}, []]],
      ['string', 'ünï 🙂', undefined, []],
      ['text', 'x'.repeat(10_000), undefined, [{}]],
      ['integer', -5, undefined, ['x', 1.5, {}, true]],
      ['integer', '12', 12, []],
      ['bigInt', 9_007_199_254_740_991, undefined, ['x']],
      ['float', 1.25, undefined, ['x']],
      ['double', '2.5', 2.5, ['x']],
      ['boolean', true, undefined, ['x', 5]],
      ['boolean', 'false', false, []],
      ['date', DATE, undefined, ['x', '2026-13-01']],
      ['date', '2026-03-04T06:06:07.089+01:00', DATE, []],
      ['dateOnly', '2026-03-04', undefined, ['x', '2026-02-30']],
      ['time', '05:06:07', undefined, ['x', '25:00:00']],
      ['dateOnly', DATE, '2026-03-04', []],
      ['datetimeNoTz', DATE, '2026-03-04 05:06:07', []],
      ['datetimeNoTz', '2026-03-04 05:06:07', undefined, ['x']],
      ['json', { a: [1, null, { b: 'c' }] }, undefined, []],
      ['jsonb', [1, 'x'], undefined, []],
      ['json', 'a text', undefined, []],
      ['array', ['a', 'b'], undefined, []],
      ['array', [{ a: [1] }, ['b'], null, 'c'], undefined, []],
      ['string', true, 'true', []],
      ['uuid', UUID, undefined, ['x']],
      ['uid', 'abc', undefined, []],
      ['nanoid', 'abc', undefined, []],
    ];
    for (const [type, sent, answered = sent, wrong] of TYPES) {
      it(`${type}: ${JSON.stringify(sent).slice(0, 40)}`, async () => {
        const name = await collection([{ name: 'v', type }]);
        const at = admin.resource(name);
        const { id, v } = await ok(at.create({ values: { v: sent } }));
        assert.deepEqual(v, answered);
        assert.deepEqual((await ok(at.get({ filterByTk: id }))).v, answered);
        const [emptied] = await ok(at.update({ filterByTk: id, values: { v: null } }));
        // What the server makes is made anew, and everything else is gone.
        if (['uuid', 'uid', 'nanoid'].includes(type)) assert.match(emptied.v, /^(?!abc$)[\w-]{11,36}$/);
        else assert.equal(emptied.v, null);
        assert.deepEqual((await ok(at.update({ filterByTk: id, values: { v: sent } })))[0].v, answered);
        for (const value of wrong) {
          assert.match(await refused(at.create({ values: { v: value } })), /^400 /, JSON.stringify(value));
          assert.match(await refused(at.update({ filterByTk: id, values: { v: value } })), /^400 /, JSON.stringify(value));
        }
        assert.equal((await ok(fields(name).get({ filterByTk: 'v' }))).type, type);
        assert.equal((await body(at.list())).meta.count, 1);
      });
    }

    it('decimal keeps its digits', async () => {
      const name = await collection([{ name: 'v', type: 'decimal', precision: 20, scale: 4 }]);
      const { id } = await ok(admin.resource(name).create({ values: { v: '12345.6789' } }));
      assert.equal(`${(await ok(admin.resource(name).get({ filterByTk: id }))).v}`, '12345.6789');
      assert.match(await refused(admin.resource(name).create({ values: { v: 'x' } })), /^400 /);
    });

    it('uuid, uid and nanoid are made where none is given', async () => {
      const name = await collection([
        { name: 'a', type: 'uuid' },
        { name: 'b', type: 'nanoid', size: 10 },
        { name: 'c', type: 'uid', prefix: 'x_' },
        { name: 'd', type: 'nanoid' },
      ]);
      const [one, two] = await ok(admin.resource(name).create({ values: [{}, {}] }));
      assert.match(one.a, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.match(one.b, /^[\w-]{10}$/);
      assert.match(one.c, /^x_/);
      assert.match(one.d, /^[\w-]{12}$/);
      for (const key of ['a', 'b', 'c', 'd']) assert.notEqual(one[key], two[key]);
    });

    it('password is kept and never told', async () => {
      const name = await collection([text('title'), { name: 'secret', type: 'password' }]);
      const at = admin.resource(name);
      const made = await ok(at.create({ values: { title: 'x', secret: 'correct horse' } }));
      const answers = [
        made,
        await ok(at.get({ filterByTk: made.id })),
        await ok(at.list()),
        await ok(at.update({ filterByTk: made.id, values: { secret: 'another horse', title: 'y' } })),
        await body(at.get({ filterByTk: made.id, fields: ['secret', 'title'] })).catch((e) => e.response.data),
        await body(at.list({ appends: ['secret'] })),
      ];
      const told = JSON.stringify(answers);
      assert.ok(!told.includes('horse') && !told.includes('$argon2'), told);
      assert.equal(await refused(at.list({ filter: { secret: { $startsWith: '$' } } })), DENIED);
      assert.equal(await refused(at.list({ sort: ['secret'] })), DENIED);
    });
  });

  describe('with options', () => {
    it('unique: no value twice', async () => {
      const name = await collection([text('v', { unique: true })]);
      await ok(admin.resource(name).create({ values: { v: 'a' } }));
      assert.equal(await refused(admin.resource(name).create({ values: { v: 'a' } })), '400 v already exists');
      await ok(fields(name).update({ filterByTk: 'v', values: { unique: false } }));
      await ok(admin.resource(name).create({ values: { v: 'a' } }));
      assert.match(await refused(fields(name).update({ filterByTk: 'v', values: { unique: true } })), /^400 /);
    });

    it('allowNull false: no record without', async () => {
      const name = await collection([text('v', { allowNull: false }), text('w')]);
      const at = admin.resource(name);
      assert.match(await refused(at.create({ values: { w: 'x' } })), /^400 .*v is required$/);
      assert.match(await refused(at.create({ values: { v: null } })), /^400 /);
      const { id } = await ok(at.create({ values: { v: 'x' } }));
      assert.match(await refused(at.update({ filterByTk: id, values: { v: null } })), /^400 /);
    });

    it('defaultValue: taken where none is given', async () => {
      const name = await collection([text('v', { defaultValue: 'd' }), { name: 'n', type: 'integer', defaultValue: 0 }, { name: 'b', type: 'boolean', defaultValue: false }]);
      const made = await ok(admin.resource(name).create({ values: {} }));
      assert.deepEqual([made.v, made.n, made.b], ['d', 0, false]);
      assert.equal((await ok(admin.resource(name).create({ values: { v: 'x' } }))).v, 'x');
      const never = await collection([text('v', { allowNull: false, defaultValue: 'd' })]);
      assert.equal((await ok(admin.resource(never).create({ values: {} }))).v, 'd');
      assert.match(await refused(admin.resource(never).create({ values: { v: null } })), /^400 /);
    });

    it('hidden: in no answer, and no question about it is answered', async () => {
      const name = await collection([text('v', { hidden: true }), text('w')]);
      const at = admin.resource(name);
      const made = await ok(at.create({ values: { v: 'secret', w: 'x' } }));
      assert.equal('v' in made, false);
      for (const params of [{}, { fields: ['v', 'w'] }, { appends: ['v'] }]) {
        const told = JSON.stringify(await body(at.list(params)).catch((e) => e.response.data));
        assert.ok(!told.includes('secret'), told);
      }
      assert.equal(await refused(at.list({ filter: { v: 'secret' } })), DENIED);
      assert.equal(await refused(at.list({ sort: ['v'] })), DENIED);
    });

    it('validation: each rule is kept, at create and at update', async () => {
      for (const [type, rule, good, bad, says] of [
        ['string', { name: 'max', args: { limit: 3 } }, 'abc', 'abcd', 'at most 3 characters long'],
        ['string', { name: 'min', args: { limit: 3 } }, 'abc', 'ab', 'at least 3 characters long'],
        ['string', { name: 'length', args: { limit: 3 } }, 'abc', 'ab', '3 characters long'],
        ['string', { name: 'email' }, 'a@b.example', 'a b', 'a valid email'],
        ['string', { name: 'uri' }, 'https://a.example', 'a', 'a valid uri'],
        ['string', { name: 'alphanum' }, 'abc1', 'a b', 'made of letters and digits'],
        ['string', { name: 'lowercase' }, 'abc', 'Abc', 'in lower case'],
        ['string', { name: 'uppercase' }, 'ABC', 'Abc', 'in upper case'],
        ['integer', { name: 'max', args: { limit: 3 } }, 3, 4, 'less than or equal to 3'],
        ['integer', { name: 'min', args: { limit: 3 } }, 3, 2, 'greater than or equal to 3'],
        ['integer', { name: 'greater', args: { limit: 3 } }, 4, 3, 'greater than 3'],
        ['integer', { name: 'less', args: { limit: 3 } }, 2, 3, 'less than 3'],
        ['integer', { name: 'multiple', args: { base: 3 } }, 9, 10, 'a multiple of 3'],
        ['double', { name: 'integer' }, 1, 1.5, 'an integer'],
        ['double', { name: 'positive' }, 1, -1, 'a positive number'],
        ['double', { name: 'negative' }, -1, 1, 'a negative number'],
        ['string', { name: 'pattern', args: { regex: '/^[a-z]+-\\d+$/i' } }, 'Ab-12', 'ab12', undefined],
        ['string', { name: 'domain' }, 'a.example', 'a', undefined],
        ['string', { name: 'ip' }, '192.0.2.1', '1.2.3', undefined],
        ['string', { name: 'guid' }, '0193a0b0-0000-7000-8000-000000000001', 'x', undefined],
        ['string', { name: 'hex' }, 'aF0', 'xyz', undefined],
        ['string', { name: 'base64' }, 'YQ==', 'YQ=', undefined],
        ['string', { name: 'trim' }, 'a b', ' a', undefined],
        ['integer', { name: 'port' }, 80, 70_000, undefined],
        ['double', { name: 'precision', args: { limit: 2 } }, 1.25, 1.255, undefined],
        ['array', { name: 'max', args: { limit: 1 } }, ['a'], ['a', 'b'], undefined],
        ['array', { name: 'unique' }, ['a', 'b'], ['a', 'a'], undefined],
        ['date', { name: 'min', args: { date: '2026-01-01' } }, '2026-01-01T00:00:00.000Z', '2025-12-31T23:59:59Z', undefined],
      ]) {
        const field = { name: 'v', type, uiSchema: { title: 'Value' }, validation: { type, rules: [{ key: 'r', ...rule }] } };
        const name = await collection([field], { title: 'Things' });
        const at = admin.resource(name);
        const { id } = await ok(at.create({ values: { v: good } }));
        for (const call of [() => at.create({ values: { v: bad } }), () => at.update({ filterByTk: id, values: { v: bad } })]) {
          const { status, errors } = await refusal(call());
          assert.deepEqual([status, errors.length], [400, 1], rule.name);
          if (says) assert.equal(errors[0].message, `Things: Value must be ${says}`);
          else assert.match(errors[0].message, /^Things: Value must be /);
        }
        await ok(at.create({ values: {} }));
      }
      const name = await collection([text('v', { validation: { type: 'string', rules: [{ name: 'required' }] } })]);
      assert.match(await refused(admin.resource(name).create({ values: {} })), /^400 .*v is required$/);
      // A pattern that could not be followed would let everything through.
      for (const regex of ['(', 'a(?=b)', '(a)\\1']) {
        const validation = { type: 'string', rules: [{ name: 'pattern', args: { regex } }] };
        assert.match(await refused(fields(name).create({ values: text('x', { validation }) })), /^400 /, regex);
      }
    });
  });
});

describe('categories', () => {
  const categories = admin.resource('collectionCategories');

  it('are created, listed, changed and removed, and shown with the collections in them', async () => {
    const name = fresh('Work');
    const made = await ok(categories.create({ values: { name, color: 'blue' } }));
    assert.deepEqual([made.name, made.color], [name, 'blue']);
    assert.equal((await ok(categories.get({ filterByTk: made.id }))).name, name);
    const at = await collection([text('title')], { category: [made.id] });
    const shown = async () => (await ok(admin.resource('collections').get({ filterByTk: at, appends: ['category'] }))).category;
    assert.deepEqual((await shown()).map((c) => c.name), [name]);
    const [changed] = await ok(categories.update({ filterByTk: made.id, values: { color: 'red' } }));
    assert.deepEqual([changed.name, changed.color], [name, 'red']);
    assert.equal((await ok(categories.list({ filter: { name }, fields: ['name'] }))).length, 1);
    assert.equal(await ok(categories.destroy({ filterByTk: made.id })), 1);
    assert.deepEqual(await shown(), []);
    for (const values of [{}, { name: '' }, { name: 'x'.repeat(300) }]) {
      assert.match(await refused(categories.create({ values })), /^400 /, JSON.stringify(values));
    }
  });

  it('are changed by who may change the structure', async () => {
    const { session } = await holder('member');
    const at = session.resource('collectionCategories');
    assert.equal(await refused(at.create({ values: { name: 'x' } })), DENIED);
    assert.equal(await refused(at.update({ filterByTk: 1, values: { name: 'x' } })), DENIED);
    assert.equal(await refused(at.destroy({ filterByTk: 1 })), DENIED);
    assert.ok(Array.isArray(await ok(at.list())));
  });
});

describe('whole definitions at once', () => {
  const bare = { createdAt: false, updatedAt: false, createdBy: false, updatedBy: false };
  // What was applied is answered inside of another `data`.
  const apply = async (values, api = admin) => (await api.resource('collections').apply({ values })).data;

  it('make a collection, or change it to what they say and leave the rest', async () => {
    const name = fresh('c');
    const first = await apply({ name, title: 'One', ...bare, fields: [text('title'), { name: 'n', type: 'integer' }] });
    const made = first.data.data;
    assert.deepEqual([made.name, made.title], [name, 'One']);
    const { id } = await ok(admin.resource(name).create({ values: { title: 'kept', n: 1 } }));
    const again = (await apply({ name, title: 'Two', fields: [text('title', { uiSchema: { title: 'T' } }), text('note')] })).data.data;
    assert.equal(again.title, 'Two');
    assert.deepEqual(again.fields.map((f) => f.name).sort(), ['id', 'n', 'note', 'title']);
    assert.equal(named(again.fields, 'title').uiSchema.title, 'T');
    assert.deepEqual(await ok(admin.resource(name).list()), [{ id, title: 'kept', n: 1, note: null }]);
    // What nobody says anything of begins with what every record has.
    const whole = (await apply({ name: fresh('c'), fields: [text('title')] })).data.data;
    const preset = ['id', 'createdAt', 'createdBy', 'createdById', 'updatedAt', 'updatedBy', 'updatedById'];
    assert.deepEqual(whole.fields.map((f) => f.name).sort(), [...preset, 'title'].sort());
  });

  it('make or change one field', async () => {
    const name = await collection([text('title')]);
    const field = (values) => admin.resource('fields').apply({ values: { collectionName: name, ...values } });
    assert.equal((await ok(field({ name: 'n', type: 'integer' }))).data.type, 'integer');
    const { data: changed } = await ok(field({ name: 'n', type: 'integer', uiSchema: { title: 'N' } }));
    assert.equal(changed.uiSchema.title, 'N');
    assert.deepEqual((await ok(fields(name).list())).map((f) => f.name), ['id', 'title', 'n']);
    assert.match(await refused(field({ name: 'n', type: 'string' })), /^400 /);
    assert.match(await refused(admin.resource('fields').apply({ values: text('x') })), /^400 /);
    assert.match(await refused(admin.resource('fields').apply({ values: { collectionName: fresh('nothing'), ...text('x') } })), /^404 /);
  });

  it('set the fields of a collection: these and no others', async () => {
    const name = await collection([text('title'), text('gone')]);
    await ok(admin.resource(name).create({ values: { title: 'kept', gone: 'x' } }));
    const values = { fields: [text('title'), { name: 'n', type: 'integer' }] };
    await ok(admin.resource('collections').setFields({ filterByTk: name, values }));
    assert.deepEqual((await ok(fields(name).list())).map((f) => f.name), ['id', 'title', 'n']);
    assert.deepEqual(await ok(admin.resource(name).list()), [{ id: 1, title: 'kept', n: null }]);
  });

  it('that hold a mistake change nothing', async () => {
    const name = await collection([text('title')]);
    const bad = [text('new'), { name: 'x', type: 'nothing' }];
    assert.match(await refused(apply({ name, fields: bad })), /^400 /);
    assert.match(await refused(apply({ name, fields: [text('new'), { name: 'title', type: 'integer' }] })), /^400 /);
    assert.match(await refused(apply({ name, fields: [text('new'), text('new')] })), /^400 /);
    assert.match(await refused(apply({ fields: [] })), /^400 /);
    assert.match(await refused(admin.resource('collections').setFields({ filterByTk: name, values: { fields: bad } })), /^400 /);
    assert.match(await refused(admin.resource('collections').setFields({ filterByTk: name, values: {} })), /^400 /);
    assert.deepEqual((await ok(fields(name).list())).map((f) => f.name), ['id', 'title']);
  });

  it('are for who may change the structure', async () => {
    const name = await collection([text('title')]);
    const { api } = await keyWith({ strategy: { actions: ['*'] } });
    assert.equal(await refused(apply({ name, fields: [text('x')] }, api)), DENIED);
    assert.equal(await refused(apply({ name: fresh('c') }, api)), DENIED);
    assert.equal(await refused(api.resource('fields').apply({ values: { collectionName: name, ...text('x') } })), DENIED);
    assert.equal(await refused(api.resource('collections').setFields({ filterByTk: name, values: { fields: [] } })), DENIED);
    for (const reserved of ['users', 'roles']) assert.match(await refused(apply({ name: reserved, fields: [] })), /^40[03] /);
  });
});

describe('relations', () => {
  let there;
  before(async () => {
    there = await collection([text('title')]);
  });

  it('make the columns and the pairs they need', async () => {
    const pairs = fresh('pairs');
    const name = await collection([
      { name: 'one', type: 'belongsTo', target: there, foreignKey: 'oneId' },
      { name: 'many', type: 'belongsToMany', target: there, through: pairs, foreignKey: 'a', otherKey: 'b' },
      { name: 'theirs', type: 'hasMany', target: there, foreignKey: 'ownerId' },
      { name: 'single', type: 'hasOne', target: there, foreignKey: 'singleId' },
    ]);
    const shown = await ok(fields(name).list({ paginate: false }));
    assert.deepEqual(shown.map((f) => f.name).sort(), ['id', 'many', 'one', 'oneId', 'single', 'theirs']);
    const one = named(shown, 'one');
    assert.deepEqual([one.type, one.target, one.foreignKey, one.targetKey], ['belongsTo', there, 'oneId', 'id']);
    const many = named(shown, 'many');
    assert.deepEqual([many.type, many.through, many.otherKey], ['belongsToMany', pairs, 'b']);
    const other = (await ok(fields(there).list({ paginate: false }))).map((f) => f.name);
    assert.ok(other.includes('ownerId') && other.includes('singleId'), `${other}`);
    assert.ok(await ok(collections.get({ filterByTk: pairs })));
  });

  it('are removed without what they led to', async () => {
    const name = await collection([{ name: 'one', type: 'belongsTo', target: there, foreignKey: 'oneId' }]);
    assert.deepEqual(await body(fields(name).destroy({ filterByTk: 'one' })), { data: true });
    assert.equal(await ok(fields(name).get({ filterByTk: 'one' })), null);
    assert.ok(await ok(admin.resource(there).list()));
  });

  it('that lead nowhere show nothing, and their bad names are refused', async () => {
    for (const more of [{ target: 'a b' }, { foreignKey: 'a b' }, { target: there, foreignKey: 'x;y' }]) {
      const values = { name: 'rel', type: 'belongsTo', ...more };
      assert.match(await refused(fields(there).create({ values })), /^400 /, JSON.stringify(more));
    }
  });
});
