// One page with its blocks running.

import { fill, h, icon } from '../app/lib/dom.js';
import { link } from '../app/lib/router.js';
import { empty, head } from '../app/ui/layout.js';
import { runBlock } from './block.js';

const OFF = 'Scripts are off, because the address says skipRunJs=true.';

function section(env, block, stops) {
  const place = h('div', { class: 'pg-place' });
  const title = block.title || env.t('Block {{n}}', { n: block.id });
  if (env.skipRunJs) fill(place, h('p', { class: 'pg-muted pg-off' }, env.t(OFF)));
  else if (block.code.trim()) stops.push(runBlock(place, { title, code: block.code, env }));
  return h('section', { class: 'pg-block', 'aria-label': title }, block.title && h('h2', { class: 'pg-block-title' }, block.title), place);
}

export function viewScreen(container, env, page) {
  const stops = [];
  const edit = env.mayEdit && h('a', { class: 'button', href: link('pages', page.id, 'edit') }, icon('edit'), h('span', {}, env.t('Edit')));
  const header = head(page.title, { actions: [edit].filter(Boolean), back: [link('pages'), env.t('Pages')] });
  const blocks = h('div', { class: 'pg-blocks' });
  fill(container, header, blocks);
  if (page.blocks.length === 0) fill(blocks, empty('page', env.t('Nothing here yet'), env.t('This page has no blocks.'), edit && edit.cloneNode(true)));
  else page.blocks.forEach((block) => blocks.append(section(env, block, stops)));
  return () => stops.forEach((stop) => stop());
}
