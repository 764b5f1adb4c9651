-- The first schema. Ids are UUIDs in 16 bytes, times UTC milliseconds, lists and maps compact JSON.
-- Secrets apart from keys, counters apart from settings, every balance checked against its ledger.

CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Positions of everything that can change a decision, written in the transaction of the change.
CREATE TABLE feed (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  id BLOB NOT NULL
) STRICT;

CREATE TABLE workspaces (
  id BLOB NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE bases (
  id BLOB NOT NULL PRIMARY KEY,
  workspace_id BLOB NOT NULL REFERENCES workspaces (id),
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (workspace_id, name)
) STRICT, WITHOUT ROWID;

-- no names the physical table: t1, t2 … AUTOINCREMENT: never used again.
CREATE TABLE tables (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL UNIQUE,
  base_id BLOB NOT NULL REFERENCES bases (id),
  name TEXT NOT NULL,
  title TEXT,
  extra TEXT,
  next_field_no INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (base_id, name)
) STRICT;

-- no names the physical column: f1, f2 …
CREATE TABLE fields (
  table_no INTEGER NOT NULL REFERENCES tables (no) ON DELETE CASCADE,
  no INTEGER NOT NULL,
  name TEXT NOT NULL,
  title TEXT,
  kind TEXT NOT NULL,
  system TEXT,
  is_primary INTEGER NOT NULL,
  required INTEGER NOT NULL,
  is_unique INTEGER NOT NULL,
  hidden INTEGER NOT NULL,
  default_value TEXT,
  extra TEXT,
  PRIMARY KEY (table_no, no),
  UNIQUE (table_no, name)
) STRICT, WITHOUT ROWID;

-- role_id and the owner are no references on purpose: a key whose role or owner is gone must lose its
-- rights, not the column. rate_mode, rate_failure: exact or local; what happens when the counter fails.
CREATE TABLE keys (
  num INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  owner_kind TEXT NOT NULL,
  owner_id BLOB,
  name TEXT,
  description TEXT,
  role_id BLOB,
  permissions TEXT,
  scopes TEXT,
  hosts TEXT,
  enabled INTEGER NOT NULL,
  expires_at INTEGER,
  rate_max INTEGER,
  rate_window_ms INTEGER,
  rate_rule TEXT,
  rate_enabled INTEGER,
  rate_mode TEXT NOT NULL DEFAULT 'local',
  rate_failure TEXT NOT NULL DEFAULT 'closed',
  metadata TEXT,
  prefix TEXT,
  start TEXT,
  revealable INTEGER NOT NULL,
  door TEXT,
  extra TEXT,
  created_at INTEGER NOT NULL,
  created_by BLOB,
  updated_at INTEGER NOT NULL,
  gone TEXT,
  gone_at INTEGER
) STRICT;
CREATE INDEX keys_owner ON keys (owner_kind, owner_id);

-- The 1–3 live secrets of a key. The digest is what a call is looked up by.
CREATE TABLE key_secrets (
  key_id BLOB NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
  id BLOB NOT NULL,
  digest BLOB NOT NULL UNIQUE,
  recipe INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (key_id, id)
) STRICT, WITHOUT ROWID;

-- Secrets that may be shown again, encrypted under a key that is not in this database.
CREATE TABLE sealed_secrets (
  key_id BLOB NOT NULL,
  secret_id BLOB NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (key_id, secret_id),
  FOREIGN KEY (key_id, secret_id) REFERENCES key_secrets (key_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- What happens to a key, narrow because it is rewritten often: last use, rate window.
CREATE TABLE key_uses (
  key_id BLOB NOT NULL PRIMARY KEY REFERENCES keys (id) ON DELETE CASCADE,
  last_used_at INTEGER,
  last_used_from TEXT,
  request_count INTEGER NOT NULL DEFAULT 0,
  last_request_at INTEGER
) STRICT, WITHOUT ROWID;

-- The balance is the sum of the key's ledger; entries is the seq of its last entry. state: active,
-- removed (the key is unlimited), gone (the key is).
CREATE TABLE quotas (
  key_id BLOB NOT NULL PRIMARY KEY REFERENCES keys (id) ON DELETE CASCADE,
  balance INTEGER NOT NULL CHECK (balance >= 0),
  last_refill_at INTEGER NOT NULL,
  refill_amount INTEGER,
  refill_interval_ms INTEGER,
  refill_mode TEXT,
  entries INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'active',
  mode TEXT NOT NULL DEFAULT 'exact',
  failure TEXT NOT NULL DEFAULT 'closed'
) STRICT, WITHOUT ROWID;

-- Append-only. seq counts per key, without gaps.
CREATE TABLE quota_ledger (
  key_id BLOB NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,
  amount INTEGER NOT NULL,
  grants INTEGER NOT NULL,
  balance_after INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (key_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
  num INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL UNIQUE,
  email TEXT,
  username TEXT,
  name TEXT,
  active INTEGER NOT NULL,
  root INTEGER NOT NULL,
  default_role BLOB,
  extra TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  sessions_valid_from INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX users_email ON users (lower(email));
CREATE UNIQUE INDEX users_username ON users (lower(username));

-- Apart from the record, so that nothing but sign-in ever reads one.
CREATE TABLE passwords (
  user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE roles (
  id BLOB NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  title TEXT,
  description TEXT,
  root INTEGER NOT NULL,
  builtin INTEGER NOT NULL,
  is_default INTEGER NOT NULL,
  grants TEXT NOT NULL,
  extra TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE user_roles (
  user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role_id BLOB NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  PRIMARY KEY (user_id, role_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_roles_role ON user_roles (role_id);

CREATE TABLE organizations (
  id BLOB NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  slug TEXT NOT NULL UNIQUE,
  extra TEXT,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
  organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (organization_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_user ON members (user_id);

CREATE TABLE sessions (
  digest BLOB NOT NULL PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ip TEXT,
  user_agent TEXT,
  organization_id BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_user ON sessions (user_id);

-- grain: 1 minute, 2 hour, 3 day. Ordered by time first: a flush touches few pages, a roll-up is a range.
CREATE TABLE usage (
  grain INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  key_id BLOB NOT NULL,
  operation TEXT NOT NULL,
  outcome TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (grain, bucket, key_id, operation, outcome)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  id BLOB NOT NULL PRIMARY KEY,
  at INTEGER NOT NULL,
  user_id BLOB,
  key_id BLOB,
  ip TEXT,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  detail TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_target ON audit (target, id);

-- What a request with an idempotency key did. Never a secret.
CREATE TABLE idempotency (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint BLOB NOT NULL,
  result TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
