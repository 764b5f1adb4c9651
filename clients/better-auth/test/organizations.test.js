// Organizations and the keys they own.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { call, client, fresh, ok, person, refused, server, verdict } from './world.js';

describe('organizations', () => {
  let [ada, bob, eve] = [];
  let acme;

  before(async () => {
    [ada, bob, eve] = [await person('ada'), await person('bob'), await person('eve')];
    acme = await ok(ada.auth.organization.create({ name: 'Acme', slug: fresh('acme') }));
    const member = { userId: bob.id, organizationId: acme.id, role: 'admin' };
    const added = await ok(call(server, '/organization/add-member', member));
    assert.deepEqual([added.userId, added.role], [bob.id, 'admin']);
  });

  it('belong to who made them, and are chosen', async () => {
    assert.deepEqual([acme.members[0].userId, acme.members[0].role, acme.logo], [ada.id, 'owner', null]);
    assert.equal((await ok(ada.auth.getSession())).session.activeOrganizationId, acme.id);
    assert.deepEqual((await ok(ada.auth.organization.list())).map(({ id }) => id), [acme.id]);
    assert.equal(await ok(ada.auth.organization.setActive({ organizationId: null })), null);
    assert.equal((await ok(ada.auth.organization.setActive({ organizationId: acme.id }))).id, acme.id);
    const taken = bob.auth.organization.create({ name: 'B', slug: acme.slug });
    assert.equal(await refused(taken), '400 ORGANIZATION_ALREADY_EXISTS');
    assert.equal(await refused(client().organization.create({ name: 'B', slug: fresh('b') })), '401');
    const member = { userId: eve.id, organizationId: acme.id, role: 'owner' };
    assert.match(await refused(call(ada.auth, '/organization/add-member', member)), /^40[134]/);
    assert.equal(await refused(eve.auth.organization.setActive({ organizationId: acme.id })), '403 USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION');
    assert.equal(await refused(ada.auth.organization.setActive({ organizationSlug: 'nobody' })), '400 ORGANIZATION_NOT_FOUND');
    assert.equal((await ok(ada.auth.organization.setActive({ organizationSlug: acme.slug }))).id, acme.id);
    assert.equal(await refused(client().organization.setActive({ organizationId: null })), '401 UNAUTHORIZED');
    assert.equal(await refused(client().organization.list()), '401 UNAUTHORIZED');
    const { error } = await ada.auth.organization.create({ name: '', slug: '' });
    assert.equal(
      error.message,
      '[body.name] Too small: expected string to have >=1 characters; [body.slug] Too small: expected string to have >=1 characters',
    );
    const body = { name: 'With all', slug: fresh('all'), logo: 'https://l.example/l', metadata: { plan: 'pro' } };
    const full = await ok(bob.auth.organization.create({ ...body, keepCurrentActiveOrganization: true }));
    assert.deepEqual([full.logo, full.metadata], [body.logo, body.metadata]);
    assert.equal((await ok(bob.auth.getSession())).session.activeOrganizationId, null);
    const add = (member) => refused(call(server, '/organization/add-member', { organizationId: acme.id, userId: bob.id, role: 'member', ...member }));
    assert.equal(await add({}), '400 USER_IS_ALREADY_A_MEMBER_OF_THIS_ORGANIZATION');
    assert.equal(await add({ userId: 'nobody' }), '400 USER_NOT_FOUND');
    assert.equal(await add({ organizationId: 'none' }), '400 ORGANIZATION_NOT_FOUND');
    assert.equal(await add({ role: 'emperor' }), '400 VALIDATION_ERROR');
  });

  it('own keys that their owners alone manage', async () => {
    const body = { configId: 'org', organizationId: acme.id, name: 'deploy' };
    const key = await ok(ada.auth.apiKey.create(body));
    assert.deepEqual([key.referenceId, key.prefix, key.configId], [acme.id, 'org_', 'org']);
    assert.equal(await refused(bob.auth.apiKey.create(body)), '403 INSUFFICIENT_API_KEY_PERMISSIONS');
    assert.equal(await refused(eve.auth.apiKey.create(body)), '403 USER_NOT_MEMBER_OF_ORGANIZATION');
    assert.equal(await refused(ada.auth.apiKey.create({ configId: 'org' })), '400 ORGANIZATION_ID_REQUIRED');
    const query = { id: key.id, configId: 'org' };
    await ok(ada.auth.apiKey.get({ query }));
    assert.equal(await refused(eve.auth.apiKey.get({ query })), '403 USER_NOT_MEMBER_OF_ORGANIZATION');
    assert.equal(await refused(ada.auth.apiKey.get({ query: { id: key.id } })), '404 KEY_NOT_FOUND');
    const organizationId = acme.id;
    assert.equal((await ok(ada.auth.apiKey.list({ query: { organizationId } }))).total, 1);
    assert.equal((await ok(ada.auth.apiKey.list({ query: { configId: 'org' } }))).total, 0);
    const refusal = bob.auth.apiKey.list({ query: { organizationId } });
    assert.equal(await refused(refusal), '403 INSUFFICIENT_API_KEY_PERMISSIONS');
    assert.equal((await ok(ada.auth.apiKey.update({ keyId: key.id, configId: 'org', name: 'new' }))).name, 'new');
    for (const who of [bob, eve]) {
      const code = who === bob ? 'INSUFFICIENT_API_KEY_PERMISSIONS' : 'USER_NOT_MEMBER_OF_ORGANIZATION';
      const change = { keyId: key.id, configId: 'org' };
      for (const attempt of [
        who.auth.apiKey.get({ query }),
        who.auth.apiKey.list({ query: { organizationId } }),
        who.auth.apiKey.update({ ...change, name: 'x' }),
        who.auth.apiKey.delete(change),
      ]) {
        assert.equal(await refused(attempt), `403 ${code}`);
      }
    }
    assert.equal(await refused(ada.auth.apiKey.delete({ keyId: key.id })), '404 KEY_NOT_FOUND', 'of another configuration');
    assert.equal((await ok(ada.auth.apiKey.list({ query: { organizationId, configId: 'public' } }))).total, 0);
    assert.equal((await ok(ada.auth.apiKey.list({ query: {} }))).total, 0, 'not the keys of a person');
    assert.equal((await ok(ada.auth.apiKey.list({ query: { organizationId: '' } }))).total, 0);
    assert.equal(await refused(client({ 'x-api-key': key.key }).getSession()), '401 INVALID_API_KEY', 'never a session');
    assert.equal(await verdict(key), 'ok');
    assert.equal(await verdict(key, { configId: 'org' }), 'ok');
    assert.deepEqual(await ok(ada.auth.apiKey.delete({ keyId: key.id, configId: 'org' })), { success: true });
    assert.equal(await verdict(key), 'INVALID_API_KEY');
  });

  it('get keys from the server in the name of an owner', async () => {
    const body = { configId: 'org', organizationId: acme.id, userId: ada.id, remaining: 2 };
    assert.equal((await ok(server.apiKey.create(body))).remaining, 2);
    assert.equal(await refused(server.apiKey.create({ ...body, userId: eve.id })), '403 USER_NOT_MEMBER_OF_ORGANIZATION');
  });
});
