// Addresses, methods, headers, bodies and query strings: what every endpoint has in common.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { admin, client, collection, fresh, holder, keyWith, ok, person, refused, send, sendAs, text, url } from './world.js';

let todos;
let token;
let first;

before(async () => {
  todos = await collection([
    text('title'),
    { name: 'n', type: 'integer' },
    { name: 'done', type: 'boolean' },
    { name: 'due', type: 'date' },
    { name: 'more', type: 'json' },
  ]);
  await ok(
    admin.resource(todos).create({
      values: [
        { title: 'eat', n: 1, done: true, due: '2026-01-01T00:00:00.000Z' },
        { title: 'sleep', n: 2, done: false, due: '2026-02-01T00:00:00.000Z' },
        { title: 'play', n: 10 },
      ],
    }),
  );
  [first] = await ok(admin.resource(todos).list({ sort: ['id'] }));
  token = admin.auth.getToken();
});

const get = async (path) => sendAs(admin, 'GET', path);
const titlesOf = ({ json, text: raw }) => (json?.data ?? assert.fail(raw)).map((row) => row.title);

describe('the SDK asks in every way it has', () => {
  it('by resource and action, as an object, and as a request of its own', async () => {
    const params = { filter: { title: 'sleep' }, fields: ['title'] };
    const want = [{ title: 'sleep' }];
    assert.deepEqual(await ok(admin.resource(todos).list(params)), want);
    assert.deepEqual(await ok(admin.request({ resource: todos, action: 'list', params })), want);
    assert.deepEqual(await ok(admin.request({ url: `${todos}:list`, params: { ...params, filter: JSON.stringify(params.filter) } })), want);
    assert.deepEqual(await ok(admin.request({ url: `/${todos}:list`, method: 'post', params: { 'filter[title]': 'sleep', fields: 'title' } })), want);
    assert.deepEqual(await ok(admin.resource(todos).list({ ...params, filter: JSON.stringify(params.filter) })), want);
    assert.deepEqual(await ok(admin.resource(todos, undefined, { 'X-Locale': 'de-DE' }).list(params)), want);
    const { id } = await ok(admin.resource('auth').check());
    const roles = await ok(admin.request({ resource: 'users.roles', resourceOf: id, action: 'list' }));
    assert.ok(roles.some((r) => r.name === 'root'));
    const made = await ok(admin.request({ resource: todos, action: 'create', params: { values: { title: 'made' } } }));
    assert.equal(await ok(admin.request({ url: `${todos}:destroy`, method: 'post', params: { filterByTk: made.id } })), 1);
  });
});

describe('addresses', () => {
  it('name a collection and an action, and a record by parameter or in the path', async () => {
    assert.equal((await get(`${todos}:list`)).json.data.length, 3);
    assert.equal((await get(`${todos}:get/${first.id}`)).json.data.title, 'eat');
    assert.equal((await get(`${todos}:get?filterByTk=${first.id}`)).json.data.title, 'eat');
  });

  it('name an association by its source, which is percent-decoded, or any source by _', async () => {
    const { id } = await person(['member']);
    const names = async (path) => (await get(path)).json.data.map((r) => r.name);
    assert.deepEqual(await names(`users/${id}/roles:list`), ['member']);
    const encoded = [...`${id}`].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('');
    assert.deepEqual(await names(`users/${encoded}/roles:list`), ['member']);
    const any = await ok(admin.resource('users.roles', '').list({ paginate: false }));
    assert.ok(['root', 'admin', 'member'].every((name) => any.some((r) => r.name === name)));
  });

  it('are case-sensitive', async () => {
    assert.equal((await get(`${todos.toUpperCase()}:list`)).status, 404);
    assert.equal((await get(`${todos}:LIST`)).status, 404);
    assert.equal((await get('Users:list')).status, 404);
  });

  it('of nothing there are 404 in the envelope of errors', async () => {
    for (const path of [
      `${fresh('nothing')}:list`,
      `${todos}:nothing`,
      `${todos}:count`,
      `${todos}/${first.id}:get`,
      `${todos}/${first.id}/nothing:list`,
      `${todos}/${first.id}/title:list`,
      'roles:nothing',
      'a/b/c/d:list',
      'a:b:c/d/e',
      ':list',
      `${todos}:`,
    ]) {
      const { status, json } = await get(path);
      assert.equal(status, 404, path);
      assert.equal(json.errors[0].message, 'Not Found', path);
    }
  });

  it('of other interfaces are left to them', async () => {
    const { status, json } = await send('POST', 'auth/api-key/create', { body: {} });
    assert.equal(status, 401);
    assert.equal(json.errors, undefined);
    assert.equal((await fetch(`${url}/v1/health`)).status, 200);
  });
});

describe('methods', () => {
  it('that only read never write: 405', async () => {
    const writing = [
      ...['create', 'update', 'destroy', 'firstOrCreate', 'updateOrCreate'].map((a) => `${todos}:${a}`),
      ...['signIn', 'signUp', 'signOut', 'changePassword'].map((a) => `auth:${a}`),
      ...['create', 'destroy'].map((a) => `apiKeys:${a}`),
      ...['create', 'update', 'destroy', 'setDefaultRole'].map((a) => `users:${a}`),
      ...['create', 'update', 'destroy', 'applyDataPermissions'].map((a) => `roles:${a}`),
      ...['add', 'remove', 'set'].flatMap((a) => [`users/1/roles:${a}`, `roles/member/users:${a}`]),
      ...['create', 'update', 'destroy'].map((a) => `roles/member/dataSourceResources:${a}`),
      ...['create', 'update', 'destroy'].map((a) => `dataSources/main/rolesResourcesScopes:${a}`),
      'dataSources/main/roles:update',
      ...['create', 'update', 'destroy'].flatMap((a) => [`collections:${a}`, `collections/${todos}/fields:${a}`]),
      ...['create', 'update', 'destroy', 'add', 'remove', 'set', 'toggle'].map((a) => `${todos}/1/x:${a}`),
    ];
    for (const path of writing) {
      for (const method of ['GET', 'HEAD']) {
        const { status, said } = await sendAs(admin, method, `${path}?filterByTk=${first.id}`);
        assert.equal(status, 405, `${method} ${path}`);
        if (method === 'GET') assert.equal(said, '405 Method Not Allowed', path);
      }
    }
    assert.equal((await get(`${todos}:list`)).json.data.length, 3);
  });

  it('of every kind write where an action writes, and a POST also reads', async () => {
    const made = [];
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const { json, said } = await sendAs(admin, method, `${todos}:create`, { body: { title: method } });
      assert.equal(json.data?.title, method, said);
      made.push(json.data.id);
    }
    const gone = made.map((id) => `filterByTk[]=${id}`).join('&');
    assert.deepEqual((await sendAs(admin, 'DELETE', `${todos}:destroy?${gone}`)).json, { data: 4 });
    assert.equal((await sendAs(admin, 'POST', `${todos}:list`, { body: {} })).json.data.length, 3);
    assert.equal((await sendAs(admin, 'HEAD', `${todos}:list`)).status, 200);
  });
});

describe('bodies', () => {
  const create = (more) => sendAs(admin, 'POST', `${todos}:create`, more);
  const typed = (type, content) => create({ body: content, headers: { 'content-type': type } });
  const remove = ({ json }) => sendAs(admin, 'POST', `${todos}:destroy/${json.data.id}`);

  it('are the values themselves, as JSON', async () => {
    const made = await create({ body: { title: 'json', n: 3 } });
    assert.deepEqual([made.json.data.title, made.json.data.n], ['json', 3]);
    const charset = await typed('application/json; charset=utf-8', '{"title":"ü"}');
    assert.equal(charset.json.data.title, 'ü');
    // No wrapper on the wire: the SDK takes it off.
    const wrapped = await create({ body: { values: { title: 'wrapped' } } });
    assert.equal(wrapped.json.data.title, undefined);
    for (const one of [made, charset, wrapped]) await remove(one);
  });

  it('may be forms', async () => {
    const made = await typed('application/x-www-form-urlencoded', 'title=a+form&n=7&done=true&more[a][]=1');
    const { title, n, done, more } = made.json.data;
    assert.deepEqual([title, n, done], ['a form', 7, true]);
    assert.deepEqual(more, { a: ['1'] });
    await remove(made);
  });

  it('of other types, and none at all, are no body', async () => {
    for (const made of [await typed('text/plain', '{"title":"no"}'), await create({}), await typed('application/json', '')]) {
      assert.equal(made.status, 200);
      assert.equal(made.json.data.title, undefined);
      await remove(made);
    }
  });

  it('that cannot be read are 400', async () => {
    for (const content of ['{"title":', 'title', '{"title":"x"} y', new Uint8Array([34, 255, 34])]) {
      assert.equal((await typed('application/json', content)).status, 400, `${content}`);
    }
    for (const content of ['1', '"x"', '[1]', '[[]]']) {
      assert.equal((await typed('application/json', content)).status, 400, content);
    }
    assert.match((await typed('application/json', `${'['.repeat(500)}${']'.repeat(500)}`)).said, /^400 /);
    assert.equal((await get(`${todos}:list`)).json.data.length, 3);
  });

  it('of more than ten megabytes are refused', async () => {
    const long = { title: 'x'.repeat(10 * 1024 * 1024 + 1) };
    assert.equal((await create({ body: long })).status, 413);
    assert.equal((await get(`${todos}:list`)).json.data.length, 3);
  });
});

describe('query strings', () => {
  it('hold lists in every form', async () => {
    for (const fields of [
      'fields=id,title',
      'fields[]=id&fields[]=title',
      'fields%5B%5D=id&fields%5B%5D=title',
      'fields[0]=id&fields[1]=title',
      'fields=id&fields=title',
    ]) {
      const { json } = await get(`${todos}:list?${fields}`);
      assert.deepEqual(json.data[0], { id: first.id, title: 'eat' }, fields);
    }
    for (const sort of ['sort=-n,id', 'sort[]=-n&sort[]=id', 'sort%5B%5D=-n', 'sort=-n']) {
      assert.deepEqual(titlesOf(await get(`${todos}:list?${sort}`)), ['play', 'sleep', 'eat'], sort);
    }
  });

  it('hold null where a name has no value', async () => {
    assert.equal((await get(`${todos}:list?filter&sort&fields&page`)).json.data.length, 3);
    // The SDK writes null that way.
    assert.equal((await ok(admin.resource(todos).list({ sort: null, page: null }))).length, 3);
  });

  it('hold a filter as JSON or in brackets, where values take the type of the field', async () => {
    const query = (filter) => get(`${todos}:list?${filter}`);
    const json = encodeURIComponent(JSON.stringify({ $and: [{ n: { $gt: 1 } }, { title: 'sleep' }] }));
    assert.deepEqual(titlesOf(await query(`filter=${json}`)), ['sleep']);
    for (const [filter, want] of [
      ['filter[n]=10', ['play']],
      ['filter[n][$gt]=9', ['play']],
      ['filter%5Bn%5D%5B%24lt%5D=2', ['eat']],
      ['filter[n.$lt]=2', ['eat']],
      ['filter[done]=true', ['eat']],
      ['filter[done][$isFalsy]=true&sort=id', ['sleep', 'play']],
      ['filter[done]', ['play']],
      ['filter[n][$in][]=1&filter[n][$in][]=10', ['eat', 'play']],
      ['filter[due][$gte]=2026-02-01T00:00:00Z', ['sleep']],
      ['filter[$or][0][title]=eat&filter[$or][1][n]=2', ['eat', 'sleep']],
      ['filter[$and][][title][$includes]=E&filter[$and][][n][$ne]=1', ['sleep']],
    ]) {
      assert.deepEqual(titlesOf(await query(filter)), want, filter);
    }
  });

  it('that make no sense are 400', async () => {
    for (const query of ['a=%ff', 'a=%zz', 'a=%00', 'filter[n]=x', 'filter[n][$gt]=1&filter[n]=2', `a${'[x]'.repeat(30)}=1`]) {
      assert.equal((await get(`${todos}:list?${query}`)).status, 400, query);
    }
    assert.equal((await get(`${todos}:list?${'a=1&'.repeat(1001)}`)).status, 400);
    assert.equal((await get(`${todos}:list?a=${'x'.repeat(20_000)}`)).status, 414);
  });
});

describe('headers', () => {
  it('hold the token in any spelling', async () => {
    const { token: key } = await holder('admin');
    const asked = async (authorization) => (await send('GET', `${todos}:list`, { headers: { authorization } })).said;
    for (const bearer of [token, key]) {
      for (const value of [`Bearer ${bearer}`, `bearer ${bearer}`, `BEARER    ${bearer}`, bearer]) {
        assert.equal(await asked(value), '200', value);
      }
    }
    assert.equal(await asked('Bearer'), '401 EMPTY_TOKEN');
    assert.equal(await asked(`Bearer ${key} x`), '401 INVALID_TOKEN');
    assert.equal(await asked(`Basic ${Buffer.from('a:b').toString('base64')}`), '401 INVALID_TOKEN');
  });

  it('hold no token in the address', async () => {
    const { token: key } = await holder('admin');
    for (const bearer of [token, key]) {
      assert.equal((await send('GET', `${todos}:list?token=${bearer}`)).said, '401 EMPTY_TOKEN');
    }
  });

  it('about sign-in method, language, time zone and application are taken', async () => {
    const api = client();
    await api.auth.signIn({ account: process.env.KEYWARD_ADMIN_EMAIL, password: process.env.KEYWARD_ADMIN_PASSWORD }, 'basic');
    api.auth.setLocale('zh-CN');
    api.auth.setAuthenticator('nobody-knows-it');
    assert.equal((await ok(api.resource(todos).list())).length, 3);
    const more = { 'X-App': 'other', 'X-Hostname': 'other.example', 'X-Timezone': 'nonsense', 'X-Locale': '??' };
    assert.equal((await ok(client(token, more).resource(todos).list())).length, 3);
  });

  it('choose the data source, of which there is one', async () => {
    const from = (name) => client(token, { 'X-Data-Source': name });
    assert.equal((await ok(from('main').resource(todos).list())).length, 3);
    assert.equal(await refused(from('elsewhere').resource(todos).list()), '404 Not Found');
    assert.equal(await refused(client(undefined, { 'X-Data-Source': 'elsewhere' }).resource(todos).list()), '401 EMPTY_TOKEN');
  });

  it('of every answer, refusals too, name the decision', async () => {
    for (const path of [`${todos}:list`, 'nothing', `${todos}:list?page=0`, 'users:list']) {
      for (const bearer of [token, undefined]) {
        const { headers } = await send('GET', path, { token: bearer });
        assert.match(headers.get('x-decision-id'), /^[0-9a-f-]{36}$/, path);
        assert.match(headers.get('x-request-id'), /^[0-9a-f-]{36}$/, path);
      }
    }
  });
});

describe('pages of other origins', () => {
  it('ask first, and need no token for it', async () => {
    for (const origin of ['null', 'https://page.example']) {
      const { status, headers } = await send('OPTIONS', `${todos}:list`, {
        headers: {
          origin,
          'access-control-request-method': 'GET',
          'access-control-request-headers': 'authorization,x-role',
        },
      });
      assert.equal(status, 204);
      assert.ok(['*', origin].includes(headers.get('access-control-allow-origin')));
      const methods = headers.get('access-control-allow-methods').split(/, */).sort();
      assert.deepEqual(methods, ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT']);
      assert.equal(headers.get('access-control-allow-headers'), 'authorization,x-role');
      assert.equal(headers.get('access-control-allow-credentials'), null);
    }
  });

  it('may read every answer, refusals too, without cookies', async () => {
    const { token: key } = await keyWith({ strategy: { actions: ['view'] } });
    for (const [bearer, status] of [[key, 200], [undefined, 401], ['nonsense', 401]]) {
      const answer = await send('GET', `${todos}:list`, { token: bearer, headers: { origin: 'https://page.example' } });
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get('access-control-allow-origin'), 'https://page.example');
      assert.equal(answer.headers.get('access-control-allow-credentials'), null);
      const exposed = answer.headers.get('access-control-expose-headers').toLowerCase();
      for (const name of ['content-disposition', 'x-new-token']) assert.ok(exposed.includes(name), exposed);
    }
  });
});
