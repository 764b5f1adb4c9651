// Making elements. Data only ever becomes text or a property, never markup.

const PROPERTIES = new Set(['value', 'checked', 'disabled', 'hidden', 'selected', 'indeterminate', 'readOnly', 'open', 'required', 'multiple']);
const SVG = 'http://www.w3.org/2000/svg';

/** An element: `h('button', { class: 'x', onclick: f, 'aria-label': 'Close' }, 'Close')`. */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) {
      if (PROPERTIES.has(name)) element[name] = value ?? '';
    } else if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else if (PROPERTIES.has(name)) {
      element[name] = value;
    } else if (name === 'dataset') {
      Object.assign(element.dataset, value);
    } else {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  add(element, children);
  return element;
}

/** Appends strings, elements and lists of both; leaves out what is nothing. */
export function add(parent, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    parent.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return parent;
}

/** Puts these in the place of what was there. Whoever was on a control of it stays on the one of the same name. */
export function fill(parent, ...children) {
  const focused = parent.contains(document.activeElement) && parent !== document.activeElement ? document.activeElement : null;
  const name = focused && nameOf(focused);
  parent.replaceChildren();
  add(parent, children);
  if (focused) {
    const again = [...parent.querySelectorAll(focused.tagName)].find((one) => nameOf(one) === name) ?? parent.querySelector('h1');
    again?.focus({ preventScroll: true });
  }
  return parent;
}

const nameOf = (control) => control.getAttribute('aria-label') || control.labels?.[0]?.textContent || control.textContent;

const ICONS = {
  table: 'M3 5h18v14H3zM3 10h18M9 10v9',
  list: 'M8 6h13M8 12h13M8 18h13M3.5 6h.01M3.5 12h.01M3.5 18h.01',
  shield: 'M12 3l8 3v6c0 4.5-3.2 7.8-8 9-4.8-1.2-8-4.5-8-9V6z',
  users: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.3a3.5 3.5 0 0 1 0 6.4M18 14.6c2.1.9 3.5 2.8 3.5 5.4',
  key: 'M8 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 12h9.5M18.5 12v3.5M15.5 12v2.5',
  book: 'M4 5.5A2.5 2.5 0 0 1 6.5 3H20v15H6.5A2.5 2.5 0 0 0 4 20.5zM4 20.5A1.5 1.5 0 0 0 5.5 21H20v-3',
  page: 'M6 3h8l5 5v13H6zM14 3v5h5M9 13h7M9 17h5',
  plus: 'M12 5v14M5 12h14',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  edit: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  copy: 'M9 9h11v11H9zM15 9V4H4v11h5',
  close: 'M6 6l12 12M18 6L6 18',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  menu: 'M4 6h16M4 12h16M4 18h16',
  up: 'M12 19V5M6 11l6-6 6 6',
  down: 'M12 5v14M6 13l6 6 6-6',
  left: 'M14 6l-6 6 6 6',
  right: 'M10 6l6 6-6 6',
  filter: 'M4 5h16l-6 8v6l-4-2v-4z',
  refresh: 'M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 8h.01',
  warning: 'M12 4l9 16H3zM12 10v4M12 17h.01',
  exit: 'M14 4h5v16h-5M4 12h11M11 8l4 4-4 4',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-4 3.6-6.5 8-6.5s8 2.5 8 6.5',
  play: 'M7 5l12 7-12 7z',
  external: 'M10 5H5v14h14v-5M14 4h6v6M20 4l-9 9',
};

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ICONS[name] ?? ICONS.info);
  svg.append(path);
  return svg;
}

let ids = 0;
/** An id no other element of the page has. */
export const freshId = (word = 'x') => `${word}-${(ids += 1)}`;
