// Collections: the list, a new one, its structure. Records of one are in `records.js`.

import { fill, h } from '../lib/dom.js';
import { link } from '../lib/router.js';
import { isSystem } from '../lib/fields.js';
import { confirm } from '../ui/dialog.js';
import { button } from '../ui/form.js';
import { empty, head } from '../ui/layout.js';
import { searchBox, table } from '../ui/table.js';
import { newCollection } from './collection-new.js';
import { structure } from './collection-fields.js';

/** May change collections and fields. */
export const STRUCTURE = 'pm.data-source-manager.data-source-main';

export async function screen(container, context, parts, params) {
  if (parts[0] === 'records') return (await import('./records.js')).screen(container, context, parts, params);
  if (parts[1]) return structure(container, context, parts[1]);
  return list(container, context);
}

async function list(container, context) {
  const { api, session, navigate } = context;
  const all = await api.all('collections:list', { appends: ['fields'] });
  const manages = session.may(STRUCTURE);
  const make = (example) => async () => {
    const made = await newCollection(context, { example });
    if (made) navigate(link('records', made));
  };
  const actions = manages ? [button('New collection', make(false), { kind: 'primary', mark: 'plus' })] : [];
  const top = head('Collections', { about: 'A collection is a table of records with typed fields. Each has its own API addresses from the moment it is made.', actions });
  if (all.length === 0) {
    fill(container, top, manages
      ? empty('table', 'Make your first collection', 'Give it a name and fields, add some records, then decide in Roles & permissions who may do what. The to-do example makes a collection “todos” with three records, ready for trying out an API key.',
        button('Start with the to-do example', make(true), { kind: 'primary' }), button('New collection', make(false)))
      : empty('table', 'Nothing to see yet', 'The role you act in may not see any collection. Ask an administrator, or choose another role at the top.'));
    return;
  }
  const place = h('div', {});
  const show = (word) => {
    const found = all.filter((one) => `${one.name} ${one.title ?? ''}`.toLowerCase().includes(word));
    fill(place, found.length ? rows(found, context, () => list(container, context)) : h('p', { class: 'muted' }, 'No collection is called that.'));
  };
  fill(container, top, all.length > 8 && searchBox('Find a collection', show), place);
  show('');
}

function rows(found, context, again) {
  const manages = context.session.may(STRUCTURE);
  return table([
    { title: 'Collection', cell: (one) => [h('a', { class: 'main-link', href: link('records', one.name) }, one.title || one.name), h('span', { class: 'sub mono' }, one.name)] },
    { title: 'Fields', cell: (one) => fieldNames(one) },
    { title: 'You may', cell: (one) => rights(context.session, one.name) },
    { title: 'Actions', hiddenTitle: true, class: 'actions', cell: (one) => [
      h('a', { class: 'button small', href: link('records', one.name) }, 'Records'), ' ',
      h('a', { class: 'button small quiet', href: link('collections', one.name) }, 'Structure'), ' ',
      manages && button('', () => remove(context, one, again), { kind: 'small quiet danger icon-only', mark: 'trash', 'aria-label': `Delete ${one.title || one.name}` })] },
  ], found, { caption: 'Collections' });
}

function fieldNames(collection) {
  const own = (collection.fields ?? []).filter((field) => !isSystem(field) && !field.isForeignKey && field.type !== 'sort');
  return h('span', { class: 'muted' }, own.slice(0, 5).map((field) => field.name).join(', '), own.length > 5 && ` and ${own.length - 5} more`);
}

function rights(session, name) {
  const may = [['view', 'view'], ['create', 'add'], ['update', 'edit'], ['destroy', 'delete']].filter(([action]) => session.mayRecords(name, action));
  if (may.length === 4) return h('span', { class: 'badge ok' }, 'everything');
  return may.length ? h('span', { class: 'badges' }, may.map(([, word]) => h('span', { class: 'badge' }, word))) : h('span', { class: 'badge' }, 'nothing');
}

/** Deletes a collection after its name was typed. Answers whether it did. */
export async function remove({ api, toast }, collection, done) {
  const counted = await api.call(`${collection.name}:list`, { pageSize: 1 }).catch(() => null);
  const count = counted?.meta?.count;
  const sure = await confirm({
    title: `Delete ${collection.title || collection.name}?`,
    message: [count ? `The collection and its ${count.toLocaleString()} ${count === 1 ? 'record' : 'records'} are deleted for good.` : 'The collection is deleted for good.',
      'Roles lose what they may do in it, and programs that use it are refused.'],
    type: collection.name, action: 'Delete collection', danger: true,
  });
  if (!sure) return false;
  try {
    await api.call('collections:destroy', { filterByTk: collection.name }, {});
    toast.success(`${collection.title || collection.name} was deleted.`);
    done();
    return true;
  } catch (error) {
    toast.error(error.message);
    return false;
  }
}
