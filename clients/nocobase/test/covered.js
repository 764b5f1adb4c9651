// Run when all other files are done: every action the door serves was called through the SDK and answered, and every
// refusal it has words for was heard. What there is comes from the golden files of the door's own tests, so that an
// action or a code that is new there and unknown here fails.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, it } from 'node:test';

const heard = new URL('../.heard/', import.meta.url);
const golden = (name) =>
  readFileSync(new URL(`../../../doors/nocobase/tests/it/${name}.golden`, import.meta.url), 'utf8').trim().split('\n');

/** Actions that never succeed, and why. */
const NEVER = {
  'dbViews:get': 'there are no views',
};

const runs = readdirSync(heard).map((name) => JSON.parse(readFileSync(new URL(name, heard), 'utf8')));
const all = (what) => new Set(runs.flatMap((run) => run[what]));

const served = golden('actions').map((line) => line.split(' ')[0]);
const reserved = new Set(served.map((name) => name.split(/[.:]/)[0]));

/** As the table of actions names it: collections of the tests are any collection. */
function inTable(call) {
  const [place, action] = call.split(':');
  const [resource, association] = place.split('.');
  if (reserved.has(resource)) return call;
  return `${association ? '*.*' : '*'}:${action}`;
}

/** What PROOF.md names: `file` "group". */
const named = [...readFileSync(new URL('../PROOF.md', import.meta.url), 'utf8').matchAll(/`(\w+)` "([^"]+)"/g)];

describe('the suite', () => {
  it('has every group of tests that is named as a proof', () => {
    assert.ok(named.length > 60, `${named.length}`);
    const missing = named.filter(([, file, group]) => {
      const tests = readFileSync(new URL(`${file}.test.js`, import.meta.url), 'utf8');
      return !tests.replaceAll("\\'", "'").includes(`describe('${group}'`);
    });
    assert.deepEqual(missing.map(([proof]) => proof), []);
  });

  it('was heard at all', () => assert.ok(runs.length > 10));

  it('has called every action the door serves, and was answered', () => {
    const answered = new Set([...all('calls')].filter((call) => call.endsWith(' 200')).map((call) => inTable(call.split(' ')[0])));
    assert.deepEqual(served.filter((name) => !answered.has(name) && !NEVER[name]), []);
    assert.deepEqual(Object.keys(NEVER).filter((name) => answered.has(name) || !served.includes(name)), []);
  });

  it('was refused each of them, where anybody is', () => {
    const called = new Set([...all('calls')].filter((call) => !call.endsWith(' 200')).map((call) => inTable(call.split(' ')[0])));
    const guarded = golden('actions').filter((line) => !line.endsWith('open to everybody')).map((line) => line.split(' ')[0]);
    assert.deepEqual(guarded.filter((name) => !called.has(name)), []);
  });

  it('was refused for every reason the door has words for', () => {
    const refusals = all('refusals');
    const words = golden('denied').map((line) => {
      const [, status, body] = line.match(/: (\d+) (.*)$/);
      const [{ code, message }] = JSON.parse(body).errors;
      return `${status} ${code ?? message}`;
    });
    assert.deepEqual([...new Set(words)].filter((said) => !refusals.has(said)), []);
  });
});
