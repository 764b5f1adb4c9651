// Relations of all four kinds: appended, asked about, listed, linked and unlinked; what a key may not see behind one.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { admin, body, collection, fresh, grant, holder, keyWith, ok, refused, role, sendAs, text, titles } from './world.js';

const of = (name, id) => admin.resource(name, id);

/** Projects with tasks (hasMany, belongsTo), labels on tasks (belongsToMany), one plan per project (hasOne). */
async function world() {
  const [projects, tasks, labels, plans, pairs] = ['projects', 'tasks', 'labels', 'plans', 'pairs'].map(fresh);
  const make = (values) => ok(admin.resource('collections').create({ values }));
  await make({ name: projects, fields: [text('title'), text('secret')] });
  await make({ name: labels, fields: [text('text')] });
  await make({ name: plans, fields: [text('title'), { name: 'project', type: 'belongsTo', target: projects, foreignKey: 'projectId' }] });
  await make({
    name: tasks,
    createdBy: true,
    fields: [
      text('title'),
      { name: 'project', type: 'belongsTo', target: projects, foreignKey: 'projectId' },
      { name: 'labels', type: 'belongsToMany', target: labels, through: pairs, foreignKey: 'taskId', otherKey: 'labelId' },
    ],
  });
  const field = (values) => ok(admin.resource('collections.fields', projects).create({ values }));
  await field({ name: 'tasks', type: 'hasMany', target: tasks, foreignKey: 'projectId' });
  await field({ name: 'plan', type: 'hasOne', target: plans, foreignKey: 'projectId' });

  const put = (name, values) => ok(admin.resource(name).create({ values }));
  const [p1, p2] = await put(projects, [{ title: 'one', secret: 's1' }, { title: 'two', secret: 's2' }]);
  const [red, green, blue] = await put(labels, ['red', 'green', 'blue'].map((t) => ({ text: t })));
  const a = await put(tasks, { title: 'a', project: p1.id, labels: [red.id, green.id] });
  const b = await put(tasks, { title: 'b', project: { id: p2.id } });
  const c = await put(tasks, { title: 'c' });
  await put(plans, { title: 'plan one', project: p1.id });
  return { projects, tasks, labels, plans, pairs, p1, p2, red, green, blue, a, b, c };
}

let w;
before(async () => {
  w = await world();
});

describe('appended to a record', () => {
  it('are whole: one or null, many or none', async () => {
    const rows = await ok(admin.resource(w.tasks).list({ appends: ['project', 'labels', 'createdBy'], sort: ['id'] }));
    assert.equal(rows[0].project.title, 'one');
    assert.deepEqual(rows[0].labels.map((l) => l.text), ['red', 'green']);
    assert.deepEqual([rows[2].project, rows[2].labels], [null, []]);
    assert.equal(typeof rows[0].createdBy.id, 'number');
    const [one, two] = await ok(admin.resource(w.projects).list({ appends: ['tasks', 'plan'], sort: ['id'] }));
    assert.deepEqual(one.tasks.map((t) => t.title), ['a']);
    assert.deepEqual([one.plan.title, two.plan], ['plan one', null]);
    assert.equal('tasks' in (await ok(admin.resource(w.projects).get({ filterByTk: w.p1.id }))), false);
  });

  it('are deeper with dots', async () => {
    const task = await ok(admin.resource(w.tasks).get({ filterByTk: w.a.id, appends: ['project.tasks.labels'] }));
    assert.deepEqual(task.project.tasks[0].labels.map((l) => l.text), ['red', 'green']);
    const both = await ok(admin.resource(w.tasks).get({ filterByTk: w.a.id, appends: ['project', 'project.plan'] }));
    assert.equal(both.project.plan.title, 'plan one');
  });

  it('are in part with dotted fields', async () => {
    const asked = { filterByTk: w.a.id, fields: ['title', 'project.title', 'createdBy.username'] };
    const task = await ok(admin.resource(w.tasks).get(asked));
    assert.deepEqual(Object.keys(task), ['title', 'project', 'createdBy']);
    assert.deepEqual(task.project, { title: 'one' });
    assert.deepEqual(Object.keys(task.createdBy), ['username']);
    const rest = await ok(admin.resource(w.tasks).get({ filterByTk: w.a.id, appends: ['project'], except: ['project.secret'] }));
    assert.deepEqual([rest.project.title, 'secret' in rest.project], ['one', false]);
  });

  it('that do not exist are left out', async () => {
    const task = await ok(admin.resource(w.tasks).get({ filterByTk: w.a.id, appends: ['nothing', 'project.nothing', 'title'] }));
    assert.equal('nothing' in task, false);
  });

  it('never hold more of a user than everybody may know', async () => {
    const { createdBy } = await ok(admin.resource(w.tasks).get({ filterByTk: w.a.id, appends: ['createdBy', 'createdBy.roles'] }));
    for (const name of ['password', 'resetToken', 'roles']) assert.equal(name in createdBy, false, name);
    const asked = { filterByTk: w.a.id, fields: ['createdBy.password', 'createdBy.id'] };
    const told = JSON.stringify(await body(admin.resource(w.tasks).get(asked)).catch((e) => e.response.data));
    assert.ok(!told.includes('$argon2'), told);
  });
});

describe('in filters and sorts', () => {
  it('are followed from any side', async () => {
    const tasks = (filter) => titles(admin, w.tasks, { filter, sort: ['id'] });
    assert.deepEqual(await tasks({ 'project.title': 'two' }), ['b']);
    assert.deepEqual(await tasks({ project: { title: { $startsWith: 'o' } } }), ['a']);
    assert.deepEqual(await tasks({ projectId: w.p1.id }), ['a']);
    assert.deepEqual(await tasks({ 'project.id': w.p1.id }), ['a']);
    assert.deepEqual(await tasks({ 'labels.text.$includes': 'ree' }), ['a']);
    assert.deepEqual(await tasks({ 'labels.id': { $in: [w.red.id, w.green.id] } }), ['a']);
    assert.deepEqual(await tasks({ 'project.plan.title': 'plan one' }), ['a']);
    assert.deepEqual(await tasks({ $or: [{ 'project.title': 'two' }, { 'labels.text': 'red' }] }), ['a', 'b']);
    assert.deepEqual(await titles(admin, w.projects, { filter: { 'tasks.title': 'b' } }), ['two']);
    assert.deepEqual(await titles(admin, w.projects, { filter: { 'tasks.labels.text': 'red' } }), ['one']);
    assert.deepEqual(await titles(admin, w.projects, { filter: { 'plan.title': 'plan one' } }), ['one']);
  });

  it('are there or not', async () => {
    const tasks = (filter) => titles(admin, w.tasks, { filter, sort: ['id'] });
    assert.deepEqual(await tasks({ 'project.$exists': true }), ['a', 'b']);
    assert.deepEqual(await tasks({ 'project.$notExists': true }), ['c']);
    assert.deepEqual(await tasks({ labels: { $exists: true } }), ['a']);
    assert.deepEqual(await tasks({ labels: { $notExists: true } }), ['b', 'c']);
    assert.deepEqual(await titles(admin, w.projects, { filter: { 'plan.$exists': true } }), ['one']);
  });

  it('are sorted by what they lead to', async () => {
    assert.deepEqual(await titles(admin, w.tasks, { sort: ['-project.title', 'id'] }), ['b', 'a', 'c']);
    assert.match(await refused(admin.resource(w.tasks).list({ sort: ['project.nothing'] })), /^400 /);
  });

  it('lead three steps and no further', async () => {
    const far = { 'project.tasks.project.tasks.title': 'a' };
    assert.match(await refused(admin.resource(w.tasks).list({ filter: far })), /^400 /);
    assert.match(await refused(admin.resource(w.tasks).list({ appends: ['project.tasks.project.tasks'] })), /^400 /);
  });
});

describe('behind a record', () => {
  it('are listed, found, counted, filtered, sorted and paged', async () => {
    const at = of(`${w.tasks}.labels`, w.a.id);
    const texts = async (params) => (await ok(at.list(params))).map((l) => l.text);
    assert.deepEqual((await body(at.list())).meta, { count: 2, page: 1, pageSize: 20, totalPage: 1 });
    assert.deepEqual(await texts({ sort: ['-text'] }), ['red', 'green']);
    assert.deepEqual(await texts({ filter: { text: 'green' } }), ['green']);
    assert.deepEqual(await texts({ sort: ['text'], pageSize: 1, page: 2 }), ['red']);
    assert.deepEqual(Object.keys((await ok(at.list({ fields: ['text'] })))[0]), ['text']);
    assert.equal((await body(at.list({ paginate: false }))).meta, undefined);
    assert.equal((await ok(at.get({ filterByTk: w.red.id }))).text, 'red');
    assert.equal(await ok(at.get({ filterByTk: w.blue.id })), null);
    assert.equal((await sendAs(admin, 'GET', `${w.tasks}/${w.a.id}/labels:get/${w.red.id}`)).json.data.text, 'red');
    assert.equal((await ok(of(`${w.tasks}.project`, w.a.id).get())).title, 'one');
    assert.equal(await ok(of(`${w.tasks}.project`, w.c.id).get()), null);
  });

  it('are created, changed and removed as records of theirs', async () => {
    const { tasks, projects, p1, p2, a, b } = await world();
    const at = of(`${projects}.tasks`, p1.id);
    const made = await ok(at.create({ values: { title: 'new' } }));
    assert.deepEqual([made.title, made.projectId], ['new', p1.id]);
    const [changed] = await ok(at.update({ filterByTk: made.id, values: { title: 'newer' } }));
    assert.equal(changed.title, 'newer');
    // Only of what is behind this record.
    assert.deepEqual(await ok(at.update({ filterByTk: b.id, values: { title: 'x' } })), []);
    assert.equal(await ok(at.destroy({ filterByTk: b.id })), true);
    assert.equal(await ok(at.destroy({ filterByTk: made.id })), true);
    assert.deepEqual(await titles(admin, tasks, { sort: ['id'] }), ['a', 'b', 'c']);
    assert.match(await refused(at.update({ values: { title: 'x' } })), /^400 to do update action/);
    assert.match(await refused(at.destroy()), /^400 to do destroy action/);

    const label = await ok(of(`${tasks}.labels`, a.id).create({ values: { text: 'made' } }));
    const linked = await ok(of(`${tasks}.labels`, a.id).list({ sort: ['id'] }));
    assert.deepEqual(linked.map((l) => l.text), ['red', 'green', 'made']);
    assert.equal((await ok(of(`${tasks}.labels`, a.id).get({ filterByTk: label.id }))).text, 'made');
    assert.equal((await ok(of(`${projects}.tasks`, p2.id).list())).length, 1);
  });

  it('of a record that is not there are none to see, and 404 to change; of no record 400', async () => {
    const at = of(`${w.tasks}.labels`, 99_999);
    assert.deepEqual((await body(at.list())).meta.count, 0);
    assert.equal(await ok(at.get({ filterByTk: w.red.id })), null);
    assert.equal(await refused(of(`${w.tasks}.nothing`, w.a.id).list()), '404 Not Found');
    for (const action of ['add', 'set']) assert.match(await refused(at[action]({ values: [w.red.id] })), /^404 /);
    assert.match(await refused(at.create({ values: { text: 'x' } })), /^404 /);
    for (const action of ['create', 'add', 'remove', 'set', 'toggle']) {
      assert.match(await refused(of(`${w.tasks}.labels`, '')[action]({ values: [w.red.id] })), /^400 /, action);
    }
  });

  it('of any record are what it could lead to', async () => {
    const texts = (await ok(of(`${w.tasks}.labels`, '').list({ sort: ['id'] }))).map((l) => l.text);
    assert.deepEqual(texts, ['red', 'green', 'blue']);
    const { api } = await keyWith({ resources: [{ name: w.tasks, actions: [{ name: 'view', fields: null }] }] });
    assert.match(await refused(api.resource(`${w.tasks}.labels`, '').list()), /^40[34] /);
  });
});

describe('linking', () => {
  it('adds, removes and sets many to many, and answers nothing', async () => {
    const { tasks, b, red, green, blue } = await world();
    const at = of(`${tasks}.labels`, b.id);
    const texts = async () => (await ok(at.list({ sort: ['id'] }))).map((l) => l.text);
    assert.deepEqual(await body(at.add({ values: [red.id, green.id] })), {});
    assert.deepEqual(await body(at.add({ values: [red.id] })), {});
    assert.deepEqual(await texts(), ['red', 'green']);
    assert.deepEqual(await body(at.remove({ values: [red.id] })), {});
    assert.deepEqual(await texts(), ['green']);
    assert.deepEqual(await body(at.set({ values: [blue.id, red.id] })), {});
    assert.deepEqual(await texts(), ['red', 'blue']);
    assert.deepEqual(await body(at.add({ filterByTk: green.id })), {});
    assert.deepEqual(await texts(), ['red', 'green', 'blue']);
    assert.deepEqual(await body(at.set({ values: [] })), {});
    assert.deepEqual(await texts(), []);
    assert.match(await refused(at.add({ values: [red.id, 99_999] })), /^400 .*labels/);
    assert.match(await refused(at.add({ values: [{}] })), /^400 /);
    assert.deepEqual(await texts(), []);
  });

  it('toggles', async () => {
    const { tasks, b, red, green } = await world();
    const at = of(`${tasks}.labels`, b.id);
    const texts = async () => (await ok(at.list({ sort: ['id'] }))).map((l) => l.text);
    await ok(at.toggle({ values: [red.id] }));
    assert.deepEqual(await texts(), ['red']);
    const answer = await body(at.toggle({ values: [red.id, green.id] }));
    assert.deepEqual(await texts(), ['green']);
    assert.deepEqual(answer, { data: 'ok' });
  });

  it('moves records of a hasMany, and replaces the one of a hasOne', async () => {
    const { tasks, projects, plans, p1, p2, a, c } = await world();
    const behind = async (id) => (await ok(of(`${projects}.tasks`, id).list({ sort: ['id'] }))).map((t) => t.title);
    await body(of(`${projects}.tasks`, p2.id).add({ values: [a.id] }));
    assert.deepEqual([await behind(p1.id), await behind(p2.id)], [[], ['a', 'b']]);
    await body(of(`${projects}.tasks`, p2.id).set({ values: [c.id] }));
    assert.deepEqual(await behind(p2.id), ['c']);
    await body(of(`${projects}.tasks`, p2.id).remove({ values: [c.id] }));
    assert.deepEqual(await behind(p2.id), []);
    assert.deepEqual(await titles(admin, tasks, { filter: { projectId: null }, sort: 'id' }), ['a', 'b', 'c']);

    const { id } = await ok(admin.resource(plans).create({ values: { title: 'plan two' } }));
    await body(of(`${projects}.plan`, p1.id).set({ values: [id] }));
    assert.equal((await ok(of(`${projects}.plan`, p1.id).get())).title, 'plan two');
    assert.equal((await ok(admin.resource(projects).get({ filterByTk: p1.id, appends: ['plan'] }))).plan.id, id);
  });

  it('sets and clears a belongsTo', async () => {
    const { tasks, p2, a } = await world();
    const project = async () => (await ok(admin.resource(tasks).get({ filterByTk: a.id, appends: ['project'] }))).project;
    await body(of(`${tasks}.project`, a.id).set({ values: [p2.id] }));
    assert.equal((await project()).title, 'two');
    await body(of(`${tasks}.project`, a.id).remove({ values: [p2.id] }));
    assert.equal(await project(), null);
    await body(of(`${tasks}.project`, a.id).set({ values: [p2.id] }));
    // There is only one: it need not be named.
    await body(of(`${tasks}.project`, a.id).remove());
    assert.equal(await project(), null);
  });

  it('happens with the values of a write, by keys or by records with keys', async () => {
    const { tasks, projects, labels, p1, p2, red, green } = await world();
    const at = admin.resource(tasks);
    const shown = async (id) => {
      const row = await ok(at.get({ filterByTk: id, appends: ['project', 'labels'] }));
      return [row.project?.title ?? null, row.labels.map((l) => l.text)];
    };
    const { id } = await ok(at.create({ values: { title: 'x', projectId: p1.id, labels: [{ id: red.id }, green.id] } }));
    assert.deepEqual(await shown(id), ['one', ['red', 'green']]);
    await ok(at.update({ filterByTk: id, values: { project: { id: p2.id }, labels: [green.id] } }));
    assert.deepEqual(await shown(id), ['two', ['green']]);
    await ok(at.update({ filterByTk: id, values: { title: 'y' } }));
    assert.deepEqual(await shown(id), ['two', ['green']]);
    await ok(at.update({ filterByTk: id, values: { project: null, labels: [] } }));
    assert.deepEqual(await shown(id), [null, []]);
    assert.match(await refused(at.update({ filterByTk: id, values: { project: [p1.id, p2.id] } })), /^400 /);
    assert.match(await refused(at.update({ filterByTk: id, values: { labels: [true] } })), /^400 /);
    assert.equal((await ok(admin.resource(projects).list())).length, 2);
    assert.equal((await ok(admin.resource(labels).list())).length, 3);
  });

  it('says what becomes of a record when the one it is linked with is deleted', async () => {
    const projects = await collection([text('title')]);
    await ok(admin.resource(projects).create({ values: [1, 2, 3, 4].map((n) => ({ title: `p${n}` })) }));
    const becomes = {};
    for (const [at, onDelete] of ['SET NULL', 'CASCADE', 'RESTRICT', undefined].entries()) {
      const tasks = await collection([
        text('title'),
        { name: 'project', type: 'belongsTo', target: projects, foreignKey: 'projectId', ...(onDelete && { onDelete }) },
      ]);
      await ok(admin.resource(tasks).create({ values: { title: 'x', project: at + 1 } }));
      const said = await ok(admin.resource(projects).destroy({ filterByTk: at + 1 })).catch((e) => e.response.status);
      const [row] = await ok(admin.resource(tasks).list({ appends: ['project'] }));
      becomes[onDelete ?? 'nothing said'] = [said, row ? row.projectId : 'gone', row?.project ?? null];
    }
    assert.deepEqual(becomes['SET NULL'], [1, null, null]);
    assert.deepEqual(becomes.CASCADE, [1, 'gone', null]);
    assert.deepEqual(becomes.RESTRICT.slice(0, 2), [400, 3]);
    assert.deepEqual(becomes['nothing said'].slice(0, 1), [1]);
    assert.equal(becomes['nothing said'][2], null);
    const bad = { name: 'x', type: 'belongsTo', target: projects, foreignKey: 'xId', onDelete: 'EXPLODE' };
    assert.match(await refused(admin.resource('collections').create({ values: { name: fresh('c'), fields: [bad] } })), /^400 /);
  });

  it('goes with the records it joined', async () => {
    const { tasks, labels, pairs, a, red, p1, projects } = await world();
    assert.equal((await body(admin.resource(pairs).list())).meta.count, 2);
    await ok(admin.resource(labels).destroy({ filterByTk: red.id }));
    assert.deepEqual((await ok(of(`${tasks}.labels`, a.id).list())).map((l) => l.text), ['green']);
    await ok(admin.resource(projects).destroy({ filterByTk: p1.id }));
    assert.equal((await ok(admin.resource(tasks).get({ filterByTk: a.id, appends: ['project'] }))).project, null);
  });
});

describe('rights', () => {
  let reader;
  before(async () => {
    reader = await keyWith({
      resources: [
        { name: w.tasks, actions: [{ name: 'view', fields: ['title', 'project'] }] },
        { name: w.projects, actions: [{ name: 'view', fields: ['title'] }] },
      ],
    });
  });

  it('show no more behind an association than in front of it', async () => {
    const [row] = await ok(reader.api.resource(w.tasks).list({ appends: ['project', 'createdBy', 'labels'], sort: ['id'] }));
    assert.deepEqual(row.project, { id: w.p1.id, title: 'one' });
    assert.deepEqual([row.createdBy, row.labels], [undefined, undefined]);
    const deep = await ok(reader.api.resource(w.tasks).get({ filterByTk: w.a.id, appends: ['project.plan', 'project.tasks'] }));
    assert.deepEqual([deep.project.plan, deep.project.tasks], [undefined, undefined]);
    assert.deepEqual(await ok(reader.api.resource(`${w.tasks}.project`, w.a.id).get()), { id: w.p1.id, title: 'one' });
    for (const name of [`${w.tasks}.labels`, `${w.projects}.plan`, `${w.projects}.tasks`]) {
      assert.equal(await refused(reader.api.resource(name, w.a.id).list()), '403 No permissions', name);
    }
  });

  it('answer no questions about what cannot be seen', async () => {
    for (const filter of [
      { 'createdBy.username': 'admin' },
      { 'createdBy.password': { $startsWith: '3' } },
      { 'project.secret': 's1' },
      { 'project.plan.title': 'x' },
      { 'labels.text': 'red' },
      { 'labels.$exists': true },
    ]) {
      assert.equal(await refused(reader.api.resource(w.tasks).list({ filter })), '403 No permissions', JSON.stringify(filter));
    }
    assert.equal(await refused(reader.api.resource(w.tasks).list({ sort: ['project.secret'] })), '403 No permissions');
    assert.deepEqual(await titles(reader.api, w.tasks, { filter: { 'project.title': 'two' } }), ['b']);
  });

  it('let nobody link who may not change the record', async () => {
    const { api } = reader;
    for (const action of ['add', 'remove', 'set', 'toggle']) {
      assert.equal(await refused(api.resource(`${w.tasks}.labels`, w.a.id)[action]({ values: [w.blue.id] })), '403 No permissions');
      assert.equal(await refused(api.resource(`${w.tasks}.project`, w.a.id)[action]({ values: [w.p2.id] })), '403 No permissions');
    }
    assert.match(await refused(api.resource(`${w.projects}.tasks`, w.p1.id).create({ values: { title: 'x' } })), /^403 /);
    assert.equal((await ok(of(`${w.tasks}.labels`, w.a.id).list())).length, 2);
  });

  it('end at the record: one that cannot be seen has nothing behind it', async () => {
    const { projects, tasks, p1 } = await world();
    const { api } = await keyWith({
      resources: [
        { name: projects, actions: [{ name: 'view', fields: null, scope: { scope: { title: 'two' } } }, { name: 'update', fields: [] }] },
        { name: tasks, actions: [{ name: 'view', fields: null }, { name: 'create' }, { name: 'update' }, { name: 'destroy' }] },
      ],
    });
    const at = api.resource(`${projects}.tasks`, p1.id);
    assert.match(await refused(at.create({ values: { title: 'x' } })), /^40[34] /);
    assert.match(await refused(at.firstOrCreate({ filterKeys: ['title'], values: { title: 'x' } })), /^40[34] /);
    for (const call of [
      () => at.list(),
      () => at.get({ filterByTk: 1 }),
      () => at.update({ filterByTk: 1, values: { title: 'x' } }),
      () => at.destroy({ filterByTk: 1 }),
    ]) {
      const answer = await call().then((a) => a.data.data, (e) => e.response.status);
      assert.ok([404, 403].includes(answer) || !answer || answer.length === 0, JSON.stringify(answer));
    }
    assert.deepEqual(await titles(admin, tasks, { sort: ['id'] }), ['a', 'b', 'c']);
    // What is behind it is not asked about either.
    const asked = await titles(api, tasks, { filter: { 'project.title': 'one' } });
    assert.deepEqual(asked, []);
    const row = await ok(api.resource(tasks).get({ filterByTk: 1, appends: ['project'] }));
    assert.deepEqual([row.title, row.project ?? null], ['a', null]);
  });

  it('let those link who may change the record, within its scope', async () => {
    const { tasks, labels, a, b, red, blue } = await world();
    const name = await role();
    const view = { name: 'view', fields: null };
    await grant(name, [
      { name: labels, actions: [view] },
      { name: tasks, actions: [view, { name: 'update', fields: [], scopeKey: 'own' }] },
    ]);
    const { api } = await holder(name);
    assert.match(await refused(api.resource(`${tasks}.labels`, a.id).add({ values: [blue.id] })), /^40[34] /);
    await grant(name, [{ name: tasks, actions: [view, { name: 'update', fields: [] }] }]);
    assert.deepEqual(await body(api.resource(`${tasks}.labels`, b.id).add({ values: [red.id] })), {});
    assert.deepEqual((await ok(of(`${tasks}.labels`, b.id).list())).map((l) => l.text), ['red']);
  });
});
