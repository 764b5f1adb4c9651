-- What the server does about the values of a field, as JSON.
ALTER TABLE fields ADD COLUMN special TEXT;

-- The last number that was given out, per field that counts and per number in it.
CREATE TABLE counts_up (
  table_no INTEGER NOT NULL REFERENCES tables (no) ON DELETE CASCADE,
  field_no INTEGER NOT NULL,
  key TEXT NOT NULL,
  current INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (table_no, field_no, key)
) STRICT, WITHOUT ROWID;
