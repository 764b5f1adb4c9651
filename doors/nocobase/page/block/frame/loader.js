// Loads scripts, styles and modules by address, one after the other. A script that calls `define` resolves to what it
// defines, one that does not to undefined. From where anything may be loaded is said by the policy of the document.

const settings = document.querySelector('meta[name=block]').dataset;
const root = new URL('../', location.href);
const known = new Map();
const named = new Map();
let queue = Promise.resolve();
let defined = null;

/** `define([name], [dependencies], factory)`, as files made for AMD call it. */
export function define(...given) {
  const factory = given.pop();
  const list = given.find(Array.isArray);
  const one = { name: given.find((part) => typeof part === 'string'), dependencies: list, factory };
  defined ??= one;
}
define.amd = {};

/** Where a name leads: an address as it is, `pkg@1/file.js` behind the base of modules. */
export function addressOf(name, query = '') {
  if (typeof name !== 'string' || name.trim() === '') throw new TypeError('The address of a module must be a text');
  if (/^[a-z][a-z0-9+.-]*:/i.test(name) || /^(\/|\.\.?\/)/.test(name)) return new URL(name, root).href;
  const address = new URL(settings.modules + name, root);
  if (query && !address.search) address.search = query;
  return address.href;
}

const isStyle = (address) => new URL(address).pathname.endsWith('.css');

function refused(address) {
  const { origin } = new URL(address);
  const allowed = origin === root.origin || settings.scripts.split(' ').some((host) => address.startsWith(host));
  const hint = allowed ? '' : ` Blocks may not load from ${origin}; whoever runs this server can allow it (nocobase_module_hosts).`;
  return new Error(`Could not load ${address}.${hint}`);
}

function added(element, address) {
  return new Promise((resolve, reject) => {
    element.onload = () => resolve();
    element.onerror = () => reject(refused(address));
    document.head.append(element);
  });
}

async function style(address) {
  const link = document.createElement('link');
  Object.assign(link, { rel: 'stylesheet', href: address });
  await added(link, address);
  return null;
}

async function script(address) {
  defined = null;
  const element = document.createElement('script');
  element.src = address;
  try {
    await added(element, address);
  } finally {
    element.remove();
  }
  const one = defined;
  defined = null;
  return one ? valueOf(one, address) : undefined;
}

async function valueOf({ name, dependencies, factory }, address) {
  const module = { exports: {} };
  const find = (wanted) => {
    if (!named.has(wanted)) throw new Error(`${address} needs the module "${wanted}", which is not loaded`);
    return named.get(wanted);
  };
  const special = { exports: module.exports, module, require: find };
  const wanted = dependencies ?? (typeof factory === 'function' && factory.length ? ['require', 'exports', 'module'] : []);
  let value = factory;
  if (typeof factory === 'function') value = factory(...wanted.map((one) => (Object.hasOwn(special, one) ? special[one] : find(one)))) ?? module.exports;
  if (name) named.set(name, value);
  return value;
}

export function requireAsync(name) {
  return once(`require ${name}`, () => {
    const address = addressOf(name, '?raw');
    return isStyle(address) ? style(address) : script(address);
  });
}

export function importAsync(name) {
  return once(`import ${name}`, async () => {
    const address = addressOf(name);
    if (isStyle(address)) return style(address);
    const namespace = await import(address).catch((error) => Promise.reject(error instanceof SyntaxError ? error : refused(address)));
    const names = Object.keys(namespace);
    return names.length === 1 && names[0] === 'default' ? namespace.default : namespace;
  });
}

/** In turn; what failed may be tried again. */
function once(key, load) {
  if (!known.has(key)) {
    const loading = queue.then(load);
    queue = loading.catch(() => known.delete(key));
    known.set(key, loading);
  }
  return known.get(key);
}
