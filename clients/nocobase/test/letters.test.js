// A server that sends letters and sets cookies: a lost password is set anew by a link, and pages stay signed in without a
// token in reach of their scripts. The mail server is one of this file's own.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';

import { withServer } from './servers.js';
import { client, ok, refusal, refused, send } from './world.js';

const boss = { INIT_ROOT_EMAIL: 'boss@example.com', INIT_ROOT_PASSWORD: 'the first password', INIT_ROOT_USERNAME: 'boss' };

/** Takes every letter there is: `{port, next(), count(), close()}`. */
async function postOffice() {
  const letters = [];
  const waiting = [];
  const server = createServer((socket) => {
    let inside = false;
    let letter = '';
    let rest = '';
    socket.on('error', () => {});
    socket.write('220 post office\r\n');
    socket.on('data', (data) => {
      rest += data;
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (!inside) {
          inside = line.toUpperCase() === 'DATA';
          socket.write(inside ? '354 go on\r\n' : line.toUpperCase() === 'QUIT' ? '221 bye\r\n' : '250 yes\r\n');
        } else if (line === '.') {
          inside = false;
          letters.push(letter);
          waiting.shift()?.(letter);
          letter = '';
          socket.write('250 taken\r\n');
        } else letter += `${line}\n`;
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: server.address().port,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    count: () => letters.length,
    close: () => server.close(),
  };
}

/** The text of a letter, however its lines were broken. */
function read(letter) {
  const [head, ...body] = letter.split('\n\n');
  const text = body.join('\n\n');
  if (/^content-transfer-encoding: base64/im.test(head)) return Buffer.from(text, 'base64').toString();
  if (/^content-transfer-encoding: quoted-printable/im.test(head)) {
    return text.replaceAll('=\n', '').replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  }
  return text;
}

describe('a lost password', () => {
  it('is set anew by the link in a letter, once, and nobody learns who has an account', async () => {
    const office = await postOffice();
    const settings = {
      ...boss,
      KEYWARD_MAIL_HOST: '127.0.0.1', KEYWARD_MAIL_PORT: `${office.port}`, KEYWARD_MAIL_SECURITY: 'none',
      KEYWARD_MAIL_FROM: 'keys@example.com', KEYWARD_MAIL_LINK_URL: 'https://app.example',
    };
    await withServer({ settings }, async ({ base }) => {
      const api = client(undefined, {}, base);
      const lost = (email) => api.resource('auth').lostPassword({ values: { email } });
      const nobody = await lost('nobody@example.com');
      const letter = office.next();
      const somebody = await lost('boss@example.com');
      assert.deepEqual([nobody.status, nobody.data], [somebody.status, somebody.data]);
      for (const email of ['', 'none', undefined]) assert.match(await refused(lost(email)), /^400 /, `${email}`);

      const written = await letter;
      assert.match(written, /^to:.*boss@example\.com/im);
      const [, resetToken] = read(written).match(/https:\/\/app\.example\/reset-password\?resetToken=([\w-]+)/);
      const check = (token) => api.resource('auth').checkResetToken({ values: { resetToken: token } });
      const reset = (token, password) => api.auth.resetPassword({ resetToken: token, password });
      assert.equal(await ok(check(resetToken)), true);
      assert.equal(await refused(check(`${resetToken}x`)), '401 Token expired');
      assert.match(await refused(reset(resetToken, 'short')), /^400 /);
      const before = client(undefined, {}, base);
      await before.auth.signIn({ account: 'boss', password: boss.INIT_ROOT_PASSWORD });

      assert.equal((await reset(resetToken, 'the second password')).status, 200);
      assert.equal(await refused(reset(resetToken, 'the third password')), '401 Token expired');
      assert.equal(await refused(check(resetToken)), '401 Token expired');
      // Who was signed in with the old one is not any more.
      assert.equal(await refused(before.resource('auth').check()), '401 BLOCKED_TOKEN');
      assert.match(await refused(api.auth.signIn({ account: 'boss', password: boss.INIT_ROOT_PASSWORD })), /^401 /);
      await api.auth.signIn({ account: 'boss', password: 'the second password' });
      assert.equal((await ok(api.resource('auth').check())).email, 'boss@example.com');
      assert.equal(office.count(), 1);

      // Letters are not sent without end.
      let said;
      for (let times = 0; times < 100 && said?.status !== 429; times += 1) {
        said = await lost('boss@example.com').then(() => undefined, ({ response }) => response);
      }
      assert.equal(said?.data.errors[0].code, 'RATE_LIMITED');
      assert.ok(Number(said.headers['retry-after']) > 0);
    });
    office.close();
  });
});

describe('guessing passwords', () => {
  it('ends after a few, also for who knows it, and for nobody else', () =>
    withServer({ settings: boss }, async ({ base }) => {
      const api = client(undefined, {}, base);
      const guess = (account, password) => api.auth.signIn({ account, password });
      let said = '';
      for (let times = 0; times < 30 && !said.startsWith('429'); times += 1) {
        said = await refused(guess('boss', 'not it'));
        assert.match(said, /^(401 The username\/email or password is incorrect|429 RATE_LIMITED$)/);
      }
      const { status, headers } = await refusal(guess('boss', boss.INIT_ROOT_PASSWORD));
      assert.equal(status, 429);
      assert.ok(Number(headers['retry-after']) > 0);
      assert.match(await refused(guess('somebody else', 'not it')), /^401 /);
    }));
});

describe('cookies', () => {
  const settings = { ...boss, KEYWARD_NOCOBASE_COOKIES: 'on' };
  const credentials = { account: 'boss', password: boss.INIT_ROOT_PASSWORD };
  const set = (answer) => answer.headers['set-cookie'] ?? [];
  const jar = (cookies) => Object.fromEntries(cookies.map((one) => one.split(';')[0].split('=')));
  const cookie = (pairs) => Object.entries(pairs).map((pair) => pair.join('=')).join('; ');

  it('hold the sign-in where the operator wants them, and write only what was meant', () =>
    withServer({ settings }, async ({ base }) => {
      const answer = await client(undefined, {}, base).auth.signIn(credentials);
      const pairs = jar(set(answer));
      assert.deepEqual(
        Object.keys(pairs).sort(),
        ['nb_auth_token_main', 'nb_authenticator_main', 'nb_csrf_token_main', 'nb_role_main'],
      );
      assert.match(set(answer).find((one) => one.startsWith('nb_auth_token_main')), /; HttpOnly/);
      // The role one acts in, as `roles:check` says.
      assert.deepEqual([pairs.nb_role_main, pairs.nb_authenticator_main], ['root', 'basic']);
      const page = client(undefined, { cookie: cookie(pairs) }, base);
      // The SDK posts whatever is neither a list nor a record: by itself a page may GET.
      assert.equal((await ok(page.axios.get('auth:check', { baseURL: base }))).username, 'boss');
      assert.equal(await refused(page.resource('auth').check()), '403 Invalid CSRF token');
      const write = (api) => api.resource('roles').create({ values: { title: 'by cookie' } });
      assert.equal(await refused(write(page)), '403 Invalid CSRF token');
      const proof = { 'X-CSRF-Token': pairs.nb_csrf_token_main };
      const meant = client(undefined, { cookie: cookie(pairs), ...proof }, base);
      assert.equal((await ok(write(meant))).title, 'by cookie');
      assert.equal((await ok(meant.resource('auth').check())).username, 'boss');
      // Only sessions travel so.
      const key = await ok(meant.resource('apiKeys').create({ values: { name: 'k', role: { name: 'root' }, expiresIn: '1d' } }));
      const byKey = client(undefined, { cookie: `nb_auth_token_main=${key.token}` }, base);
      assert.equal(await refused(byKey.resource('auth').check()), '401 EMPTY_TOKEN');
      const synced = await client(key.token, {}, base).resource('auth').syncCookies();
      assert.deepEqual([synced.data.data, set(synced)], [{ synced: false }, []]);
      // Pages of others get none.
      const foreign = await send('POST', 'auth:signIn', { base, body: credentials, headers: { origin: 'https://evil.example' } });
      assert.deepEqual([foreign.status, foreign.headers.getSetCookie()], [200, []]);
      const gone = await meant.auth.signOut();
      assert.ok(set(gone).length === 4 && set(gone).every((one) => /Max-Age=0/.test(one)));
      assert.equal(await refused(meant.resource('auth').check()), '401 BLOCKED_TOKEN');
    }));

  it('of a sign-in that has none are set when its page asks', () =>
    withServer({ settings }, async ({ base }) => {
      const api = client(undefined, { origin: 'https://evil.example' }, base);
      await api.auth.signIn(credentials);
      const own = client(api.auth.getToken(), {}, base);
      const answer = await own.resource('auth').syncCookies();
      assert.deepEqual(answer.data.data, { synced: true });
      const pairs = jar(set(answer));
      const page = client(undefined, { cookie: cookie(pairs), 'X-CSRF-Token': pairs.nb_csrf_token_main }, base);
      assert.equal((await ok(page.resource('auth').check())).username, 'boss');
    }));

  it('are neither set nor read where the operator does not', () =>
    withServer({ settings: boss }, async ({ base }) => {
      const api = client(undefined, {}, base);
      const answer = await api.auth.signIn(credentials);
      assert.deepEqual(set(answer), []);
      const page = client(undefined, { cookie: `nb_auth_token_main=${api.auth.getToken()}` }, base);
      assert.equal(await refused(page.resource('auth').check()), '401 EMPTY_TOKEN');
      assert.deepEqual((await api.resource('auth').syncCookies()).data.data, { synced: false });
    }));
});
