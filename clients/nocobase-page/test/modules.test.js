// Modules from a host the operator allows: what loading one resolves to, and that they are loaded in turn.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { blocks, launch, visitor } from './browser.js';
import { pageOf, signIn, started, stranger, until } from './world.js';

const UMD = `(function (root, factory) {
  if (typeof define === 'function' && define.amd) define(['exports'], factory); else factory((root.umd = {}));
})(this, function (exports) { exports.name = 'umd' })`;
const PLAIN = 'globalThis.plain = (globalThis.plain ?? 0) + 1;';
const AMD = "define('named', [], function () { return 'a named one' })";
const NEEDS = "define(['named', 'module'], function (named, module) { module.exports = 'needs ' + named })";
const NEEDS_MISSING = "define(['missing'], function () {})";

let browser;
let files;
let server;
let admin;
before(async () => {
  browser = await launch();
  const js = (code) => ['text/javascript', code];
  files = await stranger({
    '/umd.js': js(UMD), '/plain.js': js(PLAIN), '/amd.js': js(AMD), '/needs.js': js(NEEDS), '/missing.js': js(NEEDS_MISSING),
    '/style.css': ['text/css', '#block { color: rgb(1, 2, 3) }'], '/one.mjs': js('export default 7'), '/two.mjs': js('export const a = 1; export default 2'),
    '/pkg@1/file.js': js(UMD), '/throws.js': js("throw new Error('thrown by the file')"), '/data.json': ['application/json', '{"a":1}'],
  });
  server = await started({
    KEYWARD_NOCOBASE_MODULE_HOSTS: files.url, KEYWARD_NOCOBASE_MODULE_BASE: files.url, KEYWARD_NOCOBASE_CONNECT_HOSTS: files.url,
    KEYWARD_CORS_ORIGINS: 'https://app.example',
  });
  admin = await signIn(server.url, server.email, server.password);
});
after(async () => {
  await browser?.close();
  await server?.stop();
  await files?.close();
});

async function result(code) {
  const page = await visitor(browser, admin.token, (await pageOf(server.url, admin, `ctx.element.textContent = 'is ' + JSON.stringify(await (async () => { ${code} })().catch((e) => 'error ' + e.message)) ;`)).address);
  const seen = await until(`the end of ${code}`, async () => {
    const words = await blocks(page)[0]?.evaluate(() => document.querySelector('#block')?.textContent).catch(() => null);
    return words?.startsWith('is ') ? words.slice(3) : null;
  });
  await page.browserContext().close();
  return seen;
}

describe('ctx.requireAsync', () => {
  const load = (name) => `await ctx.requireAsync('${name.startsWith('pkg') ? name : files.url + name}')`;

  it('resolves to the value of a module, and to undefined for a plain script', async () => {
    assert.equal(await result(`return ${load('/umd.js')}`), '{"name":"umd"}');
    assert.equal(await result(`const value = ${load('/plain.js')}; return [typeof value, plain]`), '["undefined",1]');
    assert.equal(await result(`return [${load('/amd.js')}, ${load('/needs.js')}]`), '["a named one","needs a named one"]');
    assert.equal(await result(`return typeof ${load('/throws.js')}`), '"undefined"');
  });

  it('resolves to null for a style sheet, which then counts', async () => {
    assert.equal(await result(`return [${load('/style.css')}, getComputedStyle(document.querySelector('#block')).color]`), '[null,"rgb(1, 2, 3)"]');
  });

  it('puts a short name behind the base of modules, as a raw file', async () => {
    assert.equal(await result(`return ${load('pkg@1/file.js')}`), '{"name":"umd"}');
    assert.ok(files.calls.includes('/pkg@1/file.js?raw'));
  });

  it('rejects when there is nothing, or nothing is allowed', async () => {
    assert.match(await result("return await ctx.requireAsync('http://127.0.0.1:1/x.js')"), /error Could not load http:\/\/127.0.0.1:1\/x.js. Blocks may not load from/);
    assert.match(await result(`return ${load('/missing.js')}`), /error .*needs the module .*missing/);
    assert.match(await result("return await ctx.requireAsync('')"), /error The address of a module/);
  });

  it('loads one after the other, each once', async () => {
    const before = files.calls.filter((call) => call === '/plain.js').length;
    const seen = await result(`const url = '${files.url}'; const all = await Promise.all([ctx.requireAsync(url + '/umd.js'), ctx.requireAsync(url + '/plain.js'), ctx.requireAsync(url + '/amd.js'), ctx.requireAsync(url + '/plain.js')]); return [all, plain]`);
    assert.equal(seen, '[[{"name":"umd"},null,"a named one",null],1]');
    assert.equal(files.calls.filter((call) => call === '/plain.js').length, before + 1);
  });
});

describe('ctx.importAsync', () => {
  it('resolves to the default export if it is the only one, else to the namespace', async () => {
    assert.equal(await result(`return await ctx.importAsync('${files.url}/one.mjs')`), '7');
    assert.equal(await result(`return await ctx.importAsync('${files.url}/two.mjs')`), '{"a":1,"default":2}');
    assert.match(await result("return await ctx.importAsync('http://127.0.0.1:1/x.mjs')"), /error Could not load/);
  });
});

describe('a host the operator allows', () => {
  it('can be asked, without anything of the viewer', async () => {
    assert.equal(await result(`const { data, status } = await ctx.request({ url: '${files.url}/data.json', params: { q: 1 } }); return [data, status]`), '[{"a":1},200]');
    assert.ok(files.calls.includes('/data.json?q=1'));
  });

  it('is the only one besides this server, whose own API shuts out callers without an origin here', async () => {
    assert.match(await result(`return (await fetch('${server.url}/api/app:getInfo')).status`), /error/);
    assert.match(await result("return (await ctx.request('app:getInfo')).status"), /^200$/);
  });
});
