// Servers besides the ones the tests are given: one at its first start, one that took over a real installation. Needs
// KEYWARD_BIN, the program.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const binary = process.env.KEYWARD_BIN;

/** Databases the real product wrote, and the keys that were in them. */
const fixtures = new URL('../../../crates/keyward/tests/fixtures/', import.meta.url);
export const fixture = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, fixtures), 'utf8'));

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function untilReady(base, child) {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    const up = await fetch(`${base}app:getInfo`).catch(() => undefined);
    if (up?.ok) return;
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Takes a database of the fixtures over into a data folder: the report. */
async function take(name, folder, env) {
  const from = fileURLToPath(new URL(`${name}.db`, fixtures));
  const args = ['--data', join(folder, 'data'), 'import', '--from', 'nocobase', from, '--apply', '--json'];
  const child = spawn(binary, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (data) => (said += data));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the import of ${name} ended with ${code}`);
  return JSON.parse(said);
}

/** Runs `test({base, report})` against a server with these settings, with what was in a database of the fixtures (`taken`). */
export async function withServer({ settings = {}, taken }, test) {
  const folder = await mkdtemp(join(tmpdir(), 'keyward-nocobase-'));
  const port = await freePort();
  const base = `http://127.0.0.1:${port}/api/`;
  const inherited = Object.entries(process.env).filter(([name]) => !/^(KEYWARD_|INIT_ROOT_)/.test(name));
  const env = { ...Object.fromEntries(inherited), KEYWARD_IP_RATE_LIMIT: 'off', ...settings };
  if (taken) env.KEYWARD_APP_KEY = fixture(taken).app_key;
  let child;
  try {
    const report = taken && (await take(taken, folder, env));
    const args = ['--data', join(folder, 'data'), 'serve', '--listen', `127.0.0.1:${port}`];
    child = spawn(binary, args, { cwd: folder, env, stdio: 'ignore' });
    await untilReady(base, child);
    return await test({ base, report });
  } finally {
    if (child && child.exitCode === null) {
      child.kill();
      await once(child, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  }
}
