//! The raw group commit: the smallest durable write of the store, by many callers at once.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use crate::{Outcome, world};

pub async fn run(folder: PathBuf, callers: usize, seconds: f64) -> Outcome<String> {
    let store = world::open(folder)?;
    let done = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let end = started + Duration::from_secs_f64(seconds);
    let mut tasks = Vec::new();
    for _ in 0..callers {
        let (store, done) = (store.clone(), done.clone());
        tasks.push(tokio::spawn(async move {
            while Instant::now() < end {
                store.ping_commit().await?;
                done.fetch_add(1, Relaxed);
            }
            Ok::<_, store::StoreError>(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    let per_s = done.load(Relaxed) as f64 / started.elapsed().as_secs_f64();
    store.close();
    Ok(serde_json::json!({ "callers": callers, "commits_per_s": per_s }).to_string())
}
