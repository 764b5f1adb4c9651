// Making and changing pages: who may, what is kept, what the editor warns of.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { blocks, launch, visitor } from './browser.js';
import { fresh, home, pageOf, password, signIn, until } from './world.js';

let browser;
let admin;
before(async () => {
  browser = await launch();
  admin = await signIn(home.url, home.email, home.password);
});
after(() => browser?.close());

const text = (page) => page.evaluate(() => document.body.innerText);
const says = (page, words) => until(words, async () => (await text(page)).includes(words));
const button = (page, label) => page.locator(`::-p-xpath(//button[normalize-space()='${label}'])`);

describe('the editor', () => {
  it('makes a page, tries its code, keeps it', async () => {
    const title = fresh('notes');
    const page = await visitor(browser, admin.token, `${home.url}/nocobase/#/pages`);
    await button(page, 'New page').click();
    await page.waitForSelector('dialog[open] input');
    await page.type('dialog[open] input', title);
    await page.click('dialog[open] button[type=submit]');
    await page.waitForSelector('.pg-code');
    await page.type('.pg-code', "console.log('a line for the log');\nctx.render('<b>tried</b>')");
    await button(page, 'Run').click();
    await until('the trial', async () => blocks(page)[0]?.evaluate(() => document.querySelector('#block')?.innerHTML === '<b>tried</b>').catch(() => false));
    await says(page, 'a line for the log');
    if (process.env.KEYWARD_SHOTS) await page.screenshot({ path: `${process.env.KEYWARD_SHOTS}/editor.png`, fullPage: true });
    await button(page, 'Save').click();
    await says(page, 'Saved');
    const kept = (await admin.api('uiPages:list?paginate=false')).find((one) => one.title === title);
    assert.match(kept.blocks[0].code, /tried/);
    await page.browserContext().close();
  });

  it('warns of what looks like a key', async () => {
    const made = await pageOf(home.url, admin, 'plain code');
    const page = await visitor(browser, admin.token, made.edit);
    await page.waitForSelector('.pg-code');
    for (const key of ['eyJhbGciOiJIUzI1NiJ9.abc', 'nc_pat_0123456789', 'kw_live_0123456789']) {
      await page.$eval('.pg-code', (area) => (area.value = ''));
      await page.type('.pg-code', `x = '${key}'`);
      await says(page, 'This looks like a key');
      assert.ok((await text(page)).includes('ctx.request'));
      assert.ok(!(await text(page)).includes(key), 'not shown again in full');
      await page.$eval('.pg-code', (area) => (area.value = ''));
      await page.type('.pg-code', 'x = 1');
      await until('no warning', async () => !(await text(page)).includes('This looks like a key'));
    }
    await page.browserContext().close();
  });

  it('does not undo what somebody else saved meanwhile', async () => {
    const made = await pageOf(home.url, admin, '1');
    const page = await visitor(browser, admin.token, made.edit);
    await page.waitForSelector('.pg-code');
    await admin.api(`uiPages:update?filterByTk=${made.id}`, { title: 'theirs' });
    await page.type('.pg-code', ' + 1');
    await button(page, 'Save').click();
    await says(page, 'changed meanwhile');
    assert.equal((await admin.api(`uiPages:get?filterByTk=${made.id}`)).blocks[0].code, '1');
    await page.browserContext().close();
  });

  it('is for those who may edit the interface, and pages are for everybody who is signed in', async () => {
    const account = fresh('ann');
    await admin.api('users:create', { username: account, password });
    const ann = await signIn(home.url, account);
    const made = await pageOf(home.url, admin, "ctx.render('for everybody')");
    const page = await visitor(browser, ann.token, made.edit);
    await until('the block', async () => blocks(page)[0]?.evaluate(() => document.body.innerText === 'for everybody').catch(() => false));
    assert.equal(await page.$('.pg-code'), null);
    assert.ok(!(await text(page)).includes('Edit'));
    const refused = await ann.api('uiPages:create', { title: 'x' }).then(() => null, (error) => error.message);
    assert.match(refused, /No permissions/);
    await page.browserContext().close();
  });
});
