//! What only the open database can tell: whether it is whole, whether the ledgers add up, whether somebody can
//! administer it. A database in use by a running server is left alone.

use std::sync::Arc;

use domain::secret::Digester;
use keys::{Keys, KeysOptions};
use store::{Options, Place, Store, StoreError};

use super::super::doctor::Finding;
use crate::{
    config::Config,
    house::DATABASE_FILE,
    system::{SystemClock, SystemEntropy},
};

pub async fn examine(config: &Config) -> Vec<Finding> {
    let data = &config.server.data;
    if !data.join(DATABASE_FILE).exists() {
        return vec![Finding::ok("database", "none yet; the first start makes it")];
    }
    let options = Options {
        place: Place::Folder(data.clone()),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    };
    match Store::open(options) {
        Ok(store) => {
            let findings = vec![integrity(&store).await, administrator(&store).await];
            store.close();
            findings
        }
        Err(error) => vec![not_opened(&error)],
    }
}

fn not_opened(error: &StoreError) -> Finding {
    match error {
        StoreError::Locked(_) => Finding::warn(
            "database",
            "in use by a running server, so it was not examined",
            "stop the server for a full examination",
        ),
        StoreError::Newer { .. } => {
            Finding::fail("database", error.to_string(), "use the newer keyward that wrote it")
        }
        other => Finding::fail(
            "database",
            format!("cannot be opened: {other}"),
            "restore the folder from a backup",
        ),
    }
}

async fn integrity(store: &Store) -> Finding {
    match store.integrity().await {
        Ok(found) if found.problems.is_empty() => {
            Finding::ok("database", format!("whole; {} keys, {} ledgers add up", found.keys, found.ledgers))
        }
        Ok(found) => Finding::fail(
            "database",
            format!("{} problems: {}", found.problems.len(), found.problems.join("; ")),
            "stop the server, keep a copy of the folder, restore the last good backup",
        ),
        Err(error) => {
            Finding::fail("database", format!("could not be examined: {error}"), "look at the disk")
        }
    }
}

async fn administrator(store: &Store) -> Finding {
    let options = KeysOptions::new(Arc::new(SystemClock), Arc::new(SystemEntropy), Digester::default());
    match Keys::new(store.clone(), options).has_administrator().await {
        Ok(true) => Finding::ok("administrator", "there is one"),
        Ok(false) => Finding::warn(
            "administrator",
            "nobody can sign in to administer this server",
            "keyward users create --root --email you@example.com",
        ),
        Err(error) => Finding::fail("administrator", error.to_string(), "look at the database first"),
    }
}
