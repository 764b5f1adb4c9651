//! What every statement needs: parameters out of sea-query values, columns into domain types.
//! What is true of SQLite only is in `sqlite`.

pub(crate) mod schema;
pub(crate) mod sqlite;

use domain::{Millis, secret::Digest};
use rusqlite::{
    CachedStatement, Connection, Row, ToSql, params_from_iter,
    types::{FromSql, ToSqlOutput, Value as SqlValue, ValueRef},
};
use sea_query::{SqliteQueryBuilder, Value, Values};
use uuid::Uuid;

use crate::StoreError;

/// Text and values of one statement built by sea-query.
pub(crate) struct Built {
    pub sql: String,
    pub values: Vec<Value>,
}

impl Built {
    pub fn of<S: sea_query::QueryStatementWriter>(statement: &S) -> Self {
        let (sql, Values(values)) = statement.build(SqliteQueryBuilder);
        Self { sql, values }
    }

    pub fn execute(&self, conn: &Connection) -> rusqlite::Result<usize> {
        conn.prepare_cached(&self.sql)?.execute(self.params())
    }

    /// Calls `each` for every row.
    pub fn for_each(
        &self,
        conn: &Connection,
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut statement = conn.prepare_cached(&self.sql)?;
        let mut rows = statement.query(self.params())?;
        while let Some(row) = rows.next()? {
            each(row)?;
        }
        Ok(())
    }

    /// The one number of a `count(*)`.
    pub fn count(&self, conn: &Connection) -> Result<u64, StoreError> {
        let n: i64 = conn.prepare_cached(&self.sql)?.query_row(self.params(), |row| row.get(0))?;
        Ok(n.max(0) as u64)
    }

    fn params(&self) -> impl rusqlite::Params {
        params_from_iter(self.values.iter().map(Param))
    }
}

/// A sea-query value as a parameter. Only the kinds this crate builds with have a meaning.
struct Param<'a>(&'a Value);

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let int = |n: Option<i64>| ToSqlOutput::Owned(n.map_or(SqlValue::Null, SqlValue::Integer));
        Ok(match self.0 {
            Value::Bool(b) => int(b.map(i64::from)),
            Value::Int(n) => int(n.map(i64::from)),
            Value::Unsigned(n) => int(n.map(i64::from)),
            Value::BigInt(n) => int(*n),
            Value::BigUnsigned(n) => int(n.map(|n| i64::try_from(n).unwrap_or(i64::MAX))),
            Value::Double(x) => ToSqlOutput::Owned(x.map_or(SqlValue::Null, SqlValue::Real)),
            Value::String(text) => borrowed(text.as_deref().map(|t| ValueRef::Text(t.as_bytes()))),
            Value::Bytes(bytes) => borrowed(bytes.as_deref().map(ValueRef::Blob)),
            other => return Err(rusqlite::Error::ToSqlConversionFailure(format!("{other:?}").into())),
        })
    }
}

fn borrowed(value: Option<ValueRef<'_>>) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(value.unwrap_or(ValueRef::Null))
}

/// Reads the columns of a row from left to right, so that a list of columns is written down once.
pub(crate) struct Columns<'r> {
    row: &'r Row<'r>,
    at: usize,
}

impl<'r> Columns<'r> {
    pub fn of(row: &'r Row<'r>) -> Self {
        Self { row, at: 0 }
    }

    pub fn take<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        let value = self.row.get(self.at);
        self.at += 1;
        value
    }

    pub fn skip(&mut self, columns: usize) {
        self.at += columns;
    }

    pub fn next_is_null(&self) -> rusqlite::Result<bool> {
        Ok(self.row.get_ref(self.at)? == ValueRef::Null)
    }

    pub fn uuid(&mut self) -> rusqlite::Result<Uuid> {
        self.take::<[u8; 16]>().map(Uuid::from_bytes)
    }

    pub fn maybe_uuid(&mut self) -> rusqlite::Result<Option<Uuid>> {
        Ok(self.take::<Option<[u8; 16]>>()?.map(Uuid::from_bytes))
    }

    pub fn millis(&mut self) -> rusqlite::Result<Millis> {
        self.take().map(Millis)
    }

    pub fn maybe_millis(&mut self) -> rusqlite::Result<Option<Millis>> {
        Ok(self.take::<Option<i64>>()?.map(Millis))
    }

    pub fn digest(&mut self) -> rusqlite::Result<Digest> {
        self.take().map(Digest)
    }
}

/// The rows of a fixed statement.
pub(crate) fn rows<T>(
    conn: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    mut each: impl FnMut(&mut Columns<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = fixed(conn, sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(each(&mut Columns::of(row))?);
    }
    Ok(found)
}

/// The first row of a fixed statement.
pub(crate) fn first<T>(
    conn: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    each: impl FnOnce(&mut Columns<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = fixed(conn, sql)?;
    let mut rows = statement.query(params)?;
    match rows.next()? {
        Some(row) => each(&mut Columns::of(row)).map(Some),
        None => Ok(None),
    }
}

pub(crate) fn execute(
    conn: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<usize, StoreError> {
    Ok(fixed(conn, sql)?.execute(params)?)
}

/// To SQLite `$2` is a name, numbered where it first appears; to PostgreSQL it is the second parameter. Both mean the same
/// as long as the names first appear in their order, which every test run looks at.
fn fixed<'c>(conn: &'c Connection, sql: &str) -> Result<CachedStatement<'c>, StoreError> {
    let statement = conn.prepare_cached(sql)?;
    let in_order = |at| statement.parameter_name(at).is_none_or(|name| name == format!("${at}"));
    debug_assert!((1..=statement.parameter_count()).all(in_order), "parameters out of order in {sql}");
    Ok(statement)
}

/// What cannot be read back: written by somebody else, or damaged.
pub(crate) fn damaged(what: &str) -> StoreError {
    StoreError::Backend(format!("the database holds a {what} this server cannot read"))
}

pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Backend(e.to_string()))
}

pub(crate) fn from_json<T: serde::de::DeserializeOwned>(text: &str, what: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| damaged(what))
}

/// `%text%`, with the letters that mean something to `LIKE` escaped by `\`.
pub(crate) fn like_contains(text: &str) -> String {
    format!("%{}%", like_escape(text))
}

pub(crate) fn like_escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}
