// Which pages there are, and a new one.

import { fill, h, icon } from '../app/lib/dom.js';
import { link } from '../app/lib/router.js';
import { button, field, formDialog, input } from '../app/ui/form.js';
import { empty, head } from '../app/ui/layout.js';

async function create(env) {
  const title = input({ maxlength: 255 });
  const made = await formDialog({
    title: env.t('New page'),
    content: field(env.t('Title'), title, { required: true }),
    action: env.t('Create'),
    submit: async () => (await env.api.call('uiPages:create', {}, { title: title.value, blocks: [] })).data,
  });
  if (made?.id) env.navigate(link('pages', made.id, 'edit'));
}

export async function listScreen(container, env) {
  const pages = await env.api.all('uiPages:list', { sort: ['sort'] });
  const make = () => button(env.t('New page'), () => create(env), { kind: 'primary', mark: 'plus' });
  const count = (page) => {
    const n = page.blocks?.length ?? 0;
    return n === 1 ? env.t('1 block') : env.t('{{n}} blocks', { n });
  };
  const about = env.t('Pages hold blocks of JavaScript. Everybody who is signed in can open them, and read their code.');
  fill(container,
    head(env.t('Pages'), { about, actions: env.mayEdit && pages.length > 0 ? [make()] : [] }),
    pages.length === 0
      ? empty('page', env.t('No pages yet'), env.mayEdit ? env.t('A page shows what its blocks of code draw.') : env.t('Somebody who edits the interface can make one.'), env.mayEdit && make())
      : h('ul', { class: 'pg-list' }, pages.map((page) => h('li', {},
        h('a', { class: 'pg-card', href: link('pages', page.id) }, icon('page'), h('span', { class: 'pg-card-title' }, page.title), h('span', { class: 'pg-muted' }, count(page)))))));
}
