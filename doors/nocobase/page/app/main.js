// Starts the page: session, frame, and the screen the address names. A screen is `(container, context, parts, params)`;
// it is loaded when it is first opened and may answer what must be done before the next takes its place.

import { ApiError, createApi } from './lib/api.js';
import { fill, h } from './lib/dom.js';
import { useTestKey } from './lib/keyring.js';
import { navigate, parse } from './lib/router.js';
import { Session } from './lib/session.js';
import { resetScreen, takeResetToken } from './screens/lost-password.js';
import { changePassword } from './screens/password.js';
import { signInScreen } from './screens/signin.js';
import { confirm } from './ui/dialog.js';
import { button } from './ui/form.js';
import { createLayout, empty, skeleton } from './ui/layout.js';
import { toast } from './ui/toast.js';

const root = document.getElementById('app');
const session = new Session();
const signedIn = () => !!session.user;

/** What there is, in the order of the guide. */
const AREAS = [
  { path: 'collections', title: 'Collections', icon: 'table', group: 'Data', visible: signedIn, load: () => import('./screens/collections.js') },
  { path: 'pages', title: 'Pages', icon: 'page', group: 'Data', visible: signedIn, load: () => import('./screens/pages.js') },
  { path: 'roles', title: 'Roles & permissions', icon: 'shield', group: 'Access', visible: (s) => s.may('pm.acl.roles'), load: () => import('./screens/roles.js') },
  { path: 'users', title: 'Users', icon: 'users', group: 'Access', visible: (s) => s.may('pm.users'), load: () => import('./screens/users.js') },
  { path: 'keys', title: 'API keys', icon: 'key', group: 'Developers', visible: (s) => s.may('pm.api-keys.configuration'), load: () => import('./screens/keys.js') },
  { path: 'docs', title: 'API documentation', icon: 'book', group: 'Developers', visible: signedIn, load: () => import('./screens/docs.js') },
];

/** Refusals that say the sign-in is over. */
const OVER = new Set(['EMPTY_TOKEN', 'INVALID_TOKEN', 'BLOCKED_TOKEN', 'EXPIRED_SESSION', 'TOKEN_RENEW_FAILED', 'NOT_EXIST_USER']);

let working = 0;
let leave = null;
let turn = 0;

const api = createApi({
  session,
  busy: (change) => layout.busy((working += change) > 0),
  refused: (error) => {
    if (OVER.has(error.code)) signOutHere('You have been signed out. Please sign in again.');
    else if (error.code === 'ROLE_NOT_FOUND_FOR_USER' && session.role) {
      session.role = null;
      start();
    }
  },
});

const layout = createLayout(root, {
  areas: AREAS,
  onrole: (role) => {
    session.role = role;
    start();
  },
  onsignout: async () => {
    await api.call('auth:signOut', undefined, {}).catch(() => {});
    signOutHere();
  },
  onpassword: () => changePassword(context),
  ondefault: async () => {
    await api.call('users:setDefaultRole', undefined, { roleName: session.role });
    toast.success('From now on you act in this role when you sign in.');
  },
});

/** For who is nobody yet: a sign-in that is over has no say in it. */
const stranger = createApi({ session: {}, busy: (change) => layout.busy((working += change) > 0) });

/** What every screen is handed. `t` is where translations would come in. */
const context = {
  api, session, toast, confirm, navigate,
  t: (text, values = {}) => text.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name) => values[name] ?? whole),
  get viewer() {
    return { user: session.user, role: session.role, rights: session.rights };
  },
  /** Asks again what one may do, after it may have changed. */
  refresh: async () => {
    await session.load(api);
    layout.shown(session);
    layout.here(parse(location.hash).parts[0]);
  },
};

/** Whatever is open makes room for something that is no screen of an area. */
function clear(title) {
  leaveScreen();
  turn += 1;
  document.querySelectorAll('dialog[open]').forEach((dialog) => dialog.close());
  document.title = `${title} · Keyward`;
}

function signOutHere(message) {
  clear('Sign in');
  session.forget();
  useTestKey(null);
  signInScreen(root, { api: stranger, message, done: async (token) => {
    session.token = token;
    await start();
  } });
}

function leaveScreen() {
  const left = leave;
  leave = null;
  try {
    left?.();
  } catch (error) {
    console.error(error);
  }
}

/** Whether a link to set a new password was opened, and is now shown. */
function opensLink() {
  const token = takeResetToken();
  if (token === null) return false;
  clear('Set a new password');
  // No address of a screen means anything until this is done with.
  session.user = null;
  resetScreen(root, { api: stranger, token, back: start, done: async (message) => {
    // Whoever was signed in here need not be who just set a password.
    if (session.token) await api.call('auth:signOut', undefined, {}).catch(() => {});
    signOutHere(message);
  } });
  return true;
}

/** Begins anew with who is signed in. */
async function start() {
  if (!session.token) return signOutHere();
  try {
    await session.load(api);
  } catch (error) {
    if (!session.token || error.code === 'ROLE_NOT_FOUND_FOR_USER') return undefined;
    return signInTrouble(error);
  }
  layout.shown(session);
  return open();
}

function signInTrouble(error) {
  fill(root, h('main', { class: 'signin' }, empty('warning', 'This did not work', error.message,
    button('Try again', start, { kind: 'primary' }), button('Sign out', () => signOutHere()))));
}

async function open() {
  const { parts, params } = parse(location.hash);
  const area = AREAS.find((one) => one.path === (parts[0] === 'records' ? 'collections' : parts[0]));
  if (!area) return navigate(`#/${AREAS[0].path}`);
  const mine = (turn += 1);
  leaveScreen();
  layout.here(area.path);
  document.title = `${area.title} · Keyward`;
  const container = h('div', { class: `screen screen-${parts[0]}` }, skeleton());
  fill(layout.main, container);
  window.scrollTo(0, 0);
  try {
    if (!area.visible(session)) throw new ApiError(403, [{ message: 'The role you act in may not open this. Choose another role at the top, or ask an administrator.' }]);
    const { screen } = await area.load();
    const left = await screen(container, context, parts, params);
    if (mine !== turn) left?.();
    else leave = typeof left === 'function' ? left : null;
    if (mine === turn && document.activeElement === document.body) container.querySelector('h1')?.focus({ preventScroll: true });
  } catch (error) {
    if (mine === turn) fill(container, trouble(error));
  }
  return undefined;
}

function trouble(error) {
  if (!(error instanceof ApiError)) console.error(error);
  return empty('warning', error.status === 403 ? 'Not allowed' : 'This could not be shown', error.message,
    button('Try again', open, { kind: 'primary', mark: 'refresh' }));
}

window.addEventListener('hashchange', () => opensLink() || (session.user && open()));
if (!opensLink()) start();
