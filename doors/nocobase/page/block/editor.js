// The editor of a page: its title, its blocks in their order, each with its code, a trial run and what it wrote to its
// console. Nothing is kept until it is saved.

import { fill, h, icon } from '../app/lib/dom.js';
import { link } from '../app/lib/router.js';
import { button, field, input, select, textarea } from '../app/ui/form.js';
import { head } from '../app/ui/layout.js';
import { runBlock } from './block.js';
import { AS_VIEWER, WITH_KEY } from './examples.js';
import { keyIn } from './secrets.js';

const LOG_LINES_MAX = 200;
const WARN_AFTER_MS = 200;

/** Tab indents; with Escape before it, it moves on, as everywhere. */
function indents(area) {
  let leaving = false;
  area.addEventListener('keydown', (event) => {
    if (event.key === 'Tab' && !leaving && !event.shiftKey) {
      event.preventDefault();
      area.setRangeText('  ', area.selectionStart, area.selectionEnd, 'end');
      area.dispatchEvent(new Event('input'));
    }
    leaving = event.key === 'Escape';
  });
}

function warning(env, code) {
  const key = keyIn(code);
  return key && h('div', { class: 'notice warning pg-warning', role: 'status' }, icon('warning'), h('div', {},
    h('strong', {}, env.t('This looks like a key: {{key}}', { key })),
    h('p', {}, env.t('Everybody who can open this page can read its code. ctx.request({ url: \'todos:list\' }) asks with the rights of whoever looks and needs no key; if it has to be a key, take one of a role that only reads.'))));
}

/** One block in the editor. `changed` hears of every change. */
function blockEditor(env, block, { changed, save, moved, removed }) {
  const title = input({ value: block.title ?? '', maxlength: 255, placeholder: env.t('No title') });
  const code = textarea({ value: block.code, rows: 16, class: 'input pg-code', 'aria-label': env.t('Code'), wrap: 'off', autocapitalize: 'off' });
  const warned = h('div');
  const log = h('pre', { class: 'pg-log', hidden: true, tabindex: '0', 'aria-label': env.t('Console') });
  const place = h('div', { class: 'pg-place' });
  const state = h('span', { class: 'pg-muted', role: 'status' });
  const example = select([['', env.t('Insert an example…')], ['viewer', env.t('To-dos, with the rights of whoever looks')], ['key', env.t('To-dos, with axios and a key')]], '');
  let [stop, timer] = [() => {}, 0];

  function run() {
    stop();
    fill(log);
    log.hidden = true;
    state.textContent = env.t('Running…');
    stop = runBlock(place, {
      title: title.value || env.t('Block'), code: code.value, env,
      onlog: ({ level, text }) => {
        log.hidden = false;
        log.append(h('span', { class: `pg-log-${['warn', 'error'].includes(level) ? level : 'log'}` }, `${text}\n`));
        while (log.childElementCount > LOG_LINES_MAX) log.firstElementChild.remove();
      },
      onend: (error) => (state.textContent = error ? env.t('Failed') : env.t('Done')),
    });
  }

  function warn() {
    fill(warned, warning(env, code.value));
  }

  example.addEventListener('change', () => {
    const text = { viewer: AS_VIEWER, key: WITH_KEY.replace('{{api}}', env.api.base) }[example.value];
    example.value = '';
    if (!text) return;
    code.value += (code.value.trim() ? '\n' : '') + text;
    code.dispatchEvent(new Event('input'));
  });
  code.addEventListener('input', () => {
    changed();
    clearTimeout(timer);
    timer = setTimeout(warn, WARN_AFTER_MS);
  });
  title.addEventListener('input', changed);
  indents(code);
  code.addEventListener('keydown', (event) => {
    if (!(event.ctrlKey || event.metaKey)) return;
    if (event.key === 'Enter') run();
    else if (event.key.toLowerCase() === 's') save();
    else return;
    event.preventDefault();
  });
  warn();

  const tool = (label, work, mark) => button('', work, { kind: 'quiet icon-only', mark, 'aria-label': label, title: label });
  const element = h('section', { class: 'pg-block pg-editing' },
    h('div', { class: 'pg-bar' }, field(env.t('Title of the block'), title), h('span', { class: 'grow' }), example,
      tool(env.t('Up'), () => moved(-1), 'up'), tool(env.t('Down'), () => moved(1), 'down'), tool(env.t('Remove block'), removed, 'trash')),
    warned, code,
    h('div', { class: 'pg-bar' }, button(env.t('Run'), run, { mark: 'play', title: 'Ctrl+Enter' }), state),
    place, log);
  return { element, value: () => ({ title: title.value || null, code: code.value }), stop: () => stop() };
}

export function editScreen(container, env, page) {
  let [blocks, dirty, seen] = [[], false, page.updatedAt];
  const title = input({ value: page.title, maxlength: 255 });
  const list = h('div', { class: 'pg-blocks' });
  const mark = h('span', { class: 'pg-muted', role: 'status' });

  const changed = () => {
    dirty = true;
    mark.textContent = env.t('Not saved yet');
  };

  async function save() {
    const values = { title: title.value, blocks: blocks.map((one) => one.value()), updatedAt: seen };
    try {
      const { data } = await env.api.call('uiPages:update', { filterByTk: page.id }, values);
      if (!data[0]) throw new Error(env.t('There is no such page (any more).'));
      seen = data[0].updatedAt;
      dirty = false;
      mark.textContent = '';
      env.toast.success(env.t('Saved'), 2);
    } catch (error) {
      env.toast.error(error.message);
    }
  }

  async function remove() {
    const yes = await env.confirm({ title: env.t('Delete the page “{{title}}”?', { title: page.title }), message: env.t('Its blocks and their code are gone.'), action: env.t('Delete'), danger: true });
    if (!yes) return;
    await env.api.call('uiPages:destroy', { filterByTk: page.id }, {});
    dirty = false;
    env.navigate(link('pages'));
  }

  function add(block) {
    const one = blockEditor(env, block, {
      changed, save,
      moved: (by) => {
        const at = blocks.indexOf(one);
        const to = at + by;
        if (to < 0 || to >= blocks.length) return;
        // Trial runs end: a frame that moves begins anew.
        [blocks[at], blocks[to]].forEach((both) => both.stop());
        [blocks[at], blocks[to]] = [blocks[to], blocks[at]];
        fill(list, blocks.map((each) => each.element));
        changed();
      },
      removed: async () => {
        const code = one.value().code.trim();
        if (code && !(await env.confirm({ title: env.t('Remove this block?'), message: env.t('Its code is gone once the page is saved.'), action: env.t('Remove'), danger: true }))) return;
        one.stop();
        one.element.remove();
        blocks = blocks.filter((other) => other !== one);
        changed();
      },
    });
    blocks.push(one);
    list.append(one.element);
  }

  const view = h('a', { class: 'button quiet', href: link('pages', page.id) }, icon('page'), h('span', {}, env.t('View')));
  const another = () => {
    add({ title: '', code: '' });
    changed();
    blocks.at(-1).element.querySelector('textarea').focus();
  };
  fill(container,
    head(env.t('Edit page'), { back: [link('pages', page.id), page.title], actions: [mark, view, button(env.t('Delete'), remove, { kind: 'quiet', mark: 'trash' }), button(env.t('Save'), save, { kind: 'primary', mark: 'check' })] }),
    h('div', { class: 'notice pg-warning' }, icon('info'), h('div', {}, env.t('Blocks act on records with the rights of whoever opens the page, and everybody who is signed in can read their code.'))),
    field(env.t('Title'), title, { required: true }), list,
    h('div', { class: 'pg-bar' }, button(env.t('Add block'), another, { mark: 'plus' })));
  title.addEventListener('input', changed);
  page.blocks.forEach(add);
  if (page.blocks.length === 0) add({ title: '', code: '' });

  const leaving = (event) => dirty && event.preventDefault();
  window.addEventListener('beforeunload', leaving);
  return () => {
    window.removeEventListener('beforeunload', leaving);
    blocks.forEach((one) => one.stop());
    if (dirty) env.toast.warning(env.t('Changes of the page were not saved'));
  };
}
