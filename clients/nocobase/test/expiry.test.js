// A sign-in that is too old: a minute, on this server.

import './brief.js';

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { client, holder, ok, refusal, signedIn } from './world.js';

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

describe('a sign-in that is too old', () => {
  it('is over, its keys are not', async () => {
    const { username, session, token } = await holder('member');
    const check = (api) => api.resource('auth').check();
    assert.equal((await ok(check(session))).username, username);
    await sleep(61_000);
    const { status, errors } = await refusal(check(session));
    assert.equal(status, 401);
    assert.deepEqual(errors, [
      { code: 'EXPIRED_SESSION', message: 'Your session has expired. Please sign in again.' },
    ]);
    assert.equal((await ok(check(client(token)))).username, username);
    assert.equal((await ok(check(await signedIn(username)))).username, username);
  });
});
