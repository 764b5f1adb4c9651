//! What is true of SQLite only: how a connection is set up, how its errors read, how text is folded.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig, functions::FunctionFlags};

use crate::StoreError;

/// Statements kept prepared per connection.
const STATEMENTS_CACHED: usize = 512;
/// How long a connection waits for another one's lock, in milliseconds. Only backups by hand cause one.
const BUSY_TIMEOUT_MS: u64 = 5_000;
/// Page cache of the writer and of each reader, in KiB.
const CACHE_KIB: i64 = 16 * 1_024;
/// Pages the log grows to before it is folded into the database (16 MiB): rarely, because writers wait for it.
const LOG_PAGES: i64 = 4_096;

/// The one connection that writes. A commit is on disk when it returns.
pub(crate) fn open_writer(path: Option<&Path>) -> Result<Connection, StoreError> {
    let conn = match path {
        Some(path) => Connection::open(path)?,
        None => Connection::open_in_memory()?,
    };
    conn.busy_timeout(std::time::Duration::from_millis(BUSY_TIMEOUT_MS))?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    set_up(&conn)?;
    Ok(conn)
}

pub(crate) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(std::time::Duration::from_millis(BUSY_TIMEOUT_MS))?;
    set_up(&conn)?;
    Ok(conn)
}

fn set_up(conn: &Connection) -> Result<(), StoreError> {
    conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    // A column that is not there must be an error, never a text in double quotes.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    // Otherwise SQLite plans a prepared statement anew whenever a value of a LIMIT or an equation changes.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    // SQLite itself folds only ASCII.
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    conn.create_scalar_function("kw_fold", 1, flags, |ctx| {
        Ok(ctx.get::<Option<String>>(0)?.map(|text| text.to_lowercase()))
    })?;
    Ok(())
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if let rusqlite::Error::SqlInputError { msg, .. } = &error {
            return missing(msg).unwrap_or_else(|| Self::Backend(error.to_string()));
        }
        let rusqlite::Error::SqliteFailure(failure, message) = &error else {
            return match error {
                rusqlite::Error::QueryReturnedNoRows => Self::NotFound,
                other => Self::Backend(other.to_string()),
            };
        };
        let message = message.as_deref().unwrap_or_default();
        match failure.code {
            ErrorCode::DiskFull => Self::Full,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::ConstraintViolation => violated(message),
            _ => missing(message).unwrap_or_else(|| Self::Backend(error.to_string())),
        }
    }
}

/// A table or field of a client that was dropped while the call was on its way: `no such table: t7`.
fn missing(message: &str) -> Option<StoreError> {
    let name = ["no such table: ", "no such column: "]
        .into_iter()
        .find_map(|start| message.strip_prefix(start))
        .or_else(|| message.split_once(" has no column named ").map(|(_, name)| name))?;
    let name = name.split(' ').next().unwrap_or(name).trim_matches('"');
    let number = name.strip_prefix(['t', 'f'])?;
    let ours = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    ours.then_some(StoreError::NotFound)
}

/// The constraint by name: `UNIQUE constraint failed: users.email`, or `… failed: index 'users_email'`.
fn violated(message: &str) -> StoreError {
    if let Some(what) = message.strip_prefix("UNIQUE constraint failed: ") {
        let last = what.rsplit(", ").next().unwrap_or(what);
        let name = match last.strip_prefix("index '") {
            Some(index) => index.trim_end_matches('\'').split_once('_').map_or(index, |(_, column)| column),
            None => last.split_once('.').map_or(last, |(_, column)| column),
        };
        return StoreError::Conflict(name.trim_end_matches('\'').to_owned());
    }
    if let Some(what) = message.strip_prefix("NOT NULL constraint failed: ") {
        return StoreError::Required(what.split_once('.').map_or(what, |(_, column)| column).to_owned());
    }
    // Whatever the change refers to is not there.
    if message.starts_with("FOREIGN KEY") {
        StoreError::NotFound
    } else {
        StoreError::Backend(message.to_owned())
    }
}
