// The frame around every screen: what there is at the left, who one is at the top. Shows only what the role may open.

import { fill, h, icon } from '../lib/dom.js';
import { link } from '../lib/router.js';
import { button } from './form.js';

export function createLayout(root, { areas, onrole, onsignout, onpassword, ondefault }) {
  const main = h('main', { id: 'main', tabindex: '-1' });
  const nav = h('nav', { class: 'nav', 'aria-label': 'Main' });
  const who = h('div', { class: 'who' });
  const bar = h('div', { class: 'progress', hidden: true, role: 'progressbar', 'aria-label': 'Working' });
  const menu = button('', () => open(!root.classList.contains('nav-open')), { kind: 'quiet icon-only menu-button', mark: 'menu', 'aria-label': 'Menu', 'aria-expanded': 'false' });
  const open = (yes) => {
    root.classList.toggle('nav-open', yes);
    menu.setAttribute('aria-expanded', String(yes));
  };
  const shade = h('div', { class: 'shade', onclick: () => open(false) });
  document.addEventListener('keydown', (event) => event.key === 'Escape' && open(false));
  document.addEventListener('click', (event) => {
    const details = who.querySelector('details[open]');
    if (details && !details.contains(event.target)) details.open = false;
  });

  function shown(session) {
    fill(root,
      h('a', { class: 'skip', href: '#main', onclick: (event) => {
        event.preventDefault();
        main.focus();
      } }, 'Skip to content'),
      bar,
      h('header', { class: 'top' }, menu,
        h('a', { class: 'brand', href: '#/' }, h('img', { src: 'app/icon.svg', alt: '', width: 26, height: 26 }), h('span', {}, 'Keyward')),
        h('span', { class: 'grow' }), who),
      h('div', { class: 'side' }, nav), shade, main);
    const visible = areas.filter((area) => area.visible(session));
    const groups = [...new Set(visible.map((area) => area.group))];
    fill(nav, groups.map((group) => h('div', { class: 'nav-group' },
      h('p', { class: 'nav-title' }, group),
      visible.filter((area) => area.group === group).map((area) =>
        h('a', { href: link(area.path), dataset: { path: area.path }, onclick: () => open(false) }, icon(area.icon), h('span', {}, area.title))))));
    fill(who, roleSwitch(session), account(session));
  }

  function roleSwitch(session) {
    const { role, roles: acting = [], roleMode } = session.rights;
    const title = (name) => session.roles.find((one) => one.name === name)?.title ?? name;
    const options = session.roles.map((one) => [one.name, one.title ?? one.name]);
    if (role === '__union__' || roleMode !== 'default') options.push(['__union__', 'All my roles']);
    if (roleMode === 'only-use-union' || options.length < 2) {
      return h('span', { class: 'badge role-badge', title: acting.map(title).join(', ') }, role === '__union__' ? 'All my roles' : title(role) ?? 'No role');
    }
    const choice = h('select', { class: 'input small role-switch', 'aria-label': 'Act in role', onchange: () => onrole(choice.value) },
      options.map(([name, text]) => h('option', { value: name, selected: name === role }, text)));
    return choice;
  }

  function account(session) {
    const { user } = session;
    const name = user?.nickname || user?.username || user?.email || 'Account';
    return h('details', { class: 'account' },
      h('summary', { 'aria-label': `Account of ${name}` }, h('span', { class: 'avatar', 'aria-hidden': 'true' }, name.slice(0, 1).toUpperCase())),
      h('div', { class: 'account-menu' },
        h('p', {}, h('strong', {}, name), h('br'), h('span', { class: 'muted' }, user?.email || user?.username || '')),
        session.roles.length > 1 && session.role !== '__union__' && button('Always start in this role', ondefault, { kind: 'quiet', mark: 'shield', title: 'The role you act in when you sign in' }),
        button('Change password', onpassword, { kind: 'quiet', mark: 'key' }),
        button('Sign out', onsignout, { kind: 'quiet', mark: 'exit' })));
  }

  /** Marks where one is. */
  function here(path) {
    for (const one of nav.querySelectorAll('a')) {
      if (one.dataset.path === path) one.setAttribute('aria-current', 'page');
      else one.removeAttribute('aria-current');
    }
    who.querySelectorAll('details[open]').forEach((details) => (details.open = false));
  }

  const busy = (yes) => (bar.hidden = !yes);
  return { main, shown, here, busy };
}

/** The head of a screen: title, what it is for, what can be done. */
export function head(title, { about, actions = [], back } = {}) {
  document.title = `${title} · Keyward`;
  return h('header', { class: 'head' },
    h('div', { class: 'head-text' },
      back && h('a', { class: 'back', href: back[0] }, icon('left'), back[1]),
      h('h1', { tabindex: '-1' }, title),
      about && h('p', { class: 'about' }, about)),
    h('div', { class: 'head-actions' }, actions));
}

/** What is shown where there is nothing yet, and how one gets something. */
export function empty(mark, title, text, ...actions) {
  return h('div', { class: 'empty' }, h('span', { class: 'empty-mark' }, icon(mark)), h('h2', {}, title),
    [text].flat().map((one) => (one instanceof Node ? one : h('p', {}, one))), actions.length > 0 && h('div', { class: 'empty-actions' }, actions));
}

/** While the first answer is awaited. */
export const skeleton = () => h('div', { class: 'skeleton', 'aria-busy': 'true', 'aria-label': 'Loading' },
  [0, 1, 2, 3].map(() => h('div', { class: 'bone' })));
