//! Somebody else's SQLite file, read only: which tables it has, and their rows by column name. What the rows mean
//! is the business of whoever asked. Nothing is ever written to it, and nothing of it reaches our own database here.

mod row;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags};
use serde_json::Map;

pub use row::ForeignRow;
use row::value;

use crate::StoreError;

/// What is in memory at once of a table of any size.
const PART_ROWS_MAX: u64 = 500;
const PART_BYTES_MAX: usize = 8 << 20;
/// No column is called like this: the number of a row, beside its columns.
const ROW_NUMBER: &str = "\u{1}row";

/// An opened file. Tables and columns are asked for by the name the original product uses; `names` says what they
/// are called here when that is something else.
pub struct Foreign {
    conn: Mutex<Connection>,
    tables: Vec<String>,
    names: ForeignNames,
}

/// A data table of the file, to be read part by part.
#[derive(Clone, Debug)]
pub struct ForeignTable {
    name: String,
    real: String,
    pub columns: Vec<String>,
    /// What the number of a row is called.
    row_number: &'static str,
}

impl ForeignTable {
    /// The column that holds a field: of its name, or its snake_case form.
    pub fn column(&self, name: &str) -> Option<&str> {
        let of = |name: &str| self.columns.iter().find(|column| *column == name).map(String::as_str);
        of(name).or_else(|| of(&snake_case(name)))
    }
}

/// How tables and columns are called in this file.
#[derive(Clone, Debug, Default)]
pub struct ForeignNames {
    /// In front of every table name.
    pub prefix: String,
    /// `apikey` → `api_keys`, `apikey.key` → `hashed_key`.
    pub renamed: HashMap<String, String>,
}

impl Foreign {
    pub fn open(path: &Path, names: ForeignNames) -> Result<Self, StoreError> {
        let failed = |error: StoreError| {
            let beside = match unfinished(path) {
                Some(name) => format!(
                    "; {name} lies beside it and belongs to it: copy both to where they can be written"
                ),
                None => String::new(),
            };
            StoreError::Backend(format!(
                "{} cannot be read as an SQLite database: {error}{beside}",
                path.display()
            ))
        };
        let (conn, tables) = open(path, false)
            .or_else(|error| if unfinished(path).is_some() { Err(error) } else { open(path, true) })
            .map_err(failed)?;
        Ok(Self { conn: Mutex::new(conn), tables, names })
    }

    /// The tables there are, as the file names them.
    pub fn tables(&self) -> &[String] {
        &self.tables
    }

    /// Whether the file has this table of the product.
    pub fn has(&self, table: &str) -> bool {
        self.real_table(table).is_some()
    }

    /// All rows of a table, in the order they were written; none when there is no such table.
    pub fn rows(&self, table: &str) -> Result<Vec<ForeignRow>, StoreError> {
        let mut all = Vec::new();
        self.for_each(table, &mut |row| all.push(row))?;
        Ok(all)
    }

    /// The same one by one, for tables of any size. Answers whether there is such a table.
    pub fn for_each(&self, table: &str, each: &mut dyn FnMut(ForeignRow)) -> Result<bool, StoreError> {
        let Some(real) = self.real_table(table) else { return Ok(false) };
        self.read(table, real, None, u64::MAX, &mut |row| {
            each(row);
            true
        })?;
        Ok(true)
    }

    /// The data table of this name: exactly this, or its snake_case form. `None`: there is none, or it has no
    /// numbers of rows (a view), by which it is read part by part.
    pub fn data_table(&self, name: &str) -> Option<ForeignTable> {
        let of = |name: &str| format!("{}{name}", self.names.prefix);
        let names = match self.names.renamed.get(name) {
            Some(renamed) => vec![renamed.clone()],
            None => vec![of(name), of(&snake_case(name)), name.to_owned()],
        };
        let real = names.iter().find_map(|name| self.tables.iter().find(|t| *t == name))?.clone();
        let conn = self.conn.lock();
        let sql = format!("SELECT * FROM {} LIMIT 0", quoted(&real));
        let columns: Vec<String> = conn.prepare(&sql).ok()?.column_names().map(str::to_owned).collect();
        // A column of that name would hide the number of the row.
        let hidden = |word: &&str| columns.iter().any(|column| column.eq_ignore_ascii_case(word));
        let row_number = ["rowid", "_rowid_", "oid"].into_iter().find(|word| !hidden(word))?;
        let sql = format!("SELECT {row_number} FROM {} WHERE {row_number} = 0", quoted(&real));
        // A view answers nothing, or null.
        let is_table = !self.is_view(&conn, &real) && conn.prepare(&sql).is_ok();
        drop(conn);
        is_table.then_some(ForeignTable { name: name.to_owned(), real, columns, row_number })
    }

    fn is_view(&self, conn: &Connection, real: &str) -> bool {
        let sql = "SELECT 1 FROM sqlite_master WHERE type = 'view' AND name = $1";
        conn.prepare(sql).and_then(|mut statement| statement.exists([real])).unwrap_or(true)
    }

    /// Whether this is the table the product calls so.
    pub fn is_product_table(&self, table: &ForeignTable, name: &str) -> bool {
        self.real_table(name).is_some_and(|real| real == table.real)
    }

    /// Whether the file is whole, as far as SQLite can tell.
    pub fn sound(&self) -> Result<(), StoreError> {
        let said: String = self.conn.lock().query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if said == "ok" { Ok(()) } else { Err(StoreError::Backend(said)) }
    }

    /// Whether a column is declared as one of texts.
    pub fn declares_text(&self, table: &ForeignTable, column: &str) -> bool {
        let conn = self.conn.lock();
        let sql = "SELECT type FROM pragma_table_info($1) WHERE name = $2";
        let declared: Result<String, _> = conn.query_row(sql, [&table.real, column], |row| row.get(0));
        declared.is_ok_and(|name| {
            let name = name.to_ascii_uppercase();
            ["CHAR", "TEXT", "CLOB", "UUID"].iter().any(|word| name.contains(word))
        })
    }

    pub fn count(&self, table: &ForeignTable) -> Result<u64, StoreError> {
        let sql = format!("SELECT count(*) FROM {}", quoted(&table.real));
        let count: i64 = self.conn.lock().query_row(&sql, [], |row| row.get(0))?;
        Ok(count.max(0) as u64)
    }

    /// The rows behind the one with the number `after`, each with its own number: as many as fit in a part.
    pub fn part(&self, table: &ForeignTable, after: i64) -> Result<Vec<(i64, ForeignRow)>, StoreError> {
        let mut rows = Vec::new();
        let mut bytes = 0;
        let behind = Some((table.row_number, after));
        self.read(&table.name, &table.real, behind, PART_ROWS_MAX, &mut |mut row| {
            bytes += row.bytes();
            if let Some(number) = row.0.remove(ROW_NUMBER).and_then(|n| n.as_i64()) {
                rows.push((number, row));
            }
            bytes < PART_BYTES_MAX
        })?;
        Ok(rows)
    }

    /// Hands over rows until `each` has enough.
    fn read(
        &self,
        table: &str,
        real: &str,
        behind: Option<(&str, i64)>,
        rows_max: u64,
        each: &mut dyn FnMut(ForeignRow) -> bool,
    ) -> Result<(), StoreError> {
        let conn = self.conn.lock();
        // The name is one of the file's own; quoted, because it can be any text.
        let from = quoted(real);
        let sql = match behind {
            None => format!("SELECT * FROM {from}"),
            Some((number, _)) => format!(
                "SELECT {number} AS {}, * FROM {from} WHERE {number} > $1 ORDER BY {number} LIMIT {rows_max}",
                quoted(ROW_NUMBER)
            ),
        };
        let mut statement = conn.prepare(&sql)?;
        let columns: Vec<String> =
            statement.column_names().map(|real| self.product_column(table, real)).collect();
        let mut rows = match behind {
            None => statement.query([])?,
            Some((_, after)) => statement.query([after])?,
        };
        while let Some(row) = rows.next()? {
            let mut values = Map::new();
            for (at, name) in columns.iter().enumerate() {
                values.insert(name.clone(), value(row.get_ref(at)?));
            }
            if !each(ForeignRow(values)) {
                break;
            }
        }
        Ok(())
    }

    fn real_table(&self, table: &str) -> Option<&str> {
        if let Some(renamed) = self.names.renamed.get(table) {
            return self.tables.iter().find(|t| *t == renamed).map(String::as_str);
        }
        [table.to_owned(), snake_case(table), plural(&snake_case(table))]
            .into_iter()
            .map(|name| format!("{}{name}", self.names.prefix))
            .find_map(|name| self.tables.iter().find(|t| **t == name))
            .map(String::as_str)
    }

    /// The name the product uses for a column of the file.
    fn product_column(&self, table: &str, real: &str) -> String {
        let renamed = self.names.renamed.iter().find_map(|(product, here)| {
            let (of, column) = product.split_once('.')?;
            (of == table && here == real).then(|| column.to_owned())
        });
        renamed.unwrap_or_else(|| real.to_owned())
    }
}

fn open(path: &Path, unchanging: bool) -> Result<(Connection, Vec<String>), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = if unchanging {
        // A copy in a folder nobody may write to: without a log there is nothing to miss.
        let address = format!("file:{}?immutable=1", escaped(path));
        Connection::open_with_flags(address, flags | OpenFlags::SQLITE_OPEN_URI)?
    } else {
        Connection::open_with_flags(path, flags)?
    };
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    conn.pragma_update(None, "query_only", true)?;
    // What the file says of itself runs nothing.
    conn.pragma_update(None, "trusted_schema", false)?;
    let mut statement = conn.prepare("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")?;
    let tables = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    drop(statement);
    // One moment for everything that is read, also while the product still runs.
    conn.execute_batch("BEGIN")?;
    Ok((conn, tables))
}

/// Quoted for SQLite.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A copy of one of our own databases as it is at this moment, also while a server works on it. Nothing is
/// written but the copy.
pub fn copy_database(from: &Path, to: &Path) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| StoreError::Backend(format!("{}: {error}", from.display()));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(from, flags).map_err(failed)?;
    conn.busy_timeout(std::time::Duration::from_secs(5)).map_err(failed)?;
    conn.execute("VACUUM INTO $1", [to.to_string_lossy()]).map(|_| ()).map_err(failed)
}

/// Makes or changes a file as some other product would. For tests.
#[cfg(feature = "fixtures")]
pub fn write_foreign(path: &Path, sql: &str) -> Result<(), StoreError> {
    Ok(Connection::open(path)?.execute_batch(sql)?)
}

/// What SQLite left beside the file and needs to read it: without it, the newest changes are missing, or half of
/// one is there.
fn unfinished(path: &Path) -> Option<String> {
    ["-wal", "-journal"].into_iter().find_map(|ending| {
        let mut beside = path.as_os_str().to_owned();
        beside.push(ending);
        let there = std::fs::metadata(PathBuf::from(&beside)).is_ok_and(|meta| meta.len() > 0);
        there.then(|| beside.to_string_lossy().into_owned())
    })
}

fn escaped(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

fn snake_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for (at, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && at > 0 {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

fn plural(name: &str) -> String {
    format!("{name}s")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &tempfile::TempDir, sql: &str) -> PathBuf {
        let path = folder.path().join("foreign.db");
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        path
    }

    #[test]
    fn rows_are_read_by_the_names_of_the_product_whatever_the_file_calls_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(
            &folder,
            "CREATE TABLE my_keys (id TEXT, hashed TEXT, user_id INTEGER, on_ INTEGER);
             INSERT INTO my_keys VALUES ('a', 'x', 7, 1), ('b', NULL, NULL, 0);",
        );
        let mut names = ForeignNames::default();
        names.renamed.insert("apikey".into(), "my_keys".into());
        names.renamed.insert("apikey.key".into(), "hashed".into());
        let foreign = Foreign::open(&path, names).unwrap();
        let rows = foreign.rows("apikey").unwrap();
        assert_eq!((rows[0].text("key"), rows[0].int("userId")), (Some("x".into()), Some(7)));
        assert_eq!((rows[1].text("key"), rows[1].has_column("key")), (None, true));
        assert!(foreign.rows("absent").unwrap().is_empty() && !foreign.has("absent"));
    }

    #[test]
    fn nothing_can_be_written_and_what_is_no_database_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder, "CREATE TABLE t (a)");
        let foreign = Foreign::open(&path, ForeignNames::default()).unwrap();
        assert!(foreign.conn.lock().execute("INSERT INTO t VALUES (1)", []).is_err());
        let junk = folder.path().join("junk");
        std::fs::write(&junk, "no database at all, but long enough to look like one".repeat(40)).unwrap();
        assert!(Foreign::open(&junk, ForeignNames::default()).is_err());
        assert!(Foreign::open(&folder.path().join("absent"), ForeignNames::default()).is_err());
    }

    #[test]
    fn a_table_is_read_part_by_part_each_row_once_whatever_its_columns_are_called() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(
            &folder,
            "CREATE TABLE \"odd \"\" name\" (rowid TEXT, todo_id BIGINT, label VARCHAR(9));
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
               INSERT INTO \"odd \"\" name\" SELECT 'r' || i, i, 'l' FROM n;
             CREATE VIEW seen AS SELECT 1 AS id; CREATE TABLE users (id);",
        );
        let foreign = Foreign::open(&path, ForeignNames::default()).unwrap();
        let table = foreign.data_table("odd \" name").unwrap();
        let (mut behind, mut seen) = (i64::MIN, Vec::new());
        loop {
            let part = foreign.part(&table, behind).unwrap();
            let Some((last, _)) = part.last() else { break };
            behind = *last;
            seen.extend(part.iter().map(|(_, row)| row.int("todoId").unwrap()));
        }
        assert_eq!(seen, (1..=1200).collect::<Vec<i64>>());
        assert_eq!((foreign.count(&table).unwrap(), table.column("todoId")), (1200, Some("todo_id")));
        assert!(foreign.declares_text(&table, "label") && !foreign.declares_text(&table, "todo_id"));
        assert!(foreign.data_table("seen").is_none(), "a view");
        // Its plural is another table.
        assert!(foreign.data_table("user").is_none() && foreign.has("user"));
        let users = foreign.data_table("users").unwrap();
        assert!(foreign.is_product_table(&users, "users") && !foreign.is_product_table(&table, "users"));
    }

    #[test]
    fn a_file_that_was_cut_off_is_not_sound() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder, "CREATE TABLE t (a); INSERT INTO t VALUES (randomblob(40000));");
        assert!(Foreign::open(&path, ForeignNames::default()).unwrap().sound().is_ok());
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 8192]).unwrap();
        let opened = Foreign::open(&path, ForeignNames::default());
        assert!(opened.is_err() || opened.is_ok_and(|foreign| foreign.sound().is_err()));
    }

    #[test]
    fn what_is_still_in_the_log_beside_a_file_is_read_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder, "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1);");
        let writer = Connection::open(&path).unwrap();
        writer.execute_batch("PRAGMA wal_autocheckpoint = 0; INSERT INTO t VALUES (2);").unwrap();
        assert!(unfinished(&path).is_some_and(|name| name.ends_with("-wal")));
        assert_eq!(Foreign::open(&path, ForeignNames::default()).unwrap().rows("t").unwrap().len(), 2);
        let copy = folder.path().join("copy.db");
        copy_database(&path, &copy).unwrap();
        assert_eq!(Foreign::open(&copy, ForeignNames::default()).unwrap().rows("t").unwrap().len(), 2);
    }
}
