// What the tests share: the administrator, people, pages of blocks, and a stranger's server that remembers who called. Needs
// KEYWARD_URL, KEYWARD_ADMIN_EMAIL and KEYWARD_ADMIN_PASSWORD; KEYWARD_BIN for servers with other settings.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const home = {
  url: (process.env.KEYWARD_URL ?? 'http://127.0.0.1:7420').replace(/\/$/, ''),
  email: process.env.KEYWARD_ADMIN_EMAIL,
  password: process.env.KEYWARD_ADMIN_PASSWORD,
};
export const password = 'correct horse battery';

const mark = `${Date.now().toString(36)}${process.pid.toString(36)}`;
let count = 0;
export const fresh = (word) => `${word}_${mark}_${(count += 1)}`;

/** Calls of one person against one server. */
export function caller(url, token) {
  return async (path, data, { fails = false } = {}) => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const init = data === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(data) };
    const response = await fetch(`${url}/api/${path}`, init);
    const body = await response.json();
    if (fails) return { status: response.status, ...body };
    assert.equal(response.status, 200, `${path}: ${JSON.stringify(body)}`);
    return body.data;
  };
}

export async function signIn(url, account, secret = password) {
  const { token } = await caller(url)('auth:signIn', { account, password: secret });
  return { token, api: caller(url, token) };
}

/** The guide's collection, a role for it, and a key of that role. */
export async function todos(url, { token, api }) {
  const [name, role] = [fresh('todos'), fresh('role')];
  await api('collections:create', { name, fields: [{ name: 'title', type: 'string' }, { name: 'completed', type: 'boolean' }] });
  for (const title of ['eat food', 'sleep', 'play games']) await api(`${name}:create`, { title, completed: false });
  await api('roles:create', { name: role, title: role });
  await api(`roles/${role}/dataSourceResources:create`, {
    name, dataSourceKey: 'main', usingActionsConfig: true, actions: ['view', 'create', 'update', 'destroy'].map((action) => ({ name: action, fields: ['id', 'title', 'completed'] })),
  });
  const me = await api('auth:check');
  await api(`users/${me.id}/roles:add`, [role]).catch(() => {});
  const made = await api('apiKeys:create', { name: role, role: { name: role }, expiresIn: '1d' });
  return { name, role, key: made.token, token };
}

/** A page with these blocks; answers its address. */
export async function pageOf(url, { api }, ...codes) {
  const { id } = await api('uiPages:create', { title: fresh('page'), blocks: codes.map((code, at) => ({ title: `block ${at + 1}`, code })) });
  return { id, address: `${url}/nocobase/#/pages/${id}`, edit: `${url}/nocobase/#/pages/${id}/edit` };
}

/** Somebody else's server. `answers` are bodies by path; `calls` what it was asked for. */
export async function stranger(answers = {}) {
  const calls = [];
  const server = createServer((request, response) => {
    calls.push(request.url);
    const [type, body] = answers[request.url.split('?')[0]] ?? ['text/plain', 'nothing'];
    response.writeHead(200, { 'content-type': type, 'access-control-allow-origin': '*' });
    response.end(body);
  });
  server.on('upgrade', (request, socket) => {
    calls.push(`upgrade ${request.url}`);
    socket.destroy();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, calls, close: () => new Promise((resolve) => server.close(resolve)) };
}

/** A Keyward with other settings. */
export async function started(settings) {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-page-'));
  const account = { email: 'admin@example.org', password: 'an administrator of its own' };
  const env = {
    // What is there for the tests is no setting of a server.
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('KEYWARD_'))), KEYWARD_DATA: folder, KEYWARD_ADMIN_EMAIL: account.email, KEYWARD_ADMIN_PASSWORD: account.password,
    KEYWARD_IP_RATE_LIMIT: 'off', ...settings,
  };
  const child = spawn(process.env.KEYWARD_BIN, ['serve', '--listen', '127.0.0.1:0', '--json'], { env, cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  const url = JSON.parse(line).listening;
  const stop = async () => {
    child.removeAllListeners('exit');
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill();
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  /** What a command on its data folder prints. */
  const command = (words, more = {}) => execFileSync(process.env.KEYWARD_BIN, words, { env: { ...env, ...more }, cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  return { url, ...account, command, stop };
}

/** Waits until `look` answers something true; says what it was about when it never does. */
export async function until(what, look, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await look();
    if (value) return value;
    if (Date.now() > end) assert.fail(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
