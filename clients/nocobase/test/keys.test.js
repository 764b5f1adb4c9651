// API keys: made, listed and ended by their owner, what is in a token, and every reason to refuse one.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { before, describe, it } from 'node:test';

import {
  admin, appKey, body, client, collection, decoded, fresh, holder, keyWith, makeKey, native, nativeKey, ok,
  person, refusal, refused, role, sendAs, text,
} from './world.js';

const DAY = 86_400;
const NEVER = 31_557_600_000;

const create = (api, values) => api.resource('apiKeys').create({ values });
const list = (api, params) => body(api.resource('apiKeys').list(params));
const check = (token) => ok(client(token).resource('auth').check());

/** Somebody who may make keys in their own role. */
async function keeper() {
  const name = await role({ snippets: ['pm.api-keys.configuration'] });
  return { role: name, ...(await person([name])) };
}

/** A token made of these parts, signed as they say. */
function signed(payload, { header = { alg: 'HS256', typ: 'JWT' }, secret = appKey, hash = 'sha256' } = {}) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const said = `${part(header)}.${part(payload)}`;
  return `${said}.${createHmac(hash, secret).update(said).digest('base64url')}`;
}

describe('making keys', () => {
  it('answers the token, once, in the shape people decode', async () => {
    const me = await keeper();
    const name = fresh('key');
    const answer = await body(create(me.session, { name, role: { name: me.role }, expiresIn: '30d' }));
    assert.deepEqual(Object.keys(answer), ['data']);
    assert.deepEqual(Object.keys(answer.data), ['token']);
    const [header, payload] = decoded(answer.data.token);
    assert.deepEqual(header, { alg: 'HS256', typ: 'JWT' });
    assert.deepEqual([payload.userId, payload.roleName], [me.id, me.role]);
    assert.equal(payload.exp - payload.iat, 30 * DAY);
    assert.ok(Math.abs(payload.iat - Date.now() / 1000) < 60);
    // 128 bits at the least.
    assert.ok(payload.jti.length >= 22, payload.jti);
    assert.match(await refused(me.session.resource('apiKeys').list({ fields: ['id', 'token'] })), /^400 /);
    const told = JSON.stringify(await list(me.session, { appends: ['role'] }));
    assert.ok(!told.includes(answer.data.token) && !told.includes('"token"'), told);
  });

  it('signs with the app key as it is written', async () => {
    const me = await keeper();
    const token = await makeKey(me.session, me.role);
    const [header, payload, signature] = token.split('.');
    const want = createHmac('sha256', appKey).update(`${header}.${payload}`).digest('base64url');
    assert.equal(signature, want);
  });

  it('takes every way to say how long', async () => {
    const me = await keeper();
    for (const [expiresIn, seconds] of [
      ['1d', DAY],
      ['7d', 7 * DAY],
      ['30d', 30 * DAY],
      ['90d', 90 * DAY],
      ['45d', 45 * DAY],
      ['never', NEVER],
      [3_600, 3_600],
      ['20s', 20],
      ['10m', 600],
      ['2h', 7_200],
      ['1y', 31_557_600],
      ['2 days', 2 * DAY],
      ['1w', 7 * DAY],
    ]) {
      const token = await makeKey(me.session, me.role, { expiresIn });
      const [, { iat, exp }] = decoded(token);
      assert.equal(exp - iat, seconds, `${expiresIn}`);
      assert.equal((await check(token)).id, me.id, `${expiresIn}`);
    }
  });

  it('refuses what is no lifetime', async () => {
    const me = await keeper();
    for (const expiresIn of [undefined, null, '', 'soon', '30', '-1d', 0, -5, 1.5, true, {}, [], '1.2.3d', 'd']) {
      const answer = refused(create(me.session, { name: fresh('key'), role: { name: me.role }, expiresIn }));
      assert.match(await answer, /^400 .*expiresIn/, JSON.stringify(expiresIn));
    }
    assert.equal((await list(me.session)).meta.count, 0);
  });

  it('needs a name, which may be used again', async () => {
    const me = await keeper();
    const made = (name) => create(me.session, { name, role: { name: me.role }, expiresIn: '1d' });
    for (const name of [undefined, null, '', '   ', 'x'.repeat(256)]) assert.match(await refused(made(name)), /^400 /);
    await ok(made('x'.repeat(255)));
    await ok(made('twice'));
    await ok(made('twice'));
    assert.equal((await list(me.session, { filter: { name: 'twice' } })).meta.count, 2);
  });

  it('needs a role its user holds at that moment, whichever the user acts in', async () => {
    const me = await keeper();
    const other = await role();
    const made = (value) => create(me.session, { name: fresh('key'), role: value, expiresIn: '1d' });
    for (const value of [{ name: other }, { name: 'root' }, { name: 'admin' }, { name: fresh('nothing') }, other]) {
      assert.equal(await refused(made(value)), '400 Role not found', JSON.stringify(value));
    }
    for (const value of [undefined, null, {}, { name: null }, { name: '' }, 5, []]) {
      assert.match(await refused(made(value)), /^400 /, JSON.stringify(value));
    }
    await body(admin.resource('users.roles', me.id).add({ values: [other] }));
    me.session.auth.setRole(me.role);
    const { token } = await ok(made({ name: other }));
    assert.equal((await ok(client(token).resource('roles').check())).role, other);
    await ok(made(me.role));
    assert.equal((await list(me.session)).meta.count, 2);
  });

  it('is for who may manage keys', async () => {
    const { session, api } = await holder('member');
    session.auth.setRole('member');
    for (const caller of [session, api]) {
      const there = caller.resource('apiKeys');
      assert.equal(await refused(there.list()), '403 No permissions');
      assert.equal(await refused(create(caller, { name: 'x', role: { name: 'member' }, expiresIn: '1d' })), '403 No permissions');
      assert.equal(await refused(there.destroy({ filterByTk: 1 })), '403 No permissions');
    }
    assert.equal(await refused(client().resource('apiKeys').list()), '401 EMPTY_TOKEN');
  });

  it('by a key whose role allows it gives none that outlives it', async () => {
    const name = await role({ snippets: ['pm.api-keys.configuration'] });
    const { api, id } = await holder(name, '2d');
    for (const expiresIn of ['never', '30d']) {
      assert.match(await refused(create(api, { name: 'x', role: { name }, expiresIn })), /^403 /);
    }
    const token = await makeKey(api, name, { expiresIn: '1d' });
    assert.equal((await check(token)).id, id);
  });
});

describe('listing keys', () => {
  it('shows what a screen shows, and never the key', async () => {
    const me = await keeper();
    for (const name of ['one', 'two', 'three']) await makeKey(me.session, me.role, { name, expiresIn: '7d' });
    const { data, meta } = await list(me.session, { appends: ['role'], sort: ['-id'], pageSize: 20 });
    assert.deepEqual(meta, { count: 3, page: 1, pageSize: 20, totalPage: 1 });
    assert.deepEqual(data.map((key) => key.name), ['three', 'two', 'one']);
    for (const key of data) {
      assert.equal(typeof key.id, 'number');
      assert.deepEqual([key.roleName, key.role.name, key.expiresIn], [me.role, me.role, '7d']);
      assert.equal(key.createdById, me.id);
      assert.match(key.createdAt, /^\d{4}-.*\.\d{3}Z$/);
      assert.equal(Date.parse(key.expiresAt) - Math.floor(Date.parse(key.createdAt) / 1000) * 1000, 7 * DAY * 1000);
    }
    assert.equal('role' in (await list(me.session)).data[0], false);
    const part = await list(me.session, { filter: { name: { $includes: 't' } }, fields: ['name'], sort: 'name', pageSize: 1 });
    assert.deepEqual(part, { data: [{ name: 'three' }], meta: { count: 2, page: 1, pageSize: 1, totalPage: 2 } });
  });

  it('shows everybody their own, root too', async () => {
    const [me, other] = [await keeper(), await keeper()];
    await makeKey(other.session, other.role, { name: 'foreign' });
    assert.deepEqual((await list(me.session)).data, []);
    const seen = await list(admin, { filter: { name: 'foreign' } });
    assert.equal(seen.data.some((key) => key.roleName === other.role), false);
  });

  it('tells when a key was last used, beside its state', async () => {
    const me = await keeper();
    const token = await makeKey(me.session, me.role);
    const [unused] = (await list(me.session)).data;
    assert.deepEqual([unused.requestCount, unused.lastUsedAt, unused.enabled], [0, null, true]);
    await check(token);
    // Figures are gathered for a moment before they can be read.
    const until = Date.now() + 20_000;
    let used;
    do [used] = (await list(me.session)).data;
    while (!used.lastUsedAt && Date.now() < until);
    assert.match(used.lastUsedAt, /^\d{4}-.*Z$/);
  });

  it('is one of three actions: keys are neither got nor changed', async () => {
    assert.equal(await refused(admin.resource('apiKeys').get({ filterByTk: 1 })), '404 Not Found');
    assert.equal(await refused(admin.resource('apiKeys').update({ filterByTk: 1, values: { name: 'x' } })), '404 Not Found');
  });
});

describe('ending keys', () => {
  it('takes effect with the next call', async () => {
    const me = await keeper();
    const token = await makeKey(me.session, me.role);
    assert.equal((await check(token)).id, me.id);
    const [{ id }] = (await list(me.session)).data;
    assert.equal(await ok(me.session.resource('apiKeys').destroy({ filterByTk: id })), 1);
    assert.equal(await refused(check(token)), '401 BLOCKED_TOKEN');
    assert.equal((await list(me.session)).meta.count, 0);
    assert.equal(await ok(me.session.resource('apiKeys').destroy({ filterByTk: id })), 0);
  });

  it('works for several at once, by filter and with DELETE', async () => {
    const me = await keeper();
    const there = me.session.resource('apiKeys');
    for (const name of ['a', 'b', 'c', 'd']) await makeKey(me.session, me.role, { name });
    const ids = (await list(me.session, { sort: 'id' })).data.map((key) => key.id);
    assert.equal(await ok(there.destroy({ filterByTk: ids.slice(0, 2) })), 2);
    assert.equal(await ok(there.destroy({ filter: { name: 'c' } })), 1);
    assert.deepEqual((await sendAs(me.session, 'DELETE', `apiKeys:destroy/${ids[3]}`)).json, { data: 1 });
    assert.match(await refused(there.destroy()), /^400 to do destroy action, filter or filterByTk is required$/);
  });

  it('does not reach foreign keys, root does not either', async () => {
    const [me, other] = [await keeper(), await keeper()];
    const token = await makeKey(other.session, other.role);
    const [{ id }] = (await list(other.session)).data;
    for (const caller of [me.session, admin]) {
      assert.equal(await ok(caller.resource('apiKeys').destroy({ filterByTk: id })), 0);
    }
    assert.equal(await ok(me.session.resource('apiKeys').destroy({ filterByTk: 99_999_999 })), 0);
    assert.equal((await check(token)).id, other.id);
  });

  it('happens to all keys of a user who is removed', async () => {
    const { id, token } = await holder('member');
    await ok(admin.resource('users').destroy({ filterByTk: id }));
    assert.match(await refused(check(token)), /^401 (BLOCKED_TOKEN|NOT_EXIST_USER)$/);
  });
});

describe('a key is refused', () => {
  let todos;
  before(async () => {
    todos = await collection([text('title')]);
  });
  const asked = (token) => refused(client(token).resource(todos).list());

  it('that is none, or was changed on the way', async () => {
    const { token } = await holder('admin');
    const [header, payload, signature] = token.split('.');
    const more = Buffer.from(JSON.stringify({ ...decoded(token)[1], roleName: 'root' })).toString('base64url');
    for (const wrong of [
      'nonsense',
      'a.b.c',
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      `${header}.${more}.${signature}`,
      `${token}x`,
      'x'.repeat(5_000),
    ]) {
      const { status, errors } = await refusal(client(wrong).resource(todos).list());
      assert.equal(status, 401, wrong);
      assert.deepEqual(errors, [
        { code: 'INVALID_TOKEN', message: 'Your session has expired. Please sign in again.' },
      ]);
    }
  });

  it('that is signed in another way', async () => {
    const { token } = await holder('admin');
    const payload = decoded(token)[1];
    for (const how of [
      { secret: 'another secret' },
      { secret: '' },
      { header: { alg: 'none', typ: 'JWT' } },
      { header: { alg: 'HS384', typ: 'JWT' }, hash: 'sha384' },
      { header: { alg: 'HS512', typ: 'JWT' }, hash: 'sha512' },
      { header: { alg: 'RS256', typ: 'JWT' } },
      { secret: Buffer.from(appKey, 'base64') },
    ]) {
      assert.equal(await asked(signed(payload, how)), '401 INVALID_TOKEN', JSON.stringify(how));
    }
    const bare = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    assert.equal(await asked(`${bare}.${token.split('.')[1]}.`), '401 INVALID_TOKEN');
    // Signed as it should be, the same payload is the same token.
    assert.equal(signed(payload), token);
  });

  it('that is over, or not valid yet', async () => {
    const { id, maker } = await holder('admin');
    const now = Math.floor(Date.now() / 1000);
    assert.equal(await asked(signed({ userId: id, roleName: 'admin', iat: now - 20, exp: now - 10 })), '401 INVALID_TOKEN');
    const later = { userId: id, roleName: 'admin', iat: now, nbf: now + 1_000, exp: now + 9_000 };
    assert.equal(await asked(signed(later)), '401 INVALID_TOKEN');
    const token = await makeKey(maker, 'admin', { expiresIn: '1s' });
    const until = Date.now() + 10_000;
    let said = 'not refused';
    while (said === 'not refused' && Date.now() < until) {
      said = await ok(client(token).resource(todos).list()).then(() => 'not refused', (e) => e.response.data.errors[0].code);
    }
    assert.equal(said, 'INVALID_TOKEN');
  });

  it('that was deleted', async () => {
    const { token, maker } = await holder('admin');
    const keys = await ok(maker.resource('apiKeys').list());
    await ok(maker.resource('apiKeys').destroy({ filterByTk: keys.map((key) => key.id) }));
    const { status, errors } = await refusal(client(token).resource(todos).list());
    assert.equal(status, 401);
    assert.deepEqual(errors, [{ code: 'BLOCKED_TOKEN', message: 'Your session has expired. Please sign in again.' }]);
  });

  it('whose role its user holds no longer, until it is given back', async () => {
    const name = await role({ strategy: { actions: ['view'] } });
    const { id, token, api } = await holder(name);
    await ok(api.resource(todos).list());
    const { roles } = await ok(admin.resource('users').get({ filterByTk: id, appends: ['roles'] }));
    const all = roles.map((r) => r.name);
    const others = all.filter((other) => other !== name);
    for (const [take, give] of [
      [() => admin.resource('users.roles', id).remove({ values: [name] }), () => admin.resource('users.roles', id).add({ values: [name] })],
      [() => admin.resource('users.roles', id).set({ values: others }), () => admin.resource('users.roles', id).set({ values: all })],
      [() => admin.resource('roles.users', name).remove({ values: [id] }), () => admin.resource('roles.users', name).add({ values: [id] })],
      [
        () => admin.resource('users').update({ filterByTk: id, values: { roles: others } }),
        () => admin.resource('users').update({ filterByTk: id, values: { roles: all } }),
      ],
    ]) {
      await take();
      assert.equal(await asked(token), '401 ROLE_NOT_FOUND_FOR_USER');
      await give();
      await ok(api.resource(todos).list());
    }
    await ok(admin.resource('roles').destroy({ filterByTk: name }));
    assert.match(await asked(token), /^401 /);
  });

  it('that was switched off, from the next call to the next call', async () => {
    const me = await keeper();
    const name = fresh('key');
    const token = await makeKey(me.session, me.role, { name });
    const id = await nativeKey(name);
    await native('POST', `keys/${id}/disable`, {});
    assert.equal(await refused(check(token)), '401 INVALID_TOKEN');
    assert.equal((await list(me.session)).data[0].enabled, false);
    await native('POST', `keys/${id}/enable`, {});
    assert.equal((await check(token)).id, me.id);
  });

  it('that is used too often, from elsewhere, or has no uses left', async () => {
    const me = await keeper();
    const name = fresh('key');
    const token = await makeKey(me.session, me.role, { name });
    const id = await nativeKey(name);
    const change = (values) => native('PATCH', `keys/${id}`, values);

    await change({ rate_limit: { max: 2, window_ms: 600_000 } });
    await check(token);
    await check(token);
    const { status, errors, headers } = await refusal(check(token));
    assert.equal(status, 429);
    assert.deepEqual(errors, [{ code: 'RATE_LIMITED', message: 'Too many requests' }]);
    assert.ok(Number(headers['retry-after']) > 0);
    assert.deepEqual([headers['ratelimit-limit'], headers['ratelimit-remaining']], ['2', '0']);
    assert.ok(Number(headers['ratelimit-reset']) > 0);

    await change({ rate_limit: null, remaining: 1 });
    await check(token);
    assert.equal(await refused(check(token)), '429 QUOTA_EXCEEDED');

    await change({ remaining: null, allowed_hosts: ['203.0.113.9'] });
    assert.equal(await refused(check(token)), '403 HOST_NOT_ALLOWED');
    await change({ allowed_hosts: null });
    assert.equal((await check(token)).id, me.id);
  });

  it('and a refusal can be looked up by its decision', async () => {
    const { api } = await keyWith({});
    const { headers } = await refusal(api.resource(todos).list());
    const { reason } = await native('GET', `decisions/${headers['x-decision-id']}`);
    assert.equal(typeof reason, 'string');
  });

  it('and what happened to keys is on record', async () => {
    const me = await keeper();
    const name = fresh('key');
    await makeKey(me.session, me.role, { name });
    const id = await nativeKey(name);
    const [{ id: num }] = (await list(me.session)).data;
    await ok(me.session.resource('apiKeys').destroy({ filterByTk: num }));
    const { items } = await native('GET', `audit?target=key/${id}`);
    assert.deepEqual(items.map((event) => event.action).sort(), ['key.create', 'key.revoke']);
    assert.ok(items.every((event) => event.actor.user));
  });
});
