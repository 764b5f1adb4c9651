// Records as sheets: exported, imported, and read by a spreadsheet library that is not ours.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import xlsx from 'xlsx';

import { admin, client, collection, keyWith, ok, refused, role, text } from './world.js';

let tasks;
let projects;
before(async () => {
  projects = await collection([text('name'), text('secret')]);
  tasks = await collection(
    [
      text('title'),
      { name: 'estimate', type: 'double' },
      { name: 'price', type: 'decimal', precision: 30, scale: 10 },
      { name: 'done', type: 'boolean' },
      { name: 'due', type: 'dateOnly' },
      { name: 'at', type: 'date' },
      text('color', { interface: 'select', uiSchema: { enum: [{ value: 'r', label: 'Red' }, { value: 'b', label: 'Blue' }] } }),
      { name: 'project', type: 'belongsTo', target: projects, foreignKey: 'projectId' },
    ],
    { createdBy: true },
  );
  await ok(admin.resource(projects).create({ values: [{ name: 'house', secret: 'k' }, { name: 'garden' }] }));
  await ok(
    admin.resource(tasks).create({
      values: [
        { title: 'paint', estimate: 1.5, price: '12345678901234567.25', done: true, due: '2026-02-03', at: '2026-02-03T04:05:06Z', color: 'b', project: 1 },
        { title: '=HYPERLINK("http://evil")', estimate: 2, done: false, project: 2 },
      ],
    }),
  );
});

const column = (path, title) => ({ dataIndex: path.split('.'), title, defaultTitle: path });
const columns = (...paths) => paths.map((path) => column(path));

/** What the screens' button for it sends. */
const exportSheet = (values, { api = admin, headers, ...params } = {}) =>
  api.request({ url: `${tasks}:export`, method: 'post', params, data: values, headers, responseType: 'arraybuffer' });

/** An answer that is no sheet says why, in bytes as well. */
const unread = (call) =>
  call.catch((error) => {
    if (error.response) error.response.data = JSON.parse(Buffer.from(error.response.data).toString());
    throw error;
  });

const cellsOf = (data) => {
  const book = xlsx.read(data, { type: 'buffer', cellFormula: true, cellNF: true });
  return book.Sheets[book.SheetNames[0]];
};
const rowsOf = (data) => xlsx.utils.sheet_to_json(cellsOf(data), { header: 1, defval: null });

function importSheet(rows, list, { api = admin, headers } = {}) {
  const book = xlsx.utils.book_new();
  xlsx.utils.book_append_sheet(book, xlsx.utils.aoa_to_sheet(rows, { cellDates: true }), 'Sheet 1');
  const form = new FormData();
  form.append('columns', JSON.stringify(list));
  form.append('file', new Blob([xlsx.write(book, { type: 'buffer', bookType: 'xlsx' })]), 'tasks.xlsx');
  return api.request({ url: `${tasks}:importXlsx`, method: 'post', data: form, headers });
}

describe('an export', () => {
  it('is a sheet with titles, labels and what is linked', async () => {
    const list = [column('title', 'What'), ...columns('estimate', 'price', 'done', 'due', 'at', 'color', 'project.name')];
    const { data, headers } = await exportSheet({ columns: list }, { title: 'My täsks', sort: 'id' });
    assert.equal(headers['content-disposition'], `attachment; filename=${encodeURI('My täsks')}.xlsx`);
    assert.deepEqual(rowsOf(data), [
      ['What', 'estimate', 'price', 'done', 'due', 'at', 'color', 'project.name'],
      ['paint', 1.5, '12345678901234567.25', 'True', '2026-02-03', '2026-02-03 04:05:06', 'Blue', 'house'],
      ['=HYPERLINK("http://evil")', 2, null, 'False', null, null, null, 'garden'],
    ]);
  });

  it('has no formula in it, whatever a text looks like', async () => {
    const { data } = await exportSheet({ columns: columns('title') }, { sort: 'id' });
    const cell = cellsOf(data).A3;
    assert.deepEqual([cell.t, cell.f, cell.z], ['s', undefined, '@']);
  });

  it('is filtered, sorted and counted off like a list', async () => {
    const asked = { filter: { estimate: { $gt: 1 } }, sort: ['-estimate'], limit: 1 };
    const { data } = await exportSheet({ columns: columns('estimate') }, asked);
    assert.deepEqual(rowsOf(data), [['estimate'], [2]]);
  });

  it('takes both rights, and shows what both show', async () => {
    const rights = (...actions) => keyWith({ resources: [{ name: tasks, actions }] });
    const seeing = { name: 'view', fields: ['title'] };
    const taking = { name: 'export', fields: null };
    for (const actions of [[seeing], [taking], []]) {
      const { api } = await rights(...actions);
      assert.equal(await refused(unread(exportSheet({ columns: columns('title') }, { api }))), '403 No permissions');
    }
    const { api } = await rights(seeing, taking);
    const { data } = await exportSheet({ columns: columns('title', 'estimate', 'project.name') }, { api, sort: 'id' });
    assert.deepEqual(rowsOf(data)[1], ['paint', null, null]);
    const asking = exportSheet({ columns: columns('title') }, { api, filter: { estimate: 2 } });
    assert.equal(await refused(unread(asking)), '403 No permissions');
    const own = await keyWith({ strategy: { actions: ['view', 'export:own'] } });
    assert.equal(rowsOf((await exportSheet({ columns: columns('title') }, { api: own.api })).data).length, 1);
  });
});

describe('an import', () => {
  it('makes a record of each row', async () => {
    const list = [column('title', 'What'), ...columns('estimate', 'done', 'due', 'at', 'color', 'project.name')];
    const day = new Date(Date.UTC(2026, 1, 3));
    const rows = [
      ['Please fill in'],
      ['project.name', 'What', 'estimate', 'done', 'due', 'at', 'color', 'mine'],
      ['garden', 'dig', 3.25, true, day, '2026-02-03 04:05:06', 'Red', 'x'],
      [null, 'rest', '7', 'no', '2026/02/04', null, 'b', null],
    ];
    const { data } = await importSheet(rows, list, { headers: { 'x-timezone': '+01:00' } });
    assert.deepEqual(data, { data: { successCount: 2 }, meta: { successCount: 2 } });
    const [dig, rest] = await ok(admin.resource(tasks).list({ filter: { title: ['dig', 'rest'] }, sort: ['id'], appends: ['project'] }));
    assert.deepEqual(
      [dig.estimate, dig.done, dig.due, dig.at, dig.color, dig.project.name],
      [3.25, true, '2026-02-03', '2026-02-03T03:05:06.000Z', 'r', 'garden'],
    );
    assert.deepEqual([rest.estimate, rest.done, rest.due, rest.at, rest.color, rest.project], [7, false, '2026-02-04', null, 'b', null]);
  });

  it('is all or nothing, and says where it is wrong', async () => {
    const rows = [['title', 'estimate'], ['good', 1], ['bad', 'many']];
    assert.match(await refused(importSheet(rows, columns('title', 'estimate'))), /^400 Failed to import row 3: .*estimate/);
    assert.deepEqual(await ok(admin.resource(tasks).list({ filter: { title: 'good' } })), []);
    assert.match(await refused(importSheet([['other'], ['x']], columns('title'))), /^400 Headers not found/);
    const none = admin.request({ url: `${tasks}:importXlsx`, method: 'post', data: new FormData() });
    assert.match(await refused(none), /^400 /);
  });

  it('takes the right to create as well, and its limits', async () => {
    const rows = [['title', 'estimate'], ['by key', 1]];
    for (const actions of [['create'], ['importXlsx']]) {
      const { api } = await keyWith({ strategy: { actions } });
      assert.equal(await refused(importSheet(rows, columns('title', 'estimate'), { api })), '403 No permissions');
    }
    const actions = [{ name: 'create', fields: ['title'] }, { name: 'importXlsx', fields: null }];
    const { api } = await keyWith({ resources: [{ name: tasks, actions }] });
    await importSheet(rows, columns('title', 'estimate'), { api });
    const [made] = await ok(admin.resource(tasks).list({ filter: { title: 'by key' } }));
    assert.deepEqual([made.title, made.estimate], ['by key', null]);
  });

  it('has a template', async () => {
    const ask = (api) =>
      api.request({
        url: `${tasks}:downloadXlsxTemplate`,
        method: 'post',
        data: { explain: 'Fill in', columns: [column('title', 'What'), column('estimate')] },
        responseType: 'arraybuffer',
      });
    assert.deepEqual(rowsOf((await ask(admin)).data).map((row) => row.filter(Boolean)), [['Fill in'], ['What', 'estimate']]);
    assert.equal(await refused(unread(ask(client()))), '401 EMPTY_TOKEN');
  });
});

describe('a role', () => {
  it('can be given both, as screens offer them', async () => {
    const actions = await ok(admin.request({ url: 'availableActions:list' }));
    assert.deepEqual(actions.map(({ name }) => name), ['create', 'importXlsx', 'export', 'view', 'update', 'destroy']);
    const name = await role({ strategy: { actions: ['view', 'export', 'importXlsx'] } });
    const kept = await ok(admin.resource('roles').get({ filterByTk: name }));
    assert.deepEqual(kept.strategy.actions, ['view', 'export', 'importXlsx']);
  });
});
