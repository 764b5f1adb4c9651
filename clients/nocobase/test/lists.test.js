// Collections that are addressed, paged or ordered in another way than most, and lists that tell what may be done.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { admin, body, client, collection, fresh, grant, holder, keyWith, ok, refused, role, text } from './world.js';

describe('a target key', () => {
  it('may be another field', async () => {
    const name = await collection([text('code', { unique: true }), { name: 'n', type: 'integer' }], { filterTargetKey: 'code' });
    const at = admin.resource(name);
    await ok(at.create({ values: [{ code: 'a', n: 1 }, { code: 'b', n: 2 }, { code: 'c', n: 3 }] }));
    assert.equal((await ok(admin.resource('collections').get({ filterByTk: name }))).filterTargetKey, 'code');
    assert.equal((await ok(at.get({ filterByTk: 'b' }))).n, 2);
    assert.equal((await ok(at.update({ filterByTk: ['a', 'c'], values: { n: 9 } }))).length, 2);
    assert.equal(await ok(at.destroy({ filterByTk: 'b' })), 1);
    assert.equal(await ok(at.destroy({ filterByTk: 'b' })), 0);
  });

  it('may be several fields, named in one object', async () => {
    const name = await collection([{ name: 'a', type: 'integer' }, text('b'), { name: 'n', type: 'integer' }], { filterTargetKey: ['a', 'b'] });
    const at = admin.resource(name);
    await ok(at.create({ values: [{ a: 1, b: 'x', n: 1 }, { a: 1, b: 'y', n: 2 }, { a: 2, b: 'x', n: 3 }] }));
    assert.equal((await ok(at.get({ filterByTk: { a: 1, b: 'y' } }))).n, 2);
    assert.equal((await ok(at.get({ filterByTk: JSON.stringify({ a: 2, b: 'x' }) }))).n, 3);
    assert.equal(await ok(at.get({ filterByTk: { a: 2, b: 'y' } })), null);
    assert.equal((await ok(at.update({ filterByTk: { a: 1, b: 'x' }, values: { n: 7 } })))[0].n, 7);
    for (const filterByTk of [{ a: 1 }, { a: 1, b: 'x', n: 1 }, { a: 1, b: null }, 1, 'x', '[]']) {
      assert.match(await refused(at.destroy({ filterByTk })), /^400 /, JSON.stringify(filterByTk));
    }
    assert.equal(await ok(at.destroy({ filterByTk: { a: 1, b: 'x' } })), 1);
    assert.equal((await body(at.list())).meta.count, 2);
  });

  it('that may not be read names nothing', async () => {
    const name = await collection([text('code'), { name: 'n', type: 'integer' }], { filterTargetKey: 'code' });
    await ok(admin.resource(name).create({ values: { code: 'a', n: 1 } }));
    const actions = [{ name: 'view', fields: ['n'] }, { name: 'update', fields: ['n'] }, { name: 'destroy' }];
    const { api } = await keyWith({ resources: [{ name, actions }] });
    assert.equal(await refused(api.resource(name).get({ filterByTk: 'a' })), '403 No permissions');
    assert.equal(await refused(api.resource(name).update({ filterByTk: 'a', values: { n: 2 } })), '403 No permissions');
    assert.equal(await refused(api.resource(name).destroy({ filterByTk: 'a' })), '403 No permissions');
  });
});

describe('a collection that is not counted', () => {
  it('says of a page whether there is another', async () => {
    const name = await collection([{ name: 'n', type: 'integer' }], { simplePaginate: true });
    const at = admin.resource(name);
    await ok(at.create({ values: [1, 2, 3, 4, 5].map((n) => ({ n })) }));
    for (const [params, want, hasNext] of [
      [{ pageSize: 2 }, [1, 2], true],
      [{ pageSize: 2, page: 2 }, [3, 4], true],
      [{ pageSize: 2, page: 3 }, [5], false],
      [{ pageSize: 5 }, [1, 2, 3, 4, 5], false],
      [{ pageSize: 2, page: 9 }, [], false],
    ]) {
      const { data, meta } = await body(at.list({ sort: ['n'], ...params }));
      assert.deepEqual(data.map((row) => row.n), want);
      assert.deepEqual(meta, { hasNext, page: params.page ?? 1, pageSize: params.pageSize });
    }
    assert.equal((await body(at.list({ paginate: false }))).meta, undefined);
  });
});

describe('a tree', () => {
  let name;
  before(async () => {
    name = fresh('c');
    await ok(
      admin.resource('collections').create({
        values: {
          name,
          tree: 'adjacencyList',
          fields: [
            text('title'),
            { name: 'parentId', type: 'bigInt', isForeignKey: true },
            { name: 'parent', type: 'belongsTo', target: name, foreignKey: 'parentId', treeParent: true },
            { name: 'children', type: 'hasMany', target: name, foreignKey: 'parentId', treeChildren: true },
          ],
        },
      }),
    );
    for (const [title, parentId] of [['a', null], ['b', 1], ['c', 2], ['d', 1], ['e', null]]) {
      await ok(admin.resource(name).create({ values: { title, parentId } }));
    }
  });

  /** `a(b(c) d) e` */
  const drawn = (rows) =>
    rows.map((row) => (row.children ? `${row.title}(${drawn(row.children)})` : row.title)).join(' ');
  const tree = async (params, api = admin) => drawn(await ok(api.resource(name).list({ tree: true, ...params })));

  it('is answered from its roots, with everything below', async () => {
    assert.equal(await tree({}), 'a(b(c) d) e');
    assert.equal(await tree({ sort: ['-title'] }), 'e a(d b(c))');
    assert.equal(await tree({ pageSize: 1, page: 2 }), 'e');
    assert.equal((await body(admin.resource(name).list({ tree: true }))).meta.count, 2);
    assert.equal(await tree({ filter: { title: 'c' } }), 'a(b(c))');
    assert.equal(drawn(await ok(admin.resource(name).list({ sort: ['id'] }))), 'a b c d e');
  });

  it('has no branches that may not be read', async () => {
    const { api } = await keyWith({
      resources: [{ name, actions: [{ name: 'view', fields: null, scope: { scope: { title: { $ne: 'b' } } } }] }],
    });
    assert.equal(await tree({}, api), 'a(d) e');
    assert.equal(await tree({ filter: { title: 'c' } }, api), '');
  });
});

describe('what may be done with answered records', () => {
  it('is beside them where a client asks for it', async () => {
    const name = await collection([text('title')], { createdBy: true });
    await ok(admin.resource(name).create({ values: [{ title: 'a' }, { title: 'b' }] }));
    const rights = await role();
    const scope = { scope: { title: 'b' } };
    await grant(rights, [
      { name, actions: [{ name: 'view', fields: null }, { name: 'create' }, { name: 'update', scopeKey: 'own' }, { name: 'destroy', scope }] },
    ]);
    const { token } = await holder(rights);
    const api = client(token, { 'X-With-ACL-Meta': 'true' });
    const mine = (await ok(api.resource(name).create({ values: { title: 'c' } }))).id;
    const { meta } = await body(api.resource(name).list({ sort: ['id'] }));
    assert.deepEqual(meta.allowedActions, { view: [1, 2, mine], update: [mine], destroy: [2] });
    assert.equal(meta.count, 3);
    const one = await body(api.resource(name).get({ filterByTk: mine }));
    assert.deepEqual(one.meta.allowedActions, { view: [mine], update: [mine], destroy: [] });
    assert.equal((await body(client(token).resource(name).list())).meta.allowedActions, undefined);
    assert.equal((await body(client(token).resource(name).get({ filterByTk: 1 }))).meta, undefined);
  });
});

describe('lists of what the server is made of', () => {
  it('are filtered, sorted, paged and trimmed as records are', async () => {
    const word = fresh('w');
    const made = { roles: 'name', collections: 'name', users: 'username' };
    for (const [resource, key] of Object.entries(made)) {
      const at = admin.resource(resource);
      for (const n of [1, 2, 3]) {
        const name = `${word}_${n}`;
        const values = { name, title: `${resource} ${name}`, username: name, nickname: `${resource} ${name}` };
        await ok(at.create({ values: resource === 'users' ? { ...values, password: 'long enough' } : values }));
      }
      const list = (params) => body(at.list({ filter: { [key]: { $startsWith: word } }, sort: [key], ...params }));
      const names = async (params) => (await list(params)).data.map((row) => row[key].slice(-1)).join('');
      assert.equal(await names({}), '123', resource);
      assert.equal(await names({ sort: [`-${key}`] }), '321', resource);
      assert.equal(await names({ pageSize: 2, page: 2 }), '3', resource);
      assert.deepEqual((await list({ pageSize: 2 })).meta, { count: 3, page: 1, pageSize: 2, totalPage: 2 }, resource);
      assert.deepEqual((await list({ pageSize: 1, fields: [key] })).data, [{ [key]: `${word}_1` }], resource);
      assert.equal(key in (await list({ pageSize: 1, except: [key] })).data[0], false, resource);
      assert.equal((await list({ paginate: false })).meta, undefined, resource);
      const title = resource === 'users' ? 'nickname' : 'title';
      for (const [filter, want] of [
        [{ $and: [{ [key]: { $startsWith: word } }, { [title]: { $includes: '_2' } }] }, '2'],
        [{ $or: [{ [key]: `${word}_1` }, { [`${key}.$in`]: [`${word}_3`] }] }, '13'],
        [{ [key]: { $startsWith: word, $ne: `${word}_1` } }, '23'],
        [{ [key]: [`${word}_1`, `${word}_2`] }, '12'],
      ]) {
        assert.equal(await names({ filter }), want, `${resource} ${JSON.stringify(filter)}`);
      }
      // Of collections clients keep properties of their own: any name may be one.
      const unknown = resource === 'collections' ? [] : [{ sort: 'nothing' }, { fields: ['nothing'] }, { filter: { password: 'x' } }];
      for (const params of [{ page: 0 }, { pageSize: 'x' }, { filter: 'x' }, { filter: { 'a.$nothing': 1 } }, ...unknown]) {
        assert.match(await refused(at.list(params)), /^400 /, `${resource} ${JSON.stringify(params)}`);
      }
    }
  });
});
