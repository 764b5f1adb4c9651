// A person in front of the page: finds things by the words on them, as people do, and waits for what they expect to see.

import assert from 'node:assert/strict';

import { home, until } from './world.js';

/** Other ways to name a control than by its label. */
export const by = {
  /** By its label for readers; the last of them, as a form grows downwards. */
  aria: (label) => ({ aria: label }),
  /** By its label, in the dialog that is open. */
  dialog: (label) => ({ label, dialog: true }),
};

/** Run in the page: the last visible control with that name. */
function control({ label, aria, dialog }) {
  const root = dialog ? [...document.querySelectorAll('dialog[open]')].pop() : document;
  if (!root) return undefined;
  const found = aria
    ? [...root.querySelectorAll('[aria-label]')].filter((one) => one.getAttribute('aria-label') === aria)
    : [...root.querySelectorAll('label')].filter((one) => one.firstChild?.textContent.trim() === label).map((one) => document.getElementById(one.htmlFor));
  return found.filter((one) => one?.checkVisibility()).pop();
}

/** Run in the page: the button with those words, in the dialog in front if there is one. */
function pressable(words, pattern, selector) {
  const root = [...document.querySelectorAll('dialog[open]')].pop() ?? document;
  const is = (text) => (pattern ? new RegExp(words).test(text ?? '') : text?.trim() === words);
  return [...root.querySelectorAll(selector)].filter((one) => one.checkVisibility() && (is(one.getAttribute('aria-label')) || is(one.textContent))).pop();
}

/** The page in a browser of its own, before anybody has signed in. */
export async function screens(browser, width = 1400, address = home.url) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport({ width, height: 900 });
  const trouble = [];
  page.on('pageerror', (error) => trouble.push(error.message));
  page.on('console', (message) => /Content Security Policy|Refused to/.test(message.text()) && trouble.push(message.text()));
  await page.goto(address.includes('/nocobase/') ? address : `${address}/nocobase/`);
  return person(page, trouble);
}

function person(page, trouble) {
  const seen = async (what, find, ...args) => (await page.waitForFunction(find, { timeout: 15_000 }, ...args).catch(async () => {
    assert.fail(`there is no ${what}; the page says: ${await page.evaluate(() => document.body.innerText.slice(0, 1500))}`);
  })).asElement();
  const named = (one) => (typeof one === 'string' ? { label: one } : one);
  const find = (one) => seen(`control ${JSON.stringify(one)}`, control, named(one));
  /** The column of the table in front. */
  const column = (title) => page.evaluate((wanted) => [...document.querySelectorAll(`main td[data-label="${wanted}"]`)].map((one) => one.innerText.trim()), title);

  const self = {
    page, trouble, column,
    until,
    press: async (words, selector = 'button, a.button') => {
      const pattern = words instanceof RegExp;
      await (await seen(`button ${words}`, pressable, pattern ? words.source : words, pattern, selector)).evaluate((one) => one.click());
    },
    /** Presses and waits until that dialog is gone. */
    send: async (words) => {
      await seen(`dialog with ${words}`, (text) => [...([...document.querySelectorAll('dialog[open]')].pop()?.querySelectorAll('button') ?? [])].find((one) => one.textContent.trim() === text), words);
      const before = await page.$$eval('dialog[open]', (all) => all.length);
      await self.press(words);
      await self.until(`${words} closes its dialog: ${await page.$$eval('dialog[open]', (all) => all.pop()?.innerText.slice(0, 400))}`,
        () => page.evaluate((count, own) => document.querySelectorAll('dialog[open]').length < count || (own && !!document.querySelector('[data-dialog="token"]')), before, words === 'Create key'));
    },
    fill: async (one, text) => {
      const element = await find(one);
      await element.evaluate((box) => {
        box.focus();
        box.value = '';
      });
      await element.type(text);
    },
    /** At once, for controls that have their own way of typing. */
    set: async (one, text) => (await find(one)).evaluate((box, value) => {
      box.value = value;
      box.dispatchEvent(new Event('input', { bubbles: true }));
    }, text),
    value: async (one) => (await find(one)).evaluate((box) => box.value),
    choose: async (one, value) => (await find(one)).select(value),
    tick: async (one, yes = true) => (await find(one)).evaluate((box, wanted) => box.checked === wanted || box.click(), yes),
    reads: (text) => seen(`text “${text}”`, (words) => (document.body.innerText.includes(words) ? document.body : null), text),
    headed: (text) => seen(`heading “${text}”`, (words) => [...document.querySelectorAll('h1')].find((one) => one.textContent === words), text),
    links: (selector) => page.$$eval(selector, (all) => all.map((one) => one.textContent.trim())),
    rows: (count) => until(`${count} rows`, async () => (await page.$$('main tbody tr')).length === count),
    shows: (title, wanted) => until(`${title} shows ${wanted}`, async () => {
      const texts = await column(title);
      return texts.length === wanted.length && wanted.every((one, at) => (one instanceof RegExp ? one.test(texts[at]) : one === texts[at]));
    }),
    copied: async (work) => {
      await page.bringToFront();
      await work();
      await self.reads('Copied, with the key in it.');
      // The page itself may not read what was copied: it is pasted, as anybody would.
      await page.evaluate(() => document.body.appendChild(document.createElement('textarea')).focus());
      await page.keyboard.press('v', { commands: ['Paste'] });
      return page.evaluate(() => {
        const { value } = document.activeElement;
        document.activeElement.remove();
        return value;
      });
    },
    go: async (hash) => {
      await page.evaluate((to) => (location.hash = to), hash);
      await page.waitForNetworkIdle({ idleTime: 150 });
    },
    signIn: async (account, secret) => {
      await self.fill('Username or email', account);
      await self.fill('Password', secret);
      await self.press('Sign in');
      await self.headed('Collections');
    },
  };
  return self;
}
