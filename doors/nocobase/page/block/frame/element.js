// What a block draws: its container behind a proxy that lets no unclean markup through, and `render`.

import { sanitised } from './sanitise.js';

const real = new WeakMap();
/** The element behind a proxy; anything else is itself. */
export const bare = (value) => real.get(value) ?? value;

function insert(target, where, html) {
  const fragment = sanitised(html);
  const places = {
    beforebegin: () => target.before(fragment), afterbegin: () => target.prepend(fragment),
    beforeend: () => target.append(fragment), afterend: () => target.after(fragment),
  };
  const place = places[String(where).toLowerCase()];
  if (!place) throw new SyntaxError(`"${where}" is no place to insert at`);
  place();
}

export function proxied(element) {
  const proxy = new Proxy(element, {
    get(target, name) {
      if (name === 'insertAdjacentHTML') return (where, html) => insert(target, where, html);
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? (...given) => value.apply(target, given.map(bare)) : value;
    },
    set(target, name, value) {
      // The container itself stays: it is what the block is drawn in.
      if (name === 'innerHTML' || name === 'outerHTML') target.replaceChildren(sanitised(value ?? ''));
      else target[name] = bare(value);
      return true;
    },
  });
  real.set(proxy, element);
  return proxy;
}

/** Puts `content` in the place of what was there. */
export function render(content, container) {
  const place = bare(container);
  if (!(place instanceof Element || place instanceof DocumentFragment)) throw new Error('render: there is no container to draw in');
  const node = bare(content);
  if (node instanceof Node) place.replaceChildren(node);
  else if (node === null || node === undefined) place.replaceChildren();
  else if (['string', 'number', 'boolean'].includes(typeof node)) place.replaceChildren(sanitised(String(node)));
  else throw new TypeError('render takes a text of HTML, a node or a fragment');
}
