// Making, reading, listing, changing and ending keys, by their owner and by the server.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { call, client, keyFor, ok, person, refused, server, sleep, url, verdict } from './world.js';

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
    assert.ok(id && updatedAt instanceof Date && userId === ada.id);
  });

  it('follow their configuration', async () => {
    const pub = await ok(create({ configId: 'public', name: 'p' }));
    assert.match(pub.key, /^pk_[A-Za-z]{64}$/);
    assert.deepEqual([pub.permissions, pub.rateLimitMax, pub.rateLimitTimeWindow], [{ files: ['read'] }, 100, 3_600_000]);
    assert.equal(pub.expiresAt - pub.createdAt, 604_800_000);
    const short = await ok(create({ configId: 'short' }));
    assert.deepEqual([short.key.length, short.start, short.rateLimitEnabled], [32, null, false]);
    assert.equal((await ok(create({ configId: 'nonsense' }))).configId, 'default');
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
      [{ remaining: 1.5 }, '400 VALIDATION_ERROR'],
      [{ remaining: -1 }, '400 VALIDATION_ERROR'],
      [{ rateLimitTimeWindow: -1 }, '400 VALIDATION_ERROR'],
    ]) {
      assert.equal(await refused(server.apiKey.create({ userId: ada.id, ...more })), want, JSON.stringify(more));
    }
    assert.equal(await refused(server.apiKey.create({})), '401 UNAUTHORIZED_SESSION');
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
    const by = (more) => server.apiKey.update({ keyId, userId: ada.id, ...more });
    const all = { remaining: 9, refillAmount: 3, refillInterval: 500, rateLimitMax: 4, permissions: { a: ['b'] } };
    const full = await ok(by(all));
    for (const [name, want] of Object.entries(all)) assert.deepEqual(full[name], want, name);
    assert.equal(full.lastRefillAt, null);
    assert.equal((await ok(by({ permissions: null }))).permissions, null);
    assert.equal(await refused(by({ refillAmount: 1 })), '400 REFILL_AMOUNT_AND_INTERVAL_REQUIRED');
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
