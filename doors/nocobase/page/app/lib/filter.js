// Conditions a person can put on a list, and how they are written in the dialect: `{"$and":[{"title":{"$includes":"x"}}]}`.

import { isLink, isNumber } from './fields.js';

const NOTHING = [['$empty', 'is empty', false], ['$notEmpty', 'is not empty', false]];
const TEXT = [['$includes', 'contains', true], ['$notIncludes', 'does not contain', true], ['$eq', 'is', true], ['$ne', 'is not', true], ['$startsWith', 'begins with', true], ...NOTHING];
const NUMBER = [['$eq', '=', true], ['$ne', '≠', true], ['$gt', '>', true], ['$gte', '≥', true], ['$lt', '<', true], ['$lte', '≤', true], ...NOTHING];
const DATE = [['$dateOn', 'is on', true], ['$dateBefore', 'is before', true], ['$dateAfter', 'is after', true], ...NOTHING];
const BOOLEAN = [['$isTruly', 'is yes', false], ['$isFalsy', 'is no', false]];
const CHOICE = [['$eq', 'is', true], ['$ne', 'is not', true], ...NOTHING];
const LIST = [['$anyOf', 'has', true], ['$noneOf', 'has not', true], ...NOTHING];
const EXACT = [['$eq', 'is', true], ['$ne', 'is not', true], ...NOTHING];

/** Operators for a field: `[name, words, takes a value]`; none where it cannot be asked about. */
export function operatorsOf(field) {
  if (isLink(field) || ['json', 'jsonb', 'password', 'sort', 'set'].includes(field.type)) return [];
  if (field.type === 'boolean') return BOOLEAN;
  if (isNumber(field)) return NUMBER;
  if (['date', 'datetime', 'datetimeTz', 'datetimeNoTz', 'dateOnly'].includes(field.type)) return DATE;
  if (field.type === 'array') return LIST;
  if (field.type === 'time' || field.type === 'uuid') return EXACT;
  return field.uiSchema?.enum ? CHOICE : TEXT;
}

/** What a condition is in the dialect. */
export function condition(field, operator, text) {
  const takes = operatorsOf(field).find(([name]) => name === operator)?.[2];
  let value = takes ? text : true;
  if (takes && isNumber(field)) value = Number(text);
  if (takes && field.type === 'array') value = [text];
  return { [field.name]: { [operator]: value } };
}

/** The conditions of an address, or null where it says something beyond them. */
export function conditionsOf(text) {
  if (!text) return [];
  try {
    const filter = JSON.parse(text);
    const all = filter?.$and;
    const simple = (one) => Object.keys(one).length === 1 && Object.values(one).every((inner) => typeof inner === 'object' && inner && !Array.isArray(inner) && Object.keys(inner).length === 1);
    return Array.isArray(all) && Object.keys(filter).length === 1 && all.every(simple) ? all : null;
  } catch {
    return null;
  }
}

export const filterText = (conditions) => (conditions.length ? JSON.stringify({ $and: conditions }) : '');

/** A condition in words. */
export function inWords(one, fields, title) {
  const [name, inner] = Object.entries(one)[0];
  const [operator, value] = Object.entries(inner)[0];
  const field = fields.find((known) => known.name === name);
  const found = field && operatorsOf(field).find(([known]) => known === operator);
  return `${field ? title(field) : name} ${found?.[1] ?? operator}${found && !found[2] ? '' : ` ${[value].flat().join(', ')}`}`;
}
