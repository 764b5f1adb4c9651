// Requests of a block. Relative addresses go to the page, which asks the API with the viewer's rights; others are sent from
// here, as nobody, to whom the policy of the document allows.

import { call } from './port.js';

// `todos:list` is no scheme: an address of somebody else says `//`.
const isForeign = (url) => /^([a-z][a-z0-9+.-]*:)?\/\//i.test(url);

function queryOf(params = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params ?? {})) {
    if (value === undefined || value === null) continue;
    if (Array.isArray(value)) value.forEach((one) => query.append(`${name}[]`, one));
    else query.append(name, typeof value === 'object' ? JSON.stringify(value) : value);
  }
  return query.toString();
}

function failed(answer) {
  const words = answer.data?.errors?.map((error) => error.message).filter(Boolean).join(' ');
  return Object.assign(new Error(words || `Request failed with status code ${answer.status}`), { response: answer, status: answer.status });
}

async function plain(address, { method, params, data, headers }) {
  const target = new URL(address);
  const query = queryOf(params);
  if (query) target.search += (target.search ? '&' : '?') + query;
  const init = { method, headers: { ...headers }, credentials: 'omit', referrerPolicy: 'no-referrer' };
  if (data !== undefined && !['GET', 'HEAD'].includes(method)) {
    const text = typeof data === 'string';
    if (!text && !Object.keys(init.headers).some((name) => name.toLowerCase() === 'content-type')) init.headers['content-type'] = 'application/json';
    init.body = text ? data : JSON.stringify(data);
  }
  const response = await fetch(target, init);
  const body = await response.text();
  let value = body;
  try {
    value = JSON.parse(body);
  } catch {
    // Not JSON: the text is the answer.
  }
  return { data: value, status: response.status, headers: Object.fromEntries(response.headers) };
}

/** `request` as blocks know it; `base` is where the API is, `complain(text)` shows what went wrong. */
export function requests(base, complain) {
  async function request(asked) {
    const options = typeof asked === 'string' ? { url: asked } : { ...asked };
    const { url, params, data, headers, skipNotify, skipAuth } = options;
    if (typeof url !== 'string') throw new TypeError('request needs a url');
    const method = String(options.method ?? 'get').toUpperCase();
    const absolute = isForeign(url) ? new URL(url, base).href : skipAuth && new URL(url.replace(/^\/+(?:api\/)?/, ''), base).href;
    try {
      const send = absolute ? plain(absolute, { method, params, data, headers }) : call('request', { url, method, params, data, headers });
      const answer = await send;
      if (answer.status < 200 || answer.status > 299) throw failed(answer);
      return answer;
    } catch (error) {
      if (!skipNotify && !absolute) complain(error.message);
      throw error;
    }
  }

  /** `resource('todos').list({ page: 1 })`, `resource('todos.tags', 3).add(…)`, as the SDK sends them. */
  function resource(name, of, headers) {
    const [first, ...rest] = String(name).split('.');
    const path = rest.length ? `${first}/${encodeURIComponent(of ?? '_')}/${rest.join('.')}` : first;
    return new Proxy({}, {
      get: (_, action) => (typeof action !== 'string' || action === 'then' ? undefined : (given = {}, options = {}) => {
        const { values, ...params } = given ?? {};
        const reads = action === 'get' || action === 'list';
        const url = `${path}:${action}`;
        return request({ url, method: reads ? 'get' : 'post', params, data: reads ? undefined : values, headers, ...options });
      }),
    });
  }

  return { request, api: Object.freeze({ request, resource }) };
}
