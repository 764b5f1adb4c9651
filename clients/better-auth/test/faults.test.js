// What a client meets seldom: sessions that are not fresh, people who are switched off, a server without organizations, one
// whose disk is full, one that is reached over https. Settings, where they are needed, on a server of their own.

import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { describe, it } from 'node:test';

import { noteRaw } from './record.js';
import { binary, fixture, withServer } from './servers.js';
import { bearer, call, client, fresh, keyFor, ok, password, person, raw, refused, setActive, sleep, url, verdict } from './world.js';

const skip = binary ? false : 'KEYWARD_BIN is not set';

describe('somebody who is switched off', () => {
  it('is banned: neither their session nor their key ends keys, or does anything else', async () => {
    const ada = await person();
    const [key, other] = [await keyFor(ada, { rateLimitEnabled: false }), await keyFor(ada)];
    const standing = client({ 'x-api-key': key.key });
    assert.equal((await ok(standing.getSession())).user.id, ada.id);
    await setActive(ada, false);
    const end = { keyId: other.id };
    assert.equal(await refused(standing.apiKey.delete(end)), '401 USER_BANNED');
    assert.equal(await refused(ada.auth.apiKey.delete(end)), '401 USER_BANNED');
    const { error } = await ada.auth.apiKey.delete(end);
    assert.equal(error.message, 'User is banned');
    assert.equal(await refused(call(ada.auth, '/api-key/delete', {})), '400 VALIDATION_ERROR', 'fields first');
    for (const attempt of [standing.getSession(), standing.apiKey.list(), standing.$fetch('/ok')]) {
      assert.equal(await refused(attempt), '401 USER_BANNED');
    }
    assert.equal(await ok(ada.auth.getSession()), null);
    assert.equal(await refused(ada.auth.apiKey.list()), '401 UNAUTHORIZED');
    assert.equal(await refused(ada.auth.apiKey.create({})), '401 UNAUTHORIZED_SESSION');
    assert.equal(await refused(client().signIn.email({ email: ada.email, password })), '401 INVALID_EMAIL_OR_PASSWORD');
    assert.equal(await verdict(key), 'INVALID_API_KEY');
    await setActive(ada, true);
    assert.equal(await verdict(other), 'ok', 'nothing was ended');
    assert.deepEqual(await ok(standing.apiKey.delete(end)), { success: true });
  });
});

describe('a page of somewhere else', () => {
  it('signs nobody in by leading them here', async () => {
    // The built-in fetch writes its own sec-fetch headers over these.
    const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    const answer = await new Promise((done, failed) => {
      const request = httpRequest(`${url}/api/auth/sign-in/email`, { method: 'POST', headers }, async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        done({ status: response.statusCode, body: JSON.parse(text) });
      });
      request.on('error', failed).end(JSON.stringify({ email: 'ada@example.org', password }));
    });
    noteRaw(answer.status, answer.body);
    assert.deepEqual([answer.status, answer.body.code], [403, 'CROSS_SITE_NAVIGATION_LOGIN_BLOCKED']);
  });
});

describe('a server', { skip, concurrency: 2 }, () => {
  it('lists sessions only to one that is fresh, as long as it is told that is', async () => {
    await withServer({ settings: { KEYWARD_BETTER_AUTH_FRESH_AGE_SECONDS: '2' } }, async (server) => {
      const ada = await person('ada', server.url);
      assert.equal((await ok(ada.auth.listSessions())).length, 1);
      await sleep(2_050);
      assert.equal(await refused(ada.auth.listSessions()), '403 SESSION_NOT_FRESH');
      assert.ok(await ok(ada.auth.getSession()), 'for everything else it is as good as before');
      const again = await ok(client({}, server.url).signIn.email({ email: ada.email, password }));
      assert.equal((await ok(bearer(again.token, server.url).listSessions())).length, 2);
    });
  });

  it('without organizations is the original without its plugin for them', async () => {
    const configs = [{}, { configId: 'org', references: 'organization' }];
    const settings = { KEYWARD_BETTER_AUTH_ORGANIZATIONS: 'off' };
    const more = { taken: 'better-auth', settings };
    await withServer({ configs, ...more }, async ({ url, rootKey }) => {
      const ada = await person('ada', url);
      const server = bearer(rootKey, url);
      const required = '500 ORGANIZATION_PLUGIN_REQUIRED';
      const body = { configId: 'org', organizationId: 'any' };
      assert.equal(await refused(ada.auth.apiKey.create(body)), required);
      assert.equal(await refused(server.apiKey.create({ ...body, userId: ada.id })), required);
      assert.equal(await refused(ada.auth.apiKey.create({ configId: 'org' })), '400 ORGANIZATION_ID_REQUIRED');
      assert.equal(await refused(client({}, url).apiKey.create(body)), '401 UNAUTHORIZED_SESSION');
      assert.equal(await refused(ada.auth.apiKey.list({ query: { organizationId: 'any' } })), required);
      assert.equal(await refused(ada.auth.apiKey.get({ query: { id: 'none', configId: 'org' } })), '404 KEY_NOT_FOUND');
      // One from the time when there were organizations.
      const { organization } = fixture('better-auth').keys;
      const query = { id: organization.id, configId: 'org' };
      assert.equal(await refused(ada.auth.apiKey.get({ query })), required);
      const change = { keyId: organization.id, configId: 'org' };
      assert.equal(await refused(ada.auth.apiKey.update({ ...change, name: 'x' })), required);
      assert.equal(await refused(ada.auth.apiKey.delete(change)), required);
      assert.equal((await ok(server.apiKey.verify({ key: organization.key }))).valid, true, 'it verifies as before');
      const { session } = await ok(ada.auth.getSession());
      assert.ok(!('activeOrganizationId' in session));
      assert.equal(await refused(ada.auth.organization.create({ name: 'Acme', slug: fresh('acme') })), '404');
      assert.equal(await refused(ada.auth.organization.list()), '404');
      assert.equal(await refused(ada.auth.organization.setActive({ organizationId: null })), '404');
      assert.equal(await refused(call(server, '/organization/add-member', {})), '404');
      assert.ok((await ok(ada.auth.apiKey.create({}))).key, 'keys of people are as ever');
    });
  });

  it('whose disk is full says that a key could not be changed, and changes nothing', async () => {
    const configs = [{ enableMetadata: true, enableSessionForAPIKeys: true, rateLimit: { enabled: false } }];
    await withServer({ configs, kib: 1_024 }, async ({ url, rootKey }) => {
      const ada = await person('ada', url);
      const server = bearer(rootKey, url);
      const key = await ok(ada.auth.apiKey.create({ name: 'before' }));
      const counted = await ok(server.apiKey.create({ userId: ada.id, remaining: 1_000 }));
      const metadata = { text: 'x'.repeat(10_000) };
      let changes = 0;
      let failure;
      for (; !failure && changes < 500; changes += 1) {
        const { error } = await ada.auth.apiKey.update({ keyId: key.id, name: `${changes}`, metadata });
        failure = error;
      }
      assert.deepEqual([failure?.status, failure?.code, failure?.message], [500, 'FAILED_TO_UPDATE_API_KEY', 'Failed to update API key']);
      const { name } = await ok(ada.auth.apiKey.get({ query: { id: key.id } }));
      assert.equal(name, `${changes - 2}`, 'as the last change that was answered left it');
      assert.equal(await refused(ada.auth.apiKey.create({})), '500 INTERNAL_SERVER_ERROR');
      const verified = await ok(server.apiKey.verify({ key: counted.key }));
      assert.deepEqual([verified.valid, verified.error.code], [false, 'FAILED_TO_UPDATE_API_KEY'], 'what cannot be counted is not granted');
      assert.equal(await refused(client({ 'x-api-key': counted.key }, url).getSession()), '500 FAILED_TO_UPDATE_API_KEY');
      assert.equal((await ok(server.apiKey.verify({ key: key.key }))).valid, true, 'what needs no count is');
    });
  });

  it('ends a key that has expired with the first request it comes with', async () => {
    const configs = [{ enableSessionForAPIKeys: true, keyExpiration: { minExpiresIn: 0 } }];
    await withServer({ configs }, async ({ url }) => {
      const ada = await person('ada', url);
      const { key } = await ok(ada.auth.apiKey.create({ expiresIn: 1 }));
      await sleep(1_100);
      const standing = client({ 'x-api-key': key }, url);
      assert.equal(await refused(standing.getSession()), '401 KEY_EXPIRED');
      assert.equal(await refused(standing.getSession()), '401 INVALID_API_KEY');
    });
  });

  it('that is reached over https names its cookies so and keeps them secure', async () => {
    const settings = { KEYWARD_BASE_URL: 'https://keys.example', KEYWARD_CORS_ORIGINS: 'https://*.app.example' };
    await withServer({ settings }, async ({ url }) => {
      const ada = await person('ada', url);
      const signIn = (headers) =>
        raw('POST', '/sign-in/email', {
          base: url,
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify({ email: ada.email, password }),
        });
      const answer = await signIn({ origin: 'https://keys.example' });
      const [cookie, ...attributes] = answer.headers.getSetCookie()[0].split('; ');
      assert.match(cookie, /^__Secure-better-auth\.session_token=/);
      assert.deepEqual(attributes, ['Max-Age=604800', 'Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']);
      assert.equal((await ok(client({ cookie }, url).getSession())).user.id, ada.id);
      const unsafe = cookie.replace('__Secure-', '');
      assert.equal(await ok(client({ cookie: unsafe }, url).getSession()), null, 'nobody else could have set it');
      const out = await ok(client({ cookie, origin: 'https://keys.example' }, url).signOut());
      assert.deepEqual(out, { success: true });
      // Trusted pages by a pattern: any host below, and neither the name itself nor one that only looks like it.
      for (const [origin, status] of [
        ['https://one.app.example', 200],
        ['https://app.example', 403],
        ['https://one.app.example.evil.example', 403],
        ['http://one.app.example', 403],
      ]) {
        assert.equal((await signIn({ origin })).status, status, origin);
      }
    });
  });
});
