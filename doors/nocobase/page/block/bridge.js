// What a block may have done outside its frame: messages, questions, requests. Everything that comes in is a text somebody
// else's code wrote.

import { ANSWER_CHARS_MAX, REQUESTS_AT_ONCE, REQUESTS_WAITING_MAX, TEXT_CHARS_MAX, TOASTS_MAX } from './limits.js';
import { judged } from './policy.js';

const KINDS = new Set(['success', 'error', 'info', 'warning', 'loading']);
const text = (value) => String(value ?? '').slice(0, TEXT_CHARS_MAX);

/** Messages of one block, at most a few at a time. */
function toasts(toast) {
  const open = new Map();
  const close = (id) => {
    open.get(id)?.();
    open.delete(id);
  };
  return {
    show({ id, kind, text: words }) {
      if (typeof id !== 'string' || !KINDS.has(kind)) return;
      close(id);
      if (open.size >= TOASTS_MAX) close(open.keys().next().value);
      // How long it is shown is counted by the block; should that end before, `closeAll` does.
      open.set(id, toast[kind](text(words), 0));
    },
    close,
    closeAll: () => [...open.keys()].forEach(close),
  };
}

/** A few at a time, the others in turn. */
function inTurn(work) {
  const waiting = [];
  let running = 0;
  const next = async () => {
    if (running >= REQUESTS_AT_ONCE || waiting.length === 0) return;
    const { value, resolve, reject } = waiting.shift();
    running += 1;
    await work(value).then(resolve, reject);
    running -= 1;
    next();
  };
  return (value) => new Promise((resolve, reject) => {
    if (waiting.length >= REQUESTS_WAITING_MAX) throw new Error('Too many requests are waiting');
    waiting.push({ value, resolve, reject });
    next();
  });
}

async function request(api, asked) {
  const answer = await api.request(judged(asked, api.base)).catch((error) => {
    // A refusal of the server is an answer too.
    if (error?.response?.status > 0) return error.response;
    throw error;
  });
  const { data, status, headers } = answer;
  // A renewed sign-in is the page's own business.
  const { 'x-new-token': renewed, 'set-cookie': cookie, ...shown } = headers ?? {};
  if ((JSON.stringify(data) ?? '').length > ANSWER_CHARS_MAX) throw new Error('The answer is too large for a block; ask for a page of it');
  return { data, status, headers: shown };
}

/** `paused(true)` while a person is asked something: that is not the code's time. */
export function createBridge({ api, toast, confirm }, title, paused) {
  const shown = toasts(toast);
  const asked = inTurn((value) => request(api, value));
  let asking = false;

  async function question({ title: heading, content, okText, shown: kind }) {
    if (asking) throw new Error('A question is open already');
    asking = true;
    paused(true);
    try {
      // Whose question it is stands in front of it, so that it cannot pass for one of the page.
      const message = [text(content), `Asked by the block “${title}”.`].filter(Boolean);
      return await confirm({ title: text(heading) || 'Please confirm', message, action: text(okText) || 'OK', danger: kind === 'warning' || kind === 'error' });
    } finally {
      asking = false;
      paused(false);
    }
  }

  const calls = { request: asked, confirm: question };
  const tells = { toast: shown.show, close: (id) => shown.close(id) };
  return {
    call: async (name, value) => {
      if (!Object.hasOwn(calls, name)) throw new Error('This is not known here');
      return calls[name](value ?? {});
    },
    tell: (name, value) => Object.hasOwn(tells, name) && tells[name](value ?? {}),
    end: shown.closeAll,
  };
}
