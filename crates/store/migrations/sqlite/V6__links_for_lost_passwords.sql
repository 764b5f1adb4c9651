-- What lets somebody set a new password without knowing the old one, once and for a while. Only digests are kept.
CREATE TABLE password_links (
  digest BLOB PRIMARY KEY,
  user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX password_links_user ON password_links (user_id);
