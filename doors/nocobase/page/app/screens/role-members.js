// Who holds a role, and giving it to somebody.

import { h } from '../lib/dom.js';
import { nameOf } from '../lib/fields.js';
import { link } from '../lib/router.js';
import { confirm } from '../ui/dialog.js';
import { button, field, formDialog, select } from '../ui/form.js';
import { table } from '../ui/table.js';

export async function members({ context, role, path, drawMembers: again }) {
  const { api, session, toast } = context;
  const holders = await api.all(`${path}/users:list`).catch(() => null);
  if (!holders) return null;
  const manages = session.may('pm.users');
  const may = role.name !== 'root' || session.rights.allowAll;
  const give = manages && may && button('Give to a user', () => add(context, role, path, holders, again), { kind: 'small', mark: 'plus' });
  const self = holders.some((one) => one.id === session.user?.id);
  const me = manages && may && !self && button('Give to me', () => giveTo(context, role, path, session.user, again), { kind: 'small' });
  const body = holders.length
    ? table([
      { title: 'User', cell: (one) => [h('span', { class: 'strong' }, nameOf(one)), one.id === session.user?.id && h('span', { class: 'muted' }, ' (you)'), h('span', { class: 'sub' }, one.email || one.username)] },
      { title: 'Actions', hiddenTitle: true, class: 'actions', cell: (one) => may && button('Take away', async () => {
        const sure = await confirm({ title: `Take the role from ${nameOf(one)}?`, message: 'Their API keys in this role are refused from then on. Given back, they work again.', action: 'Take away', danger: true });
        if (!sure) return;
        await change(context, () => api.call(`${path}/users:remove`, { filterByTk: one.id }, {}), `${nameOf(one)} no longer holds the role.`, one, again);
      }, { kind: 'small quiet danger', 'aria-label': `Take the role from ${nameOf(one)}` }) },
    ], holders, { caption: 'Who holds the role' })
    : h('div', { class: 'card-body' }, h('p', { class: 'muted' }, 'Nobody holds this role yet. An API key can only be made for a role its owner holds.', manages && [' A user of its own for each program keeps keys apart: ', h('a', { href: link('users') }, 'make one'), '.']));
  return h('section', { class: 'card', 'aria-label': 'Who holds it' },
    h('div', { class: 'card-head' }, h('div', {}, h('h2', {}, 'Who holds it'), h('p', { class: 'hint' }, `${holders.length} ${holders.length === 1 ? 'person' : 'people'}`)), h('div', { class: 'row' }, me, give)), body);
}

const giveTo = (context, role, path, user, again) =>
  change(context, () => context.api.call(`${path}/users:add`, { filterByTk: user.id }, {}), `${nameOf(user)} now holds ${role.title || role.name}.`, user, again);

async function change({ toast, session, refresh }, work, said, user, again) {
  try {
    await work();
    toast.success(said);
    if (user.id === session.user?.id) await refresh();
  } catch (error) {
    toast.error(error.message);
  }
  await again();
}

async function add(context, role, path, holders, again) {
  const all = await context.api.all('users:list');
  const others = all.filter((user) => !holders.some((one) => one.id === user.id));
  if (!others.length) {
    context.toast.info('Everybody holds this role already. Make another user first.');
    return;
  }
  const who = select(others.map((user) => [user.id, `${nameOf(user)} (${user.username || user.email})`]));
  const done = await formDialog({
    title: `Give ${role.title || role.name} to`, action: 'Give role', content: field('User', who, { required: true }),
    submit: async () => {
      await context.api.call(`${path}/users:add`, { filterByTk: who.value }, {});
      context.toast.success('The role was given.');
      if (Number(who.value) === context.session.user?.id) await context.refresh();
    },
  });
  if (done) await again();
}
