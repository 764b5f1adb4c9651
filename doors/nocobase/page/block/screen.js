// Pages with blocks of code: which there are, one of them, and its editor. Chooses by the address; runs nothing itself.

import { allowsSnippet } from '../app/lib/session.js';
import { listScreen } from './list.js';
import { viewScreen } from './view.js';
import { editScreen } from './editor.js';

const EDITING = 'ui.uiSchemas';

function style() {
  const href = new URL('block.css', import.meta.url).href;
  if ([...document.querySelectorAll('link[rel=stylesheet]')].some((link) => link.href === href)) return Promise.resolve();
  const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href });
  document.head.append(link);
  return new Promise((resolve) => (link.onload = link.onerror = resolve));
}

/** `env`: api, viewer, toast, confirm, navigate, t, parts (after `pages`), params. Answers what must be done before the next screen. */
export async function pagesScreen(container, env) {
  await style();
  const { allowAll, snippets = [] } = env.viewer?.rights ?? {};
  const asked = [new URLSearchParams(location.search), env.params].some((params) => params?.get('skipRunJs') === 'true');
  const about = { ...env, viewer: env.viewer, mayEdit: !!allowAll || allowsSnippet(snippets, EDITING), skipRunJs: asked };
  const [id, action] = env.parts ?? [];
  if (!id) return listScreen(container, about);
  const { data } = await env.api.call('uiPages:get', { filterByTk: id });
  if (!data) throw new Error('There is no such page (any more).');
  return action === 'edit' && about.mayEdit ? editScreen(container, about, data) : viewScreen(container, about, data);
}
