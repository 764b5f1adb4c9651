// What the tests share: clients as a program makes them, the administrator, people with roles and keys, collections
// nobody else uses. Needs KEYWARD_URL, KEYWARD_ADMIN_EMAIL, KEYWARD_ADMIN_PASSWORD and KEYWARD_ROOT_KEY, and a server
// started with server/keyward.toml. Names are new each time, so that files run in any order and more than once.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import sdk from '@nocobase/sdk';

import { record } from './record.js';

export const url = (process.env.KEYWARD_URL ?? 'http://127.0.0.1:7420').replace(/\/$/, '');
/** Where the door answers; a server may have another path for it besides. */
export const baseURL = `${url}/api/`;
export const email = process.env.KEYWARD_ADMIN_EMAIL;
export const adminPassword = process.env.KEYWARD_ADMIN_PASSWORD;
export const rootKey = process.env.KEYWARD_ROOT_KEY;
export const password = 'correct horse battery';

const settings = readFileSync(new URL('../server/keyward.toml', import.meta.url), 'utf8');
/** What the server signs tokens with. */
export const appKey = settings.match(/^app_key = "(.*)"$/m)[1];

const mark = `${Date.now().toString(36)}${process.pid.toString(36)}`;
let count = 0;

/** A name nobody had before. */
export const fresh = (word) => `${word}_${mark}_${(count += 1)}`;

/** A client as a page or a script makes it. */
export function client(token, headers = {}, base = baseURL) {
  const api = new sdk.APIClient({ baseURL: base, headers });
  record(api.axios);
  if (token) api.auth.setToken(token);
  return api;
}

export async function signedIn(account, secret = password) {
  const api = client();
  await api.auth.signIn({ account, password: secret });
  return api;
}

/** The administrator. */
export const admin = await signedIn(email, adminPassword);

/** The data of a call that must succeed. */
export async function ok(call) {
  const answer = await call;
  assert.equal(answer.status, 200);
  return answer.data.data;
}

/** The whole body of a call that must succeed. */
export const body = async (call) => (await call).data;

/** Status, errors and headers of a call that must be refused, in the envelope of the dialect. */
export async function refusal(call) {
  const error = await call.then(
    (answer) => assert.fail(`was not refused: ${JSON.stringify(answer.data)}`),
    (e) => e,
  );
  if (!error.response) throw error;
  const { status, headers, data } = error.response;
  assert.ok(Array.isArray(data.errors) && data.errors[0].message, JSON.stringify(data));
  assert.ok(headers['x-decision-id'], 'every answer has a decision id');
  return { status, headers, errors: data.errors };
}

const inShort = (status, [{ code, message }]) => `${status} ${code ?? message}`;

/** The same in short: `403 No permissions`, `401 EMPTY_TOKEN`. */
export async function refused(call) {
  const { status, errors } = await refusal(call);
  return inShort(status, errors);
}

/** A request the SDK has no words for: `{status, headers, text, json, said}`. */
export async function send(method, path, { token, body: content, headers = {}, base = baseURL } = {}) {
  const all = { ...(token && { authorization: `Bearer ${token}` }), ...headers };
  const raw = content === undefined || typeof content === 'string' || content instanceof Uint8Array;
  if (!raw) all['content-type'] = 'application/json';
  const answer = await fetch(base + path, { method, headers: all, body: raw ? content : JSON.stringify(content) });
  const text = await answer.text();
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    // No JSON: the text is all there is.
  }
  const said = json?.errors ? inShort(answer.status, json.errors) : `${answer.status}`;
  return { status: answer.status, headers: answer.headers, text, json, said };
}

/** The same by the administrator. */
export const sendAs = (api, method, path, more = {}) => send(method, path, { token: api.auth.getToken(), ...more });

/** A call of the native interface by the operator, for what this dialect has no words for. */
export async function native(method, path, content) {
  const headers = { authorization: `Bearer ${rootKey}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/v1/${path}`, { method, headers, body: content && JSON.stringify(content) });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

/** The id of a user, or of a key, in the native interface. */
export async function nativeUser(username) {
  const { items } = await native('GET', `users?name=${username}`);
  return items.find((user) => user.username === username).id;
}

export async function nativeKey(name) {
  const { items } = await native('GET', `keys?name=${name}`);
  return items.find((key) => key.name === name).id;
}

export const text = (name, more = {}) => ({ name, type: 'string', ...more });

/** A collection with these fields: its name. */
export async function collection(fields, more = {}) {
  const name = fresh('c');
  await ok(admin.resource('collections').create({ values: { name, fields, ...more } }));
  return name;
}

/** A role: its name. `resources`: what it may do in single collections. */
export async function role({ resources = [], ...values } = {}) {
  const name = fresh('r');
  await ok(admin.resource('roles').create({ values: { name, title: name, ...values } }));
  if (resources.length) await grant(name, resources);
  return name;
}

/** What a role may do in these collections from now on. */
export const grant = (name, resources) =>
  ok(admin.resource('roles').applyDataPermissions({ filterByTk: name, values: { resources } }));

/** Somebody with these roles, signed in: `{id, username, session}`. */
export async function person(roles = []) {
  const username = fresh('u');
  const { id } = await ok(admin.resource('users').create({ values: { username, password, nickname: username, roles } }));
  return { id, username, session: await signedIn(username) };
}

/** A role that may make keys and nothing else. */
const keyMaker = await role({ snippets: ['pm.api-keys.configuration'] });

/** Somebody who holds the role, and a key in it: `{id, username, session, token, api}`. */
export async function holder(name, expiresIn = '1d') {
  const somebody = await person([name, keyMaker]);
  const maker = client(somebody.session.auth.getToken(), { 'X-Role': keyMaker });
  const token = await makeKey(maker, name, { expiresIn });
  return { ...somebody, maker, token, api: client(token) };
}

/** The token of a new key. */
export async function makeKey(api, name, more = {}) {
  const values = { name: fresh('key'), role: { name }, expiresIn: '1d', ...more };
  return (await ok(api.resource('apiKeys').create({ values }))).token;
}

/** A key for a role made of these rights. */
export const keyWith = async (rights) => holder(await role(rights));

/** Header and payload of a token. */
export const decoded = (token) =>
  token.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));

export const titles = async (api, name, params) => (await ok(api.resource(name).list(params))).map((row) => row.title);
