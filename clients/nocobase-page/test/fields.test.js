// Every kind of field: made in the page, filled in, and kept by the server as it was meant.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { launch } from './browser.js';
import { by, screens } from './person.js';
import { fresh, home, signIn } from './world.js';

/** Kind, what else is said of it, what is filled in, what the server is to keep. */
const KINDS = [
  ['input', {}, 'one line', 'one line'], ['textarea', {}, 'two\nlines', 'two\nlines'], ['email', {}, 'a@example.org', 'a@example.org'],
  ['url', {}, 'https://example.org/', 'https://example.org/'], ['phone', {}, '+43 1 234', '+43 1 234'], ['checkbox', {}, true, true],
  ['select', { Choices: 'Low\nHigh' }, 'High', 'High'], ['multipleSelect', { Choices: 'Red\nBlue' }, 'Blue', ['Blue']],
  ['integer', {}, '42', 42], ['number', {}, '2.5', 2.5], ['decimal', {}, '9.99', 9.99], ['sequence', {}, undefined, '0001'],
  ['formula', { Expression: '{{integer}} * 2' }, undefined, 84], ['datetime', {}, '2026-02-03T04:05:06'], ['date', {}, '2026-02-03', '2026-02-03'],
  ['time', {}, '04:05:06', '04:05:06'], ['json', {}, '{"a":[1]}', { a: [1] }], ['password', {}, 'a secret of mine'], ['uuid'], ['nanoid'],
  ['m2o', { 'Collection it leads to': 'OTHER' }, '1'],
  ['o2m', { 'Collection it leads to': 'OTHER', 'Foreign key': 'kindsId' }], ['m2m', { 'Collection it leads to': 'OTHER' }],
];

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

describe('fields', () => {
  it('has a control for every kind of field, and writes what was filled in', async () => {
    const { api } = await signIn(home.url, home.email, home.password);
    const [kinds, other] = [fresh('kinds'), fresh('other')];
    await api('collections:create', { name: other, fields: [{ name: 'name', type: 'string' }] });
    await api(`${other}:create`, { name: 'the other' });
    await api('collections:create', { name: kinds, title: kinds });
    try {
      const admin = await screens(browser);
      await admin.signIn(home.email, home.password);
      await admin.go(`#/collections/${kinds}`);
      for (const [kind, more] of KINDS) {
        await admin.press('Add field');
        await admin.fill(by.dialog('Title'), `The ${kind}`);
        await admin.fill(by.dialog('Name'), kind);
        await admin.choose(by.dialog('Type'), kind);
        for (const [label, text] of Object.entries(more ?? {})) await admin[label === 'Collection it leads to' ? 'choose' : 'fill'](by.dialog(label), text === 'OTHER' ? other : text);
        await admin.send('Add field');
        await admin.until(`${kind} is listed`, async () => (await admin.column('Field')).some((one) => one.startsWith(`The ${kind}\n`)));
      }
      await admin.press('Records');
      await admin.reads('No records yet');
      await admin.press('Add record');
      for (const [kind, , text] of KINDS.filter(([, , text]) => text !== undefined)) {
        if (typeof text === 'boolean') await admin.tick(`The ${kind}`);
        else if (kind === 'select') await admin.choose(by.dialog(`The ${kind}`), text);
        else if (kind === 'multipleSelect') await admin.tick(text);
        else if (kind === 'm2o') await admin.choose(by.dialog(`The ${kind}`), text);
        else await admin.set(by.dialog(`The ${kind}`), text);
      }
      await admin.send('Add record');
      await admin.rows(1);
      const [row] = await api(`${kinds}:list?appends[]=m2o`);
      for (const [kind, , , kept] of KINDS.filter(([, , , kept]) => kept !== undefined)) assert.deepEqual(row[kind], kept, kind);
      assert.equal(row.m2o.name, 'the other');
      assert.equal(row.datetime, await admin.page.evaluate(() => new Date('2026-02-03T04:05:06').toISOString()), 'a time is that of the reader');
      assert.match(row.uuid, /^[0-9a-f-]{36}$/);
      // Saved as it is, nothing changes.
      await admin.press('Edit record 1');
      await admin.send('Save');
      assert.deepEqual((await api(`${kinds}:list?appends[]=m2o`))[0], row);
      assert.deepEqual(admin.trouble, []);
    } finally {
      await api(`collections:destroy?filterByTk=${kinds}`, {});
      for (const one of [other, `${kinds}_m2m`]) await api(`collections:destroy?filterByTk=${one}`, {});
    }
  });

  it('lets records go as a sheet, and makes records of one', async () => {
    const { api } = await signIn(home.url, home.email, home.password);
    const name = fresh('sheet');
    await api('collections:create', { name, title: 'Things', createdAt: true, fields: [{ name: 'title', type: 'string' }, { name: 'done', type: 'boolean' }] });
    await api(`${name}:create`, [{ title: 'one', done: true }, { title: 'two', done: false }]);
    const folder = mkdtempSync(join(tmpdir(), 'keyward-sheet-'));
    try {
      const admin = await screens(browser);
      const control = await browser.target().createCDPSession();
      await control.send('Browser.setDownloadBehavior', { behavior: 'allow', browserContextId: admin.page.browserContext().id, downloadPath: folder });
      await admin.signIn(home.email, home.password);
      await admin.go(`#/records/${name}`);
      await admin.press('Export');
      await admin.until('the file', () => readdirSync(folder).includes('Things.xlsx'));
      const file = join(folder, 'Things.xlsx');
      await admin.until('all of it', () => readFileSync(file).subarray(0, 2).toString() === 'PK');
      await admin.press('Import');
      await admin.reads('The sheet needs these titles: Title, Done.');
      await admin.page.$('input[type=file]').then((input) => input.uploadFile(file));
      await admin.send('Import');
      await admin.reads('2 records were added.');
      await admin.shows('Title', ['one', 'two', 'one', 'two']);
      await admin.shows('Done', ['Yes', 'No', 'Yes', 'No']);
      assert.deepEqual(admin.trouble, []);
    } finally {
      await api(`collections:destroy?filterByTk=${name}`, {});
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
