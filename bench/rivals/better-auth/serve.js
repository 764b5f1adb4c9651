// The real better-auth with its api-key plugin on an SQLite file, over HTTP: `node serve.js FOLDER PORT`.
// Two actions have no route there, because only a program that runs better-auth in itself may call them: verifying a
// key, and making one with what no client may set. They get a handler as thin as one can be. Everything else goes to
// better-auth's own.
import { createServer } from 'node:http';
import Database from 'better-sqlite3';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { bearer } from 'better-auth/plugins';
import { apiKey } from '@better-auth/api-key';

const [folder, port] = process.argv.slice(2);
const database = new Database(`${folder}/better-auth.db`);
// Not what it does by itself: without it every verification, which writes down its time, would wait for the disk.
database.pragma('journal_mode = WAL');
database.pragma('synchronous = NORMAL');
const auth = betterAuth({
  database,
  baseURL: `http://127.0.0.1:${port}`,
  secret: 'a-secret-of-sufficient-length-0123456789',
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  plugins: [bearer(), apiKey({ rateLimit: { enabled: false } })],
});
await (await getMigrations(auth.options)).runMigrations();

const actions = {
  '/api/auth/api-key/verify': (body) => auth.api.verifyApiKey({ body }),
  '/api/auth/api-key/create': (body) => auth.api.createApiKey({ body }),
};
const theirs = toNodeHandler(auth);

async function answer(action, request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  let status = 200;
  let text;
  try {
    text = JSON.stringify(await action(JSON.parse(Buffer.concat(chunks).toString())));
  } catch (error) {
    status = error.statusCode ?? 500;
    text = JSON.stringify({ message: String(error) });
  }
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

const server = createServer((request, response) => {
  const action = actions[request.url];
  return action ? answer(action, request, response) : theirs(request, response);
});
server.listen(Number(port), '127.0.0.1');
