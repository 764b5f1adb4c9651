// Short messages in a corner. `toast.success(content, seconds)` answers what closes it.

import { h, icon } from '../lib/dom.js';

const SECONDS = 4;
const SHOWN_MAX = 4;
const MARKS = { success: 'check', error: 'warning', warning: 'warning', info: 'info' };

function place() {
  let area = document.querySelector('.toasts');
  if (!area) {
    area = h('div', { class: 'toasts', 'aria-live': 'polite', role: 'status' });
    document.body.append(area);
  }
  // A dialog is above everything else: the messages go with it.
  const top = [...document.querySelectorAll('dialog[open]')].pop() ?? document.body;
  if (area.parentElement !== top) top.append(area);
  return area;
}

/** Called before a dialog goes, so that messages in it stay. */
export function liftToasts() {
  const area = document.querySelector('.toasts');
  if (area) document.body.append(area);
}

function show(kind, content, seconds = kind === 'error' ? 8 : SECONDS) {
  let timer;
  const close = () => {
    clearTimeout(timer);
    one.remove();
  };
  const mark = kind === 'loading' ? h('span', { class: 'spinner' }) : icon(MARKS[kind]);
  const one = h('div', { class: `toast ${kind}` }, mark,
    h('div', { class: 'toast-text' }, String(content ?? '')),
    h('button', { class: 'toast-close', type: 'button', 'aria-label': 'Dismiss', onclick: close }, icon('close')));
  const area = place();
  // The same again takes the place of what was said before.
  for (const other of [...area.children]) if (kind !== 'loading' && other.className === one.className && other.textContent === one.textContent) other.remove();
  area.append(one);
  while (area.children.length > SHOWN_MAX) area.firstElementChild.remove();
  const lasting = kind === 'loading' && seconds === SECONDS ? 0 : Number(seconds);
  if (lasting > 0) timer = setTimeout(close, lasting * 1000);
  return close;
}

export const toast = Object.fromEntries(
  ['success', 'error', 'info', 'warning', 'loading'].map((kind) => [kind, (content, seconds) => show(kind, content, seconds)]),
);
