// One block: its frame, the port to it, its clock. A block that loops, floods or takes too long is taken away; nothing it
// does reaches the page but the messages `bridge.js` knows.

import { fill, h, icon } from '../app/lib/dom.js';
import { createBridge } from './bridge.js';
import {
  DIRECT_MAX, DROPPED_MAX, HEIGHT_MAX, MESSAGES_PER_SECOND, MESSAGE_CHARS_MAX, PING_MS, RUN_MS, SILENCE_MS, TEXT_CHARS_MAX, TROUBLES_MAX, perSecond,
} from './limits.js';

const FRAME = new URL('frame.html', import.meta.url).href;

/** `onlog({ level, text })` hears what the code writes to its console; `onend(error?)` when it got to its end, or did not. */
export function runBlock(container, { title, code, env, onlog = () => {}, onend = () => {} }) {
  const troubles = h('div', { class: 'pg-troubles' });
  const frame = h('iframe', { class: 'pg-frame', title, sandbox: 'allow-scripts', referrerpolicy: 'no-referrer', allow: '' });
  const count = perSecond();
  const clock = { left: RUN_MS, since: performance.now(), running: true, heard: performance.now() };
  let [port, loads, ended, finished, shownTroubles] = [null, 0, false, false, 0];
  let [dropped, direct] = [0, 0];

  const bridge = createBridge(env, title, (paused) => {
    if (paused) clock.left -= performance.now() - clock.since;
    clock.since = performance.now();
    clock.running = !paused;
  });

  function trouble(words) {
    shownTroubles += 1;
    if (shownTroubles > TROUBLES_MAX) return;
    troubles.append(h('div', { class: 'notice error pg-trouble', role: 'alert' }, icon('warning'), h('div', {}, String(words ?? '').slice(0, TEXT_CHARS_MAX))));
  }

  function finish(error) {
    if (finished) return;
    finished = true;
    onend(error);
  }

  /** Takes the frame away, with everything that runs in it. */
  function stop(words) {
    if (ended) return;
    ended = true;
    clearInterval(watch);
    window.removeEventListener('message', onDirect);
    port?.close();
    frame.remove();
    bridge.end();
    if (words) {
      console.error(`Block “${title}”: ${words}`);
      trouble(words);
      finish(words);
    }
  }

  async function answer({ id, name, value }, refused) {
    let reply;
    try {
      if (refused) throw new Error(refused);
      reply = { id, value: await bridge.call(name, value) };
    } catch (error) {
      reply = { id, error: String(error?.message ?? error) };
    }
    if (!ended) port.postMessage(JSON.stringify(reply));
  }

  const heard = {
    pong: () => {},
    began: () => {},
    done: () => finish(),
    failed: (words) => {
      trouble(words);
      console.error(`Block “${title}”: ${String(words).slice(0, TEXT_CHARS_MAX)}`);
      finish(String(words));
    },
    trouble: (words) => {
      if (shownTroubles < TROUBLES_MAX) console.error(`Block “${title}”: ${String(words).slice(0, TEXT_CHARS_MAX)}`);
      trouble(words);
    },
    height: (value) => {
      if (Number.isFinite(value)) frame.style.height = `${Math.min(Math.max(0, value), HEIGHT_MAX)}px`;
    },
    log: (value) => onlog({ level: String(value?.level), text: String(value?.text).slice(0, 2000) }),
  };

  function onMessage(event) {
    const now = count();
    if (now > MESSAGES_PER_SECOND) dropped += 1;
    if (dropped > DROPPED_MAX) return stop('This block sent too many messages and was stopped.');
    if (typeof event.data !== 'string' || event.data.length > MESSAGE_CHARS_MAX) return stop('This block sent a message that is too large and was stopped.');
    clock.heard = performance.now();
    let message;
    try {
      message = JSON.parse(event.data);
    } catch {
      return undefined;
    }
    const tooMany = now > MESSAGES_PER_SECOND && 'Too many messages at once';
    if (message?.op === 'call' && Number.isSafeInteger(message.id)) return answer(message, tooMany);
    if (message?.op !== 'tell') return undefined;
    // The end of the code is heard even in a crowd.
    if (tooMany && !['done', 'failed', 'pong'].includes(message.name)) return undefined;
    if (Object.hasOwn(heard, message.name)) return heard[message.name](message.value);
    return bridge.tell(message.name, message.value);
  }

  /** Nothing is said to the window itself: whoever does a lot of it only wants to keep it busy. */
  function onDirect(event) {
    if (event.source !== frame.contentWindow) return;
    direct += 1;
    if (direct > DIRECT_MAX) stop('This block sent too many messages and was stopped.');
  }

  function onLoad() {
    loads += 1;
    if (ended) return;
    if (loads > 1) return stop('This block left its frame and was stopped.');
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = onMessage;
    const { user } = env.viewer ?? {};
    const viewer = { id: user?.id, username: user?.username, nickname: user?.nickname, role: env.viewer?.role };
    const start = { code, title, api: env.api.base, viewer, locale: document.documentElement.lang };
    clock.since = clock.heard = performance.now();
    // Without an origin there is none to name; what the frame may become is said by the policy of this page.
    frame.contentWindow.postMessage(JSON.stringify(start), '*', [channel.port2]);
    return undefined;
  }

  function look() {
    const now = performance.now();
    // The page itself slept: that is not the block's time.
    const slept = now - clock.looked > PING_MS;
    clock.looked = now;
    if (slept) clock.since = clock.heard = now;
    if (!finished && clock.running && now - clock.since > clock.left) return stop(`This block took longer than ${RUN_MS / 1000} seconds and was stopped.`);
    if (document.hidden) clock.heard = now;
    else if (now - clock.heard > SILENCE_MS + PING_MS) return stop('This block did not answer any more and was stopped: it, or one beside it, is caught in a loop.');
    if (now - clock.pinged < PING_MS) return undefined;
    clock.pinged = now;
    port?.postMessage(JSON.stringify({ op: 'ping' }));
    return undefined;
  }

  clock.pinged = clock.looked = performance.now();
  const watch = setInterval(look, 250);
  window.addEventListener('message', onDirect);
  frame.addEventListener('load', onLoad);
  frame.src = FRAME;
  fill(container, frame, troubles);
  return () => stop();
}
