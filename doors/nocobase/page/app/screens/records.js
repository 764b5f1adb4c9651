// Records of a collection: pages, order, conditions; one record in a panel beside them.

import { fill, h } from '../lib/dom.js';
import { columnsOf, isLink, isNumber, shownValue, titleOf } from '../lib/fields.js';
import { operatorsOf } from '../lib/filter.js';
import { link, remember } from '../lib/router.js';
import { confirm } from '../ui/dialog.js';
import { filterBar } from '../ui/filter.js';
import { button } from '../ui/form.js';
import { empty, head } from '../ui/layout.js';
import { pager, table } from '../ui/table.js';
import { recordForm } from './record-form.js';
import { sheetButtons } from './sheets.js';

export async function screen(container, context, [, name], params) {
  const collections = await context.api.all('collections:list', { appends: ['fields'] });
  const collection = collections.find((one) => one.name === name);
  if (!collection) throw new Error(`There is no collection “${name}”, or the role you act in may not see it.`);
  const state = {
    page: Number(params.get('page')) || 1, size: Number(params.get('size')) || 20, sort: params.get('sort') ?? '',
    filter: params.get('filter') ?? '', picked: new Set(),
  };
  const { session } = context;
  const readable = session.rights.allowAll ? null : session.rights.actions?.[`${name}:view`];
  const seen = readable?.fields ? new Set([...readable.fields, ...(readable.appends ?? [])]) : null;
  const columns = columnsOf(collection).filter((field) => !seen || seen.has(field.name));
  await show(container, context, { collection, collections, columns, state });
}

async function load({ api }, { collection, columns, state }) {
  const appends = columns.filter((field) => isLink(field)).map((field) => field.name);
  const answer = await api.request({
    url: `${collection.name}:list`, headers: { 'x-with-acl-meta': 'true' },
    params: { page: state.page, pageSize: state.size, sort: state.sort, filter: state.filter, appends },
  });
  return answer.data;
}

/** Where this list is, to come back to. */
function addressOf({ collection, state }) {
  const query = new URLSearchParams();
  if (state.page > 1) query.set('page', state.page);
  if (state.size !== 20) query.set('size', state.size);
  if (state.sort) query.set('sort', state.sort);
  if (state.filter) query.set('filter', state.filter);
  return `${link('records', collection.name)}${query.size ? `?${query}` : ''}`;
}

async function show(container, context, view) {
  const { collection, state } = view;
  const { session, api } = context;
  const name = collection.name;
  let answer;
  let refusal;
  try {
    answer = session.mayRecords(name, 'view') ? await load(context, view) : { data: [] };
  } catch (error) {
    if (!state.filter && !state.sort) throw error;
    refusal = error;
    answer = { data: [] };
  }
  if (!container.isConnected) return;
  // The last record of the last page went away.
  if (!answer.data.length && state.page > 1) {
    state.page = Math.max(1, Math.min(state.page - 1, answer.meta?.totalPage ?? 1));
    return void show(container, context, view);
  }
  remember(addressOf(view));
  const again = (change = {}) => {
    Object.assign(state, change);
    state.picked.clear();
    return show(container, context, view);
  };
  const add = session.mayRecords(name, 'create') && button('Add record', async () => (await recordForm(context, view, null)) && again(), { kind: 'primary', mark: 'plus' });
  const actions = [button('Refresh', () => again(), { kind: 'icon-text', mark: 'refresh' }), h('a', { class: 'button', href: link('collections', name) }, 'Structure'), add];
  fill(container,
    head(collection.title || name, { back: [link('collections'), 'Collections'], about: [h('code', {}, `${new URL(api.base).pathname}${name}:list`)], actions }),
    h('div', { class: 'row between' },
      filterBar(view.columns, state.filter, (filter) => again({ filter, page: 1 })),
      h('div', { class: 'row' }, bulk(context, view, answer, again), sheetButtons(context, view, again))),
    refusal && h('div', { class: 'notice error', role: 'alert' }, refusal.message),
    body(context, view, answer, again),
    answer.data.length > 0 && pager(answer.meta, { onpage: (page) => again({ page }), onsize: (size) => again({ size, page: 1 }) }));
}

function body(context, view, answer, again) {
  const { collection, state } = view;
  const { session } = context;
  if (!session.mayRecords(collection.name, 'view')) return empty('table', 'These records are not for this role', 'The role you act in may not view them. Choose another role at the top, or change what the role may do under Roles & permissions.');
  if (answer.data.length === 0 && state.filter) return empty('filter', 'No record is like that', 'Take a condition away to see more.');
  if (answer.data.length === 0) {
    return empty('list', 'No records yet', session.mayRecords(collection.name, 'create') ? 'Add the first by hand, or let a program create it with an API key.' : 'There is nothing in this collection that the role you act in may see.',
      session.mayRecords(collection.name, 'create') && button('Add record', async () => (await recordForm(context, view, null)) && again(), { kind: 'primary', mark: 'plus' }));
  }
  return recordTable(context, view, answer, again);
}

function recordTable(context, view, answer, again) {
  const { collection, columns, state } = view;
  const key = collection.filterTargetKey ?? 'id';
  const allowed = answer.meta?.allowedActions;
  const may = (action, row) => context.session.mayRecords(collection.name, action) && (!allowed?.[action] || allowed[action].includes(row[key]));
  const edit = async (row) => (await recordForm(context, view, row, may('update', row))) && again();
  const sortBy = (field) => () => again({ sort: state.sort === field.name ? `-${field.name}` : state.sort === `-${field.name}` ? '' : field.name, page: 1 });
  const sorted = (field) => (state.sort === field.name ? 'up' : state.sort === `-${field.name}` ? 'down' : undefined);
  const pick = (row) => h('input', { type: 'checkbox', 'aria-label': `Choose record ${row[key]}`, checked: state.picked.has(row[key]), onchange: (event) => {
    state.picked[event.target.checked ? 'add' : 'delete'](row[key]);
    view.onpick?.();
  } });
  const deletable = answer.data.filter((row) => may('destroy', row));
  const shown = columns.map((field) => ({
    title: titleOf(field), class: isNumber(field) && !field.primaryKey ? 'number' : field.type === 'date' ? 'nowrap' : '', first: false,
    sort: operatorsOf(field).length && field.type !== 'array' ? sortBy(field) : undefined, sorted: sorted(field),
    cell: (row) => shownValue(field, row[field.name]),
  }));
  return table([
    deletable.length > 0 && { title: 'Choose', hiddenTitle: true, class: 'pick', cell: (row) => may('destroy', row) && pick(row) },
    ...shown,
    { title: 'Actions', hiddenTitle: true, class: 'actions', cell: (row) => [
      button(may('update', row) ? 'Edit' : 'View', () => edit(row), { kind: 'small quiet', 'aria-label': `${may('update', row) ? 'Edit' : 'View'} record ${row[key]}` }),
      may('destroy', row) && button('', () => remove(context, collection, [row[key]], again), { kind: 'small quiet danger icon-only', mark: 'trash', 'aria-label': `Delete record ${row[key]}` })] },
  ].filter(Boolean), answer.data, { caption: `Records of ${collection.title || collection.name}`, onrow: edit });
}

/** What can be done with the chosen ones. */
function bulk(context, view, answer, again) {
  const { state, collection } = view;
  const place = h('div', { class: 'row' });
  view.onpick = () => fill(place, state.picked.size > 0 && button(`Delete ${state.picked.size} chosen`, () => remove(context, collection, [...state.picked], again), { kind: 'small danger', mark: 'trash' }));
  view.onpick();
  return place;
}

async function remove({ api, toast }, collection, keys, again) {
  const many = keys.length > 1;
  const sure = await confirm({ title: many ? `Delete ${keys.length} records?` : `Delete record ${keys[0]}?`, message: 'This cannot be undone.', action: many ? `Delete ${keys.length} records` : 'Delete record', danger: true });
  if (!sure) return;
  try {
    const answer = await api.call(`${collection.name}:destroy`, many ? { filterByTk: keys } : { filterByTk: keys[0] }, {});
    toast.success(answer.data === 1 ? 'The record was deleted.' : `${answer.data} records were deleted.`);
  } catch (error) {
    toast.error(error.message);
  }
  await again();
}
