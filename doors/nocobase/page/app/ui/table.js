// Tables and their pages. A column is `{ title, cell(row), class, sort, sorted }`; on narrow screens a row is a card.

import { h, icon } from '../lib/dom.js';
import { button, select } from './form.js';

export function table(columns, rows, { caption, cards = true, onrow } = {}) {
  const heads = columns.map((column) => h('th', {
    scope: 'col', class: column.class,
    'aria-sort': column.sorted && (column.sorted === 'up' ? 'ascending' : 'descending'),
  }, headOf(column)));
  const body = rows.map((row) => h('tr', { onclick: onrow && ((event) => {
    if (!event.target.closest('a, button, input, label, select') && !String(getSelection())) onrow(row);
  }), class: onrow && 'clickable' },
    columns.map((column, at) => h('td', { class: `${column.class ?? ''} ${at === 0 || column.first ? 'first' : ''}`, dataset: { label: column.title } }, column.cell(row)))));
  return h('div', { class: `table-wrap ${cards ? 'cards' : ''}`, tabindex: cards ? null : '0', role: cards ? null : 'region', 'aria-label': cards ? null : caption },
    h('table', {}, caption && h('caption', { class: 'visually-hidden' }, caption), h('thead', {}, h('tr', {}, heads)), h('tbody', {}, body)));
}

function headOf(column) {
  if (!column.sort) return column.heading ?? (column.hiddenTitle ? h('span', { class: 'visually-hidden' }, column.title) : column.title);
  return h('button', { type: 'button', class: 'sorter', onclick: column.sort }, column.title, column.sorted && icon(column.sorted));
}

/** Pages of a list: `meta` as the server answers it. */
export function pager(meta, { onpage, onsize, noun = 'records' }) {
  const { page = 1, pageSize = 20, count, totalPage, hasNext } = meta ?? {};
  const last = totalPage ?? (hasNext ? page + 1 : page);
  const from = count === 0 ? 0 : (page - 1) * pageSize + 1;
  const said = count === undefined ? `Page ${page}` : `${from}–${Math.min(page * pageSize, count)} of ${count.toLocaleString()} ${noun}`;
  const sizes = [...new Set([10, 20, 50, 100, 200, pageSize])].sort((a, b) => a - b);
  const size = onsize && select(sizes.map((n) => [n, `${n} per page`]), pageSize, { 'aria-label': 'Records per page', class: 'input small' });
  size?.addEventListener('change', () => onsize(Number(size.value)));
  return h('div', { class: 'pager' }, h('span', { 'aria-live': 'polite' }, said),
    h('div', { class: 'row' }, size,
      button('', () => onpage(page - 1), { kind: 'small icon-only', mark: 'left', 'aria-label': 'Previous page', disabled: page <= 1 }),
      button('', () => onpage(page + 1), { kind: 'small icon-only', mark: 'right', 'aria-label': 'Next page', disabled: page >= last })));
}

/** Finds rows by what is typed: hides the others. */
export function searchBox(label, onsearch) {
  const box = h('input', { class: 'input search', type: 'search', placeholder: label, 'aria-label': label, autocomplete: 'off' });
  box.addEventListener('input', () => onsearch(box.value.trim().toLowerCase()));
  return box;
}
