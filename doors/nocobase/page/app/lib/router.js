// Addresses of the page, behind `#`: `#/records/todos?page=2`. Knows no screen.

export function parse(hash) {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?');
  const parts = path.split('/').filter(Boolean).map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  return { parts, params: new URLSearchParams(query) };
}

/** `link('records', 'todos')`: the address of a screen. */
export const link = (...parts) => `#/${parts.map((part) => encodeURIComponent(part)).join('/')}`;

export function navigate(hash) {
  const to = hash.startsWith('#') ? hash : `#/${hash.replace(/^\/+/, '')}`;
  if (location.hash === to) window.dispatchEvent(new HashChangeEvent('hashchange'));
  else location.hash = to;
}

/** Says where one is without opening the screen again. */
export function remember(hash) {
  if (location.hash !== hash) history.replaceState(null, '', hash);
}
