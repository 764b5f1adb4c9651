// Where pages with script blocks are mounted; what they are is not known here.

import { link } from '../lib/router.js';
import { pagesScreen } from '../../block/screen.js';

export function screen(container, context, parts, params) {
  container.replaceChildren();
  const { api, viewer, toast, confirm, navigate, t } = context;
  return pagesScreen(container, { api, viewer, toast, confirm, navigate, t, parts: parts.slice(1), params, link });
}
