// Filters into `json` fields by the names of properties; refusals in another language; collections that would not be what
// they look like.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { admin, client, collection, fresh, keyWith, ok, person, password, refusal, refused, text } from './world.js';

describe('properties inside of json', () => {
  let notes;
  before(async () => {
    notes = await collection([text('title'), { name: 'js', type: 'json' }, { name: 'jb', type: 'jsonb' }, { name: 'hid', type: 'json', hidden: true }]);
    const values = [
      { k: 1, s: 'Abc', n: { d: { e: 5 } }, t: true, at: '2026-03-04T05:06:07.000Z' }, { k: 2, s: 'x', l: [1, 2] }, { k: '1' }, 5, null,
      { k: 10, t: false, f: 1.5, 'a b': 1, '%': '5%', "k'": 3 },
    ];
    await ok(admin.resource(notes).create({ values: values.map((js) => ({ js, jb: js, hid: js })) }));
  });
  const ids = async (filter) => (await ok(admin.resource(notes).list({ filter, sort: ['id'], fields: ['id'] }))).map((row) => row.id).join('');

  it('are compared by every operator that compares plain values', async () => {
    for (const [filter, want] of [
      [{ 'js.k': 2 }, '2'], [{ js: { k: 2 } }, '2'], [{ 'js.k.$eq': 2 }, '2'], [{ 'jb.k': 2 }, '2'], [{ 'js.k': '1' }, '3'],
      [{ 'js.k.$gt': 1 }, '26'], [{ 'js.k': { $gt: 1, $lt: 5 } }, '2'], [{ 'js.k.$in': [2, 10] }, '26'], [{ 'js.k.$notIn': [2, 10] }, '1345'],
      [{ 'js.k.$ne': null }, '1236'], [{ 'js.k': null }, '45'], [{ 'js.nope': 1 }, ''], [{ 'js.s.$includes': 'B' }, '1'],
      [{ 'js.s.$notIncludes': 'b' }, '2'], [{ 'js.s.$startsWith': 'a' }, '1'], [{ 'js.%.$includes': '%' }, '6'], [{ 'js.s.$empty': true }, '3456'],
      [{ 'js.n.d.e': 5 }, '1'], [{ js: { n: { d: { e: 5 } } } }, '1'], [{ 'js.t.$isTruly': true }, '1'], [{ 'js.f': 1.5 }, '6'],
      [{ 'js.a b': 1 }, '6'], [{ "js.k'": 3 }, '6'], [{ 'js.s': "x' OR 1=1 --" }, ''], [{ 'js.at.$dateOn': '2026-03-04' }, '1'],
      [{ $or: [{ 'js.k': 2 }, { 'js.f': 1.5 }] }, '26'], [{ $not: { 'js.k': 2 } }, '136'],
    ]) {
      assert.equal(await ids(filter), want, JSON.stringify(filter));
    }
  });

  it('that cannot be asked about are refused', async () => {
    for (const filter of [
      { 'js.': 1 }, { 'js..k': 1 }, { 'js.a"b': 1 }, { 'js.k.$anyOf': [1] }, { 'js.k.$bogus': 1 }, { 'title.k': 1 }, { [`js${'.k'.repeat(40)}`]: 1 },
    ]) {
      assert.match(await refused(admin.resource(notes).list({ filter })), /^400 /, JSON.stringify(filter));
    }
    assert.match(await refused(admin.resource(notes).list({ sort: ['js.k'] })), /^400 /);
  });

  it('of a field that may not be read are none of the caller’s business', async () => {
    const { api } = await keyWith({ resources: [{ name: notes, actions: [{ name: 'view', fields: ['title', 'jb'] }] }] });
    assert.equal(await refused(api.resource(notes).list({ filter: { 'js.k': 1 } })), '403 No permissions');
    assert.equal(await refused(admin.resource(notes).list({ filter: { 'hid.k': 1 } })), '403 No permissions');
    assert.equal((await ok(api.resource(notes).list({ filter: { 'jb.k': 2 } }))).length, 1);
  });
});

describe('another language', () => {
  it('is spoken where it is asked for and known; codes and statuses stay', async () => {
    const said = (headers, params) => refusal(client(undefined, headers).axios.get('auth:check', { params }));
    const english = [{ code: 'EMPTY_TOKEN', message: 'Unauthenticated. Please sign in to continue.' }];
    const chinese = [{ code: 'EMPTY_TOKEN', message: '尚未登录，请先登录。' }];
    assert.deepEqual((await said({ 'X-Locale': 'zh-CN' })).errors, chinese);
    assert.deepEqual((await said({}, { locale: 'zh-CN' })).errors, chinese);
    assert.deepEqual((await said({ 'X-Locale': 'en-US' }, { locale: 'zh-CN' })).errors, english);
    for (const unknown of ['fr-FR', '*', 'x'.repeat(500)]) assert.deepEqual((await said({ 'X-Locale': unknown })).errors, english, unknown);
    const { api } = await keyWith({});
    const other = client(api.auth.getToken(), { 'X-Locale': 'zh-CN' });
    assert.equal(await refused(other.resource('users').list()), '403 没有权限');
    assert.equal((await ok(other.resource('app').getLang())).lang, 'zh-CN');
    const { username } = await person();
    const taken = client(admin.auth.getToken(), { 'X-Locale': 'zh-CN' }).resource('users').create({ values: { username, password } });
    assert.match(await refused(taken), /^400 .*已存在$/);
  });
});

describe('collections that hold no records of their own', () => {
  it('are refused, and not made empty', async () => {
    const plain = await collection([text('title')], { view: false, inherits: [] });
    for (const more of [{ view: true }, { viewName: 'v' }, { template: 'view' }, { template: 'sql' }, { sql: 'select 1' }, { inherits: [plain] }]) {
      const name = fresh('c');
      const values = { name, fields: [text('x')], ...more };
      assert.match(await refused(admin.resource('collections').create({ values })), /^400 /, JSON.stringify(more));
      assert.match(await refused(admin.resource('collections').apply({ values })), /^400 /, JSON.stringify(more));
      assert.equal(await ok(admin.resource('collections').get({ filterByTk: name })), null);
      assert.match(await refused(admin.resource('collections').update({ filterByTk: plain, values: more })), /^400 /, JSON.stringify(more));
    }
  });

  it('neither are those with two primary keys', async () => {
    const key = (name) => text(name, { primaryKey: true });
    assert.match(await refused(admin.resource('collections').create({ values: { name: fresh('c'), fields: [key('a'), key('b')] } })), /^400 /);
  });
});
