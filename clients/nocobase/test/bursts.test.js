// Keys with limits, asked a hundred times at once through this dialect, on one connection and on many: exactly what is
// left is granted, a refill comes once, and what is switched off during a burst stays off.

import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { describe, it } from 'node:test';

import {
  admin, body, client, collection, fresh, holder, makeKey, native, nativeKey, nativeUser, ok, password, refused, role, text, url,
} from './world.js';

const TIMES = 100;
const names = ['on one connection', 'on many connections', 'without waiting for answers'];

/** A client with connections of its own: this many at most. */
function connected(token, sockets) {
  const api = client(token);
  api.axios.defaults.httpAgent = new Agent({ keepAlive: true, maxSockets: sockets });
  return api;
}

/** What a call came to: `200`, or `429 QUOTA_EXCEEDED`. */
const outcome = (call) =>
  call.then(
    ({ status }) => `${status}`,
    ({ response }) => `${response.status} ${response.data.errors[0].code ?? response.data.errors[0].message}`,
  );

const counted = (outcomes) => {
  const counts = {};
  for (const one of outcomes) counts[one] = (counts[one] ?? 0) + 1;
  return counts;
};

/** The same request so many times down one connection, none waiting for the answer of another. */
function pipelined(token, path, times) {
  const { hostname, port } = new URL(url);
  const request = `GET /api/${path} HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${token}\r\n\r\n`;
  return new Promise((resolve, reject) => {
    let heard = '';
    const socket = connect(port, hostname, () => socket.write(request.repeat(times)));
    socket.on('error', reject);
    socket.on('data', (data) => {
      heard += data;
      const outcomes = [...heard.matchAll(/HTTP\/1\.1 (\d+) [\s\S]*?\r\n\r\n(\{[^\r\n]*\})/g)];
      if (outcomes.length < times) return;
      socket.destroy();
      resolve(outcomes.map(([, status, said]) => (status === '200' ? status : `${status} ${JSON.parse(said).errors[0].code}`)));
    });
  });
}

/** A hundred calls at once, in each of the three ways. */
async function burst(way, token, at) {
  if (way === names[2]) return counted(await pipelined(token, `${at}:list?fields=id`, TIMES));
  const api = connected(token, way === names[0] ? 1 : TIMES);
  return counted(await Promise.all(Array.from({ length: TIMES }, () => outcome(api.resource(at).list({ fields: ['id'] })))));
}

/** Somebody who may list `at` with a key of this dialect, and one with a key of the other interface: `{id, token}` each. */
async function keysFor(at, limits = {}) {
  const name = await role({ resources: [{ name: at, actions: [{ name: 'view', fields: null }] }] });
  const somebody = await holder(name);
  const called = fresh('key');
  const token = await makeKey(somebody.maker, name, { name: called });
  const here = await native('PATCH', `keys/${await nativeKey(called)}`, limits);
  const made = await native('POST', 'keys', {
    name: fresh('key'), role: name, owner: `user:${await nativeUser(somebody.username)}`, ...limits,
  });
  return [
    { what: 'a key of this dialect', id: here.id, token, somebody, role: name },
    { what: 'a key of another interface', id: made.id, token: made.key, somebody, role: name },
  ];
}

const state = (id) => native('GET', `keys/${id}`);
const things = () => collection([text('title')]);

async function ledger(id) {
  const { items } = await native('GET', `keys/${id}/ledger?limit=200`);
  return items;
}
const sum = (numbers) => numbers.reduce((all, n) => all + n, 0);

describe('a hundred calls at once', () => {
  for (const way of names) {
    it(`${way} spend exactly the ten uses a key has left`, async () => {
      const at = await things();
      for (const { what, id, token } of await keysFor(at, { remaining: 10 })) {
        assert.deepEqual(await burst(way, token, at), { 200: 10, '429 QUOTA_EXCEEDED': 90 }, what);
        assert.equal((await state(id)).remaining, 0);
        assert.deepEqual(await burst(way, token, at), { '429 QUOTA_EXCEEDED': 100 }, what);
        const entries = await ledger(id);
        assert.equal(sum(entries.map((entry) => entry.amount)), 0);
        assert.equal(sum(entries.filter((entry) => entry.kind === 'debit').map((entry) => entry.grants)), 10);
      }
    });

    it(`${way} pass a window of ten exactly, and only those cost a use`, async () => {
      const at = await things();
      const limits = { rate_limit: { max: 10, window_ms: 600_000 }, remaining: 50 };
      for (const { what, id, token } of await keysFor(at, limits)) {
        assert.deepEqual(await burst(way, token, at), { 200: 10, '429 RATE_LIMITED': 90 }, what);
        assert.equal((await state(id)).remaining, 40);
      }
    });
  }

  it('by keys that share a person share nothing else', async () => {
    const at = await things();
    const keys = await keysFor(at, { remaining: 10 });
    const all = await Promise.all(keys.map(({ token }) => burst(names[1], token, at)));
    for (const one of all) assert.deepEqual(one, { 200: 10, '429 QUOTA_EXCEEDED': 90 });
  });

  it('of a key whose uses come back are granted them once', async () => {
    const at = await things();
    const limits = { remaining: 1, refill: { amount: 10, interval_ms: 4_000 } };
    const [{ id, token }] = await keysFor(at, limits);
    const api = connected(token, TIMES);
    const call = () => outcome(api.resource(at).list({ fields: ['id'] }));
    assert.equal(await call(), '200');
    // All ask until the uses are back, and on until they are gone again.
    let granted = 0;
    const until = Date.now() + 30_000;
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        while (Date.now() < until) {
          const seen = granted > 0;
          const said = await call();
          if (said === '200') granted += 1;
          else assert.equal(said, '429 QUOTA_EXCEEDED');
          if (said !== '200' && seen) return;
        }
      }),
    );
    assert.equal(granted, 10);
    const entries = await ledger(id);
    assert.deepEqual(entries.filter((entry) => entry.kind === 'refill').map((entry) => entry.amount), [10]);
    assert.equal(sum(entries.map((entry) => entry.amount)), (await state(id)).remaining);
  });

  it('are all counted', async () => {
    const at = await things();
    const [{ token, somebody }] = await keysFor(at, { remaining: 10 });
    await burst(names[1], token, at);
    const until = Date.now() + 20_000;
    let counts;
    do {
      counts = (await ok(somebody.maker.resource('apiKeys').list({ paginate: false }))).map((key) => key.requestCount);
    } while (!counts.includes(TIMES) && Date.now() < until);
    assert.ok(counts.includes(TIMES), `${counts}`);
  });
});

describe('what is taken away during a burst', () => {
  /**
   * Calls with the key from all sides, until the change is answered and for a while after it. What began before the
   * answer may pass; what began after it hears `said` and nothing else. How many were granted.
   */
  async function during(token, at, change, said) {
    const api = connected(token, 50);
    let granted = 0;
    let done = false;
    let after = 0;
    const wrong = [];
    const caller = async () => {
      while (after < 200 && !wrong.length) {
        const began = done;
        const heard = await outcome(api.resource(at).list({ fields: ['id'] }));
        if (heard === '200') granted += 1;
        if (heard !== said && (heard !== '200' || began)) wrong.push(`${heard}, ${began ? 'after' : 'before'} the answer`);
        if (began) after += 1;
      }
    };
    const callers = Array.from({ length: 50 }, caller);
    // In the middle of it: some were answered already.
    while (granted < 20 && !wrong.length) await new Promise((next) => setImmediate(next));
    await change();
    done = true;
    await Promise.all(callers);
    assert.deepEqual(wrong, []);
    assert.equal(await outcome(client(token).resource(at).list()), said);
    return granted;
  }

  const written = { remaining: 1_000_000, rate_limit: { max: 1_000_000, window_ms: 600_000 } };

  it('a key that is switched off stays off, and its uses are counted to the last', async () => {
    const at = await things();
    for (const { what, id, token } of await keysFor(at, written)) {
      const granted = await during(token, at, () => native('POST', `keys/${id}/disable`, {}), '401 INVALID_TOKEN');
      const { enabled, remaining } = await state(id);
      assert.deepEqual([enabled, remaining], [false, 1_000_000 - granted], what);
    }
  });

  it('a key that is deleted by its owner stays deleted', async () => {
    const at = await things();
    const [{ id, token, somebody }] = await keysFor(at, written);
    const keys = await ok(somebody.maker.resource('apiKeys').list({ paginate: false }));
    const mine = await state(id);
    const row = keys.find((key) => key.name === mine.name);
    await during(token, at, () => ok(somebody.maker.resource('apiKeys').destroy({ filterByTk: row.id })), '401 BLOCKED_TOKEN');
    const left = await ok(somebody.maker.resource('apiKeys').list({ paginate: false }));
    assert.ok(left.every((key) => key.name !== mine.name || key.enabled === false));
  });

  it('a limit that is set holds for the rest', async () => {
    const at = await things();
    const [{ id, token }] = await keysFor(at, written);
    await during(token, at, () => native('PATCH', `keys/${id}`, { remaining: 0 }), '429 QUOTA_EXCEEDED');
    assert.equal((await state(id)).remaining, 0);
  });

  it('a role is not held again', async () => {
    const at = await things();
    const [{ token, somebody, role: name }] = await keysFor(at, written);
    const of = admin.resource('users.roles', somebody.id);
    await during(token, at, () => body(of.remove({ values: [name] })), '401 ROLE_NOT_FOUND_FOR_USER');
    assert.ok(!(await ok(of.list())).some((held) => held.name === name));
  });

  it('a role grants no more than it does', async () => {
    const at = await things();
    const [{ token, role: name }] = await keysFor(at, written);
    const nothing = { filterByTk: name, values: { resources: [{ name: at, actions: [] }] } };
    await during(token, at, () => ok(admin.resource('roles').applyDataPermissions(nothing)), '403 No permissions');
    const [entry] = await ok(admin.resource('roles.dataSourceResources', name).list({ appends: ['actions'] }));
    assert.deepEqual(entry.actions, []);
  });

  it('a person who was removed is nobody', async () => {
    const at = await things();
    const [{ token, somebody }] = await keysFor(at, written);
    await during(token, at, () => ok(admin.resource('users').destroy({ filterByTk: somebody.id })), '401 NOT_EXIST_USER');
    assert.match(await refused(client().auth.signIn({ account: somebody.username, password })), /^401 /);
  });
});
