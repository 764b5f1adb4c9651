// What settings change: the older list, roles of organizations, closed sign-up, limits per address, other
// configurations. Each on a server of its own.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { binary, withServer } from './servers.js';
import { bearer, call, client, fresh, ok, password, person, raw, refused } from './world.js';

const skip = binary ? false : 'KEYWARD_BIN is not set';

describe('a server', { skip, concurrency: 2 }, () => {
  it('lists keys as clients before 1.5 expect', async () => {
    await withServer({ settings: { KEYWARD_BETTER_AUTH_LIST: 'older' } }, async ({ url }) => {
      const ada = await person('ada', url);
      for (const name of ['b', 'a']) await ok(ada.auth.apiKey.create({ name }));
      const list = await ok(ada.auth.apiKey.list({ query: { sortBy: 'name' } }));
      assert.ok(Array.isArray(list));
      assert.deepEqual(list.map(({ name, userId }) => [name, userId]), [['a', ada.id], ['b', ada.id]]);
      assert.equal((await ok(ada.auth.apiKey.list({ query: { limit: 1, offset: 1 } }))).length, 1);
    });
  });

  it('has the defaults of the original without configurations', async () => {
    await withServer({}, async ({ url, rootKey }) => {
      const ada = await person('ada', url);
      const key = await ok(ada.auth.apiKey.create({}));
      assert.deepEqual([key.rateLimitMax, key.rateLimitTimeWindow, key.rateLimitEnabled], [10, 86_400_000, true]);
      assert.equal(await refused(ada.auth.apiKey.create({ metadata: {} })), '400 METADATA_DISABLED');
      assert.equal((await ok(client({ 'x-api-key': key.key }, url).getSession())) ?? null, null, 'keys are no sessions');
      const server = bearer(rootKey, url);
      const verify = async () => (await ok(server.apiKey.verify({ key: key.key }))).valid;
      const said = [];
      for (let n = 0; n < 11; n += 1) said.push(await verify());
      assert.deepEqual([said.filter(Boolean).length, said.at(-1)], [10, false]);
    });
  });

  it('without a default configuration says so', async () => {
    await withServer({ configs: [{ configId: 'only' }] }, async ({ url }) => {
      const ada = await person('ada', url);
      const code = '400 NO_DEFAULT_API_KEY_CONFIGURATION_FOUND';
      assert.equal(await refused(ada.auth.apiKey.create({})), code);
      assert.equal(await refused(ada.auth.apiKey.create({ configId: 'unknown' })), code);
      assert.equal(await refused(ada.auth.apiKey.get({ query: { id: 'x' } })), code);
      assert.equal((await ok(ada.auth.apiKey.create({ configId: 'only' }))).configId, 'only');
    });
  });

  it('takes every option of a configuration', async () => {
    const one = {
      apiKeyHeaders: ['x-first', 'x-second'],
      enableSessionForAPIKeys: true,
      defaultKeyLength: 40,
      defaultPrefix: 'd_',
      minimumPrefixLength: 2,
      maximumPrefixLength: 4,
      minimumNameLength: 3,
      maximumNameLength: 5,
      enableMetadata: true,
      startingCharactersConfig: { shouldStore: true, charactersLength: 10 },
      keyExpiration: { defaultExpiresIn: 3_600, minExpiresIn: 2, maxExpiresIn: 3 },
      rateLimit: { enabled: true, maxRequests: 2, timeWindow: 60_000, rule: 'fixed' },
      permissions: { defaultPermissions: { files: ['read'] } },
    };
    const org = { configId: 'team', references: 'organization', enableSessionForAPIKeys: true, apiKeyHeaders: 'x-team' };
    await withServer({ configs: [one, org] }, async ({ url, rootKey }) => {
      const ada = await person('ada', url);
      const create = (body) => ada.auth.apiKey.create(body);
      const key = await ok(create({ name: 'four' }));
      assert.match(key.key, /^d_[A-Za-z]{40}$/);
      assert.equal(key.start, key.key.slice(0, 10));
      assert.deepEqual([key.permissions, key.rateLimitMax, key.rateLimitTimeWindow], [{ files: ['read'] }, 2, 60_000]);
      assert.equal(key.expiresAt - key.createdAt, 3_600_000);
      for (const [body, want] of [
        [{ prefix: 'a' }, '400 INVALID_PREFIX_LENGTH'],
        [{ prefix: 'abcde' }, '400 INVALID_PREFIX_LENGTH'],
        [{ name: 'ab' }, '400 INVALID_NAME_LENGTH'],
        [{ name: 'abcdef' }, '400 INVALID_NAME_LENGTH'],
        [{ expiresIn: 86_400 }, '400 EXPIRES_IN_IS_TOO_SMALL'],
        [{ expiresIn: 4 * 86_400 }, '400 EXPIRES_IN_IS_TOO_LARGE'],
      ]) {
        assert.equal(await refused(create(body)), want, JSON.stringify(body));
      }
      for (const header of ['x-first', 'x-second']) {
        assert.equal((await ok(client({ [header]: key.key }, url).getSession())).user.id, ada.id, header);
      }
      assert.equal(await refused(client({ 'x-first': key.key }, url).getSession()), '429 RATE_LIMITED');
      assert.equal(await ok(client({ 'x-api-key': key.key }, url).getSession()), null, 'not the header of this one');
      assert.equal(await refused(client({ 'x-first': 'a'.repeat(39) }, url).getSession()), '403 INVALID_API_KEY');
      const acme = await ok(ada.auth.organization.create({ name: 'Acme', slug: fresh('acme') }));
      const body = { configId: 'team', organizationId: acme.id, userId: ada.id };
      const team = await ok(bearer(rootKey, url).apiKey.create(body));
      const standing = client({ 'x-team': team.key }, url).getSession();
      assert.equal(await refused(standing), '401 INVALID_REFERENCE_ID_FROM_API_KEY', 'an organization signs in nowhere');
    });
  });

  it('lets roles of an organization do to its keys what their definition lists', async () => {
    const configs = {
      configurations: [{}, { configId: 'org', references: 'organization' }],
      roles: { admin: { apiKey: ['create', 'read'] }, janitor: { apiKey: ['delete'] } },
    };
    await withServer({ configs }, async ({ url, rootKey }) => {
      const ada = await person('ada', url);
      const acme = await ok(ada.auth.organization.create({ name: 'Acme', slug: fresh('acme') }));
      const organizationId = acme.id;
      const server = bearer(rootKey, url);
      const seen = {};
      for (const role of ['admin', 'janitor', 'member', ['member', 'admin', 'janitor']]) {
        const bob = await person('bob', url);
        const member = await ok(call(server, '/organization/add-member', { userId: bob.id, organizationId, role }));
        assert.equal(member.role, [role].flat().join(','));
        const { id } = await ok(ada.auth.apiKey.create({ configId: 'org', organizationId }));
        const change = { keyId: id, configId: 'org' };
        const attempts = {
          create: () => bob.auth.apiKey.create({ configId: 'org', organizationId }),
          get: () => bob.auth.apiKey.get({ query: { id, configId: 'org' } }),
          list: () => bob.auth.apiKey.list({ query: { organizationId } }),
          update: () => bob.auth.apiKey.update({ ...change, name: 'x' }),
          delete: () => bob.auth.apiKey.delete(change),
        };
        seen[member.role] = [];
        for (const [name, attempt] of Object.entries(attempts)) {
          const { error } = await attempt();
          if (error) assert.equal(error.code, 'INSUFFICIENT_API_KEY_PERMISSIONS', name);
          else seen[member.role].push(name);
        }
      }
      assert.deepEqual(seen, {
        admin: ['create', 'get', 'list'],
        janitor: ['delete'],
        member: [],
        'member,admin,janitor': ['create', 'get', 'list', 'delete'],
      });
    });
  });

  it('calls cookies what it is told, and asks bearers for a signature where it is told', async () => {
    const settings = { KEYWARD_BETTER_AUTH_COOKIE_PREFIX: 'shop', KEYWARD_BETTER_AUTH_BEARER: 'signed' };
    await withServer({ settings }, async ({ url }) => {
      const answer = await fetch(`${url}/api/auth/sign-up/email`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: url },
        body: JSON.stringify({ name: 'Ada', email: `${fresh('ada')}@example.org`, password }),
      });
      const { token, user } = await answer.json();
      const [cookie] = answer.headers.getSetCookie()[0].split(';');
      assert.match(cookie, /^shop\.session_token=/);
      assert.equal((await ok(client({ cookie }, url).getSession())).user.id, user.id);
      assert.equal(await ok(client({ cookie: cookie.replace('shop', 'better-auth') }, url).getSession()), null);
      assert.equal(await ok(bearer(token, url).getSession()), null);
      assert.equal((await ok(bearer(answer.headers.get('set-auth-token'), url).getSession())).user.id, user.id);
    });
  });

  it('that is closed to strangers lets the operator make accounts', async () => {
    await withServer({ settings: { KEYWARD_SIGNUP: 'invite' } }, async ({ url, rootKey }) => {
      const body = { name: 'Ada', email: `${fresh('ada')}@example.org`, password };
      assert.equal(await refused(client({}, url).signUp.email(body)), '400 EMAIL_PASSWORD_SIGN_UP_DISABLED');
      const { token } = await ok(bearer(rootKey, url).signUp.email(body));
      assert.ok(await ok(bearer(token, url).getSession()));
    });
  });

  it('slows addresses down like the original in production', async () => {
    const settings = { KEYWARD_BETTER_AUTH_RATE_LIMIT: 'on' };
    await withServer({ settings }, async ({ url, rootKey }) => {
      const wrong = { email: 'nobody@example.org', password: 'wrong password' };
      const codes = [];
      for (let n = 0; n < 4; n += 1) codes.push(await refused(client({}, url).signIn.email(wrong)));
      assert.deepEqual(codes, [...Array(3).fill('401 INVALID_EMAIL_OR_PASSWORD'), '429']);
      const answer = await fetch(`${url}/api/auth/sign-in/email`, { method: 'POST' });
      assert.deepEqual(
        [answer.status, answer.headers.get('content-type'), await answer.text()],
        [429, 'text/plain;charset=UTF-8', '{"message":"Too many requests. Please try again later."}'],
      );
      const wait = Number(answer.headers.get('x-retry-after'));
      assert.ok(wait >= 1 && wait <= 10, `${wait}`);
      const statuses = [];
      for (let n = 0; n < 101; n += 1) statuses.push((await raw('GET', '/nope', { base: url })).status);
      assert.deepEqual([statuses[99], statuses[100]], [404, 429], 'before the path is looked for');
      const server = bearer(rootKey, url);
      const verifications = Array.from({ length: 150 }, () => server.apiKey.verify({ key: 'nonsense' }));
      assert.ok((await Promise.all(verifications)).every(({ error }) => error === null), 'never the verifications of a backend');
    });
  });
});
