//! Numbered migrations, applied at every start, all that are missing in one transaction: cut off in the middle, none
//! has happened. A database that is ahead of this server is left alone: guessing at its meaning could undo a
//! restriction.

use refinery::{Migration, Runner};
use rusqlite::Connection;

use crate::StoreError;

const SQLITE: &[(&str, &str)] = &[
    ("V1__the_first_schema", include_str!("../../migrations/sqlite/V1__the_first_schema.sql")),
    (
        "V2__people_as_links_show_them",
        include_str!("../../migrations/sqlite/V2__people_as_links_show_them.sql"),
    ),
    ("V3__keys_by_their_end", include_str!("../../migrations/sqlite/V3__keys_by_their_end.sql")),
    ("V4__values_the_server_makes", include_str!("../../migrations/sqlite/V4__values_the_server_makes.sql")),
    (
        "V5__what_an_import_called_it",
        include_str!("../../migrations/sqlite/V5__what_an_import_called_it.sql"),
    ),
    (
        "V6__links_for_lost_passwords",
        include_str!("../../migrations/sqlite/V6__links_for_lost_passwords.sql"),
    ),
];

/// Brings the database to this server's version.
pub(crate) fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    let migrations = SQLITE
        .iter()
        .map(|(name, sql)| Migration::unapplied(name, sql))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    let known = migrations.iter().map(|m| m.version() as u32).max().unwrap_or(0);
    let found = version(conn)?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    // Otherwise a migration and the note that it was applied are two transactions, and a crash between them leaves a
    // database that cannot be opened.
    Runner::new(&migrations).set_grouped(true).run(conn).map_err(failed)?;
    Ok(())
}

/// The highest migration that was applied; 0 for an empty database.
pub(crate) fn version(conn: &Connection) -> Result<u32, StoreError> {
    let there: bool = conn.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'refinery_schema_history')",
        [],
        |row| row.get(0),
    )?;
    if !there {
        return Ok(0);
    }
    let found: Option<u32> =
        conn.query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0))?;
    Ok(found.unwrap_or(0))
}

fn failed(error: refinery::Error) -> StoreError {
    StoreError::Backend(format!("the database cannot be migrated: {error}"))
}
