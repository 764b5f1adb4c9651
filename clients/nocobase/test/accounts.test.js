// Signing in and out, who one is, passwords, users and the roles they hold.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  admin, adminPassword, body, client, email, fresh, holder, makeKey, native, nativeUser, ok, password, person, refusal,
  refused, role, signedIn,
} from './world.js';

const USER = [
  'id', 'username', 'nickname', 'email', 'phone', 'appLang', 'systemSettings', 'createdAt', 'updatedAt', 'createdById',
  'updatedById', 'passwordChangeTz',
];
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const check = (api) => ok(api.resource('auth').check());
const roleCheck = (api) => ok(api.resource('roles').check());
const users = admin.resource('users');

describe('signing in', () => {
  it('works by user name, by e-mail and in the old form', async () => {
    const mail = `${fresh('mail')}@example.org`;
    const username = fresh('ann');
    const { id } = await ok(users.create({ values: { username, email: mail, password } }));
    for (const values of [
      { account: username, password },
      { account: mail, password },
      { email: mail, password },
    ]) {
      const { user, token } = await ok(client().auth.signIn(values));
      assert.equal(user.id, id);
      assert.equal((await check(client(token))).username, username);
    }
  });

  it('answers the user in full, without the password', async () => {
    const { user } = await ok(client().auth.signIn({ account: email, password: adminPassword }, 'basic'));
    for (const name of USER) assert.ok(name in user, name);
    assert.equal(typeof user.id, 'number');
    assert.match(user.createdAt, DATE);
    for (const name of ['password', 'resetToken', 'token']) assert.ok(!(name in user), name);
  });

  it('says the same of a wrong password and an unknown account', async () => {
    const { username } = await person();
    for (const values of [
      { account: username, password: 'not this one' },
      { account: fresh('nobody'), password },
      { account: username },
    ]) {
      const { status, errors } = await refusal(client().auth.signIn(values));
      assert.equal(status, 401);
      assert.deepEqual(errors, [{ message: 'The username/email or password is incorrect, please re-enter' }]);
    }
  });

  it('needs an account', async () => {
    for (const values of [{}, { password }, { account: '', password }, { account: '  ', password }, { account: null }]) {
      assert.equal(await refused(client().auth.signIn(values)), '400 Please enter your username or email');
    }
    assert.match(await refused(client().auth.signIn({ account: ['a'], password })), /^400 /);
  });

  it('is a public action: a token that opens nothing does not matter', async () => {
    const api = client('nonsense');
    assert.equal((await ok(api.auth.signIn({ account: email, password: adminPassword }))).user.email, email);
  });

  it('ends with signing out', async () => {
    const { session, username } = await person();
    const token = session.auth.getToken();
    const other = await signedIn(username);
    assert.deepEqual(await body(session.auth.signOut()), {});
    assert.equal(await refused(check(client(token))), '401 BLOCKED_TOKEN');
    assert.equal(await refused(client(token).auth.signOut()), '401 BLOCKED_TOKEN');
    assert.equal((await check(other)).username, username);
  });

  it('with a key as the bearer, signing out revokes that key, and no other', async () => {
    const { token, maker, api, username, session } = await holder('member');
    const second = await makeKey(maker, 'member');
    assert.deepEqual(await body(api.auth.signOut()), {});
    assert.equal(await refused(check(client(token))), '401 BLOCKED_TOKEN');
    assert.equal((await check(client(second))).username, username);
    assert.equal((await check(session)).username, username);
  });
});

describe('signing up', () => {
  it('is closed unless the operator opens it', async () => {
    const values = { username: fresh('eve'), password, confirm_password: password };
    assert.equal(await refused(client().auth.signUp(values, 'basic')), '403 Not allowed to sign up');
    assert.match(await refused(client().auth.signIn({ account: values.username, password })), /^401 /);
  });
});

describe('before signing in', () => {
  it('screens learn how to sign in, in which language, and that mail is not sent', async () => {
    const api = client();
    const [basic] = await ok(api.resource('authenticators').publicList());
    assert.deepEqual([basic.name, basic.authType, basic.options.allowSignUp], ['basic', 'Email/Password', false]);
    assert.equal((await ok(api.resource('app').getLang())).lang, 'en-US');
    assert.ok((await ok(api.resource('app').getInfo())).lang);
    const { username } = await person();
    // The same for everybody, known or not.
    const said = new Set();
    for (const account of [email, username, fresh('nobody')]) {
      said.add(await refused(api.resource('auth').lostPassword({ values: { email: account } })));
      assert.equal(await refused(api.auth.resetPassword({ resetToken: account, password })), '401 Token expired');
      assert.equal(await refused(api.resource('auth').checkResetToken({ values: { resetToken: account } })), '401 Token expired');
    }
    assert.equal(said.size, 1);
    assert.match([...said][0], /^400 /);
  });

  it('nothing else is told', async () => {
    for (const [resource, action] of [
      ['availableActions', 'list'], ['roles', 'check'], ['auth', 'check'], ['collections', 'list'], ['users', 'list'],
    ]) {
      assert.equal(await refused(client().resource(resource)[action]()), '401 EMPTY_TOKEN', resource);
    }
    assert.ok((await ok(admin.resource('availableActions').list())).some((action) => action.name === 'view'));
  });
});

describe('who one is', () => {
  it('is told to sessions and keys, and to nobody else', async () => {
    const { id, username, session, api } = await holder('member');
    for (const caller of [session, api]) {
      const me = await check(caller);
      assert.deepEqual([me.id, me.username], [id, username]);
      assert.ok(me.roles.some((r) => r.name === 'member'));
      assert.ok(!('password' in me));
    }
    assert.equal(await refused(check(client())), '401 EMPTY_TOKEN');
    assert.equal(await refused(check(client('nonsense'))), '401 INVALID_TOKEN');
  });

  it('and what one may do: of root everything', async () => {
    const answer = await body(admin.resource('roles').check());
    assert.equal(answer.data.role, 'root');
    assert.equal(answer.data.allowAll, true);
    assert.deepEqual(answer.meta, { dataSources: {} });
    assert.equal(answer.data.actionAlias.list, 'view');
    assert.equal(answer.data.actionAlias.get, 'view');
    assert.ok(answer.data.availableActions.includes('view'));
    assert.equal(answer.data.roleMode, 'default');
    assert.deepEqual(answer.data.allowMenuItemIds, []);
  });

  it('of a limited role its strategy, actions, resources and snippets', async () => {
    const todos = fresh('todos');
    await ok(admin.resource('collections').create({ values: { name: todos, fields: [{ name: 'title', type: 'string' }] } }));
    const name = await role({
      strategy: { actions: ['view:own'] },
      snippets: ['!ui.*', '!pm', '!pm.*'],
      resources: [
        {
          name: todos,
          actions: [{ name: 'view', fields: ['id', 'title'] }, { name: 'create', fields: ['title'] }, { name: 'destroy' }],
        },
      ],
    });
    const { api } = await holder(name);
    const rights = await roleCheck(api);
    assert.equal(rights.role, name);
    assert.deepEqual(rights.roles, [name]);
    assert.deepEqual([rights.allowAll, rights.allowConfigure], [false, false]);
    assert.deepEqual(rights.strategy.actions, ['view:own']);
    assert.deepEqual(rights.resources, [todos]);
    assert.deepEqual(rights.snippets, ['!pm', '!pm.*', '!ui.*']);
    assert.deepEqual(rights.actions[`${todos}:view`].fields, ['id', 'title']);
    assert.deepEqual(rights.actions[`${todos}:create`].whitelist, ['title']);
    assert.ok(rights.actions[`${todos}:destroy`]);
    assert.equal(rights.actions[`${todos}:update`], undefined);
  });
});

describe('choosing a role', () => {
  it('a session acts in the role it names, of those the user holds', async () => {
    const [one, two] = [await role(), await role()];
    const { session } = await person([one, two]);
    for (const name of [one, two]) {
      session.auth.setRole(name);
      assert.equal((await roleCheck(session)).role, name);
    }
    for (const name of ['admin', 'root', fresh('nothing')]) {
      session.auth.setRole(name);
      const { status, errors } = await refusal(check(session));
      assert.equal(status, 401);
      assert.deepEqual(errors, [
        { code: 'ROLE_NOT_FOUND_FOR_USER', message: 'The role does not belong to the user' },
      ]);
    }
  });

  it('as anonymous may what the anonymous role may: nothing', async () => {
    const { session } = await person(['admin']);
    session.auth.setRole('anonymous');
    assert.equal(await refused(session.resource('users').list()), '403 No permissions');
  });

  it('a key always acts in its own, whatever it names', async () => {
    const { api } = await holder('member');
    for (const name of ['admin', 'root', 'anonymous', fresh('nothing')]) {
      api.auth.setRole(name);
      assert.equal((await roleCheck(api)).role, 'member');
      assert.equal(await refused(api.resource('users').list()), '403 No permissions');
    }
  });

  it('can be done once and for all', async () => {
    const [one, two] = [await role(), await role()];
    const { session, username } = await person([one, two]);
    for (const name of [two, one]) {
      await ok(session.resource('users').setDefaultRole({ values: { roleName: name } }));
      assert.equal((await roleCheck(session)).role, name);
      assert.equal((await roleCheck(await signedIn(username))).role, name);
    }
    assert.match(await refused(session.resource('users').setDefaultRole({ values: { roleName: 'admin' } })), /^4/);
    assert.match(await refused(session.resource('users').setDefaultRole({ values: {} })), /^400 /);
    assert.equal((await roleCheck(session)).role, one);
  });

  it('is not possible for somebody without any', async () => {
    const { id, session } = await person(['member']);
    await body(admin.resource('users.roles', id).set({ values: [] }));
    const { status, errors } = await refusal(session.resource('users').list());
    assert.equal(status, 401);
    assert.deepEqual(errors, [
      {
        code: 'USER_HAS_NO_ROLES_ERR',
        message: 'The current user has no roles. Please try another account.',
      },
    ]);
  });
});

describe('passwords', () => {
  const change = (api, oldPassword, newPassword, confirmPassword = newPassword) =>
    api.resource('auth').changePassword({ values: { oldPassword, newPassword, confirmPassword } });

  it('are changed by who knows the old one, and end the sessions made with it', async () => {
    const { session, username } = await person();
    const other = await signedIn(username);
    assert.equal(await refused(change(session, 'not this one', 'another horse battery')), '401 The password is incorrect, please re-enter');
    assert.match(await refused(change(session, password, 'another horse battery', 'a third')), /^400 /);
    assert.match(await refused(change(session, password, 'short')), /^400 /);
    await ok(change(session, password, 'another horse battery'));
    assert.equal(await refused(check(other)), '401 BLOCKED_TOKEN');
    assert.match(await refused(client().auth.signIn({ account: username, password })), /^401 /);
    await signedIn(username, 'another horse battery');
  });

  it('set by an administrator end the sessions, too', async () => {
    const { id, session, username } = await person();
    await ok(users.update({ filterByTk: id, values: { password: 'another horse battery' } }));
    assert.equal(await refused(check(session)), '401 BLOCKED_TOKEN');
    await signedIn(username, 'another horse battery');
  });

  it('are never changed by a key', async () => {
    const { api, username } = await holder('member');
    assert.equal(await refused(change(api, password, 'another horse battery')), '403 No permissions');
    await signedIn(username);
  });

  it('are in no answer, whatever is asked for', async () => {
    const { id, session, token } = await holder('admin');
    const answers = [
      users.list({ fields: ['id', 'password'], filter: { id } }),
      users.get({ filterByTk: id, fields: ['password', 'username'] }),
      users.get({ filterByTk: id, appends: ['password', 'roles'] }),
      users.list({ except: ['id'], filter: { id } }),
      admin.resource('roles.users', 'admin').list(),
      session.resource('auth').check(),
      users.create({ values: { username: fresh('x'), password } }),
      users.update({ filterByTk: id, values: { password } }),
    ];
    for (const answer of answers) {
      const told = JSON.stringify(await body(answer).catch((e) => e.response.data));
      assert.ok(!told.includes('"password":') && !told.includes('$argon2') && !told.includes(token), told);
    }
  });
});

describe('users', () => {
  it('are created, found, listed, changed and removed', async () => {
    const [username, mail] = [fresh('bob'), `${fresh('bob')}@example.org`];
    const values = { username, password, nickname: 'Bob', email: mail, phone: '123', roles: ['member'] };
    const made = await ok(users.create({ values }));
    assert.deepEqual([made.username, made.nickname, made.email, made.phone], [username, 'Bob', mail, '123']);
    assert.equal(made.password, undefined);

    const found = await ok(users.get({ filterByTk: made.id, appends: ['roles'] }));
    assert.deepEqual(found.roles.map((r) => r.name), ['member']);
    const list = await body(users.list({ filter: { username } }));
    assert.deepEqual(list.data.map((u) => u.id), [made.id]);
    assert.deepEqual(list.meta, { count: 1, page: 1, pageSize: 20, totalPage: 1 });

    const [changed] = await ok(users.update({ filterByTk: made.id, values: { nickname: 'Robert', roles: ['admin'] } }));
    assert.equal(changed.nickname, 'Robert');
    assert.deepEqual((await ok(admin.resource('users.roles', made.id).list())).map((r) => r.name), ['admin']);

    assert.equal(await ok(users.destroy({ filterByTk: made.id })), 1);
    assert.equal(await ok(users.get({ filterByTk: made.id })), null);
    assert.equal(await ok(users.destroy({ filterByTk: made.id })), 0);
    assert.deepEqual(await ok(users.update({ filterByTk: made.id, values: { nickname: 'x' } })), []);
  });

  it('get the default role if none is named', async () => {
    const { id } = await ok(users.create({ values: { username: fresh('bob'), password } }));
    assert.deepEqual((await ok(admin.resource('users.roles', id).list())).map((r) => r.name), ['member']);
  });

  it('have names and addresses of their own', async () => {
    const [username, mail] = [fresh('bob'), `${fresh('bob')}@example.org`];
    await ok(users.create({ values: { username, email: mail, password } }));
    for (const values of [{ username }, { username: fresh('x'), email: mail }]) {
      assert.match(await refused(users.create({ values: { password, ...values } })), /^400 .* already exists$/);
    }
    for (const values of [
      { username: fresh('x'), password: 'short' },
      { username: fresh('x'), email: 'no address', password },
      { username: fresh('x'), password, roles: [fresh('nothing')] },
      { username: fresh('x'), password, roles: 'member' },
      { password },
    ]) {
      assert.match(await refused(users.create({ values })), /^4\d\d /, JSON.stringify(values));
    }
  });

  it('are paged, sorted and trimmed as records are', async () => {
    const word = fresh('page');
    for (const n of [1, 2, 3]) {
      await ok(users.create({ values: { username: `${word}-${n}`, nickname: word, password, roles: [] } }));
    }
    const asked = { filter: { nickname: word }, sort: ['-username'], pageSize: 2, fields: ['username'] };
    const { data, meta } = await body(users.list(asked));
    assert.deepEqual(data, [{ username: `${word}-3` }, { username: `${word}-2` }]);
    assert.deepEqual(meta, { count: 3, page: 1, pageSize: 2, totalPage: 2 });
    const rest = await body(users.list({ ...asked, page: 2 }));
    assert.deepEqual(rest.data, [{ username: `${word}-1` }]);
    const all = await body(users.list({ filter: { nickname: word }, paginate: false }));
    assert.deepEqual([all.data.length, all.meta], [3, undefined]);
  });

  it('hold roles that are added, removed and set from both ends', async () => {
    const [one, two, three] = [await role(), await role(), await role()];
    const { id } = await ok(users.create({ values: { username: fresh('bob'), password, roles: [one] } }));
    const held = async () => (await ok(admin.resource('users.roles', id).list())).map((r) => r.name).sort();
    const ofUser = admin.resource('users.roles', id);
    const ofRole = admin.resource('roles.users', three);

    assert.deepEqual(await body(ofUser.add({ values: [two] })), {});
    assert.deepEqual(await held(), [one, two].sort());
    assert.deepEqual(await body(ofUser.add({ filterByTk: three })), {});
    assert.deepEqual(await body(ofUser.remove({ filterByTk: one })), {});
    assert.deepEqual(await held(), [two, three].sort());
    assert.deepEqual(await body(ofUser.remove({ values: [three] })), {});
    assert.deepEqual(await body(ofUser.set({ values: [one] })), {});
    assert.deepEqual(await held(), [one]);

    assert.deepEqual(await body(ofRole.add({ values: [id] })), {});
    assert.deepEqual(await held(), [one, three].sort());
    assert.deepEqual((await ok(ofRole.list())).map((u) => u.id), [id]);
    assert.deepEqual(await body(ofRole.remove({ filterByTk: id })), {});
    assert.deepEqual(await held(), [one]);

    assert.match(await refused(ofUser.add({ values: [fresh('nothing')] })), /^4/);
    assert.match(await refused(ofRole.add({ values: [99_999_999] })), /^4/);
    assert.equal(await refused(admin.resource('users.roles', 99_999_999).list()), '404 Not Found');
    assert.deepEqual(await held(), [one]);
  });

  it('are managed by who may manage users', async () => {
    const { api, session, id } = await holder('member');
    for (const caller of [api, session]) {
      const there = caller.resource('users');
      assert.equal(await refused(there.list()), '403 No permissions');
      assert.equal(await refused(there.get({ filterByTk: id })), '403 No permissions');
      assert.equal(await refused(there.create({ values: { username: fresh('x'), password } })), '403 No permissions');
      assert.equal(await refused(there.update({ filterByTk: id, values: { roles: ['admin'] } })), '403 No permissions');
      assert.equal(await refused(there.destroy({ filterByTk: id })), '403 No permissions');
      assert.equal(await refused(caller.resource('users.roles', id).add({ values: ['admin'] })), '403 No permissions');
      assert.equal(await refused(caller.resource('roles.users', 'admin').add({ values: [id] })), '403 No permissions');
    }
    const manager = await holder(await role({ snippets: ['pm.users'] }));
    assert.ok((await ok(manager.api.resource('users').list())).length > 0);
  });

  it('that are gone, or not active, are nobody', async () => {
    const { id, username, session, api } = await holder('member');
    const there = `users/${await nativeUser(username)}`;
    await native('PATCH', there, { active: false });
    for (const caller of [session, api]) {
      const { status, errors } = await refusal(check(caller));
      assert.equal(status, 401);
      assert.deepEqual(errors, [
        { code: 'NOT_EXIST_USER', message: 'User not found. Please sign in again to continue.' },
      ]);
    }
    await native('PATCH', there, { active: true });
    assert.equal((await check(api)).id, id);
    await ok(users.destroy({ filterByTk: id }));
    assert.match(await refused(check(session)), /^401 (BLOCKED_TOKEN|NOT_EXIST_USER)$/);
    assert.match(await refused(check(api)), /^401 (BLOCKED_TOKEN|NOT_EXIST_USER)$/);
  });
});
