// `ctx`: what the code of a block is given. What people see outside the frame is asked of the page.

import { requests } from './ask.js';
import { bare, proxied, render } from './element.js';
import { addressOf, importAsync, requireAsync } from './loader.js';
import { call, tell } from './port.js';

const KINDS = ['success', 'error', 'info', 'warning', 'loading'];
const SECONDS = 3;

const words = (content) => {
  const value = bare(content);
  if (value instanceof Node) return value.textContent;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '');
};

/** Messages: each answers a function that closes it and can be awaited until it is closed. */
function messages(name) {
  const open = new Map();
  let last = 0;

  function show({ type = 'info', content, message, description, duration = SECONDS, key, onClose }) {
    const text = [content ?? message, description].filter((part) => part !== undefined && part !== '').map(words).join(': ');
    const id = `${name} ${key ?? (last += 1)}`;
    open.get(id)?.();
    let settle;
    const closed = new Promise((resolve) => (settle = resolve));
    const seconds = Math.max(0, Number(duration ?? 0) || 0);
    const end = () => {
      if (!open.delete(id)) return;
      clearTimeout(timer);
      tell('close', id);
      settle(true);
      onClose?.();
    };
    const timer = seconds > 0 ? setTimeout(end, seconds * 1000) : undefined;
    open.set(id, end);
    tell('toast', { id, kind: KINDS.includes(type) ? type : 'info', text: text.slice(0, 1000) });
    return Object.assign(end, { then: (done, failed) => closed.then(done, failed) });
  }

  const ofKind = (type) => (content, duration, onClose) => {
    const config = content !== null && typeof content === 'object' && !(bare(content) instanceof Node) ? content : { content };
    const late = typeof duration === 'function' ? { onClose: duration } : { duration: duration ?? config.duration, onClose: onClose ?? config.onClose };
    return show({ ...config, ...late, duration: late.duration ?? SECONDS, type });
  };
  const destroy = (key) => [...open].filter(([id]) => key === undefined || id === `${name} ${key}`).forEach(([, end]) => end());
  return Object.freeze({ ...Object.fromEntries(KINDS.map((kind) => [kind, ofKind(kind)])), open: show, destroy });
}

function modal() {
  const ask = (shown) => async (asked = {}) => {
    const { title, content, okText, cancelText, onOk, onCancel } = typeof asked === 'string' ? { content: asked } : asked;
    const value = { title: words(title), content: words(content), okText: words(okText), cancelText: words(cancelText), shown };
    const yes = await call('confirm', value);
    await (yes ? onOk?.() : onCancel?.());
    return yes;
  };
  return Object.freeze(Object.fromEntries(['confirm', 'info', 'success', 'warning', 'error'].map((kind) => [kind, ask(kind)])));
}

export function createCtx({ api: base, viewer, locale, title, libs }, container) {
  const message = messages('message');
  const asking = requests(base, (text) => message.error(text));
  const element = proxied(container);
  return {
    message,
    notification: messages('notification'),
    modal: modal(),
    ...asking,
    requireAsync,
    importAsync,
    element,
    render: (content, place = element) => render(content, place),
    t: (key, values = {}) => String(key).replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name) => values?.[name] ?? whole),
    libs,
    /** Pages stand for themselves: around a block there is no record and no list. */
    record: null,
    resource: null,
    viewer: Object.freeze({ ...viewer }),
    locale,
    block: Object.freeze({ title }),
    resolveModule: addressOf,
    console,
  };
}
