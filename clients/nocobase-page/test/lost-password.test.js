// Who lost a password sets a new one: by a link an operator printed or a letter brought, once, and its token goes nowhere else.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';

import { launch } from './browser.js';
import { screens } from './person.js';
import { started, until } from './world.js';

const wanted = 'one that nobody forgets';

/** A mail server that takes everything; `letters` are what it was given. */
async function postOffice() {
  const letters = [];
  const server = createServer((socket) => {
    let letter = null;
    let rest = '';
    socket.on('error', () => {});
    socket.write('220 here\r\n');
    socket.on('data', (bytes) => {
      const lines = (rest + bytes).split('\r\n');
      rest = lines.pop();
      for (const line of lines) {
        if (letter && line === '.') {
          letters.push(letter.join('\r\n'));
          letter = null;
          socket.write('250 taken\r\n');
        } else if (letter) letter.push(line);
        else if (line === 'DATA') {
          letter = [];
          socket.write('354 go on\r\n');
        } else socket.write(line === 'QUIT' ? '221 bye\r\n' : '250 fine\r\n');
      }
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const settings = { KEYWARD_MAIL_HOST: '127.0.0.1', KEYWARD_MAIL_PORT: String(server.address().port), KEYWARD_MAIL_SECURITY: 'none', KEYWARD_MAIL_FROM: 'keys@example.com' };
  return { letters, settings, close: () => server.close() };
}

/** What the browser sends from now on, and to whom: neither an address nor where one came from may tell the token. */
function watched({ page }) {
  const told = [];
  page.on('request', (request) => told.push(request.url().split('#')[0], request.headers().referer ?? ''));
  return told;
}

async function shot(person, name) {
  if (!process.env.KEYWARD_SHOTS) return;
  for (const width of [400, 1400]) {
    await person.page.setViewport({ width, height: 900 });
    await person.page.screenshot({ path: `${process.env.KEYWARD_SHOTS}/${name}-${width}.png` });
  }
}

/** In the window from a phone's width on, with names on all controls. */
async function fits(person) {
  for (const width of [400, 1400]) {
    await person.page.setViewport({ width, height: 900 });
    assert.ok(await person.page.evaluate(() => document.documentElement.scrollWidth) <= width);
  }
  const nameless = await person.page.$$eval('button, input', (all) => all.filter((one) => !one.labels?.length && !one.getAttribute('aria-label') && !one.textContent.trim()).length);
  assert.equal(nameless, 0);
}

async function setPassword(person, first, second = first) {
  await person.fill('New password', first);
  await person.fill('New password again', second);
  await person.press('Set password');
}

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

describe('a lost password', () => {
  it('is replaced by a link that an operator printed, once', async () => {
    const server = await started({});
    try {
      const link = server.command(['users', 'reset-link', server.email], { KEYWARD_BASE_URL: server.url });
      assert.ok(link.startsWith(`${server.url}/nocobase/#/reset-password?resetToken=kwp_`), link);
      const token = link.match(/kwp_\w+/)[0];
      const person = await screens(browser, 1400, server.url);
      await person.headed('Sign in to Keyward');
      const told = watched(person);
      await person.page.goto(link);
      await person.headed('Set a new password');
      assert.equal(await person.page.evaluate(() => location.href), `${server.url}/nocobase/`);
      assert.equal(await person.page.evaluate((text) => JSON.stringify([Object.entries(sessionStorage), Object.entries(localStorage), history.state]).includes(text), token), false);
      await fits(person);
      await shot(person, 'reset');
      await setPassword(person, wanted, 'something else');
      await person.reads('The two passwords are not the same.');
      await setPassword(person, 'short');
      await person.reads('must be 8 to 128 characters long');
      await setPassword(person, wanted);
      await person.reads('Your new password is set.');
      await person.signIn(server.email, wanted);
      // Opened once more where somebody is signed in, it is over, and they go on with what they did.
      await person.page.goto(link);
      await person.headed('This link no longer works');
      await person.reads('Ask an administrator for a new one.');
      await shot(person, 'over');
      await person.press('Back');
      await person.headed('Collections');
      const other = await screens(browser, 400, link);
      await other.headed('This link no longer works');
      await other.press('Back');
      await other.headed('Sign in to Keyward');
      await other.page.waitForNetworkIdle({ idleTime: 150 });
      assert.equal((await other.page.content()).includes('Forgot password?'), false, 'nobody is promised a letter that is not sent');
      assert.equal(told.some((one) => one.includes(token)), false);
      assert.deepEqual([...person.trouble, ...other.trouble], []);
    } finally {
      await server.stop();
    }
  });

  it('is replaced by a link in a letter, where the server can send one', async () => {
    const office = await postOffice();
    const server = await started({ ...office.settings, KEYWARD_BASE_URL: 'https://keys.example.com/behind' });
    try {
      const person = await screens(browser, 1400, server.url);
      await shot(person, 'signin-before');
      await person.fill('Username or email', server.email);
      await person.press('Forgot password?');
      await person.headed('Forgot password?');
      assert.equal(await person.value('Email'), server.email);
      await fits(person);
      await shot(person, 'forgot');
      await person.press('Send link');
      await person.headed('Check your mail');
      await shot(person, 'sent');
      const letter = await until('a letter', () => office.letters[0]);
      const link = letter.replaceAll('=\r\n', '').replaceAll('=3D', '=').match(/https:\S+/)[0];
      assert.ok(link.startsWith('https://keys.example.com/behind/nocobase/#/reset-password?resetToken=kwp_'), link);
      await person.press('Back to sign in');
      await person.headed('Sign in to Keyward');
      await person.page.goto(`${server.url}/nocobase/${new URL(link).hash}`);
      await setPassword(person, wanted);
      await person.reads('Your new password is set.');
      await person.reads('Forgot password?');
      await fits(person);
      await shot(person, 'signin');
      await person.signIn(server.email, wanted);
      const late = await screens(browser, 1400, `${server.url}/nocobase/${new URL(link).hash}`);
      await late.press('Send a new link');
      await late.headed('Forgot password?');
      assert.deepEqual([...person.trouble, ...late.trouble], []);
    } finally {
      await server.stop();
      office.close();
    }
  });
});
