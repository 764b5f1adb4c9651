// What an operator can open: sign-up, tokens in the address, a path of the door's own, pages of one origin, smaller answers.

import './open.js';

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import {
  admin, body, client, collection, fresh, holder, ok, password, refused, send, sendAs, signedIn, text, titles, url,
} from './world.js';

let todos;
before(async () => {
  todos = await collection([text('title')]);
  await ok(admin.resource(todos).create({ values: [{ title: 'one' }, { title: 'two' }] }));
});

describe('open sign-up', () => {
  const signUp = (values) => client().auth.signUp(values, 'basic');

  it('makes an account that can sign in, in the default role', async () => {
    const username = fresh('ann');
    assert.deepEqual(await body(signUp({ username, password, confirm_password: password })), {});
    const session = await signedIn(username);
    const me = await ok(session.resource('auth').check());
    assert.deepEqual([me.username, me.roles.map((r) => r.name)], [username, ['member']]);
    assert.equal(await refused(session.resource('users').list()), '403 No permissions');
  });

  it('refuses what is taken, too short or not said twice alike', async () => {
    const username = fresh('ann');
    await body(signUp({ username, password, confirm_password: password }));
    assert.match(await refused(signUp({ username, password, confirm_password: password })), /^400 .*already exists$/);
    assert.match(await refused(signUp({ username: fresh('x'), password, confirm_password: 'another' })), /^400 /);
    assert.match(await refused(signUp({ username: fresh('x'), password: 'short', confirm_password: 'short' })), /^400 /);
    assert.match(await refused(signUp({ password, confirm_password: password })), /^400 /);
  });

  it('gives nobody a role of their choice', async () => {
    const username = fresh('eve');
    await body(signUp({ username, password, confirm_password: password, roles: ['root', 'admin'], root: true, id: 1 }));
    const me = await ok((await signedIn(username)).resource('auth').check());
    assert.deepEqual(me.roles.map((r) => r.name), ['member']);
    assert.notEqual(me.id, 1);
  });

  it('is told to screens before anybody signs in', async () => {
    const [basic] = await ok(client().resource('authenticators').publicList());
    assert.deepEqual([basic.name, basic.options.allowSignUp], ['basic', true]);
  });
});

describe('a token in the address', () => {
  it('is read where the operator says so, after the header', async () => {
    const { token } = await holder('admin');
    const sessions = admin.auth.getToken();
    for (const bearer of [token, sessions]) {
      assert.equal((await send('GET', `${todos}:list?token=${bearer}`)).status, 200);
    }
    assert.equal((await send('GET', `${todos}:list?token=nonsense`)).said, '401 INVALID_TOKEN');
    assert.equal((await send('GET', `${todos}:list?token=${token}`, { token: 'nonsense' })).said, '401 INVALID_TOKEN');
    assert.equal((await send('GET', `${todos}:list`)).said, '401 EMPTY_TOKEN');
  });
});

describe('a path of the door\'s own', () => {
  const base = `${url}/nocobase/api/`;
  const ask = (method, path, more = {}) => sendAs(admin, method, path, { base, ...more });

  it('serves the SDK, as the shared one goes on to do', async () => {
    const api = client(admin.auth.getToken(), {}, base);
    assert.deepEqual(await titles(api, todos, { sort: 'id' }), ['one', 'two']);
    assert.deepEqual(await titles(admin, todos, { sort: 'id' }), ['one', 'two']);
    assert.equal(await refused(client(undefined, {}, base).resource(todos).list()), '401 EMPTY_TOKEN');
  });

  it('leaves the action to the method', async () => {
    const made = await ask('POST', todos, { body: { title: 'three' } });
    const { id } = made.json.data;
    assert.equal((await ask('GET', todos)).json.meta.count, 3);
    assert.equal((await ask('GET', `${todos}/${id}`)).json.data.title, 'three');
    assert.equal((await ask('PUT', `${todos}/${id}`, { body: { title: 'drei' } })).json.data[0].title, 'drei');
    assert.equal((await ask('PATCH', `${todos}/${id}`, { body: { title: 'trois' } })).json.data[0].title, 'trois');
    assert.deepEqual((await ask('DELETE', `${todos}/${id}`)).json, { data: 1 });
    assert.deepEqual((await ask('GET', `${todos}/${id}`)).json, { data: null });
    assert.deepEqual((await ask('GET', 'users/1/roles')).json.data.map((r) => r.name).includes('root'), true);
    assert.match((await ask('DELETE', todos)).said, /^400 to do destroy action/);
    assert.equal((await ask('GET', `resourcer/${todos}:list`)).json.meta.count, 2);
    assert.equal((await ask('POST', `${todos}/1`, { body: {} })).status, 404);
    assert.equal((await ask('GET', fresh('nothing'))).status, 404);
  });

  it('keeps to the same rights', async () => {
    const { token } = await holder('member');
    for (const [method, path] of [['GET', todos], ['POST', todos], ['PUT', `${todos}/1`], ['DELETE', `${todos}/1`], ['GET', 'users']]) {
      const answer = await send(method, path, { base, token, body: method === 'GET' ? undefined : { title: 'x' } });
      assert.equal(answer.said, '403 No permissions', `${method} ${path}`);
      assert.match((await send(method, path, { base })).said, /^401 /);
    }
  });

  it('is not there at the shared one', async () => {
    assert.equal((await sendAs(admin, 'GET', todos)).status, 404);
    assert.equal((await sendAs(admin, 'GET', `${todos}/1`)).status, 404);
  });
});

describe('pages of other origins', () => {
  const from = (origin, method = 'GET') =>
    send(method, `${todos}:list`, {
      headers: { origin, ...(method === 'OPTIONS' && { 'access-control-request-method': 'GET' }) },
      token: method === 'GET' ? admin.auth.getToken() : undefined,
    });

  it('bring cookies if they are on the list, and no others do', async () => {
    for (const method of ['GET', 'OPTIONS']) {
      const listed = (await from('https://app.example', method)).headers;
      assert.equal(listed.get('access-control-allow-origin'), 'https://app.example', method);
      assert.equal(listed.get('access-control-allow-credentials'), 'true', method);
      const other = (await from('https://evil.example', method)).headers;
      assert.equal(other.get('access-control-allow-credentials'), null, method);
      assert.ok([null, 'https://evil.example'].includes(other.get('access-control-allow-origin')), method);
    }
  });
});

describe('a list without pages', () => {
  it('is whole, or refused, and never a part', async () => {
    const name = await collection([text('title')]);
    await ok(admin.resource(name).create({ values: Array.from({ length: 5 }, (_, n) => ({ title: `${n}` })) }));
    assert.equal((await body(admin.resource(name).list({ paginate: false }))).data.length, 5);
    await ok(admin.resource(name).create({ values: { title: 'one more' } }));
    assert.match(await refused(admin.resource(name).list({ paginate: false })), /^400 .*page by page$/);
    assert.equal((await body(admin.resource(name).list({ pageSize: 6 }))).data.length, 6);
  });
});
