// The door's dialect over fetch: addresses, tokens, envelopes, errors. Never calls another origin, never keeps a token.

/** What the server refused, in its own words. */
export class ApiError extends Error {
  constructor(status, errors, headers = {}) {
    super(errors.map((error) => error.message).filter(Boolean).join(' ') || `The server answered ${status}`);
    this.name = 'ApiError';
    this.status = status;
    this.code = errors[0]?.code;
    this.headers = headers;
    this.response = { status, headers, data: { errors } };
  }
}

/** A query string: lists as `a[]=`, objects as JSON. */
export function queryOf(params = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || value === null || value === '') continue;
    if (Array.isArray(value)) value.forEach((one) => query.append(`${name}[]`, one));
    else query.append(name, typeof value === 'object' ? JSON.stringify(value) : value);
  }
  return query.toString();
}

/** `+02:00`: where days begin for the reader. */
function timezone(minutes = -new Date().getTimezoneOffset()) {
  const two = (number) => String(Math.floor(Math.abs(number))).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}

/** Where the API answers, as the page was told. */
function apiBase() {
  const told = document.querySelector('meta[name="api-base"]')?.content || '../api/';
  return new URL(told.endsWith('/') ? told : `${told}/`, document.baseURI).href;
}

/** Sends one request and reads its answer, whoever it is from. */
export async function send(address, { method = 'GET', headers = {}, data } = {}) {
  const init = { method: method.toUpperCase(), headers: { accept: 'application/json', ...headers }, credentials: 'omit', cache: 'no-store' };
  if (data !== undefined && init.method !== 'GET' && init.method !== 'HEAD') {
    // A form with a file says itself what it is.
    if (!(data instanceof FormData)) init.headers['content-type'] = 'application/json';
    init.body = data instanceof FormData ? data : JSON.stringify(data);
  }
  const response = await fetch(address, init).catch(() => {
    throw new ApiError(0, [{ message: 'The server could not be reached. Check your connection and try again.' }]);
  });
  return { data: await bodyOf(response), status: response.status, ok: response.ok, headers: Object.fromEntries(response.headers) };
}

/** JSON, else a file, else the text that came. */
async function bodyOf(response) {
  if (/octet-stream|spreadsheet/.test(response.headers.get('content-type') ?? '')) return response.blob();
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * The client of the page. `session` gives token and role; `busy(+1 | -1)` hears of work on its way; `refused(error)` of
 * a refusal that ends the session.
 */
export function createApi({ session, busy = () => {}, refused = () => {} }) {
  const base = apiBase();

  function addressOf(url, params) {
    // `auth:check` alone would be read as an address of the scheme `auth`.
    const address = new URL(`./${String(url).replace(/^\/+(?:api\/)?/, '')}`, base);
    if (!address.href.startsWith(base)) throw new ApiError(0, [{ message: 'This address is not part of the API.' }]);
    const query = queryOf(params);
    return query ? `${address.href}${address.search ? '&' : '?'}${query}` : address.href;
  }

  async function request({ url, method = 'get', params, data, headers = {} }) {
    const own = { ...headers };
    if (session.token) own.authorization = `Bearer ${session.token}`;
    own['x-timezone'] ??= timezone();
    if (session.token && session.role) own['x-role'] ??= session.role;
    const asked = session.token;
    busy(1);
    try {
      const answer = await send(addressOf(url, params), { method, headers: own, data });
      // Of two renewals on their way the later must not win over a sign-out.
      if (answer.headers['x-new-token'] && session.token === asked) session.token = answer.headers['x-new-token'];
      if (answer.ok) return { data: answer.data, status: answer.status, headers: answer.headers };
      const errors = answer.data?.errors ?? [{ message: typeof answer.data === 'string' ? answer.data : '' }];
      const error = new ApiError(answer.status, errors, answer.headers);
      if (session.token && session.token === asked) refused(error);
      throw error;
    } finally {
      busy(-1);
    }
  }

  /** `call('todos:list', { page: 2 })` reads, `call('todos:create', params, values)` writes. Answers the whole envelope. */
  async function call(url, params, data) {
    const answer = await request({ url, params, method: data === undefined ? 'get' : 'post', data });
    return answer.data;
  }

  /** A list that is all there is. */
  const all = async (url, params = {}) => (await call(url, { paginate: 'false', ...params })).data ?? [];

  return { base, request, call, all };
}
