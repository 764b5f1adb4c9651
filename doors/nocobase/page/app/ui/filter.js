// The line above a list: what it is narrowed by, and one more condition.

import { fill, h, icon } from '../lib/dom.js';
import { titleOf } from '../lib/fields.js';
import { condition, conditionsOf, filterText, inWords, operatorsOf } from '../lib/filter.js';
import { button, formDialog, field as labelled, input, select } from './form.js';

/** `text`: the filter of the address; `onchange(text)` is called with another. */
export function filterBar(fields, text, onchange) {
  const askable = fields.filter((field) => operatorsOf(field).length);
  const conditions = conditionsOf(text);
  const without = (at) => onchange(filterText(conditions.filter((_, index) => index !== at)));
  const chip = (words, remove) => h('span', { class: 'chip' }, words,
    h('button', { type: 'button', 'aria-label': `Remove the condition ${words}`, onclick: remove }, icon('close')));
  return h('div', { class: 'filter-bar' },
    conditions === null ? chip('Filter of the address', () => onchange('')) : conditions.map((one, at) => chip(inWords(one, fields, titleOf), () => without(at))),
    askable.length > 0 && button(conditions?.length ? 'Add condition' : 'Filter', async () => {
      const added = await ask(askable);
      if (added) onchange(filterText([...(conditions ?? []), added]));
    }, { kind: 'small', mark: 'filter' }),
    conditions?.length > 1 && button('Clear', () => onchange(''), { kind: 'small quiet' }));
}

function ask(fields) {
  const which = select(fields.map((field) => [field.name, titleOf(field)]), (fields.find((field) => !field.primaryKey) ?? fields[0]).name);
  const how = select([]);
  const place = h('div', {});
  let value;
  const field = () => fields.find((one) => one.name === which.value);
  const showValue = () => {
    const takes = operatorsOf(field()).find(([name]) => name === how.value)?.[2];
    value = takes ? control(field()) : null;
    fill(place, value && labelled('Value', value, { required: true }));
  };
  const showHow = () => {
    fill(how, operatorsOf(field()).map(([name, words]) => h('option', { value: name }, words)));
    showValue();
  };
  which.addEventListener('change', showHow);
  how.addEventListener('change', showValue);
  showHow();
  return formDialog({
    title: 'Only show records where', action: 'Apply',
    content: h('div', { class: 'stack' }, h('div', { class: 'pair' }, labelled('Field', which), labelled('Condition', how)), place),
    submit: () => condition(field(), how.value, value?.value ?? ''),
  });
}

function control(field) {
  if (field.uiSchema?.enum) return select(field.uiSchema.enum.map((one) => (typeof one === 'object' ? [one.value, one.label ?? one.value] : one)));
  const type = { dateOnly: 'date', date: 'date', datetime: 'date', datetimeTz: 'date', datetimeNoTz: 'date', time: 'time' }[field.type];
  if (type) return input({ type, step: type === 'time' ? 1 : undefined });
  return ['bigInt', 'integer', 'double', 'float', 'decimal', 'real', 'snowflakeId'].includes(field.type) ? input({ type: 'number', step: 'any' }) : input({});
}
