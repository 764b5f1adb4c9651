// More servers than the one the tests are given: settings are read at the start, so other ones need another process.
// Needs KEYWARD_BIN, the program.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

/** Runs `test({url, rootKey})` against a server with these settings (`{KEYWARD_…}`) and configurations. */
export async function withServer({ configs, settings = {} }, test) {
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
  const child = spawn(binary, args, { cwd: folder, env, stdio: 'ignore' });
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
