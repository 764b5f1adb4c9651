// More servers than the one the tests are given: settings are read at the start, so other ones need another process.
// Needs KEYWARD_BIN, the program.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const binary = process.env.KEYWARD_BIN;

const rootKey = 'a-root-key-of-servers-with-other-settings';

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function untilReady(url, child) {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    const up = await fetch(`${url}/api/auth/ok`).catch(() => undefined);
    if (up?.ok) return;
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Databases that real installations wrote, and what was in them. */
const fixtures = new URL('../../../crates/keyward/tests/fixtures/', import.meta.url);
export const fixture = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, fixtures), 'utf8'));

export const fixtureFile = (name) => fileURLToPath(new URL(name, fixtures));

/** Takes a database of the fixtures over into the data folder of a server that does not run. */
async function take(name, more, { cwd, env }) {
  const args = ['--data', join(cwd, 'data'), 'import', '--from', 'better-auth', '--apply'];
  const child = spawn(binary, [...args, fixtureFile(`${name}.db`), ...more], { cwd, env, stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`the import of ${name} ended with ${code}`);
}

/**
 * The program with room for files of this size and no more, as on a full disk. A write beyond ends a process, unless it
 * has been told before to take it as a failure.
 */
const cramped = (kib, args) => ['sh', ['-c', `trap '' XFSZ; ulimit -f ${2 * kib}; exec "$0" "$@"`, binary, ...args]];

/**
 * Runs `test({url, rootKey})` against a server with these settings (`{KEYWARD_…}`) and configurations, with what was in
 * a database of the fixtures (`taken`, and `more` arguments of the import), on a disk with room for files of `kib`.
 */
export async function withServer({ configs, settings = {}, taken, more = [], kib }, test) {
  const folder = await mkdtemp(join(tmpdir(), 'keyward-better-auth-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const inherited = Object.entries(process.env).filter(([name]) => !/^(KEYWARD_|INIT_ROOT_)/.test(name));
  const env = {
    ...Object.fromEntries(inherited),
    KEYWARD_ROOT_KEY: rootKey,
    KEYWARD_SIGNUP: 'open',
    KEYWARD_IP_RATE_LIMIT: 'off',
    ...settings,
  };
  if (configs) {
    await writeFile(join(folder, 'configs.json'), JSON.stringify(configs));
    env.KEYWARD_BETTER_AUTH_CONFIGS = 'configs.json';
  }
  const args = ['--data', join(folder, 'data'), 'serve', '--listen', `127.0.0.1:${port}`];
  if (taken) await take(taken, more, { cwd: folder, env });
  const [program, all] = kib ? cramped(kib, args) : [binary, args];
  const child = spawn(program, all, { cwd: folder, env, stdio: 'ignore' });
  try {
    await untilReady(url, child);
    return await test({ url, rootKey });
  } finally {
    if (child.exitCode === null) {
      child.kill();
      await once(child, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  }
}
