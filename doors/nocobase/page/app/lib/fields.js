// Fields of a collection as people see them: titles, which are shown, values as text.

import { h } from './dom.js';

const LINKS = new Set(['belongsTo', 'hasOne', 'hasMany', 'belongsToMany']);
const SYSTEM = new Set(['createdAt', 'updatedAt', 'createdBy', 'updatedBy', 'createdById', 'updatedById']);
/** Values the server makes by itself. */
const MADE = new Set(['formula', 'sequence', 'sort']);

export const isLink = (field) => LINKS.has(field.type);
export const isSystem = (field) => SYSTEM.has(field.name) || ['createdAt', 'updatedAt', 'createdBy', 'updatedBy'].includes(field.interface);

/** `createdAt` → `Created at`. */
export function words(name) {
  const text = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/[_-]+/g, ' ').trim().toLowerCase();
  return text === 'id' ? 'ID' : text.charAt(0).toUpperCase() + text.slice(1);
}

export const titleOf = (field) => field.uiSchema?.title || words(field.name);

/** Fields a table of records has columns for: own ones first, then who and when. */
export function columnsOf(collection) {
  const shown = collection.fields.filter((field) =>
    !field.hidden && field.type !== 'password' && field.type !== 'sort' && !field.isForeignKey && !['createdBy', 'updatedBy', 'updatedAt'].includes(field.name));
  return [...shown.filter((field) => field.primaryKey), ...shown.filter((field) => !field.primaryKey && !isSystem(field)), ...shown.filter(isSystem)];
}

/** Fields a form can be filled with. */
export function editable(collection) {
  return collection.fields.filter((field) =>
    !isSystem(field) && !field.hidden && !field.isForeignKey && !MADE.has(field.type) && !(field.primaryKey && field.autoIncrement) && field.type !== 'snowflakeId');
}

/** What a linked record is called. */
export function labelOf(record) {
  if (record === null || typeof record !== 'object') return String(record);
  for (const name of ['title', 'name', 'nickname', 'username', 'label', 'email']) {
    if (typeof record[name] === 'string' && record[name]) return record[name];
  }
  const text = Object.entries(record).find(([name, value]) => typeof value === 'string' && value && !/(At|Id)$/.test(name));
  return text ? text[1] : `#${record.id ?? '?'}`;
}

/** What a person is called. */
export const nameOf = (user) => user.nickname || user.username || user.email || labelOf(user);

const DAY = { year: 'numeric', month: 'short', day: 'numeric' };

/** A moment in the words of the reader's language. */
export function moment(value, { day = false } = {}) {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return String(value);
  return new Intl.DateTimeFormat(undefined, day ? DAY : { ...DAY, hour: '2-digit', minute: '2-digit' }).format(date);
}

/** `3 minutes ago`, `in 29 days`. */
export function ago(value, now = Date.now()) {
  const seconds = (new Date(value).getTime() - now) / 1000;
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
  for (const [unit, size] of [['year', 31_557_600], ['month', 2_629_800], ['day', 86_400], ['hour', 3600], ['minute', 60]]) {
    if (Math.abs(seconds) >= size * 0.995) return words.format(Math.round(seconds / size), unit);
  }
  return Math.abs(seconds) < 45 ? 'just now' : words.format(Math.round(seconds / 60), 'minute');
}

/** A value as an element for a cell. */
export function shownValue(field, value) {
  if (value === null || value === undefined || value === '') return h('span', { class: 'nothing' }, '–');
  if (isLink(field)) {
    const all = [value].flat();
    if (all.length === 0) return h('span', { class: 'nothing' }, '–');
    return h('span', { class: 'badges' }, all.slice(0, 3).map((one) => h('span', { class: 'badge' }, labelOf(one))),
      all.length > 3 && h('span', { class: 'muted' }, `+${all.length - 3}`));
  }
  if (typeof value === 'boolean') return h('span', { class: `badge ${value ? 'ok' : ''}` }, value ? 'Yes' : 'No');
  if (Array.isArray(value)) {
    return h('span', { class: 'badges' }, value.slice(0, 5).map((one) => h('span', { class: 'badge' }, chosenTitle(field, one))), value.length > 5 && h('span', { class: 'muted' }, `+${value.length - 5}`));
  }
  if (typeof value === 'object') return h('code', { class: 'cell' }, JSON.stringify(value));
  if (['date', 'datetime', 'datetimeTz', 'unixTimestamp'].includes(field.type)) return h('time', { datetime: String(value), title: String(value) }, moment(value));
  if (field.uiSchema?.enum) return h('span', { class: 'badge accent' }, chosenTitle(field, value));
  return h('span', { class: 'cell' }, String(value));
}

function chosenTitle(field, value) {
  const found = (field.uiSchema?.enum ?? []).find((one) => one === value || one?.value === value);
  return String(found?.label ?? (typeof value === 'object' ? JSON.stringify(value) : value));
}

export const isNumber = (field) => ['bigInt', 'integer', 'double', 'float', 'decimal', 'real', 'snowflakeId'].includes(field.type);
