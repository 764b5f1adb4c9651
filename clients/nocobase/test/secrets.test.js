// Two worlds that differ only in what a role may not see are the same world to its key: whatever it asks, it is
// answered the same. So no filter, sort, sum, page or refusal tells anything of the rest.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import xlsx from 'xlsx';

import { admin, baseURL, collection, fresh, keyWith, ok, send, text } from './world.js';

/** What is in a sheet, or why there is none. */
async function sheet(path, token, content) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(baseURL + path, { method: 'POST', headers, body: JSON.stringify(content) });
  if (answer.status !== 200) return { status: answer.status, text: await answer.text() };
  const book = xlsx.read(Buffer.from(await answer.arrayBuffer()), { type: 'buffer' });
  return { status: 200, text: book.SheetNames.map((name) => `${name}\n${xlsx.utils.sheet_to_csv(book.Sheets[name])}`).join('\n') };
}

/** A world: two collections, and a key that sees the open part of both. `w`: what is in the other part. */
async function world(w) {
  const people = await collection([text('name'), text('secret'), text('hidden', { hidden: true })]);
  const pairs = fresh('p');
  const notes = await collection([
    text('title'),
    text('state'),
    text('secret'),
    text('hidden', { hidden: true }),
    { name: 'password', type: 'password' },
    { name: 'n', type: 'integer' },
    { name: 'twice', type: 'formula', expression: '{{amount}} * 2', dataType: 'double' },
    { name: 'amount', type: 'integer' },
    { name: 'owner', type: 'belongsTo', target: people, foreignKey: 'ownerId' },
    { name: 'readers', type: 'belongsToMany', target: people, through: pairs, foreignKey: 'noteId', otherKey: 'personId' },
  ]);
  const person = (name, secret) => ({ name, secret, hidden: secret });
  await ok(admin.resource(people).create({ values: [person('ann', w[0]), person('bob', w[1]), person('closed', w[2])] }));
  const note = (title, state, secret, n, more) => ({
    title, state, secret, hidden: secret, n, amount: secret.length, password: `${secret} long enough`, owner: 1, readers: [1, 2], ...more,
  });
  await ok(
    admin.resource(notes).create({
      values: [
        note('one', 'open', w[0], 1, { readers: w[7] }),
        note('two', 'open', w[1], 2, { owner: w[3] }),
        note(w[0], 'closed', w[2], w[4], { readers: w[5] }),
        note('four', 'open', w[2], 4, { owner: null, readers: w[8] }),
        ...w[6].map((title) => note(title, 'closed', title, 100)),
      ],
    }),
  );
  const open = { scope: { state: 'open' } };
  const { api } = await keyWith({
    resources: [
      { name: notes, actions: [{ name: 'view', fields: ['title', 'n', 'owner', 'readers'], scope: open }, { name: 'update', fields: ['title'], scope: open }, { name: 'export', fields: null }] },
      { name: people, actions: [{ name: 'view', fields: ['name'], scope: { scope: { name: { $ne: 'closed' } } } }] },
    ],
  });
  const token = api.auth.getToken();
  const names = [[notes, 'NOTES'], [people, 'PEOPLE'], [pairs, 'PAIRS']];
  return async (method, path, content) => {
    const there = path.replaceAll('NOTES', notes).replaceAll('PEOPLE', people);
    const headers = { 'x-with-acl-meta': 'true' };
    const asSheet = path.includes(':export');
    const answer = asSheet ? await sheet(there, token, content) : await send(method, there, { token, body: content, headers });
    assert.ok(answer.status < 500, `${path} ${answer.text}`);
    // A number of a pair tells no more than one of a record: how many there were before.
    const said = names.reduce((told, [name, as]) => told.replaceAll(name, as), answer.text).replaceAll(/("PAIRS":\{"id":)\d+/g, '$1#');
    return `${answer.status} ${said}`;
  };
}

describe('what a role may not see', () => {
  let one;
  let other;
  before(async () => {
    // The second has other secrets, other closed records and more of them, and more links to who cannot be seen.
    one = await world(['aaa', 'bbb', 'ccc', 3, 7, [1], [], [1, 2], []]);
    other = await world(['zzzz', 'y', 'aaa', 3, -5, [2, 3], ['more', 'and more'], [1, 2, 3], [3]]);
  });

  /** Asks both; says what differs. */
  const tell = async (questions) => {
    const different = [];
    let answered = 0;
    const ask = async ([method, path, content]) => {
      const [a, b] = await Promise.all([one(method, path, content), other(method, path, content)]);
      if (a.startsWith('200')) answered += 1;
      if (a !== b) different.push(`${path} ${JSON.stringify(content ?? null)}\n  ${a}\n  ${b}`);
    };
    // What only reads is asked several at a time; a write may change the next answer.
    const width = questions.every(([method, path]) => method === 'GET' || /:(query|export)/.test(path)) ? 8 : 1;
    for (let at = 0; at < questions.length; at += width) await Promise.all(questions.slice(at, at + width).map(ask));
    assert.deepEqual(different, []);
    assert.ok(answered > 0, 'some of it must be answered');
  };
  const get = (path, params = {}) => ['GET', `${path}?${new URLSearchParams(params)}`];
  const PATHS = [
    'title', 'n', 'state', 'secret', 'hidden', 'password', 'amount', 'twice', 'owner.name', 'owner.secret', 'owner.hidden', 'owner.id',
    'ownerId', 'owner', 'readers.name', 'readers.secret', 'readers.id', 'readers', 'id', 'nothing', 'owner.nothing',
  ];

  it('is not told by filters', async () => {
    const OPS = ['$eq', '$ne', '$gt', '$lt', '$in', '$notIn', '$includes', '$notIncludes', '$startsWith', '$empty', '$notEmpty', '$exists', '$notExists'];
    const questions = [];
    for (const path of PATHS) {
      for (const op of OPS) {
        for (const value of ['aaa', 'a', 2, null]) {
          for (const filter of [{ [path]: { [op]: value } }, { $not: { [path]: { [op]: value } } }]) {
            questions.push(get('NOTES:list', { filter: JSON.stringify(filter) }));
          }
        }
      }
      questions.push(get('NOTES:list', { filter: JSON.stringify({ $or: [{ title: 'one' }, { [path]: 'aaa' }] }) }));
      questions.push(get('NOTES:get', { filter: JSON.stringify({ [path]: 'aaa' }) }));
    }
    await tell(questions);
  });

  it('is not told by orders, fields, associations and pages', async () => {
    const questions = [];
    for (const path of PATHS) {
      for (const params of [
        { sort: path }, { sort: `-${path}` }, { fields: path }, { fields: `id,${path}` }, { except: path }, { appends: path },
        { appends: `owner,readers,${path}` }, { appends: `owner.${path}` },
      ]) {
        questions.push(get('NOTES:list', params), get('NOTES:get', { filterByTk: 1, ...params }));
      }
    }
    for (const pageSize of [1, 2, 3, 10]) for (const page of [1, 2, 3, 9]) questions.push(get('NOTES:list', { pageSize, page }));
    for (const id of [1, 2, 3, 4, 5, 6, 99]) {
      questions.push(get(`NOTES:get/${id}`), get('NOTES:get', { filterByTk: id, appends: 'owner,readers' }), get(`PEOPLE:get/${id}`));
      for (const association of ['owner', 'readers', 'nothing', 'secret']) {
        for (const action of ['list', 'get']) questions.push(get(`NOTES/${id}/${association}:${action}`));
      }
    }
    for (const association of ['owner', 'readers']) questions.push(get(`NOTES/_/${association}:list`, { paginate: false }));
    await tell(questions);
  });

  it('is not told by sums', async () => {
    const questions = [];
    const count = { field: ['id'], aggregation: 'count', alias: 'm' };
    for (const path of PATHS) {
      const field = path.split('.');
      for (const aggregation of ['count', 'sum', 'avg', 'min', 'max', 'countDistinct']) {
        questions.push(['POST', 'NOTES:query', { measures: [{ field, aggregation, alias: 'm' }] }]);
      }
      questions.push(['POST', 'NOTES:query', { dimensions: [{ field, alias: 'd' }], measures: [count], orders: [{ alias: 'd' }] }]);
      questions.push(['POST', 'NOTES:query', { measures: [count], filter: { [path]: { $gt: 'a' } } }]);
      questions.push(['POST', 'NOTES:query', { measures: [count], having: { [path]: 1 } }]);
    }
    await tell(questions);
  });

  it('is not told by sheets', async () => {
    const questions = [];
    const columns = (...paths) => paths.map((path) => ({ dataIndex: path.split('.'), title: path, defaultTitle: path }));
    for (const path of PATHS) {
      questions.push(['POST', 'NOTES:export', { columns: columns('title', path) }]);
      for (const asked of [{ sort: path }, { sort: `-${path}` }, { filter: JSON.stringify({ [path]: { $gt: 'a' } }) }, { filter: JSON.stringify({ [path]: null }) }]) {
        questions.push(['POST', `NOTES:export?${new URLSearchParams(asked)}`, { columns: columns('title') }]);
      }
    }
    await tell(questions);
  });

  it('is not told by what may be changed', async () => {
    const questions = [];
    for (const path of PATHS) {
      const filter = JSON.stringify({ [path]: { $ne: 'aaa' } });
      questions.push(['POST', `NOTES:update?filter=${encodeURIComponent(filter)}`, { title: 'changed' }]);
      questions.push(['POST', `NOTES:destroy?filter=${encodeURIComponent(filter)}`, {}]);
      questions.push(['POST', `NOTES:firstOrCreate?filterKeys[]=${path}`, { [path]: 'aaa' }]);
      questions.push(['POST', `NOTES:updateOrCreate?filterKeys[]=${path}`, { [path]: 'aaa', title: 'x' }]);
    }
    for (const id of [1, 2, 3, 4, 5, 99]) {
      questions.push(['POST', `NOTES:update/${id}`, { title: 'one', secret: 'x' }]);
      for (const action of ['add', 'remove', 'set', 'toggle']) questions.push(['POST', `NOTES/${id}/readers:${action}`, [1]]);
    }
    await tell(questions);
  });
});
