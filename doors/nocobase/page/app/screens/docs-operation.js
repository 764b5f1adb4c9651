// One operation: its parameters, an example of its body, the line for a shell, and a trial.

import { fill, h } from '../lib/dom.js';
import { queryOf } from '../lib/api.js';
import { copy } from '../lib/clipboard.js';
import { PLACEHOLDER, curlOf } from '../lib/curl.js';
import { confirm } from '../ui/dialog.js';
import { button, field, input, problem, textarea } from '../ui/form.js';
import { ask } from './docs.js';

/** Of an answer that is longer, only this much is shown. */
const SHOWN_MAX = 100_000;

export function operation(one, context, credential) {
  const details = h('details', { class: 'operation' },
    h('summary', {}, h('span', { class: `method ${one.method.toLowerCase()}` }, one.method), h('code', { class: 'path' }, one.path), h('span', { class: 'muted about-op' }, one.summary === one.path.slice(1) ? '' : one.summary)));
  // Most are never opened.
  details.addEventListener('toggle', () => details.open && details.children.length === 1 && details.append(inside(one, context, credential)));
  return details;
}

function inside(one, context, credential) {
  const { api, toast } = context;
  const controls = one.parameters.map((parameter) => ({ parameter, control: input({ class: 'input mono small', spellcheck: 'false', placeholder: exampleFor(parameter.name, one.path) }) }));
  const body = one.takesBody && textarea({ class: 'input code', rows: Math.min(12, JSON.stringify(one.body, null, 2).split('\n').length + 1), value: JSON.stringify(one.body, null, 2) });
  const result = h('div', { class: 'result', 'aria-live': 'polite' });

  const request = () => {
    let path = one.path.slice(1);
    const query = {};
    for (const { parameter, control } of controls) {
      if (parameter.in === 'path') path = path.replace(`{${parameter.name}}`, encodeURIComponent(control.value || '1'));
      else query[parameter.name] = control.value.trim();
    }
    const text = queryOf(query);
    return { method: one.method, url: `${api.base}${path}${text ? `?${text}` : ''}`, body: body ? JSON.stringify(JSON.parse(body.value || '{}')) : undefined };
  };
  const attempt = (work) => async () => {
    try {
      await work(request());
    } catch (error) {
      fill(result, problem(error instanceof SyntaxError ? `The body is not JSON: ${error.message}` : error.message));
    }
  };
  const copyCurl = button('Copy as cURL', attempt(async (asked) => {
    const { token, signIn } = credential();
    const done = await copy(curlOf({ ...asked, token: signIn ? PLACEHOLDER : token }));
    if (done) toast.success(signIn ? 'Copied. Put your API key in the place of <your API key>.' : 'Copied, with the key in it.');
    else toast.error('Your browser does not let the page copy.');
  }), { kind: 'small', mark: 'copy' });
  const go = button('Send', attempt(async (asked) => {
    if (/:destroy$/.test(one.path) && !(await confirm({ title: 'Really delete?', message: `This is no rehearsal: ${one.method} ${asked.url.replace(api.base, '/')} is sent.`, action: 'Send', danger: true }))) return;
    const began = performance.now();
    const answer = await ask(context, credential(), { method: asked.method, url: asked.url, data: asked.body && JSON.parse(asked.body) });
    fill(result, shown(answer, Math.round(performance.now() - began)));
  }), { kind: 'small primary', mark: 'play' });

  return h('div', { class: 'operation-body' },
    controls.length > 0 && h('div', { class: 'stack tight' }, h('h3', {}, 'Parameters'),
      h('div', { class: 'parameters' }, controls.map(({ parameter, control }) => field(parameter.name, control, { hint: parameter.description ?? (parameter.in === 'path' ? 'part of the address' : undefined) })))),
    body && field('Body (JSON)', body),
    h('div', { class: 'row' }, go, copyCurl), result);
}

function shown(answer, ms) {
  const text = typeof answer.data === 'string' ? answer.data : JSON.stringify(answer.data, null, 2);
  const kind = answer.ok ? 'ok' : 'bad';
  const wait = answer.headers['retry-after'];
  return h('div', { class: 'stack tight' },
    h('div', { class: 'row' }, h('span', { class: `badge ${kind}` }, `${answer.status}`), h('span', { class: 'muted' }, `${ms} ms`), wait && h('span', { class: 'badge warn' }, `try again in ${wait} s`)),
    h('pre', { class: 'code-block', tabindex: '0' }, text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}\n… (${text.length.toLocaleString()} characters)` : text));
}

const exampleFor = (name, path) => ({
  page: '1', pageSize: '20', sort: '-createdAt', filterByTk: /^\/(roles|collections)/.test(path) ? 'name' : '1', filter: '{"title":{"$includes":"eat"}}', fields: 'id,title', appends: 'createdBy', paginate: 'false', sourceId: '1',
})[name] ?? '';
