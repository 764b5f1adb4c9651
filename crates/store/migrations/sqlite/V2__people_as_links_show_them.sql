-- What a link to a user can reach: `domain::catalog::people`. Columns are numbered as those of tables are.
CREATE VIEW t0 AS SELECT num AS f1, name AS f2, username AS f3, email AS f4 FROM users;
-- Where a field of the kind "link" leads, as JSON.
ALTER TABLE fields ADD COLUMN link TEXT;
