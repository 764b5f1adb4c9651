// Making, reading, listing, changing and ending keys, by their owner and by the server.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { call, client, keyFor, ok, person, post, raw, refused, rootKey, said, server, sleep, url, verdict } from './world.js';

describe('keys', () => {
  let ada;
  let bob;

  before(async () => {
    [ada, bob] = [await person('ada'), await person('bob')];
  });

  const create = (body = {}) => ada.auth.apiKey.create(body);
  const update = (body) => ada.auth.apiKey.update(body);

  it('have every field, and their text once', async () => {
    const made = await ok(create({ name: 'ci', prefix: 'my_', metadata: { a: [1], at: 'x' }, expiresIn: 86_400 }));
    assert.match(made.key, /^my_[A-Za-z]{64}$/);
    assert.equal(made.start, made.key.slice(0, 6));
    const { key, ...record } = made;
    assert.deepEqual(await ok(ada.auth.apiKey.get({ query: { id: made.id } })), record);
    const { id, createdAt, updatedAt, expiresAt, userId, ...rest } = record;
    assert.deepEqual(rest, {
      configId: 'default',
      name: 'ci',
      start: key.slice(0, 6),
      prefix: 'my_',
      referenceId: ada.id,
      enabled: true,
      remaining: null,
      refillAmount: null,
      refillInterval: null,
      lastRefillAt: null,
      rateLimitEnabled: true,
      rateLimitTimeWindow: 86_400_000,
      rateLimitMax: 10,
      requestCount: 0,
      lastRequest: null,
      permissions: null,
      metadata: { a: [1], at: 'x' },
    });
    assert.equal(expiresAt - createdAt, 86_400_000);
    const { body } = await raw('GET', `/api-key/get?id=${id}`, { headers: { authorization: `Bearer ${ada.token}` } });
    for (const field of ['createdAt', 'updatedAt', 'expiresAt']) assert.match(body[field], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(id && updatedAt instanceof Date && userId === ada.id);
  });

  it('follow their configuration', async () => {
    const pub = await ok(create({ configId: 'public', name: 'p' }));
    assert.match(pub.key, /^pk_[A-Za-z]{64}$/);
    assert.deepEqual([pub.permissions, pub.rateLimitMax, pub.rateLimitTimeWindow], [{ files: ['read'] }, 100, 3_600_000]);
    assert.equal(pub.expiresAt - pub.createdAt, 604_800_000);
    const short = await ok(create({ configId: 'short' }));
    assert.deepEqual([short.key.length, short.start, short.rateLimitEnabled], [32, null, false]);
    for (const configId of ['nonsense', '', 'default']) {
      assert.equal((await ok(create({ configId }))).configId, 'default', configId);
    }
    assert.equal(await refused(create({ configId: 'org' })), '400 ORGANIZATION_ID_REQUIRED');
    const own = await ok(create({ configId: 'public', name: 'p', prefix: 'own_' }));
    assert.match(own.key, /^own_[A-Za-z]{64}$/);
    const given = await keyFor(ada, { configId: 'public', name: 'p', permissions: { mail: ['send'] } });
    assert.deepEqual(given.permissions, { mail: ['send'] }, 'instead of the default ones');
  });

  it('keep to the limits of their configuration, the ends included', async () => {
    for (const body of [
      { name: 'n' },
      { name: 'n'.repeat(32) },
      { name: '' },
      { prefix: 'p' },
      { prefix: 'p'.repeat(32) },
      { expiresIn: 86_400 },
      { expiresIn: 365 * 86_400 },
      { expiresIn: 86_400.5 },
      { expiresIn: null },
      { metadata: [1] },
      { metadata: {} },
      { metadata: { constructor: 1, at: '2020-01-01T00:00:00Z' } },
      { configId: 'short', expiresIn: 1 },
      { configId: 'public', name: 'x', expiresIn: null },
      { unknown: 'field' },
      { organizationId: 'ignored' },
    ]) {
      const made = await ok(create(body));
      if ('metadata' in body) {
        const { body: stored } = await raw('GET', `/api-key/get?id=${made.id}`, { headers: { authorization: `Bearer ${ada.token}` } });
        assert.deepEqual(stored.metadata, body.metadata);
      }
    }
    for (const metadata of [0, false, '', null]) {
      const made = await ok(create({ metadata }));
      assert.deepEqual([made.metadata, (await ok(ada.auth.apiKey.get({ query: { id: made.id } }))).metadata], [metadata, null]);
    }
    assert.equal((await ok(create({ name: '' }))).name, '');
    assert.equal((await ok(create())).name, null);
  });

  it('are refused with the code and in the order of the original', async () => {
    for (const [body, want] of [
      [{ permissions: {} }, '400 SERVER_ONLY_PROPERTY'],
      [{ refillAmount: 1 }, '400 SERVER_ONLY_PROPERTY'],
      [{ refillInterval: 1 }, '400 SERVER_ONLY_PROPERTY'],
      [{ rateLimitMax: 1 }, '400 SERVER_ONLY_PROPERTY'],
      [{ rateLimitTimeWindow: 1 }, '400 SERVER_ONLY_PROPERTY'],
      [{ rateLimitEnabled: false }, '400 SERVER_ONLY_PROPERTY'],
      [{ remaining: 5, userId: 'x' }, '400 SERVER_ONLY_PROPERTY'],
      [{ userId: 'x' }, '401 UNAUTHORIZED_SESSION'],
      [{ configId: 'org' }, '400 ORGANIZATION_ID_REQUIRED'],
      [{ configId: 'public', name: 'x', metadata: { a: 1 } }, '400 METADATA_DISABLED'],
      [{ metadata: 'text' }, '400 INVALID_METADATA_TYPE'],
      [{ configId: 'public', name: 'x', expiresIn: 86_400 }, '400 KEY_DISABLED_EXPIRATION'],
      [{ expiresIn: 60 }, '400 EXPIRES_IN_IS_TOO_SMALL'],
      [{ expiresIn: 366 * 86_400 }, '400 EXPIRES_IN_IS_TOO_LARGE'],
      [{ prefix: 'p'.repeat(33) }, '400 INVALID_PREFIX_LENGTH'],
      [{ prefix: 'a b' }, '400 VALIDATION_ERROR'],
      [{ name: 'n'.repeat(33) }, '400 INVALID_NAME_LENGTH'],
      [{ configId: 'public' }, '400 NAME_REQUIRED'],
      [{ name: 7 }, '400 VALIDATION_ERROR'],
      [{ expiresIn: '60' }, '400 VALIDATION_ERROR'],
      [{ expiresIn: 0 }, '400 VALIDATION_ERROR'],
      [{ name: null }, '400 VALIDATION_ERROR'],
      [{ prefix: '' }, '400 VALIDATION_ERROR'],
      [{ name: '😀'.repeat(17) }, '400 INVALID_NAME_LENGTH'],
      [{ configId: 'public', name: '' }, '400 NAME_REQUIRED'],
      [{ metadata: true }, '400 INVALID_METADATA_TYPE'],
      // Two faults: the first in the order of the rules is the one that is named.
      [{ metadata: 1, expiresIn: 60 }, '400 INVALID_METADATA_TYPE'],
      [{ expiresIn: 60, prefix: 'p'.repeat(33) }, '400 EXPIRES_IN_IS_TOO_SMALL'],
      [{ prefix: 'p'.repeat(33), name: 'n'.repeat(33) }, '400 INVALID_PREFIX_LENGTH'],
    ]) {
      assert.equal(await refused(create(body)), want, JSON.stringify(body));
    }
    assert.equal(await refused(client().apiKey.create({})), '401 UNAUTHORIZED_SESSION');
    const { error } = await create({ name: 7, expiresIn: 0 });
    assert.equal(
      error.message,
      '[body.name] Invalid input: expected string, received number; [body.expiresIn] Too small: expected number to be >=1',
    );
  });

  it('are made by the server with everything', async () => {
    const made = await keyFor(ada, {
      remaining: 5,
      refillAmount: 7,
      refillInterval: 1_000,
      rateLimitMax: 3,
      rateLimitTimeWindow: 500,
      rateLimitEnabled: false,
      permissions: { z: ['b', 'a'], a: [] },
    });
    assert.deepEqual(
      [made.referenceId, made.remaining, made.refillAmount, made.refillInterval],
      [ada.id, 5, 7, 1_000],
    );
    assert.deepEqual([made.rateLimitMax, made.rateLimitTimeWindow, made.rateLimitEnabled], [3, 500, false]);
    assert.deepEqual(made.permissions, { z: ['b', 'a'], a: [] });
    for (const [more, want] of [
      [{ refillAmount: 1 }, '400 REFILL_AMOUNT_AND_INTERVAL_REQUIRED'],
      [{ refillInterval: 1 }, '400 REFILL_INTERVAL_AND_AMOUNT_REQUIRED'],
      [{ refillAmount: 1, refillInterval: 0 }, '400 REFILL_AMOUNT_AND_INTERVAL_REQUIRED'],
      [{ remaining: 1.5 }, '400 VALIDATION_ERROR'],
      [{ remaining: -1 }, '400 VALIDATION_ERROR'],
      [{ rateLimitTimeWindow: -1 }, '400 VALIDATION_ERROR'],
    ]) {
      assert.equal(await refused(server.apiKey.create({ userId: ada.id, ...more })), want, JSON.stringify(more));
    }
    assert.equal(await refused(server.apiKey.create({})), '401 UNAUTHORIZED_SESSION');
    assert.equal((await keyFor({ id: 'of-another-world' })).referenceId, 'of-another-world');
    assert.equal((await keyFor({ id: null })).referenceId, 'null', 'made a text of, as everything is');
    assert.equal(await refused(server.apiKey.create({ userId: ada.id, expiresIn: 60 })), '400 EXPIRES_IN_IS_TOO_SMALL');
    assert.equal((await keyFor(ada, { refillAmount: 1, refillInterval: 1_000 })).remaining, null, 'unlimited');
  });

  it('are found by their owner under their configuration alone', async () => {
    const { id } = await ok(create({ configId: 'short' }));
    const get = (who, query) => who.apiKey.get({ query });
    await ok(get(ada.auth, { id, configId: 'short' }));
    assert.equal(await refused(get(bob.auth, { id, configId: 'short' })), '404 KEY_NOT_FOUND');
    assert.equal(await refused(get(ada.auth, { id })), '404 KEY_NOT_FOUND');
    assert.equal(await refused(get(ada.auth, { id: 'nonsense' })), '404 KEY_NOT_FOUND');
    assert.equal(await refused(get(ada.auth, {})), '400 VALIDATION_ERROR');
    assert.equal(await refused(get(client(), { id })), '401 UNAUTHORIZED');
  });

  it('are listed, sorted, paged and counted', async () => {
    const cat = await person('cat');
    for (const name of ['b', 'c', 'a']) await ok(cat.auth.apiKey.create({ name }));
    await ok(cat.auth.apiKey.create({ configId: 'short', name: 's' }));
    const list = (query = {}) => ok(cat.auth.apiKey.list({ query }));
    assert.deepEqual((await list()).total, 4);
    assert.deepEqual(Object.keys(await list()).sort(), ['apiKeys', 'total']);
    const page = await list({ sortBy: 'name', sortDirection: 'desc', limit: 2, offset: 1, configId: 'default' });
    assert.deepEqual(page.apiKeys.map(({ name }) => name), ['b', 'a']);
    assert.deepEqual([page.total, page.limit, page.offset], [3, 2, 1]);
    assert.equal((await list({ configId: 'unknown' })).total, 0);
    assert.equal((await list({ configId: 'short' })).apiKeys[0].name, 's');
    assert.deepEqual(Object.keys(await list({ limit: 0 })).sort(), ['apiKeys', 'limit', 'total']);
    assert.deepEqual((await list({ limit: 0 })).apiKeys, []);
    assert.equal((await list({ sortBy: '' })).total, 4);
    assert.deepEqual([(await list({ offset: 10 })).apiKeys.length, (await list({ offset: 10 })).total], [0, 4]);
    assert.equal((await list({ limit: '' })).limit, 0);
    for (const [sortBy, want] of [
      ['name', ['a', 'b', 'c', 's']],
      ['createdAt', ['b', 'c', 'a', 's']],
      ['rateLimitEnabled', ['s', 'b', 'c', 'a']],
    ]) {
      const names = async (more) => (await list({ sortBy, ...more })).apiKeys.map(({ name }) => name);
      assert.deepEqual(await names({}), want, sortBy);
      assert.deepEqual((await names({ sortDirection: 'desc' })).at(-1), want[0]);
    }
    const many = await person('many');
    await Promise.all(Array.from({ length: 120 }, (_, n) => keyFor(many, { name: `${n}` })));
    const all = await ok(many.auth.apiKey.list({ query: {} }));
    assert.deepEqual([all.total, all.apiKeys.length], [120, 120], 'past the hundred of the original');
    const last = await ok(many.auth.apiKey.list({ query: { limit: 50, offset: 100 } }));
    assert.deepEqual([last.total, last.apiKeys.length], [120, 20]);
    for (const query of [{ limit: -1 }, { limit: 'x' }, { sortBy: 'nonsense' }, { sortDirection: 'up' }]) {
      assert.equal(await refused(cat.auth.apiKey.list({ query })), '400 VALIDATION_ERROR', JSON.stringify(query));
    }
    assert.equal(await refused(client().apiKey.list()), '401 UNAUTHORIZED');
  });

  it('are changed by their owner and by the server', async () => {
    const { id: keyId } = await ok(create({ name: 'x' }));
    const changed = await ok(update({ keyId, name: 'y', enabled: false, metadata: { b: 2 }, expiresIn: 86_400 }));
    assert.deepEqual([changed.name, changed.enabled, changed.metadata], ['y', false, { b: 2 }]);
    assert.ok(changed.expiresAt instanceof Date);
    assert.deepEqual((await ok(update({ keyId, metadata: { c: 3 } }))).metadata, { c: 3 }, 'as a whole');
    const cleared = await ok(update({ keyId, metadata: null, expiresIn: null }));
    assert.deepEqual([cleared.metadata, cleared.expiresAt], [null, null]);
    for (const [body, want] of [
      [{}, '400 NO_VALUES_TO_UPDATE'],
      [{ name: '' }, '400 INVALID_NAME_LENGTH'],
      [{ expiresIn: 1 }, '400 EXPIRES_IN_IS_TOO_SMALL'],
      [{ metadata: 1 }, '400 INVALID_METADATA_TYPE'],
      [{ remaining: 1 }, '400 SERVER_ONLY_PROPERTY'],
      [{ permissions: null }, '400 SERVER_ONLY_PROPERTY'],
      [{ userId: 'somebody' }, '401 UNAUTHORIZED_SESSION'],
      [{ enabled: 'no' }, '400 VALIDATION_ERROR'],
    ]) {
      assert.equal(await refused(update({ keyId, ...body })), want, JSON.stringify(body));
    }
    assert.equal(await refused(bob.auth.apiKey.update({ keyId, enabled: true })), '404 KEY_NOT_FOUND');
    assert.equal(await refused(update({ keyId: 'nonsense', enabled: true })), '404 KEY_NOT_FOUND');
    assert.equal(await refused(update({ enabled: true })), '400 VALIDATION_ERROR');
    assert.equal(await refused(client().apiKey.update({ keyId, enabled: true })), '401 UNAUTHORIZED_SESSION');
    assert.equal((await ok(update({ keyId, userId: ada.id, name: 'mine' }))).name, 'mine');
    // In the order of the rules: who, whose fields, which key, and then the fields themselves.
    assert.equal(await refused(update({ keyId: 'nonsense', userId: 'x', remaining: 1 })), '401 UNAUTHORIZED_SESSION');
    assert.equal(await refused(update({ keyId: 'nonsense', remaining: 1, name: '' })), '400 SERVER_ONLY_PROPERTY');
    assert.equal(await refused(update({ keyId: 'nonsense', name: '' })), '404 KEY_NOT_FOUND');
    assert.equal(await refused(update({ keyId, name: '', expiresIn: 1, metadata: 1 })), '400 INVALID_NAME_LENGTH');
    assert.equal(await refused(update({ keyId, expiresIn: 1, metadata: 1 })), '400 EXPIRES_IN_IS_TOO_SMALL');
    const pub = await ok(create({ configId: 'public', name: 'p' }));
    const change = (body) => update({ keyId: pub.id, configId: 'public', ...body });
    assert.equal(await refused(change({ metadata: { a: 1 } })), '400 NO_VALUES_TO_UPDATE', 'metadata is off, and not said');
    assert.equal(await refused(change({ expiresIn: null })), '400 KEY_DISABLED_EXPIRATION');
    assert.equal(await refused(update({ keyId: pub.id, name: 'x' })), '404 KEY_NOT_FOUND', 'of another configuration');
    const by = (more) => server.apiKey.update({ keyId, userId: ada.id, ...more });
    const all = { remaining: 9, refillAmount: 3, refillInterval: 500, rateLimitMax: 4, permissions: { a: ['b'] } };
    const full = await ok(by(all));
    for (const [name, want] of Object.entries(all)) assert.deepEqual(full[name], want, name);
    assert.equal(full.lastRefillAt, null);
    assert.equal((await ok(by({ permissions: null }))).permissions, null);
    assert.equal(await refused(by({ refillAmount: 1 })), '400 REFILL_AMOUNT_AND_INTERVAL_REQUIRED');
    assert.equal(await refused(by({ refillInterval: 1 })), '400 REFILL_INTERVAL_AND_AMOUNT_REQUIRED');
    assert.equal(await refused(by({ remaining: 0 })), '400 VALIDATION_ERROR');
    assert.equal(await refused(by({})), '400 NO_VALUES_TO_UPDATE');
    const used = await keyFor(ada);
    await verdict(used);
    const before = await ok(ada.auth.apiKey.get({ query: { id: used.id } }));
    const after = await ok(update({ keyId: used.id, name: 'renamed' }));
    assert.deepEqual([after.lastRequest, after.requestCount], [before.lastRequest, before.requestCount]);
    assert.equal(await refused(server.apiKey.update({ keyId, userId: bob.id, enabled: true })), '404 KEY_NOT_FOUND');
    assert.equal(await refused(server.apiKey.update({ keyId, enabled: true })), '401 UNAUTHORIZED_SESSION');
  });

  it('are deleted for good', async () => {
    const key = await ok(create({}));
    assert.equal(await refused(bob.auth.apiKey.delete({ keyId: key.id })), '404 KEY_NOT_FOUND');
    assert.deepEqual(await ok(ada.auth.apiKey.delete({ keyId: key.id })), { success: true });
    assert.equal(await refused(ada.auth.apiKey.delete({ keyId: key.id })), '404 KEY_NOT_FOUND');
    assert.equal(await verdict(key), 'INVALID_API_KEY');
    assert.equal(await refused(client().apiKey.delete({ keyId: key.id })), '401 UNAUTHORIZED');
  });

  it('stand for a session where their configuration says so, and for no more', async () => {
    const key = await keyFor(ada, { remaining: 20, rateLimitEnabled: false });
    const auth = client({ 'x-api-key': key.key });
    const { user, session } = await ok(auth.getSession());
    assert.deepEqual([user.id, session.id, session.token], [ada.id, key.id, key.key]);
    const fields = ['createdAt', 'expiresAt', 'id', 'ipAddress', 'token', 'updatedAt', 'userAgent', 'userId'];
    assert.deepEqual([Object.keys(session).sort(), session.userId], [fields, ada.id]);
    assert.equal(await refused(auth.listSessions()), '403 KEY_CANNOT_DO_THIS');
    assert.equal(await refused(auth.revokeSessions()), '403 KEY_CANNOT_DO_THIS');
    assert.equal(await refused(auth.apiKey.create({})), '403 FORBIDDEN');
    assert.equal(await refused(client({ 'x-api-key': 'short' }).getSession()), '403 INVALID_API_KEY');
    assert.equal(await refused(client({ 'x-api-key': 'a'.repeat(64) }).getSession()), '401 INVALID_API_KEY');
    const pub = await ok(create({ configId: 'public', name: 'p' }));
    assert.equal(await refused(client({ 'x-api-key': pub.key }).getSession()), '401 INVALID_API_KEY');
    await ok(update({ keyId: key.id, enabled: false }));
    assert.equal(await refused(auth.getSession()), '401 KEY_DISABLED');
    const one = await keyFor(ada, { rateLimitMax: 1 });
    await ok(client({ 'x-api-key': one.key }).getSession());
    const { error } = await client({ 'x-api-key': one.key }).getSession();
    assert.deepEqual([error.status, error.code], [429, 'RATE_LIMITED']);
    assert.ok(error.details.tryAgainIn > 86_000_000);
    const spent = await keyFor(ada, { remaining: 0 });
    assert.equal(await refused(client({ 'x-api-key': spent.key }).getSession()), '429 USAGE_EXCEEDED');
    assert.equal(await refused(client({ 'x-api-key': spent.key }).getSession()), '401 INVALID_API_KEY');
  });

  it('in the header are looked at by every route, and each request is a use', async () => {
    const key = await keyFor(ada, { remaining: 4, rateLimitEnabled: false });
    const auth = client({ 'x-api-key': key.key });
    await ok(auth.$fetch('/ok'));
    assert.equal(await refused(auth.signIn.email({ email: ada.email, password: 'wrong password' })), '401 INVALID_EMAIL_OR_PASSWORD');
    const both = client({ 'x-api-key': key.key, authorization: `Bearer ${bob.token}` });
    assert.equal((await ok(both.getSession())).user.id, ada.id, 'it goes before a session');
    assert.equal((await ok(auth.apiKey.get({ query: { id: key.id } }))).remaining, 0);
    for (const path of ['/ok', '/get-session', '/api-key/list']) {
      assert.equal(said(await raw('GET', path, { headers: { 'x-api-key': 'short' } })), '403 INVALID_API_KEY', path);
      assert.equal(said(await raw('GET', path, { headers: { 'x-api-key': 'a'.repeat(64) } })), '401 INVALID_API_KEY', path);
    }
    assert.equal(said(await post('/sign-in/email', {}, { 'x-api-key': 'short' })), '403 INVALID_API_KEY');
    assert.equal((await raw('GET', '/ok', { headers: { 'x-api-key': '' } })).status, 200);
    const nobodys = await keyFor({ id: 'of-another-world' });
    assert.equal(await refused(client({ 'x-api-key': nobodys.key }).getSession()), '401 INVALID_REFERENCE_ID_FROM_API_KEY');
    const ending = await keyFor(ada, { expiresIn: 86_400 });
    const { session } = await ok(client({ 'x-api-key': ending.key }).getSession());
    assert.deepEqual(session.expiresAt, ending.expiresAt);
    const endless = await keyFor(ada);
    const mock = (await ok(client({ 'x-api-key': endless.key }).getSession())).session;
    assert.ok(mock.expiresAt - mock.createdAt >= 604_800_000, 'as long as any session');
  });

  it('are good from the addresses alone that another interface has bound them to', async () => {
    const key = await keyFor(ada, { rateLimitEnabled: false });
    const bind = async (...hosts) => {
      const answer = await fetch(`${url}/v1/keys/${key.id}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${rootKey}` },
        body: JSON.stringify({ allowed_hosts: hosts }),
      });
      assert.equal(answer.status, 200);
    };
    const auth = client({ 'x-api-key': key.key });
    await bind('192.0.2.1');
    assert.equal(await refused(auth.getSession()), '401 HOST_NOT_ALLOWED');
    assert.equal(await verdict(key), 'HOST_NOT_ALLOWED');
    await bind('127.0.0.1');
    assert.equal((await ok(auth.getSession())).user.id, ada.id);
  });

  it('in the header cannot do what only their owner may', async () => {
    const key = await keyFor(ada, { remaining: 100, rateLimitEnabled: false, permissions: { files: ['read'] } });
    const auth = client({ 'x-api-key': key.key });
    for (const attempt of [
      auth.listSessions(),
      auth.revokeSession({ token: ada.token }),
      auth.revokeSessions(),
      auth.revokeOtherSessions(),
      auth.updateUser({ name: 'x' }),
      auth.changePassword({ currentPassword: 'correct horse battery', newPassword: 'another password' }),
      auth.organization.create({ name: 'x', slug: 'x' }),
      auth.organization.setActive({ organizationId: null }),
    ]) {
      assert.equal(await refused(attempt), '403 KEY_CANNOT_DO_THIS');
    }
    assert.equal(await refused(auth.apiKey.create({})), '403 FORBIDDEN', 'no key broader than itself');
    assert.equal(await refused(auth.apiKey.create({ permissions: { all: ['x'] } })), '400 SERVER_ONLY_PROPERTY');
    assert.equal(await refused(auth.apiKey.create({ userId: bob.id })), '401 UNAUTHORIZED_SESSION');
    assert.match(await refused(auth.apiKey.verify({ key: key.key })), /^40[134]/);
    assert.ok(await ok(ada.auth.getSession()));
  });

  it('are refused before anything else when they come as something else than JSON', async () => {
    const post = (type, body) => fetch(`${url}/api/auth/api-key/create`, { method: 'POST', headers: { 'content-type': type }, body });
    const wrong = await post('text/plain', '{}');
    assert.equal(wrong.status, 415);
    assert.deepEqual(await wrong.json(), {
      message: 'Content-Type "text/plain" is not allowed. Allowed types: application/json',
      code: 'UNSUPPORTED_MEDIA_TYPE',
    });
    const broken = await post('application/json', '{');
    assert.deepEqual(await broken.json(), { message: 'Invalid JSON in request body', code: 'BAD_REQUEST' });
  });

  it('are purged by the server once they have expired', async () => {
    const key = await keyFor(ada, { configId: 'short', expiresIn: 1 });
    await sleep(1_100);
    assert.deepEqual(await ok(server.apiKey.deleteAllExpiredApiKeys()), { success: true, error: null });
    assert.equal(await verdict(key), 'INVALID_API_KEY');
    for (const who of [client(), ada.auth]) {
      assert.match(await refused(who.apiKey.deleteAllExpiredApiKeys()), /^40[134]/);
      assert.match(await refused(call(who, '/api-key/verify', { key: key.key })), /^40[134]/);
    }
  });
});
