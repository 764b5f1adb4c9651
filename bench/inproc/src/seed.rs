//! Fills a data folder with ordinary keys, as the server itself would have written them.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use domain::audit::Actor;

use crate::{Outcome, world};

const BATCH: usize = 2_000;

pub async fn run(folder: PathBuf, keys: usize, secrets: &Path) -> Outcome<String> {
    let store = world::open(folder)?;
    let mut file = BufWriter::new(File::create(secrets)?);
    for first in (0..keys).step_by(BATCH) {
        let mut batch = Vec::with_capacity(BATCH);
        for number in first..keys.min(first + BATCH) {
            let (new, secret) = world::new_key(number);
            writeln!(file, "{}", secret.expose())?;
            batch.push(new);
        }
        store.insert_keys(&Actor::default(), batch).await?;
    }
    file.flush()?;
    store.close();
    Ok(serde_json::json!({ "keys": keys }).to_string())
}
