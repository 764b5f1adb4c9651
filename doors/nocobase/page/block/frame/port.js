// The one way out of the frame: texts of JSON over the port the page handed in. Knows nothing of what they mean.

const CHARS_MAX = 1 << 20;
const waiting = new Map();
let port = null;
let last = 0;

const send = (message) => {
  const text = JSON.stringify(message);
  if (text.length > CHARS_MAX) throw new Error('This is too large for the page');
  port?.postMessage(text);
};

/** Something the page does not answer. */
export const tell = (name, value) => send({ op: 'tell', name, value });

/** Something it answers: resolves to the value, rejects with its words. */
export function call(name, value) {
  return new Promise((resolve, reject) => {
    last += 1;
    send({ op: 'call', id: last, name, value });
    waiting.set(last, { resolve, reject });
  });
}

export function open(given) {
  port = given;
  port.onmessage = (event) => {
    const message = JSON.parse(event.data);
    if (message.op === 'ping') return send({ op: 'tell', name: 'pong' });
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error === undefined) return asked?.resolve(message.value);
    return asked?.reject(Object.assign(new Error(message.error), message.more));
  };
}
