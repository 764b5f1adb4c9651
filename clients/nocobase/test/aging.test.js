// A sign-in token that is a minute old on this server: it is answered with a new one, which takes its place.

import './open.js';

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { body, client, holder, ok, person, refused } from './world.js';

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const check = (token) => client(token).resource('auth').check();

describe('a token that is used after its life', () => {
  it('is exchanged once, and dies', async () => {
    const { session, id } = await person();
    const key = await holder('member');
    const old = session.auth.getToken();
    assert.equal((await check(old)).headers['x-new-token'], undefined);
    await sleep(60_500);

    const answers = await Promise.all(Array.from({ length: 8 }, () => check(old)));
    const tokens = answers.map((answer) => answer.headers['x-new-token']).filter(Boolean);
    assert.equal(tokens.length, 1);
    assert.ok(answers.every((answer) => answer.data.data.id === id));
    assert.equal((await ok(check(tokens[0]))).id, id);
    assert.equal((await check(tokens[0])).headers['x-new-token'], undefined);
    // A key is what it is.
    assert.equal((await check(key.token)).headers['x-new-token'], undefined);

    // Requests that were on their way together are answered for a moment; then the old one is over.
    const until = Date.now() + 60_000;
    let said;
    do {
      await sleep(500);
      said = await ok(check(old)).then(() => 'answered', (e) => e.response.data.errors[0].code);
    } while (said === 'answered' && Date.now() < until);
    assert.equal(said, 'TOKEN_RENEW_FAILED');
    assert.equal((await ok(check(tokens[0]))).id, id);
    assert.deepEqual(await body(client(tokens[0]).auth.signOut()), {});
    assert.equal(await refused(check(tokens[0])), '401 BLOCKED_TOKEN');
  });
});
