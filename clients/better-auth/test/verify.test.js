// Verification by root key: the order of steps, what each costs, and many at once.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { call, keyFor, ok, person, refused, server, sleep, verdict } from './world.js';

describe('verification', () => {
  let ada;

  before(async () => {
    ada = await person();
  });

  it('answers with the record as it is now', async () => {
    const made = await keyFor(ada, { remaining: 3, permissions: { files: ['write', 'read'] } });
    const { key, ...record } = made;
    const answer = await ok(server.apiKey.verify({ key, permissions: { files: ['read'] } }));
    assert.deepEqual([answer.valid, answer.error], [true, null]);
    const { lastRequest, updatedAt, ...rest } = answer.key;
    assert.ok(lastRequest instanceof Date && updatedAt >= made.updatedAt);
    const { lastRequest: l, updatedAt: u, ...want } = record;
    assert.deepEqual(rest, { ...want, remaining: 2, requestCount: 1 });
  });

  it('stops at the first step that fails', async () => {
    const made = await keyFor(ada, { permissions: { files: ['read'] }, rateLimitMax: 1, remaining: 5 });
    assert.equal(await verdict({ key: 'nonsense' }), 'INVALID_API_KEY');
    assert.equal(await verdict(made, { configId: 'public' }), 'INVALID_API_KEY');
    assert.equal(await verdict(made, { configId: 'nonsense' }), 'INVALID_API_KEY');
    for (const permissions of [{}, { files: [] }, { files: ['write'] }, { files: ['read'], more: ['x'] }]) {
      assert.equal(await verdict(made, { permissions }), 'KEY_NOT_FOUND');
    }
    const bad = { permissions: { files: ['read', 'write'] } };
    assert.equal(await verdict(made, bad), 'KEY_NOT_FOUND', 'all of them');
    assert.equal(await verdict(made, { permissions: { Files: ['read'] } }), 'KEY_NOT_FOUND', 'by case');
    assert.equal(await verdict(await keyFor(ada), { permissions: { files: ['read'] } }), 'KEY_NOT_FOUND', 'none at all');
    assert.equal(await verdict(made, { configId: 'default', permissions: { files: ['read'] } }), 'ok');
    const { error } = await ok(server.apiKey.verify({ key: made.key }));
    assert.deepEqual([error.message, error.code], ['Rate limit exceeded.', 'RATE_LIMITED']);
    assert.ok(Number.isInteger(error.details.tryAgainIn));
    const now = await ok(ada.auth.apiKey.get({ query: { id: made.id } }));
    assert.deepEqual([now.remaining, now.requestCount], [4, 1]);
    await ok(ada.auth.apiKey.update({ keyId: made.id, enabled: false }));
    assert.equal(await verdict(made, { permissions: { no: ['x'] } }), 'KEY_DISABLED');
    assert.equal(await refused(call(server, '/api-key/verify', {})), '400 VALIDATION_ERROR');
    assert.equal(await refused(server.apiKey.verify({ key: 'x', permissions: { a: 'b' } })), '400 VALIDATION_ERROR');
  });

  it('measures a window from the last accepted use', async () => {
    const key = await keyFor(ada, { rateLimitMax: 2, rateLimitTimeWindow: 1_500, remaining: 100 });
    const record = async () => ok(ada.auth.apiKey.get({ query: { id: key.id } }));
    assert.deepEqual([await verdict(key), await verdict(key)], ['ok', 'ok']);
    const used = await record();
    assert.equal(used.requestCount, 2);
    const { error } = await ok(server.apiKey.verify({ key: key.key }));
    assert.equal(error.code, 'RATE_LIMITED');
    assert.ok(error.details.tryAgainIn > 0 && error.details.tryAgainIn <= 1_500, error.details.tryAgainIn);
    const now = await record();
    assert.deepEqual(
      [now.requestCount, now.lastRequest, now.remaining],
      [2, used.lastRequest, 98],
      'a refused call writes nothing and costs nothing',
    );
    await sleep(error.details.tryAgainIn + 50);
    assert.equal(await verdict(key), 'ok');
    assert.equal((await record()).requestCount, 1);
    const none = await keyFor(ada, { rateLimitMax: 0, rateLimitTimeWindow: 60_000 });
    assert.deepEqual([await verdict(none), await verdict(none)], ['ok', 'RATE_LIMITED'], 'the first always passes');
    const off = await keyFor(ada, { rateLimitMax: 1, rateLimitEnabled: false });
    assert.deepEqual([await verdict(off), await verdict(off)], ['ok', 'ok']);
    const free = await ok(ada.auth.apiKey.get({ query: { id: off.id } }));
    assert.ok(free.requestCount === 0 && free.lastRequest instanceof Date, 'stamped and not counted');
    const short = await keyFor(ada, { configId: 'short', rateLimitMax: 1, rateLimitEnabled: true });
    assert.deepEqual([await verdict(short), await verdict(short)], ['ok', 'ok'], 'its configuration has no windows');
  });

  it('buries what is over after its first refusal', async () => {
    const spent = await keyFor(ada, { remaining: 1 });
    const expired = await keyFor(ada, { configId: 'short', expiresIn: 1 });
    assert.equal(await verdict(spent), 'ok');
    assert.deepEqual([await verdict(spent), await verdict(spent)], ['USAGE_EXCEEDED', 'INVALID_API_KEY']);
    assert.equal(await refused(ada.auth.apiKey.get({ query: { id: spent.id } })), '404 KEY_NOT_FOUND');
    await sleep(1_100);
    assert.deepEqual([await verdict(expired), await verdict(expired)], ['KEY_EXPIRED', 'INVALID_API_KEY']);
  });

  it('refills by setting, strictly after the interval', async () => {
    const key = await keyFor(ada, { remaining: 1, refillAmount: 3, refillInterval: 1_000, rateLimitEnabled: false });
    assert.deepEqual([await verdict(key), await verdict(key)], ['ok', 'USAGE_EXCEEDED']);
    await sleep(1_100);
    const { key: record } = await ok(server.apiKey.verify({ key: key.key }));
    assert.equal(record.remaining, 2);
    assert.ok(record.lastRefillAt instanceof Date);
  });

  it('grants ten uses to a hundred at once', async () => {
    const key = await keyFor(ada, { remaining: 10, rateLimitEnabled: false });
    const all = await Promise.all(Array.from({ length: 100 }, () => verdict(key)));
    assert.equal(all.filter((said) => said === 'ok').length, 10);
  });

  it('grants a window of ten and one refill to a hundred at once', async () => {
    const window = await keyFor(ada, { remaining: 50 });
    const all = await Promise.all(Array.from({ length: 100 }, () => verdict(window)));
    assert.equal(all.filter((said) => said === 'ok').length, 10);
    assert.equal((await ok(ada.auth.apiKey.get({ query: { id: window.id } }))).remaining, 40);
    const refill = await keyFor(ada, { remaining: 0, refillAmount: 10, refillInterval: 500, rateLimitEnabled: false });
    await sleep(600);
    const again = await Promise.all(Array.from({ length: 100 }, () => verdict(refill)));
    assert.ok([10, 20].includes(again.filter((said) => said === 'ok').length), 'one refill per interval');
  });

  it('never overwrites a change made meanwhile', async () => {
    const key = await keyFor(ada, { remaining: 1_000, rateLimitEnabled: false });
    const busy = Array.from({ length: 50 }, () => verdict(key));
    await ok(ada.auth.apiKey.update({ keyId: key.id, enabled: false }));
    assert.equal(await verdict(key), 'KEY_DISABLED');
    await Promise.all(busy);
    assert.equal((await ok(ada.auth.apiKey.get({ query: { id: key.id } }))).enabled, false);
  });
});
