// The role of people for whom nobody names one: of a whole server, so on one of its own.

import './brief.js';

import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';

import { admin, fresh, ok, password, refused, role } from './world.js';

const roles = admin.resource('roles');
const roleOf = async (values = {}) => {
  const { id } = await ok(admin.resource('users').create({ values: { username: fresh('u'), password, ...values } }));
  return (await ok(admin.resource('users.roles', id).list())).map((r) => r.name);
};

describe('the default role', () => {
  after(() => roles.update({ filterByTk: 'member', values: { default: true } }));

  it('is one, and is moved to another by naming it', async () => {
    assert.deepEqual(await roleOf(), ['member']);
    const name = await role({ default: true });
    assert.deepEqual(await roleOf(), [name]);
    assert.deepEqual(await roleOf({ roles: ['admin'] }), ['admin']);
    const all = await ok(roles.list({ filter: { default: true } }));
    assert.deepEqual(all.map((r) => r.name), [name]);
    await ok(roles.update({ filterByTk: 'member', values: { default: true } }));
    assert.deepEqual(await roleOf(), ['member']);
    assert.equal((await ok(roles.get({ filterByTk: name }))).default, false);
  });

  it('that goes leaves new people without one, and root is never it', async () => {
    const name = await role({ default: true });
    assert.equal(await ok(roles.destroy({ filterByTk: name })), 1);
    assert.deepEqual(await roleOf(), []);
    assert.match(await refused(roles.update({ filterByTk: 'root', values: { default: true } })), /^403 |^400 /);
    assert.deepEqual(await roleOf(), []);
  });
});
