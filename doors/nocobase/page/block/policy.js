// What a block may ask of the API through the page. It asks with the rights of whoever looks at it, and somebody else wrote
// it: so it reaches records, and of the server's own only what screens have to know. Keys and sign-ins are
// out of its reach, and people, roles and the shape of collections it can read as the viewer can, but never change.

/** The server's own resources; everything else is a collection. */
const SYSTEM = new Set(['auth', 'apiKeys', 'roles', 'users', 'collections', 'collectionCategories', 'fields', 'dataSources', 'dataSourcesRoles',
  'dataSourceResources', 'swagger', 'app', 'pm', 'authenticators', 'availableActions', 'systemSettings', 'uiPages', 'dbViews']);
const READS = new Set(['list', 'get', 'check', 'query', 'listMeta', 'listEnabled', 'publicList', 'getLang', 'getInfo', 'getUrls']);
const NEVER = new Set(['apiKeys', 'uiPages']);
const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
const HEADERS = new Set(['x-timezone', 'x-data-source', 'x-with-acl-meta']);
const NAME = /^[A-Za-z_][\w-]*$/;
const URL_CHARS_MAX = 8192;

export class Refused extends Error {}

/** Resource and action of a path, as the server takes it apart. */
function target(path) {
  let parts;
  try {
    parts = path.split('/').map(decodeURIComponent);
  } catch {
    return null;
  }
  if (parts.length > 1 && parts.at(-1) === '') parts.pop();
  const named = parts.findIndex((part) => part.includes(':'));
  const [name, action, ...more] = (parts[named] ?? '').split(':');
  // `todos:list`, `todos:get/1`, `users/1/roles:list`, `users/1/roles:get/2`.
  if (more.length > 0 || ![0, 2].includes(named) || parts.length > named + 2) return null;
  const resource = named === 2 ? parts[0] : name;
  return [resource, name, action].every((one) => NAME.test(one ?? '')) ? { resource, action } : null;
}

function pathOf(url, base) {
  if (typeof url !== 'string' || url.length > URL_CHARS_MAX || /[\\\u0000-\u001f]/.test(url)) throw new Refused('This is no address of the API');
  if (/^([a-z][a-z0-9+.-]*:)?\/\//i.test(url)) throw new Refused('The page asks only its own API');
  const address = new URL(`./${url.replace(/^\/+(?:api\/)?/, '')}`, base);
  if (!address.href.startsWith(base)) throw new Refused('The page asks only its own API');
  return { path: address.pathname.slice(new URL(base).pathname.length), query: address.search };
}

/** The request as the page sends it; throws what is wrong with it. */
export function judged(asked, base) {
  const { path, query } = pathOf(asked?.url, base);
  const found = target(path);
  if (!found) throw new Refused('A block may ask for addresses such as todos:list');
  if (SYSTEM.has(found.resource)) {
    const signIn = found.resource === 'auth' && found.action !== 'check';
    if (NEVER.has(found.resource) || signIn || !READS.has(found.action)) {
      throw new Refused(`A block may not use ${found.resource}:${found.action}: it acts with the rights of whoever looks at it`);
    }
  }
  const method = String(asked.method ?? 'GET').toUpperCase();
  if (!METHODS.has(method)) throw new Refused('This method is not known here');
  const headers = Object.entries(asked.headers ?? {}).filter(([name, value]) => HEADERS.has(name.toLowerCase()) && typeof value === 'string');
  const params = asked.params && typeof asked.params === 'object' ? asked.params : undefined;
  return { url: path + query, method: method.toLowerCase(), params, data: asked.data, headers: Object.fromEntries(headers) };
}
