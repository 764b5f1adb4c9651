// Changing one's own password, which ends every other sign-in of the person.

import { h } from '../lib/dom.js';
import { field, formDialog, input } from '../ui/form.js';

export function changePassword({ api, toast }) {
  const old = input({ type: 'password', autocomplete: 'current-password' });
  const next = input({ type: 'password', autocomplete: 'new-password', minlength: 8 });
  const again = input({ type: 'password', autocomplete: 'new-password' });
  return formDialog({
    title: 'Change password',
    action: 'Change password',
    content: h('div', { class: 'stack' },
      field('Current password', old, { required: true }),
      field('New password', next, { required: true, hint: 'At least 8 characters. Other places you are signed in at are signed out.' }),
      field('New password again', again, { required: true })),
    submit: async () => {
      if (next.value !== again.value) throw new Error('The two new passwords are not the same.');
      await api.call('auth:changePassword', undefined, { oldPassword: old.value, newPassword: next.value, confirmPassword: again.value });
      toast.success('Your password was changed.');
    },
  });
}
