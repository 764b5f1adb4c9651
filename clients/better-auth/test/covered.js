// Run when all other files are done: the client has heard every code that the real package declares and some route can
// say, in the words of the package; and every line of the door's own catalogue (the golden file of its tests, so that a
// code that is new there and unknown here fails) was brought about, with its status.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, it } from 'node:test';

import { API_KEY_ERROR_CODES } from '@better-auth/api-key/client';

import { binary } from './servers.js';

/** Declared by the package and said by no route of it, nor of this server. */
const NEVER = [
  'INVALID_API_KEY_GETTER_RETURN_TYPE',
  'INVALID_REMAINING',
  'INVALID_USER_ID_FROM_API_KEY',
  'KEY_NOT_RECOVERABLE',
  // Its words are those of RATE_LIMITED, which is what verifications say.
  'RATE_LIMIT_EXCEEDED',
];

const folder = new URL('../.heard/', import.meta.url);
const heard = readdirSync(folder).flatMap((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')));
const ofClient = heard.filter(({ how }) => how === 'client');

/** Code, words and status of every line of the door's catalogue. */
const golden = readFileSync(new URL('../../../doors/better-auth/tests/golden/denials.txt', import.meta.url), 'utf8');
const catalogue = golden.split('# catalogue\n')[1].trim().split('\n').map((line) => {
  const [, status, code, message] = line.match(/^(\d+) (\w+) (.*)$/);
  return { status: Number(status), code, message };
});

describe('the suite', { skip: binary ? false : 'KEYWARD_BIN is not set, so not everything was run' }, () => {
  it('has heard through the client every code of the package that a route can say, in its words', () => {
    const theirs = Object.values(API_KEY_ERROR_CODES).filter(({ code }) => !NEVER.includes(code));
    const missing = theirs.filter(({ code, message }) => !ofClient.some((one) => one.code === code && one.message === message));
    assert.deepEqual(missing.map(({ code }) => code), []);
    assert.deepEqual(NEVER.filter((code) => !(code in API_KEY_ERROR_CODES) || heard.some((one) => one.code === code)), []);
    for (const code of ['UNAUTHORIZED', 'RATE_LIMITED']) assert.ok(ofClient.some((one) => one.code === code), code);
  });

  it('has heard those codes with the status they are listed with', () => {
    const theirs = [...Object.keys(API_KEY_ERROR_CODES), 'UNAUTHORIZED', 'RATE_LIMITED'];
    const listed = catalogue.filter(({ code }) => theirs.includes(code));
    const missing = listed.filter(({ code, status }) => !ofClient.some((one) => one.code === code && one.status === status));
    assert.deepEqual(missing.map(({ code, status }) => `${status} ${code}`), []);
  });

  it('has brought about every refusal the door has words for', () => {
    const is = (want) => (one) => ['status', 'code', 'message'].every((name) => one[name] === want[name]);
    assert.deepEqual(catalogue.filter((want) => !heard.some(is(want))).map(({ status, code }) => `${status} ${code}`), []);
  });
});
