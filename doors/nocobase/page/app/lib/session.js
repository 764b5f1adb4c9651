// Who is signed in, in which role, and what that role may do. Kept for this tab only: a closed tab is signed out of
// the page. Decides only what is shown; the server decides what is done.

const KEPT = 'keyward.session';

/** `*` stands for any characters, as the server reads these rules. */
export function globbed(rule, name) {
  const parts = rule.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}

/** Whether a list of snippets allows one of them; `!` rules win. */
export function allowsSnippet(rules, name) {
  const rejected = rules.some((rule) => rule.startsWith('!') && globbed(rule.slice(1), name));
  return !rejected && rules.some((rule) => !rule.startsWith('!') && globbed(rule, name));
}

/** Whether rights, as `roles:check` tells them, hold an action on records of a collection: view, create, update, destroy. */
export function allowsRecords(rights, collection, action) {
  const { allowAll, resources = [], actions = {}, strategy } = rights ?? {};
  if (allowAll) return true;
  if (resources.includes(collection)) return `${collection}:${action}` in actions;
  return (strategy?.actions ?? []).some((given) => given === '*' || given.split(':')[0] === action);
}

export class Session {
  #kept;

  constructor() {
    try {
      this.#kept = JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
    } catch {
      this.#kept = {};
    }
    this.user = null;
    this.rights = null;
  }

  get token() {
    return this.#kept.token ?? null;
  }

  set token(token) {
    this.#keep({ ...this.#kept, token });
  }

  /** The role to act in; none is the server's choice. */
  get role() {
    return this.#kept.role ?? null;
  }

  set role(role) {
    this.#keep({ ...this.#kept, role });
  }

  forget() {
    this.user = null;
    this.rights = null;
    this.#keep({});
  }

  #keep(kept) {
    this.#kept = kept;
    if (kept.token) sessionStorage.setItem(KEPT, JSON.stringify(kept));
    else sessionStorage.removeItem(KEPT);
  }

  /** Asks who this is and what may be done. */
  async load(api) {
    const [who, rights] = await Promise.all([api.call('auth:check'), api.call('roles:check')]);
    this.user = who.data;
    this.rights = rights.data;
    this.role = rights.data.role ?? null;
  }

  /** Roles the person holds, with titles. */
  get roles() {
    return this.user?.roles ?? [];
  }

  /** A part of the administration: `pm.users`. */
  may(snippet) {
    return !!this.rights && (this.rights.allowAll || allowsSnippet(this.rights.snippets ?? [], snippet));
  }

  mayRecords(collection, action) {
    return allowsRecords(this.rights, collection, action);
  }

  /** Fields an action may write; null for all. */
  writable(collection, action) {
    const rule = this.rights?.allowAll ? null : this.rights?.actions?.[`${collection}:${action}`];
    return rule?.whitelist?.length ? new Set(rule.whitelist) : null;
  }
}
