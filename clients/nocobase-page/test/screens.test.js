// The guide in the page itself, from signing in to a key that works and then does not: what a person clicks and reads, and
// nothing sent by hand but what a program sends with the key.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { launch } from './browser.js';
import { by, screens } from './person.js';
import { fresh, home, password, signIn } from './world.js';

const title = fresh('Todos');
const role = `To Dos API Role ${fresh('r')}`;
const person = fresh('todosuser');
const samples = ['eat food', 'sleep', 'play games'];

/** What a program gets with the key. */
async function asProgram(token, path, data) {
  const headers = { authorization: `Bearer ${token}`, ...(data && { 'content-type': 'application/json' }) };
  const answer = await fetch(`${home.url}/api/${path}`, { method: data ? 'POST' : 'GET', headers, body: data && JSON.stringify(data) });
  return { status: answer.status, ...(await answer.json()) };
}

let browser;
before(async () => (browser = await launch()));
after(async () => {
  await browser?.close();
  const { api } = await signIn(home.url, home.email, home.password);
  for (const one of await api('collections:list?paginate=false')) if (one.title === title) await api(`collections:destroy?filterByTk=${one.name}`, {});
  for (const one of await api('users:list?paginate=false')) if (one.username === person) await api(`users:destroy?filterByTk=${one.id}`, {});
  for (const one of await api('roles:list?paginate=false')) if (one.title === role) await api(`roles:destroy?filterByTk=${one.name}`, {});
});

describe('the guide in the page', () => {
  let admin;
  let user;
  let name;
  let token;

  it('signs in with a name and a password, and says what is wrong with them', async () => {
    admin = await screens(browser);
    await admin.fill('Username or email', home.email);
    await admin.fill('Password', 'not the password');
    await admin.press('Sign in');
    await admin.reads('The username/email or password is incorrect');
    await admin.fill('Password', home.password);
    await admin.press('Sign in');
    await admin.headed('Collections');
    const kept = await admin.page.evaluate(() => [Object.keys(localStorage).length, document.cookie, Object.keys(sessionStorage).length]);
    assert.deepEqual(kept, [0, '', 1], 'the token is kept for this tab and nowhere else');
  });

  it('2.2 makes a collection with fields, and records in it', async () => {
    await admin.press('New collection');
    await admin.fill('Title', title);
    name = await admin.value('Name');
    assert.match(name, /^[a-z][a-z0-9_]*$/, 'a name is made of the title');
    await admin.fill(by.aria('Title of the field'), 'Title');
    await admin.press('Add another field');
    await admin.fill(by.aria('Title of the field'), 'Completed');
    await admin.choose(by.aria('Type of the field'), 'checkbox');
    await admin.press('Create collection');
    await admin.headed(title);
    for (const [at, text] of samples.entries()) {
      await admin.press('Add record');
      await admin.fill(by.dialog('Title'), text);
      await admin.send('Add record');
      await admin.rows(at + 1);
    }
    assert.deepEqual(await admin.column('Title'), samples);
    assert.deepEqual(await admin.column('Completed'), ['No', 'No', 'No']);
  });

  it('sorts, filters, changes and deletes records', async () => {
    await admin.press('Title', 'thead button');
    await admin.shows('Title', [...samples].sort());
    await admin.press('Filter');
    await admin.choose(by.dialog('Field'), 'title');
    await admin.choose(by.dialog('Condition'), '$includes');
    await admin.fill(by.dialog('Value'), 'ee');
    await admin.send('Apply');
    await admin.shows('Title', ['sleep']);
    await admin.page.reload();
    await admin.shows('Title', ['sleep']);
    await admin.press('Edit record 2');
    await admin.tick('Completed');
    await admin.send('Save');
    await admin.shows('Completed', ['Yes']);
    await admin.press('Remove the condition Title contains ee');
    await admin.rows(3);
    await admin.press('Add record');
    await admin.fill(by.dialog('Title'), 'read a book');
    await admin.send('Add record');
    await admin.rows(4);
    await admin.press('Delete record 4');
    await admin.send('Cancel');
    await admin.rows(4);
    await admin.press('Delete record 4');
    await admin.send('Delete record');
    await admin.rows(3);
  });

  it('adds a field of a kind of its own and takes it away again', async () => {
    await admin.press('Structure');
    await admin.press('Add field');
    await admin.fill(by.dialog('Title'), 'Priority');
    await admin.choose(by.dialog('Type'), 'select');
    await admin.fill(by.dialog('Choices'), 'Low\nHigh');
    await admin.send('Add field');
    await admin.reads('Priority was added.');
    await admin.press('Delete the field Priority');
    await admin.send('Delete field');
    await admin.reads('Priority was deleted.');
  });

  it('2.3 makes a role with full access to it, and a user who holds the role', async () => {
    await admin.press('Roles & permissions', 'nav a');
    await admin.press('New role');
    await admin.fill('Title', role);
    await admin.tick('May manage API keys');
    await admin.send('Create role');
    await admin.headed(role);
    await admin.press(`Full access to ${title}`);
    await admin.reads('has full access to');
    await admin.press('Users', 'nav a');
    await admin.press('New user');
    await admin.fill('Nickname', 'To Dos API User');
    await admin.fill('Username', person);
    await admin.fill('Password', password);
    await admin.tick('Member', false);
    await admin.tick(role);
    await admin.send('Create user');
    await admin.reads('To Dos API User was created.');
  });

  it('2.4 the user makes a key, which is shown once', async () => {
    user = await screens(browser);
    await user.fill('Username or email', person);
    await user.fill('Password', password);
    await user.press('Sign in');
    await user.headed('Collections');
    assert.deepEqual(await user.links('nav a'), ['Collections', 'Pages', 'API keys', 'API documentation'], 'what the role may not do is not offered');
    await user.press('API keys', 'nav a');
    await user.reads('No API keys yet');
    await user.press('Add API key');
    await user.fill('Name', 'guide key');
    await user.send('Create key');
    token = await user.value(by.aria('The new API key'));
    assert.match(token, /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
    await user.page.keyboard.press('Escape');
    await user.reads('The key was not copied yet');
    await user.send('Cancel');
    await user.press('Copy key');
    await user.reads('The key was copied.');
    await user.send('I have saved it');
    await user.shows('Key', [/^guide key/]);
    await user.shows('Expires', [/30 days|month/]);
    assert.equal((await user.page.content()).includes(token), false, 'it is nowhere once it was closed');
  });

  it('3 lists, creates, updates and deletes with the key', async () => {
    const list = await asProgram(token, `${name}:list`);
    assert.deepEqual([list.status, list.data.map((one) => one.title)], [200, samples]);
    const made = await asProgram(token, `${name}:create`, { title: 'by a program' });
    assert.equal(made.status, 200);
    assert.equal((await asProgram(token, `${name}:update?filterByTk=${made.data.id}`, { completed: true })).data[0].completed, true);
    assert.equal((await asProgram(token, `${name}:destroy?filterByTk=${made.data.id}`, {})).data, 1);
    assert.equal((await asProgram(token, 'users:list')).status, 403);
  });

  it('3.1 the documentation shows what the key reaches, as a line for a shell, and sends it', async () => {
    await user.press('API documentation', 'nav a');
    await user.press('Use an API key');
    await user.fill('API key', token);
    await user.send('Use this key');
    await user.reads('Requests are sent with the API key');
    await user.press(`/${name}:list`, 'details summary code');
    await user.press('Send');
    await user.reads('play games');
    const shell = await user.copied(() => user.press('Copy as cURL'));
    assert.equal(shell, `curl '${home.url}/api/${name}:list' \\\n  -H 'Authorization: Bearer ${token}'`);
  });

  it('a deleted key is refused with the next call', async () => {
    await user.press('API keys', 'nav a');
    await user.press('Delete the key guide key');
    await user.send('Delete key');
    await user.reads('No API keys yet');
    const refused = await asProgram(token, `${name}:list`);
    assert.deepEqual([refused.status, refused.errors[0].code], [401, 'BLOCKED_TOKEN']);
  });

  it('signs out, and does not come back by itself', async () => {
    await user.press(/^Account of/, 'summary');
    await user.press('Sign out');
    await user.headed('Sign in to Keyward');
    await user.page.reload();
    await user.headed('Sign in to Keyward');
    assert.equal(await user.page.evaluate(() => sessionStorage.length), 0);
  });
});
