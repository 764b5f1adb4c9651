// What every request goes through before its route is asked: path, method, media type, JSON, origin, order of checks.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { bearer, client, fresh, keyFor, ok, password, person, post, raw, refused, rootKey, said, url } from './world.js';

const app = 'https://app.example';

describe('every request', () => {
  let ada;
  let cookie;

  before(async () => {
    ada = await person();
    const { headers } = await post('/sign-in/email', { email: ada.email, password }, { origin: url });
    [cookie] = headers.getSetCookie()[0].split(';');
  });

  it('finds a path exactly or an empty 404', async () => {
    for (const [method, path] of [
      ['GET', '/nope'],
      ['GET', '/ok/'],
      ['POST', '/ok'],
      ['HEAD', '/ok'],
      ['OPTIONS', '/ok'],
      ['GET', '/api-key/create'],
      ['PUT', '/api-key/update'],
      ['DELETE', '/api-key/delete'],
      ['GET', ''],
    ]) {
      const { status, type, body } = await raw(method, path);
      assert.deepEqual([status, type, body], [404, null, ''], `${method} ${path}`);
    }
    const up = await raw('GET', '/ok');
    assert.deepEqual([up.status, up.type, up.body], [200, 'application/json', { ok: true }]);
  });

  it('has a JSON body, or a form where people sign in', async () => {
    const send = (path, type, body) => raw('POST', path, { headers: { 'content-type': type }, body });
    const form = 'application/x-www-form-urlencoded';
    for (const [path, allowed] of [
      ['/api-key/create', 'application/json'],
      ['/sign-out', 'application/json'],
      ['/sign-in/email', `${form}, application/json`],
      ['/sign-up/email', `${form}, application/json`],
    ]) {
      assert.deepEqual((await send(path, 'text/plain', 'x')).body, {
        message: `Content-Type "text/plain" is not allowed. Allowed types: ${allowed}`,
        code: 'UNSUPPORTED_MEDIA_TYPE',
      });
      const broken = await send(path, 'application/json', '{');
      assert.deepEqual([broken.status, broken.body], [400, { message: 'Invalid JSON in request body', code: 'BAD_REQUEST' }]);
    }
    assert.equal(said(await send('/api-key/create', form, 'name=x')), '415 UNSUPPORTED_MEDIA_TYPE');
    assert.equal(said(await send('/api-key/create', 'application/json; charset=utf-8', '{}')), '401 UNAUTHORIZED_SESSION');
    const written = new URLSearchParams({ email: ada.email, password }).toString();
    const signedIn = await raw('POST', '/sign-in/email', { headers: { 'content-type': form, origin: url }, body: written });
    assert.equal(signedIn.body.user.id, ada.id);
    const brief = await raw('POST', '/sign-in/email', {
      headers: { 'content-type': form, origin: url },
      body: `${written}&rememberMe=false`,
    });
    assert.equal(brief.headers.getSetCookie().length, 2);
    const signUp = new URLSearchParams({ name: 'F', email: `${fresh('form')}@example.org`, password }).toString();
    assert.equal((await raw('POST', '/sign-up/email', { headers: { 'content-type': form, origin: url }, body: signUp })).status, 200);
    assert.equal((await raw('POST', '/api-key/create')).body.message, '[body] Invalid input: expected object, received undefined');
    assert.equal((await raw('POST', '/sign-out')).status, 200);
    const bob = await person('bob');
    assert.deepEqual((await raw('POST', '/revoke-sessions', { headers: { authorization: `Bearer ${bob.token}` } })).body, { status: true });
    assert.equal(said(await post('/sign-out', [])), '400 VALIDATION_ERROR');
  });

  it('is not larger than a key can be', async () => {
    const answer = await post('/api-key/create', { metadata: { text: 'x'.repeat(1 << 20) } });
    assert.equal(said(answer), '413 PAYLOAD_TOO_LARGE');
  });

  it('names all faults of its fields at once, to anybody', async () => {
    const { body } = await post('/api-key/create', { name: 7, prefix: 'a b', remaining: 'x', permissions: { files: 'read' } });
    assert.equal(
      body.message,
      '[body.name] Invalid input: expected string, received number; ' +
        '[body.prefix] Invalid prefix format, must be alphanumeric and contain only underscores and hyphens.; ' +
        '[body.remaining] Invalid input: expected number, received string; ' +
        '[body.permissions.files] Invalid input: expected array, received string',
    );
    const list = await raw('GET', '/api-key/list?limit=x&offset=-1&sortDirection=up');
    assert.equal(
      list.body.message,
      '[query.limit] Invalid input: expected number, received NaN; [query.offset] Too small: expected number to be >=0; ' +
        '[query.sortDirection] Invalid option: expected one of "asc"|"desc"',
    );
    const twice = await raw('GET', '/api-key/get?id=a&id=b');
    assert.equal(twice.body.message, '[query.id] Invalid input: expected string, received array');
    const up = await post('/sign-up/email', { name: 'x', email: 'nonsense', password: '' }, { origin: url });
    assert.equal(
      up.body.message,
      '[body.email] Invalid email address; [body.password] Too small: expected string to have >=1 characters',
    );
  });

  it('is checked in one order', async () => {
    const bad = { 'x-api-key': 'short' };
    const foreign = { cookie: 'any=1', origin: 'https://evil.example' };
    assert.equal((await raw('POST', '/nope', { headers: { ...bad, ...foreign } })).status, 404, 'the path first');
    const text = await raw('POST', '/api-key/create', { headers: { ...bad, ...foreign, 'content-type': 'text/plain' }, body: 'x' });
    assert.equal(said(text), '415 UNSUPPORTED_MEDIA_TYPE', 'then what it is');
    assert.equal(said(await post('/api-key/create', { name: 7 }, { ...bad, ...foreign })), '403 INVALID_ORIGIN', 'then from where');
    assert.equal(said(await post('/api-key/create', { name: 7 }, bad)), '403 INVALID_API_KEY', 'then the key in the header');
    assert.equal(said(await post('/api-key/create', { name: 7 })), '400 VALIDATION_ERROR', 'then its fields');
    assert.equal(said(await post('/sign-in/email', {}, { 'sec-fetch-mode': 'cors' })), '400 VALIDATION_ERROR');
    assert.equal(said(await post('/api-key/create', { remaining: 1 })), '400 SERVER_ONLY_PROPERTY', 'before who asks');
    assert.equal(said(await post('/api-key/create', {})), '401 UNAUTHORIZED_SESSION');
  });

  it('with a cookie comes from a trusted page, whatever else it carries', async () => {
    const revoke = (headers) => post('/revoke-session', { token: 'none' }, { cookie, ...headers });
    assert.equal(said(await revoke({})), '403 MISSING_OR_NULL_ORIGIN');
    assert.equal(said(await revoke({ origin: 'null' })), '403 MISSING_OR_NULL_ORIGIN');
    assert.equal(said(await revoke({ origin: 'https://evil.example' })), '403 INVALID_ORIGIN');
    assert.equal(said(await revoke({ origin: 'https://evil.example', authorization: `Bearer ${ada.token}` })), '403 INVALID_ORIGIN');
    assert.equal(said(await revoke({ referer: 'https://evil.example/page' })), '403 INVALID_ORIGIN');
    assert.equal((await revoke({ referer: `${url}/page` })).status, 200);
    assert.equal((await revoke({ origin: url })).status, 200);
    assert.equal((await revoke({ origin: app })).status, 200, 'configured');
    const read = await raw('GET', '/get-session', { headers: { cookie, origin: 'https://evil.example' } });
    assert.equal(read.body.user.id, ada.id, 'reading is free: pages cannot see the answer');
  });

  it('of a sign-in comes from no foreign page', async () => {
    const body = { email: ada.email, password };
    const signIn = (headers) => post('/sign-in/email', body, { 'sec-fetch-mode': 'cors', ...headers });
    assert.equal(said(await signIn({})), '403 MISSING_OR_NULL_ORIGIN', "the built-in fetch, which names no origin");
    assert.equal(said(await signIn({ origin: 'https://evil.example' })), '403 INVALID_ORIGIN');
    assert.equal((await signIn({ origin: app })).status, 200);
    assert.equal((await signIn({ origin: url })).status, 200);
    for (const path of ['/sign-in/email', '/sign-up/email']) {
      const refusal = await refused(
        client({ origin: 'https://evil.example' }).$fetch(path, { method: 'POST', body: { name: 'x', ...body } }),
      );
      assert.equal(refusal, '403 INVALID_ORIGIN');
    }
  });

  it('leads on to trusted places only', async () => {
    const signIn = (callbackURL) => client().signIn.email({ email: ada.email, password, callbackURL });
    for (const bad of ['https://evil.example/', '//evil.example', '/\\evil.example', '/%5cevil.example', 'javascript:alert(1)']) {
      assert.equal(await refused(signIn(bad)), '403 INVALID_CALLBACK_URL', bad);
    }
    for (const good of ['/dashboard?tab=1', `${url}/x`, `${app}/back`]) {
      const answer = await post('/sign-in/email', { email: ada.email, password, callbackURL: good }, { origin: url });
      assert.deepEqual([answer.status, answer.body.redirect, answer.body.url], [200, true, good]);
      assert.equal(answer.headers.get('location'), good);
    }
  });

  it('is allowed to configured pages by preflight, and to no other', async () => {
    const ask = (origin) =>
      fetch(`${url}/api/auth/api-key/create`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type, authorization, x-api-key',
        },
      });
    const yes = await ask(app);
    assert.ok(yes.ok, `${yes.status}`);
    assert.equal(yes.headers.get('access-control-allow-origin'), app);
    assert.equal(yes.headers.get('access-control-allow-credentials'), 'true');
    const allowed = yes.headers.get('access-control-allow-headers').toLowerCase();
    for (const name of ['content-type', 'authorization', 'x-api-key']) assert.ok(allowed.includes(name), allowed);
    const no = await ask('https://evil.example');
    assert.deepEqual([no.status, no.headers.get('access-control-allow-origin')], [404, null]);
    const answer = await post('/sign-in/email', { email: ada.email, password }, { origin: app });
    assert.equal(answer.headers.get('access-control-allow-origin'), app);
    assert.match(answer.headers.get('access-control-expose-headers'), /set-auth-token/);
    assert.ok(answer.headers.get('set-auth-token'));
  });

  it('by root key is the server and never a session', async () => {
    const root = bearer(rootKey);
    assert.equal(await ok(root.getSession()), null);
    assert.equal(await refused(root.listSessions()), '401 UNAUTHORIZED');
    assert.equal(await refused(root.apiKey.list()), '401 UNAUTHORIZED');
    const key = await keyFor(ada);
    assert.equal(await ok(bearer(key.key).getSession()), null, 'nor is an API key as bearer');
    assert.match(await refused(bearer(key.key).apiKey.verify({ key: key.key })), /^40[134]/);
  });
});
