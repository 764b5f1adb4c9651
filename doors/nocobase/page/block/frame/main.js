// Runs the code of one block. The page hands in a port and the code; everything else is asked for over the port. Opened by
// itself this document waits for ever and does nothing.

import { createCtx } from './ctx.js';
import { define } from './loader.js';
import { open, tell } from './port.js';

// A connection between browsers is not covered by every browser's policy.
for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel', 'WebTransport']) {
  Object.defineProperty(globalThis, name, { value: undefined, writable: false, configurable: false });
}
// The history is that of the whole window: going back in it would take the page away.
for (const name of ['back', 'forward', 'go']) {
  Object.defineProperty(History.prototype, name, { value: undefined, writable: false, configurable: false });
}
// Without an origin there are no cookies, and asking for them is an error that libraries do not expect: there are none.
Object.defineProperty(document, 'cookie', { get: () => '', set: () => {}, configurable: false });
const { axios } = globalThis;
delete globalThis.axios;
globalThis.define = define;

const AsyncFunction = (async () => {}).constructor;
const LOGS_PER_SECOND = 30;

const shown = (value) => {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
};

/** Also tells the page what is written to the console, as far as a person can read it. */
function listenToConsole() {
  let left = LOGS_PER_SECOND;
  setInterval(() => (left = LOGS_PER_SECOND), 1000);
  for (const level of ['log', 'info', 'warn', 'error', 'debug']) {
    const original = console[level];
    console[level] = (...given) => {
      original.apply(console, given);
      if ((left -= 1) >= 0) tell('log', { level, text: given.map(shown).join(' ').slice(0, 2000) });
    };
  }
}

/** `failed`: the code itself did not get to its end; `trouble`: something it began did not work. */
function report(name, error) {
  console.error(error);
  tell(name, shown(error).slice(0, 2000));
}

function tellHeight(container) {
  let last = -1;
  const measure = () => {
    const height = Math.ceil(Math.max(container.getBoundingClientRect().bottom, container.scrollHeight));
    if (height !== last) tell('height', (last = height));
  };
  const observer = new ResizeObserver(measure);
  observer.observe(container);
  measure();
}

async function run(start) {
  const container = document.createElement('div');
  container.id = 'block';
  document.body.replaceChildren(container);
  document.documentElement.lang = start.locale ?? 'en';
  listenToConsole();
  window.addEventListener('error', (event) => report('trouble', event.error ?? event.message));
  window.addEventListener('unhandledrejection', (event) => report('trouble', event.reason));
  tellHeight(container);
  tell('began');
  try {
    const code = new AsyncFunction('ctx', `${start.code}\n//# sourceURL=block.js`);
    await code.call(undefined, createCtx({ ...start, libs: { axios } }, container));
    tell('done');
  } catch (error) {
    report('failed', error);
  }
}

window.addEventListener('message', function begin(event) {
  if (event.source !== window.parent || window.parent === window || !event.ports[0]) return;
  window.removeEventListener('message', begin);
  event.stopImmediatePropagation();
  open(event.ports[0]);
  run(JSON.parse(event.data));
});
