// Roles: what they are made of, and what a key may do through each part, with the next call.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import {
  admin, body, client, collection, fresh, grant, holder, keyWith, native, ok, person, refused, role, text, titles,
} from './world.js';

const DENIED = '403 No permissions';
const roles = admin.resource('roles');
const scopes = admin.resource('dataSources.rolesResourcesScopes', 'main');
const mine = (name) => admin.resource('roles.dataSourceResources', name);

/** A collection with two records of the administrator's. */
async function things(more = {}) {
  const name = await collection([text('title'), text('note'), { name: 'done', type: 'boolean' }], {
    createdAt: true, updatedAt: true, createdBy: true, ...more,
  });
  await ok(admin.resource(name).create({ values: [{ title: 'one', note: 'n1' }, { title: 'two', note: 'n2' }] }));
  return name;
}

/** Which of view, create, update and destroy somebody may. */
async function may(api, name) {
  const { id } = await ok(admin.resource(name).create({ values: { title: 'may' } }));
  const at = api.resource(name);
  const asked = {
    view: () => at.list(),
    create: () => at.create({ values: { title: 'may' } }),
    update: () => at.update({ filterByTk: id, values: { title: 'might' } }),
    destroy: () => at.destroy({ filterByTk: id }),
  };
  const allowed = [];
  for (const [action, ask] of Object.entries(asked)) {
    const status = await ask().then((a) => a.status, (e) => e.response.status);
    assert.ok([200, 403].includes(status), `${action} ${status}`);
    if (status === 200) allowed.push(action);
  }
  await ok(admin.resource(name).destroy({ filter: { title: { $in: ['may', 'might'] } } }));
  return allowed;
}

describe('roles', () => {
  it('are created, found, listed, changed and removed', async () => {
    const name = fresh('r');
    const values = { name, title: `Title ${name}`, description: 'about', hidden: false, allowConfigure: true, strategy: { actions: ['view'] } };
    const made = await ok(roles.create({ values }));
    for (const [key, value] of Object.entries(values)) assert.deepEqual(made[key], value, key);
    assert.equal((await ok(roles.get({ filterByTk: name }))).title, values.title);
    const list = await body(roles.list({ filter: { name } }));
    assert.deepEqual([list.data.map((r) => r.name), list.meta.count], [[name], 1]);
    const [changed] = await ok(roles.update({ filterByTk: name, values: { title: `New ${name}`, strategy: { actions: ['create'] } } }));
    assert.deepEqual([changed.title, changed.strategy.actions], [`New ${name}`, ['create']]);
    assert.equal(await ok(roles.destroy({ filterByTk: name })), 1);
    assert.equal(await ok(roles.get({ filterByTk: name })), null);
    assert.equal(await ok(roles.destroy({ filterByTk: name })), 0);
    assert.deepEqual(await ok(roles.update({ filterByTk: name, values: { title: 'x' } })), []);
  });

  it('without a name get one, without snippets those that allow nothing', async () => {
    const made = await ok(roles.create({ values: { title: fresh('title') } }));
    assert.match(made.name, /^r_[0-9a-z]+$/);
    assert.deepEqual(made.snippets, ['!pm', '!pm.*', '!ui.*']);
  });

  it('have names and titles of their own', async () => {
    const [name, title] = [fresh('r'), fresh('title')];
    await ok(roles.create({ values: { name, title } }));
    assert.match(await refused(roles.create({ values: { name, title: fresh('t') } })), /^400 .*already exists$/);
    assert.match(await refused(roles.create({ values: { name: fresh('r'), title } })), /^400 .*already exists$/);
    for (const values of [
      { name: 'no name' }, { name: '1a' }, { name: 'a.b' }, { name: 'a/b' }, { name: '' , title: 7, snippets: 'x' },
      { title: fresh('t'), snippets: 'pm.*' }, { title: fresh('t'), snippets: [1] }, { title: fresh('t'), strategy: 'view' },
      { title: fresh('t'), strategy: { actions: [1] } }, { title: fresh('t'), hidden: 'x' },
    ]) {
      assert.match(await refused(roles.create({ values })), /^400 /, JSON.stringify(values));
    }
  });

  it('that are built in are there, and stay', async () => {
    const all = await ok(roles.list({ paginate: false }));
    const named = (name) => all.find((r) => r.name === name);
    assert.equal(named('root').hidden, true);
    assert.deepEqual(named('admin').strategy.actions, ['create', 'view', 'update', 'destroy']);
    assert.deepEqual(named('admin').snippets, ['pm', 'pm.*', 'ui.*']);
    assert.deepEqual(named('member').strategy.actions, ['view:own']);
    assert.equal(named('member').default, true);
    for (const name of ['root', 'admin', 'member']) {
      assert.match(await refused(roles.destroy({ filterByTk: name })), /^403 /, name);
    }
    assert.match(await refused(roles.update({ filterByTk: 'root', values: { strategy: { actions: [] } } })), /^403 /);
  });

  it('are managed by who may manage roles', async () => {
    const [at, { api }] = [await things(), await holder('member')];
    for (const call of [
      () => api.resource('roles').list(),
      () => api.resource('roles').create({ values: { title: 'x' } }),
      () => api.resource('roles').update({ filterByTk: 'member', values: { strategy: { actions: ['*'] } } }),
      () => api.resource('roles').destroy({ filterByTk: 'member' }),
      () => api.resource('roles').applyDataPermissions({ filterByTk: 'member', values: { resources: [] } }),
      () => api.resource('roles.dataSourceResources', 'member').list(),
      () => api.resource('roles.dataSourceResources', 'member').create({ values: { name: 'x' } }),
      () => api.resource('dataSources.roles', 'main').update({ filterByTk: 'member', values: { strategy: { actions: ['*'] } } }),
      () => api.resource('dataSources.rolesResourcesScopes', 'main').list(),
      () => api.resource('dataSources.rolesResourcesScopes', 'main').create({ values: { resourceName: at, scope: {} } }),
    ]) {
      assert.equal(await refused(call()), DENIED, `${call}`);
    }
    const manager = await keyWith({ snippets: ['pm.acl.roles'] });
    assert.ok((await ok(manager.api.resource('roles').list())).length >= 3);
  });

  it('make nobody more than who gives them', async () => {
    const { session, id } = await person(['admin']);
    session.auth.setRole('admin');
    assert.match(await refused(session.resource('users.roles', id).add({ values: ['root'] })), /^403 /);
    assert.match(await refused(session.resource('roles.users', 'root').add({ values: [id] })), /^403 /);
    assert.match(await refused(session.resource('users').update({ filterByTk: id, values: { roles: ['root'] } })), /^403 /);
    assert.match(
      await refused(session.resource('users').create({ values: { username: fresh('x'), password: 'long enough', roles: ['root'] } })),
      /^403 /,
    );
    assert.deepEqual((await ok(admin.resource('users.roles', id).list())).map((r) => r.name), ['admin']);
    // Nor does anybody take a root user over.
    const { id: root } = await ok(admin.resource('auth').check());
    for (const call of [
      () => session.resource('users').update({ filterByTk: root, values: { password: 'another password' } }),
      () => session.resource('users').update({ filterByTk: root, values: { email: 'eve@example.org' } }),
      () => session.resource('users').destroy({ filterByTk: root }),
      () => session.resource('users.roles', root).set({ values: ['member'] }),
    ]) {
      assert.match(await refused(call()), /^403 /, `${call}`);
    }
    assert.match(await refused(admin.resource('users').destroy({ filterByTk: root })), /^403 /);
    // Root may.
    assert.deepEqual(await body(admin.resource('users.roles', id).add({ values: ['root'] })), {});
    await body(admin.resource('users.roles', id).remove({ values: ['root'] }));
  });
});

describe('a manager makes nobody more than the manager is', () => {
  it('of users: no stronger user, no stronger role, no password of one', async () => {
    const [manager, boss] = [await keyWith({ snippets: ['pm.users'] }), await person(['admin'])];
    const users = manager.api.resource('users');
    for (const call of [
      () => manager.api.resource('users.roles', manager.id).add({ values: ['admin'] }),
      () => users.create({ values: { username: fresh('x'), password: 'long enough', roles: ['admin'] } }),
      () => users.update({ filterByTk: boss.id, values: { password: 'another password' } }),
      () => users.update({ filterByTk: manager.id, values: { roles: ['admin'] } }),
      () => users.destroy({ filterByTk: boss.id }),
    ]) {
      assert.match(await refused(call()), /^403 /, `${call}`);
    }
    assert.ok(await ok(boss.session.resource('auth').check()));
  });

  it('of roles: no rights the manager does not have', async () => {
    const at = await things();
    const { api, id } = await keyWith({ snippets: ['pm.acl.roles'] });
    const own = (await ok(api.resource('roles').check())).role;
    for (const call of [
      () => api.resource('roles').update({ filterByTk: own, values: { strategy: { actions: ['*'] } } }),
      () => api.resource('roles').update({ filterByTk: own, values: { snippets: ['pm.*'] } }),
      () => api.resource('roles').update({ filterByTk: 'member', values: { strategy: { actions: ['*'] } } }),
      () => api.resource('roles').applyDataPermissions({ filterByTk: own, values: { resources: [{ name: at, actions: [{ name: 'view', fields: null }] }] } }),
      () => api.resource('roles.dataSourceResources', own).create({ values: { name: at, actions: [{ name: 'view', fields: null }] } }),
      () => api.resource('dataSources.roles', 'main').update({ filterByTk: own, values: { strategy: { actions: ['view'] } } }),
      () => api.resource('roles').create({ values: { title: fresh('t'), default: true, strategy: { actions: ['*'] } } }),
      () => api.resource('roles.users', 'admin').add({ values: [id] }),
    ]) {
      assert.match(await refused(call()), /^403 /, `${call}`);
    }
    assert.equal(await refused(api.resource(at).list()), DENIED);
  });
});

describe('a strategy', () => {
  let name;
  before(async () => {
    name = await things();
  });
  const allowed = async (actions) => may((await keyWith({ strategy: { actions } })).api, name);

  it('allows its actions in every collection, and no others', async () => {
    assert.deepEqual(await allowed([]), []);
    assert.deepEqual(await allowed(['view']), ['view']);
    assert.deepEqual(await allowed(['create', 'update']), ['create', 'update']);
    assert.deepEqual(await allowed(['destroy']), ['destroy']);
    assert.deepEqual(await allowed(['*']), ['view', 'create', 'update', 'destroy']);
    assert.deepEqual(await allowed(['nothing', 'view:nothing']), []);
  });

  it('goes by the other names of actions', async () => {
    const reader = (await keyWith({ strategy: { actions: ['view'] } })).api.resource(name);
    assert.ok((await ok(reader.get({ filter: { title: 'one' } }))).id);
    for (const action of ['firstOrCreate', 'updateOrCreate']) {
      assert.equal(await refused(reader[action]({ filterKeys: ['title'], values: { title: 'x' } })), DENIED);
    }
    const maker = (await keyWith({ strategy: { actions: ['view', 'create'] } })).api.resource(name);
    for (const action of ['firstOrCreate', 'updateOrCreate']) {
      assert.ok(await ok(maker[action]({ filterKeys: ['title'], values: { title: fresh('new') } })));
    }
    assert.equal((await ok(maker.firstOrCreate({ filterKeys: ['title'], values: { title: 'one' } }))).note, 'n1');
  });

  it('of own records reaches those somebody made', async () => {
    const at = await things();
    const { api, id } = await keyWith({ strategy: { actions: ['create', 'view:own', 'update:own', 'destroy:own'] } });
    assert.deepEqual(await ok(api.resource(at).list()), []);
    const own = await ok(api.resource(at).create({ values: { title: 'mine' } }));
    assert.equal(own.createdById, id);
    assert.deepEqual(await titles(api, at), ['mine']);
    const [foreign] = await ok(admin.resource(at).list({ filter: { title: 'one' } }));
    assert.equal(await ok(api.resource(at).get({ filterByTk: foreign.id })), null);
    assert.deepEqual(await ok(api.resource(at).update({ filterByTk: foreign.id, values: { title: 'x' } })), []);
    assert.equal(await refused(api.resource(at).destroy({ filterByTk: foreign.id })), DENIED);
    assert.equal((await ok(api.resource(at).update({ filterByTk: own.id, values: { title: 'still mine' } })))[0].title, 'still mine');
    assert.equal(await ok(api.resource(at).destroy({ filterByTk: own.id })), 1);
    assert.deepEqual(await titles(admin, at), ['one', 'two']);
  });

  it('of own records is refused where nobody knows whose they are', async () => {
    const at = await collection([text('title')]);
    const { api } = await keyWith({ strategy: { actions: ['view:own', 'update:own', 'destroy:own'] } });
    assert.equal(await refused(api.resource(at).list()), DENIED);
    assert.equal(await refused(api.resource(at).update({ filterByTk: 1, values: { title: 'x' } })), DENIED);
    assert.equal(await refused(api.resource(at).destroy({ filterByTk: 1 })), DENIED);
  });

  it('is for collections, not for what the server is made of', async () => {
    const { api } = await keyWith({ strategy: { actions: ['*'] } });
    for (const resource of ['users', 'roles', 'apiKeys']) {
      assert.equal(await refused(api.resource(resource).list()), DENIED, resource);
    }
    assert.equal(await refused(api.resource('collections').create({ values: { name: fresh('c') } })), DENIED);
    assert.equal(await refused(api.resource('collections').destroy({ filterByTk: name })), DENIED);
  });

  it('may be set through the data source', async () => {
    const rights = await role();
    const { api } = await holder(rights);
    const strategies = admin.resource('dataSources.roles', 'main');
    assert.equal(await refused(api.resource(name).list()), DENIED);
    const set = await ok(strategies.update({
      filterByTk: rights,
      values: { roleName: rights, dataSourceKey: 'main', strategy: { actions: ['view'] } },
    }));
    assert.ok(set);
    const { strategy } = await ok(strategies.get({ filterByTk: rights }));
    assert.deepEqual(strategy.actions, ['view']);
    assert.deepEqual((await ok(strategies.get({ filter: { roleName: rights } }))).strategy.actions, ['view']);
    assert.equal((await ok(roles.get({ filterByTk: rights }))).strategy.actions[0], 'view');
    assert.ok(await ok(api.resource(name).list()));
    assert.match(await refused(admin.resource('dataSources.roles', 'elsewhere').update({ filterByTk: rights, values: {} })), /^404 /);
  });
});

describe('an entry for a collection', () => {
  it('is created, found, listed, changed and removed', async () => {
    const [at, rights] = [await things(), await role()];
    const values = {
      name: at,
      dataSourceKey: 'main',
      usingActionsConfig: true,
      actions: [
        { name: 'view', fields: ['id', 'title'], scope: null },
        { name: 'create', fields: ['title', 'done'] },
        { name: 'update', fields: ['title'], scope: { id: 2 } },
        { name: 'destroy' },
      ],
    };
    await ok(mine(rights).create({ values }));
    const asked = { filter: { dataSourceKey: 'main', name: at }, appends: ['actions', 'actions.scope'] };
    const entry = await ok(mine(rights).get(asked));
    assert.deepEqual([entry.name, entry.roleName, entry.usingActionsConfig], [at, rights, true]);
    assert.deepEqual(entry.actions.map((a) => a.name), ['view', 'create', 'update', 'destroy']);
    assert.deepEqual(entry.actions[0].fields, ['id', 'title']);
    assert.deepEqual([entry.actions[2].scopeId, entry.actions[2].scope.key], [2, 'own']);
    assert.deepEqual((await ok(mine(rights).list())).map((r) => r.name), [at]);

    await ok(mine(rights).update({ filter: asked.filter, values: { usingActionsConfig: true, actions: [{ name: 'view', fields: null }] } }));
    assert.deepEqual((await ok(mine(rights).get(asked))).actions.map((a) => a.name), ['view']);
    assert.match(await refused(mine(rights).create({ values })), /^400 /);
    await ok(mine(rights).destroy({ filter: asked.filter }));
    assert.equal(await ok(mine(rights).get(asked)), null);
  });

  it('that makes no sense is refused', async () => {
    const [at, rights] = [await things(), await role()];
    for (const values of [
      {},
      { name: at, dataSourceKey: 'elsewhere' },
      { name: at, actions: 'view' },
      { name: at, actions: [1] },
      { name: at, actions: [{ fields: ['id'] }] },
      { name: at, actions: [{ name: 'view', fields: 'id' }] },
      { name: at, actions: [{ name: 'view', fields: null, scope: { id: 99_999 } }] },
      { name: at, actions: [{ name: 'view', fields: null, scope: { title: 'x' } }] },
      { name: at, actions: [{ name: 'view', fields: null, scopeKey: 'nothing' }] },
      { name: at, actions: [{ name: 'view', fields: null, scope: { scope: { 'title.$nothing': 1 } } }] },
    ]) {
      assert.match(await refused(mine(rights).create({ values })), /^400 /, JSON.stringify(values));
    }
    assert.deepEqual(await ok(mine(rights).list()), []);
    assert.equal(await refused(mine(fresh('nothing')).list()), '404 Not Found');
  });

  it('is all that counts there: the strategy does not', async () => {
    const [at, other] = [await things(), await things()];
    const rights = await role({ strategy: { actions: ['*'] }, resources: [{ name: at, actions: [{ name: 'view', fields: null }] }] });
    const { api } = await holder(rights);
    assert.deepEqual(await may(api, at), ['view']);
    assert.deepEqual(await may(api, other), ['view', 'create', 'update', 'destroy']);
    await grant(rights, [{ name: at, actions: [] }]);
    assert.deepEqual(await may(api, at), []);
    await ok(mine(rights).update({ filter: { name: at }, values: { usingActionsConfig: false } }));
    assert.deepEqual(await may(api, at), ['view', 'create', 'update', 'destroy']);
  });

  it('for which no field was ticked shows which records there are, and writes what it is given', async () => {
    const at = await things();
    for (const actions of [
      [{ name: 'view' }, { name: 'create' }],
      [{ name: 'view', fields: [] }, { name: 'create', fields: [] }],
    ]) {
      const { api } = await keyWith({ resources: [{ name: at, actions }] });
      const [row] = await ok(api.resource(at).list());
      assert.deepEqual(Object.keys(row).sort(), ['createdAt', 'createdById', 'id', 'updatedAt']);
      assert.equal(await refused(api.resource(at).list({ filter: { title: 'one' } })), DENIED);
      const { id } = await ok(api.resource(at).create({ values: { title: 'written', note: 'too' } }));
      const made = await ok(admin.resource(at).get({ filterByTk: id }));
      assert.deepEqual([made.title, made.note], ['written', 'too']);
    }
    const { api } = await keyWith({ resources: [{ name: at, actions: [{ name: 'view', fields: null }] }] });
    assert.equal((await ok(api.resource(at).list()))[0].title, 'one');
  });

  it('shows the fields it lists, and those that say which record it is', async () => {
    const at = await things();
    const { api } = await keyWith({ resources: [{ name: at, actions: [{ name: 'view', fields: ['title'] }] }] });
    const [row] = await ok(api.resource(at).list());
    assert.deepEqual(Object.keys(row).sort(), ['createdAt', 'createdById', 'id', 'title', 'updatedAt']);
    const part = await ok(api.resource(at).get({ filterByTk: row.id, fields: ['title', 'note'] }).catch((e) => e.response));
    assert.ok(!('note' in (part ?? {})));
    assert.equal(await refused(api.resource(at).list({ filter: { note: 'n1' } })), DENIED);
    assert.equal(await refused(api.resource(at).list({ sort: ['note'] })), DENIED);
  });

  it('writes the fields it lists, and drops the others silently', async () => {
    const at = await things();
    const actions = [
      { name: 'view', fields: null },
      { name: 'create', fields: ['title'] },
      { name: 'update', fields: ['done'] },
    ];
    const { api } = await keyWith({ resources: [{ name: at, actions }] });
    const { id } = await ok(api.resource(at).create({ values: { title: 'a', note: 'b', done: true } }));
    const row = await ok(api.resource(at).get({ filterByTk: id }));
    assert.deepEqual([row.title, row.note, row.done], ['a', null, null]);
    const [changed] = await ok(api.resource(at).update({ filterByTk: id, values: { title: 'x', note: 'y', done: true } }));
    assert.deepEqual([changed.title, changed.note, changed.done], ['a', null, true]);
  });

  it('reaches the records of its scope: own, all, or a filter', async () => {
    const at = await things();
    const view = (scope) => [{ name: 'view', fields: null, ...scope }];
    const { api } = await keyWith({ resources: [{ name: at, actions: [] }] });
    const rights = (await ok(api.resource('roles').check())).role;
    for (const [scope, want] of [
      [{}, ['one', 'two']],
      [{ scope: null }, ['one', 'two']],
      [{ scope: { id: 1 } }, ['one', 'two']],
      [{ scopeKey: 'all' }, ['one', 'two']],
      [{ scope: { id: 2 } }, []],
      [{ scopeKey: 'own' }, []],
      [{ scope: { key: 'own' } }, []],
      [{ scopeId: 2 }, []],
      [{ scope: { scope: { title: 'two' } } }, ['two']],
      [{ scope: { scope: { createdById: '{{ ctx.state.currentUser.id }}' } } }, []],
    ]) {
      await grant(rights, [{ name: at, actions: view(scope) }]);
      assert.deepEqual(await titles(api, at, { sort: ['id'] }), want, JSON.stringify(scope));
    }
  });

  it('changes, keeps and removes records within its scope only', async () => {
    const at = await things();
    const own = { scope: { scope: { title: 'two' } } };
    const actions = [
      { name: 'view', fields: null },
      { name: 'update', fields: [], ...own },
      { name: 'destroy', ...own },
    ];
    const { api } = await keyWith({ resources: [{ name: at, actions }] });
    const [one, two] = await ok(admin.resource(at).list({ sort: ['id'] }));
    assert.deepEqual(await ok(api.resource(at).update({ filterByTk: one.id, values: { note: 'x' } })), []);
    assert.equal((await ok(api.resource(at).update({ filterByTk: two.id, values: { note: 'x' } })))[0].note, 'x');
    assert.equal((await ok(api.resource(at).update({ filter: { id: { $gt: 0 } }, values: { note: 'y' } }))).length, 1);
    // Carried out of the scope, it would be out of reach.
    assert.equal(await refused(api.resource(at).update({ filterByTk: two.id, values: { title: 'three' } })), DENIED);
    assert.equal(await refused(api.resource(at).destroy({ filterByTk: one.id })), DENIED);
    assert.equal(await ok(api.resource(at).destroy({ filterByTk: two.id })), 1);
    assert.deepEqual((await ok(admin.resource(at).list())).map((r) => [r.title, r.note]), [['one', 'n1']]);
  });

  it('takes effect with the next call of a running key', async () => {
    const at = await things();
    const rights = await role();
    const { api } = await holder(rights);
    assert.deepEqual(await may(api, at), []);
    await grant(rights, [{ name: at, actions: [{ name: 'view', fields: null }, { name: 'create' }] }]);
    assert.deepEqual(await may(api, at), ['view', 'create']);
    await ok(mine(rights).destroy({ filter: { name: at } }));
    assert.deepEqual(await may(api, at), []);
    await ok(roles.update({ filterByTk: rights, values: { strategy: { actions: ['view'] } } }));
    assert.deepEqual(await may(api, at), ['view']);
  });
});

describe('a kept scope', () => {
  it('is created, found, listed, changed and removed, and roles go with it', async () => {
    const at = await things();
    const values = { name: 'the second', resourceName: at, scope: { title: 'two' } };
    const made = await ok(scopes.create({ values }));
    assert.deepEqual([made.name, made.resourceName, made.scope], ['the second', at, { title: 'two' }]);
    assert.equal((await ok(scopes.get({ filterByTk: made.id }))).name, 'the second');
    const listed = await ok(scopes.list({ filter: { resourceName: at } }));
    assert.deepEqual(listed.map((s) => s.id), [made.id]);

    const { api } = await keyWith({ resources: [{ name: at, actions: [{ name: 'view', fields: null, scope: { id: made.id } }] }] });
    assert.deepEqual(await titles(api, at), ['two']);
    await ok(scopes.update({ filterByTk: made.id, values: { scope: { title: 'one' } } }));
    assert.deepEqual(await titles(api, at), ['one']);
    assert.equal(await ok(scopes.destroy({ filterByTk: made.id })), 1);
    assert.match(await refused(api.resource(at).list()), /^403 /);
  });

  it('all and own are built in, and stay', async () => {
    const all = await ok(scopes.list({ paginate: false }));
    assert.deepEqual(all.find((s) => s.key === 'all').scope, {});
    assert.deepEqual(all.find((s) => s.key === 'own').scope, { createdById: '{{ ctx.state.currentUser.id }}' });
    for (const key of ['all', 'own']) {
      const { id } = all.find((s) => s.key === key);
      assert.match(await refused(scopes.destroy({ filterByTk: id })), /^403 /);
      assert.match(await refused(scopes.update({ filterByTk: id, values: { scope: {} } })), /^403 /);
    }
  });

  it('must be a filter that can be kept', async () => {
    const at = await things();
    for (const scope of ['x', 1, [], { 'title.$nothing': 1 }, { createdAt: { $dateOn: '{{$nDate.today}}' } }]) {
      assert.match(await refused(scopes.create({ values: { name: 'x', resourceName: at, scope } })), /^400 /, JSON.stringify(scope));
    }
    assert.match(await refused(scopes.create({ values: { name: 'x', scope: {} } })), /^400 /);
    assert.match(await refused(scopes.create({ values: { name: 'x', resourceName: fresh('nothing'), scope: {} } })), /^40[034] /);
  });
});

describe('snippets', () => {
  const calls = {
    'pm.api-keys.configuration': (api) => api.resource('apiKeys').list(),
    'pm.users': (api) => api.resource('users').list(),
    'pm.acl.roles': (api) => api.resource('roles').list(),
    'pm.data-source-manager.data-source-main': (api) => api.resource('collections').create({ values: { name: fresh('c') } }),
  };
  const granted = async (snippets) => {
    const { api } = await keyWith({ snippets });
    const names = [];
    for (const [name, call] of Object.entries(calls)) {
      const status = await call(api).then((a) => a.status, (e) => e.response.status);
      assert.ok([200, 403].includes(status), `${name} ${status}`);
      if (status === 200) names.push(name);
    }
    return names;
  };

  it('grant the bundles they name, each its own', async () => {
    for (const name of Object.keys(calls)) assert.deepEqual(await granted([name]), [name]);
    assert.deepEqual(await granted([]), []);
    assert.deepEqual(await granted(['ui.*']), []);
    assert.deepEqual(await granted(['nothing.*']), []);
  });

  it('are patterns, and those that reject win, whatever the order', async () => {
    assert.deepEqual(await granted(['pm.*']), Object.keys(calls));
    assert.deepEqual(await granted(['!pm.*', 'pm.api-keys.configuration']), []);
    assert.deepEqual(await granted(['pm.api-keys.configuration', '!pm.*']), []);
    assert.deepEqual(
      await granted(['pm.*', '!pm.users']),
      Object.keys(calls).filter((name) => name !== 'pm.users'),
    );
    assert.deepEqual(await granted(['!ui.*', 'pm.users']), ['pm.users']);
  });

  it('count for nothing in records', async () => {
    const at = await things();
    assert.deepEqual(await may((await keyWith({ snippets: ['ui.*', 'pm', 'pm.*'] })).api, at), []);
  });
});

describe('root', () => {
  it('may everything, its keys too', async () => {
    const at = await things();
    const token = (await ok(admin.resource('apiKeys').create({
      values: { name: fresh('key'), role: { name: 'root' }, expiresIn: '1d' },
    }))).token;
    const api = client(token);
    assert.deepEqual(await may(api, at), ['view', 'create', 'update', 'destroy']);
    assert.ok(await ok(api.resource('users').list()));
    assert.equal((await ok(api.resource('roles').check())).allowAll, true);
  });
});

describe('a role made through another interface', () => {
  it('is shown, and its rights are not overwritten', async () => {
    const name = fresh('r');
    await native('POST', 'roles', { name, grants: [] });
    assert.equal((await ok(roles.get({ filterByTk: name }))).name, name);
    const { api } = await holder(name);
    assert.equal(await refused(api.resource('users').list()), DENIED);
  });
});
