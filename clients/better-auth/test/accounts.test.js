// Accounts and sessions.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { bearer, call, client, fresh, ok, password, person, refused, url } from './world.js';

describe('accounts', () => {
  it('sign up, and are told apart by e-mail', async () => {
    const email = `${fresh('Ada')}@Example.org`;
    const made = await ok(client().signUp.email({ name: 'Ada', email, password, image: 'https://i.example/a' }));
    assert.equal(made.user.email, email.toLowerCase());
    assert.equal(made.user.emailVerified, false);
    assert.ok(made.user.createdAt instanceof Date);
    assert.equal(
      await refused(client().signUp.email({ name: 'Ada', email, password })),
      '422 USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL',
    );
    const bad = (more) => refused(client().signUp.email({ name: 'A', email: 'a@example.org', password, ...more }));
    assert.equal(await bad({ password: 'short' }), '400 PASSWORD_TOO_SHORT');
    assert.equal(await bad({ password: 'x'.repeat(129) }), '400 PASSWORD_TOO_LONG');
    assert.equal(await bad({ email: 'nonsense' }), '400 VALIDATION_ERROR');
  });

  it('sign in and out', async () => {
    const ada = await person();
    const signedIn = await ok(client().signIn.email({ email: ada.email, password }));
    assert.equal(signedIn.redirect, false);
    assert.equal(signedIn.user.id, ada.id);
    const phone = bearer(signedIn.token);
    assert.equal((await ok(phone.getSession())).session.token, signedIn.token);
    assert.deepEqual(await ok(phone.signOut()), { success: true });
    assert.equal(await ok(phone.getSession()), null);
    const wrong = { email: ada.email, password: 'wrong password' };
    assert.equal(await refused(client().signIn.email(wrong)), '401 INVALID_EMAIL_OR_PASSWORD');
    assert.equal(await refused(client().signIn.email({ ...wrong, email: 'nonsense' })), '400 INVALID_EMAIL');
    const foreign = { email: ada.email, password, callbackURL: 'https://evil.example' };
    assert.equal(await refused(client().signIn.email(foreign)), '403 INVALID_CALLBACK_URL');
  });

  it('are used by signed bearer and by cookie', async () => {
    const ada = await person();
    const headers = {};
    const fetchOptions = {
      onSuccess: ({ response }) => {
        Object.assign(headers, Object.fromEntries(response.headers));
      },
    };
    await ok(client().signIn.email({ email: ada.email, password }, fetchOptions));
    const signed = headers['set-auth-token'];
    assert.equal((await ok(bearer(signed).getSession())).user.id, ada.id);
    const cookie = headers['set-cookie'].split(';')[0];
    assert.ok(cookie.startsWith('better-auth.session_token='), cookie);
    assert.equal((await ok(client({ cookie }).getSession())).user.id, ada.id);
    assert.equal(await refused(client({ cookie, origin: 'https://evil.example' }).revokeSessions()), '403 INVALID_ORIGIN');
    assert.equal(await ok(bearer(`${signed}x`).getSession()), null);
  });

  it('list and end their sessions', async () => {
    const ada = await person();
    const phone = bearer((await ok(client().signIn.email({ email: ada.email, password }))).token);
    const sessions = await ok(ada.auth.listSessions());
    assert.equal(sessions.length, 2);
    assert.equal(sessions.filter(({ token }) => token === ada.token).length, 1);
    const other = sessions.find(({ token }) => token !== ada.token);
    assert.equal(await ok(bearer(other.token).getSession()), null, 'a handle opens nothing');
    assert.deepEqual(await ok(ada.auth.revokeSession({ token: other.token })), { status: true });
    assert.equal(await ok(phone.getSession()), null);
    assert.deepEqual(await ok(ada.auth.revokeOtherSessions()), { status: true });
    assert.ok(await ok(ada.auth.getSession()));
    assert.deepEqual(await ok(ada.auth.revokeSessions()), { status: true });
    assert.equal(await ok(ada.auth.getSession()), null);
    for (const list of [client().listSessions(), client().revokeSessions(), client().revokeOtherSessions()]) {
      assert.equal(await refused(list), '401 UNAUTHORIZED');
    }
  });

  it('change their name, image and password', async () => {
    const ada = await person();
    assert.deepEqual(await ok(ada.auth.updateUser({ name: 'Ada L', image: 'https://i.example/b' })), { status: true });
    const { user } = await ok(ada.auth.getSession());
    assert.deepEqual([user.name, user.image], ['Ada L', 'https://i.example/b']);
    assert.equal(await refused(call(ada.auth, '/update-user', {})), '400');
    assert.equal(await refused(ada.auth.updateUser({ email: 'x@example.org' })), '400 EMAIL_CAN_NOT_BE_UPDATED');
    const change = (more) => ada.auth.changePassword({ currentPassword: password, newPassword: 'another password', ...more });
    assert.equal(await refused(change({ currentPassword: 'wrong password' })), '400 INVALID_PASSWORD');
    assert.equal(await refused(change({ newPassword: 'short' })), '400 PASSWORD_TOO_SHORT');
    assert.equal((await ok(change({}))).token, null);
    assert.ok(await ok(ada.auth.getSession()));
    const again = { currentPassword: 'another password', newPassword: password, revokeOtherSessions: true };
    const { token } = await ok(change(again));
    assert.equal(await ok(ada.auth.getSession()), null);
    assert.equal((await ok(bearer(token).getSession())).user.id, ada.id);
  });

  it('are not deleted, and unknown paths are empty', async () => {
    const ada = await person();
    assert.equal(await refused(call(ada.auth, '/delete-user', {})), '404');
    const raw = await fetch(`${url}/api/auth/nope`);
    assert.deepEqual([raw.status, await raw.text(), raw.headers.get('content-type')], [404, '', null]);
    assert.deepEqual(await ok(client().$fetch('/ok')), { ok: true });
    assert.equal(await refused(call(client(), '/get-session', {})), '405 METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED');
  });
});
