// The script of the guide in a JS block, and what else blocks do for those who look at them.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { blocks, launch, visitor } from './browser.js';
import { fresh, home, pageOf, password, signIn, todos, until } from './world.js';

let browser;
let admin;
let list;
before(async () => {
  browser = await launch();
  admin = await signIn(home.url, home.email, home.password);
  list = await todos(home.url, admin);
});
after(() => browser?.close());

const open = async (address, token = admin.token) => visitor(browser, token, address);
const drawn = (page, at = 0) => blocks(page)[at]?.evaluate(() => document.querySelector('#block')?.innerText).catch(() => undefined);
const text = (page) => page.evaluate(() => document.body.innerText);

/** Runs the code on a page of its own and answers the first thing it draws that fits. */
async function shows(code, wanted, token) {
  const page = await open((await pageOf(home.url, admin, code)).address, token);
  try {
    return await until(`${wanted} in what ${code} draws`, async () => {
      const seen = await drawn(page);
      return wanted.test(seen ?? '') ? seen : null;
    });
  } catch (error) {
    throw new Error(`${error.message}; drawn: ${await drawn(page)}; page: ${await text(page)}; said: ${page.said.join('\n')}`);
  } finally {
    await page.browserContext().close();
  }
}

describe('the guide', () => {
  it('its script shows the records of the key, with axios and messages', async () => {
    const { address } = await pageOf(home.url, admin, `
      const done = ctx.message.loading('Loading to-dos…', 0);
      try {
        const axios = await ctx.requireAsync('${home.url}/nocobase/modules/axios@1/axios.min.js');
        const response = await axios.get('${home.url}/api/${list.name}:list', { headers: { Authorization: 'Bearer ${list.key}' } });
        console.log('heard', response.data.data.length);
        ctx.render('<ul>' + response.data.data.map((one) => '<li>' + one.title + '</li>').join('') + '</ul>');
        ctx.message.success('To-dos are here', 0);
      } catch (error) {
        ctx.message.error(error.message, 0);
      } finally {
        done();
      }`);
    const page = await open(address);
    assert.equal(await until('to-dos', () => drawn(page)), 'eat food\nsleep\nplay games');
    await until('the message', async () => (await text(page)).includes('To-dos are here'));
    assert.ok(!(await text(page)).includes('Loading to-dos'));
    if (process.env.KEYWARD_SHOTS) await page.screenshot({ path: `${process.env.KEYWARD_SHOTS}/guide.png` });
    const height = await page.$eval('iframe', (frame) => frame.clientHeight);
    assert.ok(height > 30 && height < 400, `${height}`);
    await page.browserContext().close();
  });

  it('a short name of a module is found on this server', async () => {
    await shows("const axios = await ctx.requireAsync('axios@1/axios.min.js'); ctx.render(typeof axios.get)", /^function$/);
    await shows("const axios = await ctx.importAsync('axios@1/esm/axios.min.js'); ctx.render(typeof (axios.default ?? axios).get)", /^function$/);
    await shows("const axios = await ctx.requireAsync('/nocobase/modules/axios@1/axios.min.js'); ctx.render(typeof axios.get)", /^function$/);
    await shows('ctx.render(typeof ctx.libs.axios.get)', /^function$/);
  });

  it('a wrong key is an error the script can show', async () => {
    await shows(`const axios = await ctx.requireAsync('axios@1/axios.min.js');
      const error = await axios.get('${home.url}/api/${list.name}:list', { headers: { Authorization: 'Bearer no' } }).catch((e) => e);
      ctx.render(error.response.status + ' ' + error.response.data.errors[0].code)`, /^401 INVALID_TOKEN$/);
  });
});

describe('requests', () => {
  it('go out with the rights of whoever looks', async () => {
    const code = `const answer = await ctx.request({ url: '${list.name}:list', params: { pageSize: 2, sort: ['-id'] }, skipNotify: true })
      .catch((error) => error.response);
      ctx.render(answer.status + ' ' + (answer.data.data ?? answer.data.errors).map((one) => one.title ?? one.message).join())`;
    await shows(code, /^200 play games,sleep$/);
    const account = fresh('ann');
    await admin.api('users:create', { username: account, password });
    const ann = await signIn(home.url, account);
    await shows(code, /^200 $|^403 No permissions$/, ann.token);
  });

  it('write records, by request and by resource', async () => {
    const title = fresh('made');
    await shows(`const todos = ctx.api.resource('${list.name}');
      const { data } = await todos.create({ values: { title: '${title}' } });
      await todos.update({ filterByTk: data.data.id, values: { completed: true } });
      const read = await todos.get({ filterByTk: data.data.id });
      await ctx.request({ url: '${list.name}:destroy', method: 'post', params: { filterByTk: data.data.id } });
      ctx.render(read.data.data.title + ' ' + read.data.data.completed)`, new RegExp(`^${title} true$`));
  });

  it('reach no keys, people, roles or structure, however they are spelt', async () => {
    const asked = [
      'apiKeys:list', 'apiKeys:create', 'users:create', 'users/1/roles:add', 'roles:create', 'roles/root/users:add', 'collections:destroy',
      'auth:signOut', 'auth:changePassword', 'uiPages:list', '/api/apiKeys:list', 'api%4beys:list', 'apiKeys%3Alist', './apiKeys:list',
      'todos/../apiKeys:list', '../v1/keys', '..%2fv1%2fkeys', '//evil.example/api/todos:list', '/\\\\evil.example/x:list', 'users%2f1%2froles:add',
      'apiKeys:list/', 'todos', '', '?x=1', 'users:list:x', 'roles/x/users:add/1', 'users/1/roles:add?x=a:list', 'apiKeys:create#todos:list',
    ];
    const seen = await shows(`const all = [];
      for (const url of ${JSON.stringify(asked)}) {
        await ctx.request({ url, method: 'post', data: {}, skipNotify: true }).then((a) => all.push(url + ' ' + a.status), (e) => e.response && all.push(url + ' ' + e.response.status));
      }
      ctx.render(all.join() || 'none got out')`, /./);
    // `//host` is an address of somebody else, and goes out as nobody; the policy stops it.
    assert.equal(seen, 'none got out');
  });

  it('cannot choose another token or role', async () => {
    await shows(`const { data } = await ctx.request({ url: 'auth:check', headers: { Authorization: 'Bearer no', 'X-Role': 'nothing', Cookie: 'a=b' } });
      ctx.render(String(data.data.id))`, /^\d+$/);
  });
});

describe('what a block draws', () => {
  it('is cleaned of all that runs', async () => {
    const code = `globalThis.bad = 0;
      const dirty = '<p onclick="bad++">text</p><img src=x onerror="bad++"><script>bad++</' + 'script><iframe src="/"></iframe><a href="java\\tscript:bad++">link</a>'
        + '<svg><script>bad++</' + 'script><a xlink:href="javascript:bad++"><text>t</text></a></svg><math><mtext></mtext></math><style>p{}</style><form action="/x"><button formaction="/y">b</button></form><object data="/"></object><base href="/">';
      ctx.render(dirty);
      const first = ctx.element.innerHTML;
      ctx.element.innerHTML = dirty;
      ctx.element.insertAdjacentHTML('beforeend', dirty);
      ctx.element.querySelectorAll('*').forEach((one) => one.click?.());
      await new Promise((resolve) => setTimeout(resolve, 300));
      const all = ctx.element.innerHTML;
      ctx.render('bad ' + bad + ' ' + /onclick|onerror|<script|<iframe|script:|<math|<object|<base|formaction|action=/.test(first + all) + ' ' + /text<\\/p>/.test(first))`;
    await shows(code, /^bad 0 false true$/);
  });

  it('is a node, a fragment or a text, and needs a container', async () => {
    await shows(`const one = document.createElement('b'); one.textContent = 'node';
      ctx.render(one);
      const errors = [];
      try { ctx.render('x', null) } catch (e) { errors.push(e.message) }
      try { ctx.render({ type: 'div' }) } catch (e) { errors.push(e.constructor.name) }
      const seen = ctx.element.innerText + ' ' + errors.length;
      ctx.element.outerHTML = '<i>outer</i>';
      ctx.element.append(document.createTextNode(' ' + seen + ' ' + ctx.element.tagName))`, /^outer node 2 DIV$/);
  });
});

describe('the rest of ctx', () => {
  it('messages close when they are told to, and can be awaited', async () => {
    const { address } = await pageOf(home.url, admin, `
      const close = ctx.message.info('to be closed', 0);
      ctx.message.success({ content: 'from a config', duration: 0 });
      ctx.notification.warning({ message: 'Title', description: 'words', duration: 0 });
      setTimeout(close, 300);
      await close;
      ctx.render('closed ' + ctx.t('{{n}} times', { n: 1 }) + ' ' + ctx.record + ctx.resource)`);
    const page = await open(address);
    await until('closed', async () => (await drawn(page)) === 'closed 1 times nullnull');
    const seen = await text(page);
    assert.ok(!seen.includes('to be closed') && seen.includes('from a config') && seen.includes('Title: words'), seen);
    await page.browserContext().close();
  });

  it('a question is the page’s, says who asks, and does not count as time of the code', async () => {
    const { address } = await pageOf(home.url, admin, "ctx.render(String(await ctx.modal.confirm({ title: 'Really?', content: 'Think.', okText: 'Go' })))");
    const page = await open(address);
    await page.waitForSelector('dialog[open]');
    const asked = await page.$eval('dialog[open]', (dialog) => dialog.innerText);
    assert.ok(asked.includes('Really?') && asked.includes('Asked by the block “block 1”'), asked);
    // Longer than a block may take.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    await page.click('dialog[open] button[type=submit]');
    await until('the answer', async () => (await drawn(page)) === 'true');
    await page.browserContext().close();
  });
});
