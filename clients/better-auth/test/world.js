// What the tests share: clients as a program makes them, people who sign up, and the operator.
// Needs KEYWARD_URL and KEYWARD_ROOT_KEY.

import assert from 'node:assert/strict';

import { apiKeyClient } from '@better-auth/api-key/client';
import { createAuthClient } from 'better-auth/client';
import { organizationClient } from 'better-auth/client/plugins';

import { hooks, noteRaw } from './record.js';

export const url = (process.env.KEYWARD_URL ?? 'http://127.0.0.1:7420').replace(/\/$/, '');
export const rootKey = process.env.KEYWARD_ROOT_KEY;
export const password = 'correct horse battery';

const mark = Date.now().toString(36);
let count = 0;

/** A name nobody had before. */
export const fresh = (word) => `${word}-${mark}-${process.pid}-${(count += 1)}`;

/** A client with these headers on every call. Programs have no page, so they name their origin themselves. */
export function client(headers = {}, baseURL = url) {
  return createAuthClient({
    baseURL,
    plugins: [apiKeyClient(), organizationClient()],
    fetchOptions: { headers: { origin: baseURL, ...headers }, ...hooks },
  });
}

export const bearer = (token, baseURL) => client({ authorization: `Bearer ${token}` }, baseURL);

/** The operator: the root key as bearer. */
export const server = bearer(rootKey);

/** A POST to a path that the client has no typed function for. */
export const call = (auth, path, body) => auth.$fetch(path, { method: 'POST', body });

/** The data of a call that must succeed. */
export async function ok(answer) {
  const { data, error } = await answer;
  assert.equal(error, null, JSON.stringify(error));
  return data;
}

/** Status and code of a call that must be refused. */
export async function refused(answer) {
  const { data, error } = await answer;
  assert.ok(error, `was not refused: ${JSON.stringify(data)}`);
  return error.code === undefined ? `${error.status}` : `${error.status} ${error.code}`;
}

/** Somebody who signs up: `{id, email, token, auth}`. */
export async function person(word = 'ada', baseURL = url) {
  const email = `${fresh(word)}@example.org`;
  const { token, user } = await ok(client({}, baseURL).signUp.email({ name: word, email, password }));
  return { id: user.id, email, token, auth: bearer(token, baseURL) };
}

/** Switches somebody off or on, as an administrator does at another interface of the server. */
export async function setActive({ id }, active, { base = url, key = rootKey } = {}) {
  const answer = await fetch(`${base}/v1/users/${id}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ active }),
  });
  assert.equal(answer.status, 200);
}

/** A request as it is, below the client: `{status, type, body, headers}`. No origin unless one is named. */
export async function raw(method, path, { headers = {}, body: sent, base = url } = {}) {
  const response = await fetch(`${base}/api/auth${path}`, { method, headers, body: sent });
  const text = await response.text();
  const type = response.headers.get('content-type');
  const body = type === 'application/json' ? JSON.parse(text || 'null') : text;
  if (type === 'application/json') noteRaw(response.status, body);
  return { status: response.status, type, body, headers: response.headers };
}

/** [`raw`] with a JSON body. */
export const post = (path, body, headers = {}) =>
  raw('POST', path, { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } });

/** Status and code of a raw answer. */
export const said = ({ status, body }) => (body?.code === undefined ? `${status}` : `${status} ${body.code}`);

/** A key the server makes for somebody. */
export const keyFor = ({ id }, more = {}) => ok(server.apiKey.create({ userId: id, ...more }));

/** What a verification says: `ok` or its code. */
export async function verdict({ key }, more = {}) {
  const { valid, error } = await ok(server.apiKey.verify({ key, ...more }));
  return valid ? 'ok' : error.code;
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
