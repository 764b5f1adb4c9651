// Defects of the original that must not come back: one test for each of the list in the specification, by its number.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';

import {
  admin, appKey, body, client, collection, decoded, fresh, holder, keyWith, makeKey, ok, password, person, refused, role,
  send, sendAs, signedIn, text, titles,
} from './world.js';

const DENIED = '403 No permissions';
const keeper = async () => {
  const name = await role({ snippets: ['pm.api-keys.configuration'], strategy: { actions: ['view'] } });
  return { role: name, ...(await person([name])) };
};
const check = (token) => ok(client(token).resource('auth').check());

describe('what the original does and Keyward does not', () => {
  it('1: who may manage keys kills the keys of others', async () => {
    const [me, other] = [await keeper(), await keeper()];
    const token = await makeKey(other.session, other.role);
    const [{ id }] = await ok(other.session.resource('apiKeys').list());
    const there = me.session.resource('apiKeys');
    for (const call of [
      () => there.destroy({ filterByTk: id }),
      () => there.destroy({ filterByTk: [id, id] }),
      () => there.destroy({ filter: { id } }),
      () => there.destroy({ filter: { id: { $gt: 0 } } }),
    ]) {
      assert.equal(await ok(call()), 0);
      assert.equal((await check(token)).id, other.id);
    }
  });

  it('2: keys made within one second are one', async () => {
    const me = await keeper();
    const tokens = await Promise.all(Array.from({ length: 8 }, () => makeKey(me.session, me.role)));
    assert.equal(new Set(tokens).size, 8);
    const keys = await ok(me.session.resource('apiKeys').list({ sort: 'id' }));
    assert.equal(keys.length, 8);
    assert.equal(await ok(me.session.resource('apiKeys').destroy({ filterByTk: keys[0].id })), 1);
    const states = await Promise.all(tokens.map((token) => check(token).then(() => 'works', () => 'refused')));
    assert.deepEqual(states.filter((s) => s === 'refused').length, 1);
  });

  it('3: keys outlive the role that was taken away, and wait for the one that is given', async () => {
    const name = await role({ strategy: { actions: ['view'] } });
    const at = await collection([text('title')]);
    const { id, api } = await holder(name);
    assert.deepEqual(await ok(api.resource(at).list()), []);
    await body(admin.resource('users.roles', id).remove({ values: [name] }));
    assert.equal(await refused(api.resource(at).list()), '401 ROLE_NOT_FOUND_FOR_USER');
    await body(admin.resource('roles.users', name).add({ values: [id] }));
    assert.deepEqual(await ok(api.resource(at).list()), []);
    await body(admin.resource('roles.users', name).remove({ values: [id] }));
    assert.equal(await refused(api.resource(at).list()), '401 ROLE_NOT_FOUND_FOR_USER');
  });

  it('4: a key asks hidden fields character by character', async () => {
    const target = await collection([text('name'), text('secret', { hidden: true }), text('note')]);
    const todos = await collection(
      [text('title'), { name: 'owner', type: 'belongsTo', target, foreignKey: 'ownerId' }],
      { createdBy: true },
    );
    const owner = await ok(admin.resource(target).create({ values: { name: 'n', secret: '3a', note: 'x' } }));
    await ok(admin.resource(todos).create({ values: { title: 'a', owner: owner.id } }));
    const { api } = await keyWith({
      resources: [
        { name: todos, actions: [{ name: 'view', fields: ['title', 'createdBy', 'owner'] }] },
        { name: target, actions: [{ name: 'view', fields: ['name', 'secret'] }] },
      ],
    });
    for (const step of ['createdBy.password', 'createdBy.resetToken', 'owner.secret', 'owner.note']) {
      for (const op of ['$startsWith', '$includes', '$ne', '$gt', '$notEmpty', '$in']) {
        assert.match(await refused(api.resource(todos).list({ filter: { [step]: { [op]: '3' } } })), /^40[03] /, `${step} ${op}`);
      }
      assert.match(await refused(api.resource(todos).list({ sort: [step] })), /^40[03] /, step);
      assert.match(await refused(api.resource(todos).get({ filter: { [step]: '3' } })), /^40[03] /, step);
      assert.match(await refused(api.resource(todos).destroy({ filter: { [step]: '3' } })), /^40[03] /, step);
    }
    assert.equal(await refused(api.resource(target).list({ filter: { secret: '3a' } })), DENIED);
    assert.equal(await refused(api.resource(target).list({ filter: { $not: { note: 'x' } } })), DENIED);
    assert.deepEqual(await titles(api, todos, { filter: { 'owner.name': 'n' } }), ['a']);
    // Root sees everything but what is hidden from everybody.
    assert.match(await refused(admin.resource(todos).list({ filter: { 'createdBy.password': { $startsWith: '3' } } })), /^40[03] /);
  });

  it('5: a key gets all roles of its user', async () => {
    const at = await collection([text('title')]);
    const weak = await role({ resources: [{ name: at, actions: [{ name: 'view', fields: null }] }] });
    const strong = await role({ strategy: { actions: ['*'] }, snippets: ['pm.*'] });
    const { id, api } = await holder(weak);
    await body(admin.resource('users.roles', id).add({ values: [strong] }));
    for (const header of [undefined, strong, '__union__', 'admin']) {
      if (header) api.auth.setRole(header);
      assert.deepEqual(await ok(api.resource(at).list()), []);
      assert.equal(await refused(api.resource(at).create({ values: { title: 'x' } })), DENIED, header);
      assert.equal(await refused(api.resource('users').list()), DENIED, header);
    }
  });

  it('6: a signature is enough, whatever the algorithm', async () => {
    const { id } = await ok(admin.resource('auth').check());
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    const signed = (payload, alg = 'HS256', hash = 'sha256') => {
      const said = `${part({ alg, typ: 'JWT' })}.${part(payload)}`;
      return `${said}.${createHmac(hash, appKey).update(said).digest('base64url')}`;
    };
    const payload = { userId: id, roleName: 'root', iat: now, exp: now + 1_000 };
    for (const [token, says] of [
      [signed(payload), '401 BLOCKED_TOKEN'],
      [signed({ ...payload, jti: 'made-up' }), '401 BLOCKED_TOKEN'],
      [signed({ userId: id, temp: true, iat: now, signInTime: Date.now(), exp: now + 1_000, jti: 'x' }), '401 BLOCKED_TOKEN'],
      [signed({ userId: id }), '401 BLOCKED_TOKEN'],
      [signed(payload, 'HS384', 'sha384'), '401 INVALID_TOKEN'],
      [signed(payload, 'HS512', 'sha512'), '401 INVALID_TOKEN'],
    ]) {
      assert.equal(await refused(check(token)), says);
    }
    // Another's row does not help: the token is what was given out.
    const { token } = await holder('member');
    assert.equal(await refused(check(signed({ ...decoded(token)[1], roleName: 'root', userId: id }))), '401 BLOCKED_TOKEN');
    assert.ok(await check(token));
  });

  it('7: a key changes its user\'s password', async () => {
    const { api, username } = await holder('admin');
    const values = { oldPassword: password, newPassword: 'another horse', confirmPassword: 'another horse' };
    assert.equal(await refused(api.resource('auth').changePassword({ values })), DENIED);
    assert.ok(await signedIn(username));
  });

  it('8: writers at once are turned away', async () => {
    const at = await collection([text('title'), { name: 'n', type: 'integer' }]);
    const there = admin.resource(at);
    const { id } = await ok(there.create({ values: { title: 'one', n: 0 } }));
    const calls = Array.from({ length: 60 }, (_, n) =>
      n % 2 ? there.create({ values: { title: `t${n}` } }) : there.update({ filterByTk: id, values: { n } }));
    const answers = await Promise.all(calls.map((call) => call.then((a) => a.status, (e) => e.response?.status)));
    assert.deepEqual(answers, answers.map(() => 200));
    assert.equal((await body(there.list({ pageSize: 1 }))).meta.count, 31);
  });

  it('9: a GET writes, a filter nobody understands is ignored, pages know no end, values of any type are kept', async () => {
    const at = await collection([text('title'), { name: 'n', type: 'integer' }]);
    const there = admin.resource(at);
    const { id } = await ok(there.create({ values: { title: 'one' } }));
    assert.equal((await sendAs(admin, 'GET', `${at}:destroy?filterByTk=${id}`)).said, '405 Method Not Allowed');
    assert.match((await sendAs(admin, 'GET', `${at}:list?filter=${encodeURIComponent('{"a":')}`)).said, /^400 /);
    assert.match((await sendAs(admin, 'POST', `${at}:destroy?filter=${encodeURIComponent('{"a":')}`)).said, /^400 /);
    assert.equal((await body(there.list({ pageSize: 100_000 }))).meta.pageSize, 1_000);
    assert.match(await refused(there.list({ pageSize: -1 })), /^400 /);
    assert.match(await refused(there.update({ filterByTk: id, values: { n: 'no number' } })), /^400 /);
    assert.deepEqual(await titles(admin, at), ['one']);
  });

  it('10: keys of roles with long names fail', async () => {
    const name = `r${'x'.repeat(200)}_${fresh('r')}`;
    await ok(admin.resource('roles').create({ values: { name, title: name } }));
    const { token, id } = await holder(name);
    assert.ok(token.length > 255);
    assert.equal((await check(token)).id, id);
  });
});

describe('what is not in the list and would be as bad', () => {
  it('an update answers fields its role may not see', async () => {
    const at = await collection([text('title'), text('secret')]);
    const { id } = await ok(admin.resource(at).create({ values: { title: 'a', secret: 'hidden from view' } }));
    const actions = [{ name: 'view', fields: ['title'] }, { name: 'update', fields: ['title'] }];
    const limited = await keyWith({ resources: [{ name: at, actions }] });
    const blind = await keyWith({ resources: [{ name: at, actions: [{ name: 'update', fields: ['title'] }] }] });
    for (const { api } of [limited, blind]) {
      const answer = await body(api.resource(at).update({ filterByTk: id, values: { title: 'b' } }));
      assert.ok(!JSON.stringify(answer).includes('hidden from view'), JSON.stringify(answer));
    }
    for (const action of ['firstOrCreate', 'updateOrCreate']) {
      const maker = await keyWith({ resources: [{ name: at, actions: [...actions, { name: 'create', fields: ['title'] }] }] });
      const answer = await body(maker.api.resource(at)[action]({ filterKeys: ['title'], values: { title: 'b' } }));
      assert.ok(!JSON.stringify(answer).includes('hidden from view'), JSON.stringify(answer));
    }
  });

  it('a filter on a change tells what may not be seen', async () => {
    const at = await collection([text('title'), text('secret')]);
    await ok(admin.resource(at).create({ values: { title: 'a', secret: 's' } }));
    const actions = [{ name: 'view', fields: ['title'] }, { name: 'update', fields: ['title'] }, { name: 'destroy' }];
    const { api } = await keyWith({ resources: [{ name: at, actions }] });
    assert.equal(await refused(api.resource(at).update({ filter: { secret: 's' }, values: { title: 'b' } })), DENIED);
    assert.equal(await refused(api.resource(at).destroy({ filter: { secret: 's' } })), DENIED);
    assert.deepEqual(await titles(admin, at), ['a']);
  });

  it('a key names its owner, or itself, anew', async () => {
    const at = await collection([text('title')], { createdBy: true, updatedBy: true });
    const { api, id } = await keyWith({ strategy: { actions: ['view', 'create', 'update'] } });
    const made = await ok(api.resource(at).create({ values: { title: 'a', createdById: 1, updatedById: 1, createdBy: { id: 1 } } }));
    assert.equal(made.createdById, id);
    const [changed] = await ok(api.resource(at).update({ filterByTk: made.id, values: { createdById: 1, createdAt: '2000-01-01' } }));
    assert.equal(changed.createdById, id);
  });

  it('a token in the address, in a cookie or in the body opens something', async () => {
    const { token } = await holder('admin');
    assert.equal((await send('GET', `users:list?token=${token}`)).said, '401 EMPTY_TOKEN');
    assert.equal((await send('GET', 'users:list', { headers: { cookie: `nb_auth_token_main=${token}` } })).said, '401 EMPTY_TOKEN');
    assert.equal((await send('POST', 'users:list', { body: { token } })).said, '401 EMPTY_TOKEN');
  });

  it('the words of a refusal tell whether something exists', async () => {
    const at = await collection([text('title')]);
    const { api } = await keyWith({});
    assert.equal(await refused(api.resource(at).get({ filterByTk: 1 })), DENIED);
    assert.equal(await refused(api.resource(at).list({ filter: { nothing: 1 } })), DENIED);
    assert.equal(await refused(api.resource('collections').get({ filterByTk: at })), DENIED);
  });
});
