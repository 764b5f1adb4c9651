// What holds for every screen: text stays text, a role sees what it may, keyboard, sizes, names of controls.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { launch } from './browser.js';
import { by, screens } from './person.js';
import { caller, fresh, home, password, signIn } from './world.js';

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

describe('the page', () => {
  it('says of a role what was ticked, and shows it again', async () => {
    const { api } = await signIn(home.url, home.email, home.password);
    const [role, name] = [fresh('role'), fresh('todos')];
    await api('roles:create', { name: role, title: role });
    await api('collections:create', { name, title: name, createdBy: true, fields: [{ name: 'title', type: 'string' }, { name: 'completed', type: 'boolean' }] });
    try {
      const admin = await screens(browser);
      await admin.signIn(home.email, home.password);
      await admin.go(`#/roles/${role}`);
      await admin.press(`Configure ${name}`);
      await admin.tick(by.dialog('View'));
      await admin.choose(by.aria('View: which fields'), 'some');
      await admin.tick('Completed', false);
      await admin.tick(by.dialog('Edit'));
      await admin.choose(by.aria('Edit: which records'), '2');
      await admin.send('Save permissions');
      await admin.reads('view, edit own');
      const [entry] = await api(`roles/${role}/dataSourceResources:list?appends[]=actions`);
      const [view, update] = ['view', 'update'].map((action) => entry.actions.find((one) => one.name === action));
      assert.deepEqual([entry.actions.length, view.scopeId, update.scopeId, update.fields], [2, null, 2, null]);
      assert.ok(view.fields.includes('title') && !view.fields.includes('completed'), `${view.fields}`);
      await admin.press(`Configure ${name}`);
      await admin.send('Back to the general rule');
      await admin.until('no entry', async () => (await api(`roles/${role}/dataSourceResources:list`)).length === 0);

      await admin.choose('Edit', 'own');
      await admin.choose('View', 'all');
      await admin.press('Save general rule');
      await admin.until('the rule', async () => (await api(`roles:get?filterByTk=${role}`)).strategy?.actions.join() === 'view,update:own');
      assert.deepEqual([await admin.value('View'), await admin.value('Add'), await admin.value('Edit')], ['all', '', 'own']);

      await admin.reads('The general rule was saved.');
      await admin.tick('Manage API keys');
      await admin.press('Save administration');
      await admin.reads('What the role may administer was saved.');
      const { snippets } = await api(`roles:get?filterByTk=${role}`);
      assert.deepEqual([...snippets].sort(), ['!pm', '!ui.*', 'pm.api-keys.configuration'], 'nothing that was not ticked, and nothing against what was');
      assert.deepEqual(admin.trouble, []);
    } finally {
      await api(`collections:destroy?filterByTk=${name}`, {});
      await api(`roles:destroy?filterByTk=${role}`, {});
    }
  });

  it('gives parts of the administration without giving or taking others', async () => {
    const admin = await screens(browser);
    const found = await admin.page.evaluate(async () => {
      const { SNIPPETS, snippetRules } = await import('/nocobase/app/lib/rights.js');
      const { allowsSnippet } = await import('/nocobase/app/lib/session.js');
      const names = SNIPPETS.map((one) => one.name);
      const wrong = [];
      const starts = [['!ui.*', '!pm', '!pm.*'], ['ui.*', 'pm', 'pm.*'], ['pm.*', '!pm.users'], [], ['pm.users', 'pm.logger'], ['!pm.*', 'ui.*'], ['pm.*', '!pm.*'], ['*'], ['*', '!pm.*'], ['pm.logger', '!pm.*'], ['!*', '*', 'pm.users'], ['pm.*', '!pm.acl.*']];
      for (const before of starts) {
        for (let set = 0; set < 1 << names.length; set += 1) {
          const ticked = names.filter((_, at) => set & (1 << at));
          const rules = snippetRules(before, ticked);
          const has = names.filter((name) => allowsSnippet(rules, name.replace('*', 'uiSchemas')));
          const logger = allowsSnippet(rules, 'pm.logger') && !allowsSnippet(before, 'pm.logger');
          if (has.join() !== ticked.join() || logger) wrong.push({ before, ticked, rules });
        }
      }
      return wrong;
    });
    assert.deepEqual(found, []);
  });

  it('shows what records say as text and never as markup', async () => {
    const { api } = await signIn(home.url, home.email, home.password);
    const name = fresh('evil');
    const bad = '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script>';
    await api('collections:create', { name, title: bad, fields: [{ name: 'title', type: 'string', uiSchema: { title: bad } }] });
    try {
      await api(`${name}:create`, { title: bad });
      const admin = await screens(browser);
      await admin.signIn(home.email, home.password);
      for (const hash of ['#/collections', `#/collections/${name}`, `#/records/${name}`, '#/docs']) {
        await admin.go(hash);
        assert.deepEqual(await admin.page.evaluate(() => [document.querySelectorAll('main img, main script').length, document.title === 'taken']), [0, false], hash);
      }
      assert.deepEqual(admin.trouble, []);
    } finally {
      await api(`collections:destroy?filterByTk=${name}`, {});
    }
  });

  it('acts in the role that is chosen, and shows what that one may do', async () => {
    const { api } = await signIn(home.url, home.email, home.password);
    const made = await api('users:create', { username: fresh('two'), password, roles: ['admin', 'member'] });
    try {
      const page = await screens(browser);
      await page.signIn(made.username, password);
      await page.choose(by.aria('Act in role'), 'member');
      await page.until('fewer screens', async () => !(await page.links('nav a')).includes('Users'));
      await page.choose(by.aria('Act in role'), 'admin');
      await page.until('all screens', async () => (await page.links('nav a')).includes('Users'));
      // Opened by its address, a screen the role may not have says so.
      await page.choose(by.aria('Act in role'), 'member');
      await page.until('fewer screens', async () => !(await page.links('nav a')).includes('Users'));
      await page.go('#/users');
      await page.reads('Not allowed');
    } finally {
      await api(`users:destroy?filterByTk=${made.id}`, {});
    }
  });

  it('shows of records what the role may see, and offers what it may do', async () => {
    const { api } = await signIn(home.url, home.email, home.password);
    const [role, name] = [fresh('role'), fresh('todos')];
    await api('collections:create', { name, title: name, createdBy: true, fields: [{ name: 'title', type: 'string' }, { name: 'secret', type: 'string' }] });
    await api('roles:create', { name: role, title: role });
    const actions = [{ name: 'view', fields: ['id', 'title'] }, { name: 'create', fields: ['title'] }, { name: 'update', fields: ['title'], scopeId: 2 }];
    await api('roles:applyDataPermissions?filterByTk='.concat(role), { resources: [{ name, actions }] });
    const made = await api('users:create', { username: fresh('some'), password, roles: [role] });
    await api(`${name}:create`, { title: 'by the administrator', secret: 'not for you' });
    try {
      const page = await screens(browser);
      await page.signIn(made.username, password);
      await page.go(`#/records/${name}`);
      await page.shows('Title', ['by the administrator']);
      await page.press('Add record');
      await page.fill(by.dialog('Title'), 'my own');
      assert.equal(await page.page.$$eval('dialog [data-field]', (all) => all.map((one) => one.dataset.field).join()), 'title');
      await page.send('Add record');
      await page.shows('Title', ['by the administrator', 'my own']);
      const offered = await page.page.$$eval('main td button', (all) => all.map((one) => one.getAttribute('aria-label')));
      assert.deepEqual(offered, ['View record 1', 'Edit record 2'], 'own records are changed, others only looked at, none deleted');
      assert.equal((await page.page.content()).includes('not for you'), false);
      await page.go(`#/collections/${name}`);
      assert.deepEqual(await page.page.$$eval('main button', (all) => all.length), 0, 'the structure is looked at');
      assert.deepEqual(page.trouble, []);
    } finally {
      await api(`collections:destroy?filterByTk=${name}`, {});
      await api(`users:destroy?filterByTk=${made.id}`, {});
      await api(`roles:destroy?filterByTk=${role}`, {});
    }
  });

  it('is walked by keyboard: past the frame, into a dialog, and back to where one was', async () => {
    const page = await screens(browser);
    await page.signIn(home.email, home.password);
    const at = () => page.page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim());
    await page.go('#/roles');
    await page.page.evaluate(() => document.activeElement.blur());
    const keys = page.page.keyboard;
    await keys.press('Tab');
    for (let steps = 0; (await at()) !== 'New role' && steps < 30; steps += 1) await keys.press('Tab');
    assert.equal(await at(), 'New role');
    await keys.press('Enter');
    await page.reads('May manage API keys');
    const role = fresh('typed');
    await keys.type(role);
    // Nothing behind the dialog is reached.
    for (let steps = 0; steps < 12; steps += 1) {
      await keys.press('Tab');
      assert.ok(await page.page.evaluate(() => document.activeElement === document.body || !!document.activeElement.closest('dialog')), await at());
    }
    await keys.press('Escape');
    await page.until('the dialog is gone', async () => (await page.page.$('dialog')) === null);
    assert.equal(await at(), 'New role');
  });

  it('leads back to signing in when the session is ended elsewhere', async () => {
    const page = await screens(browser);
    await page.signIn(home.email, home.password);
    const token = await page.page.evaluate(() => JSON.parse(sessionStorage.getItem('keyward.session')).token);
    await caller(home.url, token)('auth:signOut', {}).catch(() => {});
    await page.go('#/roles');
    await page.reads('You have been signed out');
  });

  for (const width of [400, 1400]) {
    it(`fits a window ${width} points wide, and every control has a name`, async () => {
      const page = await screens(browser, width);
      await page.signIn(home.email, home.password);
      for (const hash of ['#/collections', '#/roles', '#/roles/member', '#/users', '#/keys', '#/docs', '#/pages']) {
        await page.go(hash);
        const [wide, nameless] = await page.page.evaluate(() => {
          const named = (one) => one.labels?.length || one.getAttribute('aria-label') || one.textContent.trim();
          const controls = [...document.querySelectorAll('button, input, select, textarea, a[href]')].filter((one) => one.checkVisibility());
          return [document.documentElement.scrollWidth, controls.filter((one) => !named(one)).map((one) => one.outerHTML)];
        });
        assert.ok(wide <= width, `${hash} is ${wide} wide`);
        assert.deepEqual(nameless, [], hash);
      }
      assert.deepEqual(page.trouble, []);
    });
  }
});
