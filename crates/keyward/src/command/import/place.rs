//! Where an import works: in the data folder itself or, for a dry run, in a copy of it that is thrown away. So a dry
//! run does what the run would do, says the same, and may run beside a server.

use std::{
    fs::{File, TryLockError},
    path::Path,
};

use domain::secret::Secret;
use tempfile::TempDir;

use crate::{config::Config, error::Failure, house::DATABASE_FILE, key_files};

const LOCK_FILE: &str = "keyward.lock";

/// Leads `config` to a copy. The copy is gone with the answer.
pub fn copied(config: &mut Config) -> Result<TempDir, Failure> {
    let failed =
        |e: &dyn std::fmt::Display| Failure::new(format!("the dry run cannot have a copy to work on: {e}"));
    let scratch = tempfile::tempdir().map_err(|e| failed(&e))?;
    let own = config.server.data.join(DATABASE_FILE);
    if own.exists() {
        store::copy_database(&own, &scratch.path().join(DATABASE_FILE)).map_err(|e| failed(&e))?;
    }
    // Keys are read where they are, never copied.
    let app_key = config.server.data.join(key_files::APP_KEY_FILE);
    if config.secrets.app_key.is_none() && app_key.exists() {
        let text = std::fs::read_to_string(&app_key).map_err(|e| failed(&e))?;
        config.secrets.app_key = Some(Secret::new(text.trim().to_owned()));
    }
    let master_key = config.server.data.join(key_files::MASTER_KEY_FILE);
    if config.secrets.master_key_file.is_none() && master_key.exists() {
        config.secrets.master_key_file = Some(master_key);
    }
    config.server.data = scratch.path().to_path_buf();
    Ok(scratch)
}

/// A server keeps keys in memory: what is written behind its back would not count, and could be undone.
pub fn no_server_runs(data: &Path) -> Result<(), Failure> {
    let Ok(lock) = File::open(data.join(LOCK_FILE)) else { return Ok(()) };
    match lock.try_lock() {
        Err(TryLockError::WouldBlock) => {
            let message =
                format!("a keyward runs on the data folder {}; nothing was imported", data.display());
            Err(Failure::new(message).help(
                "stop it, import, and start it again; without --apply an import may run beside it and says what would \
                 happen",
            ))
        }
        _ => Ok(()),
    }
}
