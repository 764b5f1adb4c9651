// After the import of what a real better-auth wrote: the same client, with the keys, sessions, ids and passwords it had.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { binary, fixture, fixtureFile, withServer } from './servers.js';
import { bearer, client, ok, raw, refused } from './world.js';

const skip = binary ? false : 'KEYWARD_BIN is not set';
const password = 'correct horse battery';

describe('an imported installation', { skip, concurrency: 2 }, () => {
  it('goes on for who was signed in there, whose keys it had, and whose password it knew', async () => {
    const { secret, users, organization, sessions, keys } = fixture('better-auth');
    const configs = [
      { configId: 'default', enableMetadata: true },
      { configId: 'service', defaultPrefix: 'svc_', rateLimit: { enabled: false }, enableMetadata: true },
      { configId: 'org', references: 'organization', defaultPrefix: 'org_' },
    ];
    // However long ago these sessions were begun when this is run.
    const settings = { KEYWARD_BETTER_AUTH_SECRET: secret, KEYWARD_BETTER_AUTH_FRESH_AGE_SECONDS: '0' };
    await withServer({ taken: 'better-auth', configs, settings }, async ({ url, rootKey }) => {
      const ada = bearer(sessions.ada.token, url);
      const { user, session } = await ok(ada.getSession());
      assert.deepEqual([user.id, session.userId, session.activeOrganizationId], [users.ada, users.ada, organization]);
      assert.equal((await ok(client({ cookie: sessions.ada.cookie }, url).getSession())).user.id, users.ada);
      assert.equal((await ok(bearer(sessions.ada.signed, url).getSession())).user.id, users.ada);
      for (const over of ['over', 'ended']) assert.equal(await ok(bearer(sessions[over].token, url).getSession()), null);
      assert.equal((await ok(ada.listSessions())).length, 1, 'those that are over are not listed');
      const get = (name, configId) => ok(ada.apiKey.get({ query: { id: keys[name].id, configId } }));
      assert.equal((await get('plain')).referenceId, users.ada);
      assert.deepEqual((await get('twice encoded')).metadata, { plan: 'old' });
      assert.equal((await get('null metadata')).metadata, null);
      assert.equal((await get('organization', 'org')).referenceId, organization);
      const server = bearer(rootKey, url);
      const said = {};
      for (const name of Object.keys(keys)) {
        const { valid, error } = await ok(server.apiKey.verify({ key: keys[name].key }));
        said[name] = valid ? 'ok' : error.code;
      }
      const dead = Object.fromEntries(Object.entries(said).filter(([, verdict]) => verdict !== 'ok'));
      assert.deepEqual(dead, {
        spent: 'USAGE_EXCEEDED',
        disabled: 'KEY_DISABLED',
        expired: 'INVALID_API_KEY',
        deleted: 'INVALID_API_KEY',
        nothing: 'INVALID_API_KEY',
      });
      const permitted = (permissions) => ok(server.apiKey.verify({ key: keys.permitted.key, permissions }));
      assert.equal((await permitted({ files: ['read', 'write'] })).valid, true);
      assert.equal((await permitted({ files: ['delete'] })).valid, false);
      const signIn = (email, word) => ok(client({}, url).signIn.email({ email, password: word }));
      assert.equal((await signIn('ada@example.com', password)).user.id, users.ada);
      assert.equal((await signIn('bob@example.com', 'cafe\u0301-pass-word')).user.id, users.bob, 'written in another way');
    });
  });

  it('has sessions that are older than a day: used they go on, and they list no others', async () => {
    const { secret, sessions } = fixture('better-auth');
    const settings = { KEYWARD_BETTER_AUTH_SECRET: secret };
    await withServer({ taken: 'better-auth', settings }, async ({ url }) => {
      const stale = bearer(sessions.stale.token, url);
      assert.equal(await refused(stale.listSessions()), '403 SESSION_NOT_FRESH');
      const { session: before } = await ok(stale.getSession({ query: { disableRefresh: true } }));
      assert.equal(before.updatedAt.toISOString(), '2020-01-01T00:00:00.000Z');
      const headers = { authorization: `Bearer ${sessions.stale.token}` };
      const used = await raw('GET', '/get-session', { base: url, headers });
      assert.match(used.headers.getSetCookie()[0], /Max-Age=604800/, 'and the cookie comes anew');
      assert.ok(used.headers.get('set-auth-token'));
      const { session: after } = await ok(stale.getSession());
      assert.ok(after.updatedAt > before.updatedAt && after.expiresAt >= before.expiresAt);
      assert.deepEqual((await raw('GET', '/get-session', { base: url, headers })).headers.getSetCookie(), [], 'once a day');
      assert.equal(await refused(stale.listSessions()), '403 SESSION_NOT_FRESH', 'it is none the younger');
    });
  });

  it('of before 1.5 has its keys, with metadata that was encoded twice', async () => {
    const { users, keys } = fixture('better-auth-old');
    await withServer({ taken: 'better-auth-old', configs: [{ enableMetadata: true }] }, async ({ url, rootKey }) => {
      const server = bearer(rootKey, url);
      const { key } = await ok(server.apiKey.verify({ key: keys.metadata.key }));
      assert.deepEqual([key.configId, key.referenceId, key.metadata], ['default', users.ada, { plan: 'pro', seats: 3 }]);
      const { token } = await ok(client({}, url).signIn.email({ email: 'ada@example.com', password }));
      const { apiKeys } = await ok(bearer(token, url).apiKey.list());
      assert.deepEqual(new Set(apiKeys.map(({ id }) => id)), new Set(Object.values(keys).map(({ id }) => id)));
    });
  });

  it('that kept its keys in plain has them, hashed from now on', async () => {
    const { keys } = fixture('better-auth-unhashed');
    await withServer({ taken: 'better-auth-unhashed', more: ['--plain-keys'] }, async ({ url, rootKey }) => {
      const server = bearer(rootKey, url);
      for (const { key } of Object.values(keys)) assert.equal((await ok(server.apiKey.verify({ key }))).valid, true);
    });
  });

  it('that kept keys and sessions in secondary storage has them by a dump of it', async () => {
    const { users, sessions, keys } = fixture('better-auth-secondary');
    const more = ['--secondary-storage', fixtureFile('better-auth-secondary.dump.json')];
    const configs = [{ enableMetadata: true }, { configId: 'both' }];
    await withServer({ taken: 'better-auth-secondary', more, configs }, async ({ url, rootKey }) => {
      const ada = bearer(sessions.ada.token, url);
      assert.equal((await ok(ada.getSession())).user.id, users.ada);
      const { apiKeys } = await ok(ada.apiKey.list({ query: { sortBy: 'name' } }));
      assert.deepEqual(apiKeys.map(({ name, id }) => [name, id === keys[name].id]), [
        ['both', true],
        ['everything', true],
        ['plain', true],
        ['quota', true],
      ]);
      const server = bearer(rootKey, url);
      const verify = (name, rest) => ok(server.apiKey.verify({ key: keys[name].key, ...rest }));
      const { key } = await verify('everything', { permissions: { files: ['read'] } });
      assert.deepEqual([key.metadata, key.permissions], [{ plan: 'pro' }, { files: ['read'] }]);
      assert.equal((await verify('quota')).key.remaining, 0);
      assert.equal((await verify('deleted')).error.code, 'INVALID_API_KEY');
    });
  });
});
