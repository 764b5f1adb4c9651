// What screens ask of the application itself and of its structure, beside records: data sources, ways to sign in,
// settings, what people say of themselves, which collections a role has entries for.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  admin, body, client, collection, fresh, grant, holder, keyWith, ok, password, person, refused, role, send, signedIn, text,
} from './world.js';

const DENIED = '403 No permissions';
const check = (api) => ok(api.resource('auth').check());

describe('the application', () => {
  it('tells everybody what its screens are called, in which language and how one signs in', async () => {
    const api = client();
    const settings = await ok(api.resource('systemSettings').get());
    assert.deepEqual(
      [settings.id, settings.title, settings.appLang, settings.enabledLanguages, settings.allowSignUp],
      [1, 'Keyward', 'en-US', ['en-US'], false],
    );
    assert.deepEqual(await ok(admin.resource('systemSettings').get()), settings);
    assert.deepEqual(await ok(api.resource('app').getInfo()), { name: 'main', lang: 'en-US' });
    assert.equal((await ok(api.resource('app').getLang({ locale: 'de-DE' }))).lang, 'en-US');
    assert.ok((await ok(api.resource('authenticators').publicList())).some((way) => way.name === 'basic'));
    for (const action of ['update', 'put', 'create', 'destroy', 'list']) {
      assert.equal(await refused(admin.resource('systemSettings')[action]({ values: { title: 'x' } })), '404 Not Found');
    }
  });

  it('has ways to sign in, kept by who may change the server', async () => {
    const at = admin.resource('authenticators');
    const [basic] = await ok(at.list({ filter: { name: 'basic' } }));
    assert.deepEqual([basic.name, basic.authType, basic.enabled], ['basic', 'Email/Password', true]);
    assert.deepEqual((await ok(at.listTypes())).map((type) => type.name), ['Email/Password']);
    const name = fresh('way');
    const told = async () => (await ok(client().resource('authenticators').publicList())).map((way) => way.name);
    const made = await ok(at.create({ values: { name, authType: 'Email/Password', title: 'Staff', enabled: true } }));
    assert.deepEqual([made.name, made.title], [name, 'Staff']);
    assert.ok((await told()).includes(name));
    assert.equal((await ok(at.get({ filterByTk: made.id }))).name, name);
    // Signing in by its name, as by one nobody knows.
    const { username } = await person();
    for (const way of [name, fresh('nothing')]) {
      const api = client();
      await api.auth.signIn({ account: username, password }, way);
      assert.equal((await check(api)).username, username);
    }
    const [changed] = await ok(at.update({ filterByTk: made.id, values: { enabled: false, title: 'Nobody' } }));
    assert.deepEqual([changed.enabled, changed.title], [false, 'Nobody']);
    assert.ok(!(await told()).includes(name));
    assert.equal(await ok(at.destroy({ filterByTk: made.id })), 1);
    assert.equal(await ok(at.get({ filterByTk: made.id })), null);
    for (const values of [{}, { name }, { name, authType: 'SAML' }, { name: 'a b', authType: 'Email/Password' }, { name: 'basic', authType: 'Email/Password' }]) {
      assert.match(await refused(at.create({ values })), /^400 /, JSON.stringify(values));
    }
    // Nobody is shut out: one of them stays.
    assert.deepEqual(await ok(at.update({ filterByTk: 999_999, values: { enabled: false } })), []);
    assert.equal(await ok(at.destroy({ filterByTk: 999_999 })), 0);
    const { api } = await keyWith({ snippets: ['pm.api-keys.configuration', 'pm.users', 'pm.acl.roles'] });
    for (const action of ['list', 'get', 'listTypes', 'create', 'update', 'destroy']) {
      assert.equal(await refused(api.resource('authenticators')[action]({ filterByTk: 1, values: {} })), DENIED, action);
    }
    assert.equal(await refused(client().resource('authenticators').list()), '401 EMPTY_TOKEN');
  });

  it('has one data source, and every address of it says so', async () => {
    for (const action of ['list', 'listEnabled']) {
      const [main, ...others] = await ok(admin.resource('dataSources')[action]());
      assert.deepEqual([main.key, main.type, main.status, main.enabled, others.length], ['main', 'main', 'loaded', true, 0]);
      assert.equal(await refused(client().resource('dataSources')[action]()), '401 EMPTY_TOKEN');
    }
    assert.deepEqual(await ok(admin.resource('dataSources').list({ filter: { key: 'other' } })), []);
    for (const action of ['create', 'update', 'destroy', 'get', 'refresh']) {
      assert.equal(await refused(admin.resource('dataSources')[action]({ filterByTk: 'main', values: {} })), '404 Not Found');
    }
    const name = await role();
    for (const [resource, action] of [['collections', 'list'], ['roles', 'get'], ['roles', 'update'], ['rolesResourcesScopes', 'list']]) {
      const at = admin.resource(`dataSources.${resource}`, 'elsewhere');
      assert.equal(await refused(at[action]({ filterByTk: name, values: {} })), '404 Not Found', `${resource}:${action}`);
    }
  });

  it('knows the actions a role can be given', async () => {
    const actions = await ok(admin.resource('availableActions').list());
    const names = actions.map((action) => action.name);
    for (const name of ['create', 'view', 'update', 'destroy']) assert.ok(names.includes(name), name);
    const { api } = await keyWith({});
    assert.deepEqual(await ok(api.resource('availableActions').list()), actions);
    const shown = (await ok(admin.resource('roles').check())).availableActions;
    assert.deepEqual([...shown].sort(), [...names].sort());
  });
});

describe('collections and fields', () => {
  it('are listed by their data source as by themselves', async () => {
    const name = await collection([text('title')]);
    const wanted = { filter: { name }, appends: ['fields'] };
    const own = await body(admin.resource('collections').list(wanted));
    assert.deepEqual(await body(admin.resource('dataSources.collections', 'main').list(wanted)), own);
    assert.deepEqual(own.data.map((c) => c.name), [name]);
    assert.ok(own.data[0].fields.some((field) => field.name === 'title'));
    const bare = await ok(admin.resource('collections').list({ filter: { name } }));
    assert.equal(bare[0].fields, undefined);
  });

  it('are told to a key as far as its role reaches, by every address', async () => {
    const [seen, unseen] = [await collection([text('title'), text('inner')]), await collection([text('title')])];
    const { api } = await keyWith({ resources: [{ name: seen, actions: [{ name: 'view', fields: ['title'] }] }] });
    const wanted = { filter: { name: [seen, unseen] }, appends: ['fields'], paginate: false };
    for (const rows of [
      await ok(api.resource('collections').list(wanted)),
      await ok(api.resource('dataSources.collections', 'main').list(wanted)),
      (await ok(api.resource('collections').listMeta())).filter((c) => [seen, unseen].includes(c.name)),
    ]) {
      assert.deepEqual(rows.map((c) => c.name), [seen]);
      const names = rows[0].fields.map((field) => field.name);
      assert.ok(names.includes('title') && !names.includes('inner'), `${names}`);
    }
    assert.equal(await refused(api.resource('fields').list()), DENIED);
    assert.equal(await refused(api.resource('collections.fields', seen).list()), DENIED);
    assert.equal(await refused(api.resource('collections').get({ filterByTk: seen })), DENIED);
  });

  it('all fields are one list, which is filtered, sorted, paged and trimmed', async () => {
    const name = await collection([text('b'), text('a'), { name: 'n', type: 'integer' }]);
    const at = admin.resource('fields');
    const of = async (params) => body(at.list(params));
    const mine = { collectionName: name };
    const { data, meta } = await of({ filter: { ...mine, type: 'string' }, sort: ['name'], fields: ['name', 'type'] });
    assert.deepEqual(data, [{ name: 'a', type: 'string' }, { name: 'b', type: 'string' }]);
    assert.equal(meta.count, 2);
    const page = await of({ filter: { ...mine, type: 'string' }, sort: ['-name'], page: 2, pageSize: 1 });
    assert.deepEqual([page.data.map((f) => f.name), page.meta.totalPage], [['a'], 2]);
    assert.equal((await of({ filter: mine, paginate: false })).meta, undefined);
    const { api } = await keyWith({ snippets: ['pm.data-source-manager.data-source-main'] });
    assert.ok((await ok(api.resource('fields').list({ filter: mine }))).length >= 3);
  });
});

describe('what people say of themselves', () => {
  it('is theirs to change, and gives them nothing', async () => {
    const { id, username, session } = await person(['member']);
    const before = await check(session);
    const [me, ...others] = await ok(session.resource('users').updateProfile({
      // Neither another's key nor any of these is heeded.
      filterByTk: 1,
      values: {
        nickname: 'Bob', phone: '123', email: `${username}@Example.org`, appLang: 'de-DE', systemSettings: { theme: 'dark' },
        roles: ['admin'], password: 'another one entirely', root: true, id: 1, createdById: 7,
      },
    }));
    assert.equal(others.length, 0);
    assert.deepEqual(
      [me.id, me.nickname, me.phone, me.email, me.appLang, me.systemSettings, me.createdById],
      [id, 'Bob', '123', `${username}@example.org`, 'de-DE', { theme: 'dark' }, before.createdById],
    );
    assert.ok(!('password' in me));
    const after = await check(session);
    assert.deepEqual(after.roles.map((r) => r.name), ['member']);
    assert.equal((await check(await signedIn(username, password))).nickname, 'Bob');
    assert.equal((await check(await signedIn(`${username}@example.org`, password))).id, id);
  });

  it('holds the language, which is also changed by itself', async () => {
    const { session } = await person(['member']);
    await ok(session.resource('users').updateLang({ values: { appLang: 'fr-FR' } }));
    assert.equal((await check(session)).appLang, 'fr-FR');
    await ok(session.resource('users').updateProfile({ values: { nickname: 'x' } }));
    assert.equal((await check(session)).appLang, 'fr-FR');
  });

  it('is not changed by a key, nor by nobody, nor to what another has', async () => {
    const { session, api } = await holder('admin');
    const other = await person();
    for (const action of ['updateProfile', 'updateLang']) {
      assert.equal(await refused(api.resource('users')[action]({ values: { nickname: 'x', appLang: 'x' } })), DENIED);
      assert.equal(await refused(client().resource('users')[action]({ values: {} })), '401 EMPTY_TOKEN');
    }
    const at = session.resource('users');
    for (const values of [{ username: other.username }, { username: 'a b' }, { email: 'none' }, { nickname: {} }]) {
      assert.match(await refused(at.updateProfile({ values })), /^400 /, JSON.stringify(values));
    }
  });
});

describe('the permission screen', () => {
  it('is told which collections a role has entries for', async () => {
    const [own, other] = [await collection([text('title')], { title: 'Mine' }), await collection([text('title')])];
    const name = await role();
    await grant(name, [{ name: own, actions: [] }]);
    const at = admin.resource('roles.dataSourcesCollections', name);
    const rows = await ok(at.list({ filter: { dataSourceKey: 'main', name: [own, other] } }));
    const said = Object.fromEntries(rows.map((row) => [row.collectionName, row]));
    assert.deepEqual(
      [own, other].map((c) => [said[c].usingConfig, said[c].exists, said[c].roleName, said[c].dataSourceKey]),
      [['resourceAction', true, name, 'main'], ['strategy', false, name, 'main']],
    );
    assert.deepEqual([said[own].title, said[own].type], ['Mine', 'collection']);
    assert.ok(said[own].fields.some((field) => field.name === 'title'));
    const page = await body(at.list({ filter: { name: [own, other] }, sort: ['name'], pageSize: 1, page: 2 }));
    assert.deepEqual([page.meta.count, page.meta.totalPage, page.data.length], [2, 2, 1]);
    assert.equal(await refused(admin.resource('roles.dataSourcesCollections', fresh('nothing')).list()), '404 Not Found');
  });

  it('is not for who may not manage roles', async () => {
    const { api, session } = await holder('member');
    for (const caller of [api, session]) {
      assert.equal(await refused(caller.resource('roles.dataSourcesCollections', 'member').list()), DENIED);
    }
  });
});

describe('the holders of a role', () => {
  it('are set: these and nobody else', async () => {
    const name = await role();
    const at = admin.resource('roles.users', name);
    const [one, two, three] = [await person([name]), await person([name]), await person()];
    const holders = async () => (await ok(at.list({ sort: ['id'] }))).map((user) => user.id);
    assert.deepEqual(await holders(), [one.id, two.id]);
    assert.deepEqual(await body(at.set({ values: [two.id, three.id] })), {});
    assert.deepEqual(await holders(), [two.id, three.id]);
    assert.deepEqual(await body(at.set({ values: [] })), {});
    assert.deepEqual(await holders(), []);
    // Nothing is changed where somebody is not there.
    await body(at.set({ values: [one.id] }));
    assert.equal(await refused(at.set({ values: [two.id, 99_999_999] })), '404 Not Found');
    assert.deepEqual(await holders(), [one.id]);
    assert.match(await refused(at.set({})), /^400 /);
    assert.deepEqual(await holders(), [one.id]);
  });

  it('of root are set by root alone', async () => {
    const { id, session } = await person(['admin']);
    const of = (api) => api.resource('roles.users', 'root');
    const strong = await person(['root']);
    assert.match(await refused(of(session).add({ values: [id] })), /^403 /);
    assert.match(await refused(of(session).set({ values: [id] })), /^403 /);
    assert.match(await refused(of(session).remove({ values: [strong.id] })), /^403 /);
    assert.equal((await ok(strong.session.resource('roles').check())).role, 'root');
    assert.deepEqual(await body(of(admin).remove({ values: [strong.id] })), {});
    assert.equal(await refused(strong.session.resource('roles').check()), '401 USER_HAS_NO_ROLES_ERR');
    assert.deepEqual((await check(session)).roles.map((r) => r.name), ['admin']);
  });
});

describe('what is not served', () => {
  it('is 404 at every resource of the system, to everybody', async () => {
    const { api } = await holder('member');
    for (const resource of [
      'auth', 'apiKeys', 'users', 'roles', 'collections', 'collectionCategories', 'fields', 'dataSources', 'dataSourcesRoles',
      'dataSourceResources', 'swagger', 'app', 'pm', 'authenticators', 'availableActions', 'systemSettings',
    ]) {
      for (const action of ['count', 'nothing', 'toString', 'constructor']) {
        for (const caller of [admin, api, client()]) {
          assert.equal(await refused(caller.resource(resource)[action]()), '404 Not Found', `${resource}:${action}`);
        }
      }
      // Names are told apart by case.
      const other = resource[0].toUpperCase() + resource.slice(1);
      assert.equal((await send('GET', `${other}:list`)).status, 401, other);
      assert.equal((await send('GET', `${other}:nothing`)).status, 404, other);
    }
  });
});
