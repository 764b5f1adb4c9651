// The OpenAPI document of the collections, as a key or a person may see it.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { admin, body, client, collection, fresh, holder, keyWith, ok, refused, sendAs, text, url } from './world.js';

let open;
let closed;
before(async () => {
  open = await collection([text('title'), { name: 'n', type: 'integer' }, text('secret', { hidden: true })], { createdAt: true });
  closed = await collection([text('title')]);
});

const document = async (api, ns) => body(api.resource('swagger').get(ns === undefined ? {} : { ns }));

describe('the document', () => {
  it('is bare OpenAPI 3.0.3, with the key as a bearer', async () => {
    const doc = await document(admin);
    assert.equal(doc.openapi, '3.0.3');
    assert.equal(doc.data, undefined);
    assert.equal(doc.servers[0].url, '/api/');
    assert.deepEqual(doc.security, [{ 'api-key': [] }]);
    assert.deepEqual(doc.components.securitySchemes['api-key'], { type: 'http', scheme: 'bearer' });
    assert.ok(doc.components.schemas.error);
  });

  it('describes the actions of a collection with their parameters', async () => {
    const { paths, components } = await document(admin, `collections/${open}`);
    const method = { list: 'get', get: 'get', create: 'post', update: 'post', destroy: 'post' };
    for (const [action, how] of Object.entries(method)) assert.ok(paths[`/${open}:${action}`][how], action);
    const names = (action) => paths[`/${open}:${action}`][method[action]].parameters.map((p) => p.name);
    for (const name of ['page', 'pageSize', 'filter', 'sort', 'fields', 'appends', 'except']) assert.ok(names('list').includes(name), name);
    for (const name of ['filterByTk', 'fields', 'appends', 'except']) assert.ok(names('get').includes(name), name);
    for (const name of ['whitelist', 'blacklist']) assert.ok(names('create').includes(name), name);
    for (const name of ['filterByTk', 'filter', 'whitelist', 'blacklist']) assert.ok(names('update').includes(name), name);
    for (const name of ['filterByTk', 'filter']) assert.ok(names('destroy').includes(name), name);
    assert.deepEqual(Object.keys(components.schemas[open].properties).sort(), ['createdAt', 'id', 'n', 'title']);
    assert.ok(!('id' in components.schemas[`${open}.form`].properties));
    assert.equal(components.schemas[open].properties.n.type, 'integer');
  });

  it('refers to nothing that is not in it', async () => {
    const doc = await document(admin);
    const refs = JSON.stringify(doc).match(/"\$ref":"[^"]+"/g);
    assert.ok(refs.length > 0);
    for (const ref of new Set(refs)) {
      const [, , ...path] = ref.slice('"$ref":'.length).replaceAll('"', '').split('/');
      assert.ok(doc.components[path[0]]?.[path[1]] ?? doc.components[path[1]], ref);
    }
  });

  it('comes in parts', async () => {
    const all = Object.keys((await document(admin)).paths);
    const collections = Object.keys((await document(admin, 'collections')).paths);
    assert.ok(all.includes(`/${open}:list`) && collections.includes(`/${closed}:list`));
    const one = Object.keys((await document(admin, `collections/${open}`)).paths);
    assert.ok(one.length > 0 && one.every((path) => path.startsWith(`/${open}`)), `${one}`);
    assert.equal(await refused(admin.resource('swagger').get({ ns: `collections/${fresh('nothing')}` })), '404 Not Found');
    for (const ns of ['core', 'plugins', 'plugins/api-keys']) {
      const doc = await document(admin, ns);
      assert.equal(doc.openapi, '3.0.3', ns);
      assert.ok(!Object.keys(doc.paths).some((path) => path.startsWith(`/${open}`)), ns);
    }
  });

  it('has addresses for its parts', async () => {
    const urls = (await ok(admin.resource('swagger').getUrls())).map((u) => u.url);
    for (const ns of ['', '?ns=core', '?ns=plugins', '?ns=collections', `?ns=collections%2F${open}`]) {
      assert.ok(urls.includes(`/api/swagger:get${ns}`), ns);
    }
  });

  it('describes moving where records have an order', async () => {
    const sortable = await collection([text('title')], { sortable: true });
    const { paths, components } = await document(admin, 'collections');
    assert.ok(paths[`/${sortable}:move`].post);
    assert.equal(paths[`/${open}:move`], undefined);
    assert.deepEqual(Object.keys(components.schemas[sortable].properties), ['id', 'title']);
  });

  it('describes the server itself, each part by its name', async () => {
    const parts = (await ok(admin.resource('swagger').getUrls())).map((u) => new URL(u.url, url).searchParams.get('ns'));
    const whole = Object.keys((await document(admin)).paths);
    for (const [ns, path] of [['plugins/api-keys', '/apiKeys:create'], ['plugins/users', '/users:list']]) {
      assert.ok(parts.includes(ns), ns);
      assert.ok(Object.keys((await document(admin, ns)).paths).includes(path), path);
      assert.ok(whole.includes(path), path);
    }
    for (const ns of parts.filter((part) => part && !part.startsWith('collections'))) {
      const paths = Object.keys((await document(admin, ns)).paths);
      assert.ok(paths.every((path) => whole.includes(path)), ns);
    }
    assert.equal(await refused(admin.resource('swagger').get({ ns: 'nothing' })), '404 Not Found');
    const member = await holder('member');
    const told = Object.keys((await document(member.api)).paths);
    for (const path of ['/users:list', '/roles:create', '/apiKeys:create', '/collections:create']) assert.ok(!told.includes(path), path);
  });

  it('describes what is there: each of its paths, by its method', async () => {
    const sources = { users: 1, roles: 'member', collections: open, dataSources: 'main' };
    const parts = [];
    for (const ns of ['core', 'plugins', `collections/${open}`]) parts.push(...Object.entries((await document(admin, ns)).paths));
    assert.ok(parts.length > 60, `${parts.length}`);
    for (const [path, methods] of parts) {
      const [, resource] = path.match(/^\/([^/:]+)/);
      const address = path.slice(1).replace('{sourceId}', sources[resource] ?? 1);
      const { status, said } = await sendAs(admin, 'GET', address);
      // Who has lost a password is known by a token of another kind.
      // Views there are none.
      const known = [200, 400].includes(status) || said === '401 Token expired' || path === '/dbViews:get';
      if (methods.get) assert.ok(known, `${path} ${said}`);
      // What writes is not done by a GET, and is said to be so: it is there. An export reads, from what is posted.
      else assert.equal(status, path.endsWith(':export') ? 400 : 405, path);
    }
  });

  it('shows a key only what its role can reach', async () => {
    const { api } = await keyWith({ resources: [{ name: open, actions: [{ name: 'view', fields: null }, { name: 'create' }] }] });
    const doc = await document(api, 'collections');
    const paths = Object.keys(doc.paths).sort();
    assert.deepEqual(paths.filter((path) => path.startsWith(`/${open}:`)), [`/${open}:create`, `/${open}:get`, `/${open}:list`]);
    assert.ok(!JSON.stringify(doc).includes(closed));
    const narrow = await keyWith({ resources: [{ name: open, actions: [{ name: 'view', fields: ['title'] }] }] });
    const shown = (await document(narrow.api, `collections/${open}`)).components.schemas[open].properties;
    assert.deepEqual([shown.title !== undefined, shown.n], [true, undefined]);
    const urls = JSON.stringify(await ok(api.resource('swagger').getUrls()));
    assert.ok(urls.includes(open) && !urls.includes(closed));
  });

  it('is for those who are signed in', async () => {
    assert.equal(await refused(client().resource('swagger').get()), '401 EMPTY_TOKEN');
    assert.equal(await refused(client().resource('swagger').getUrls()), '401 EMPTY_TOKEN');
  });
});
