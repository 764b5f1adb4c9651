//! The measurements of `cargo xtask bench` that need to be inside the process: seeding a million keys, the
//! bare decision, the bare group commit. Prints one line of JSON.
//!
//! It goes around the services and doors on purpose and must never be used on data somebody needs.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measuring tool: it prints, reads clocks and is handed no entropy"
)]

mod commits;
mod decide;
mod seed;
mod world;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Fill a data folder with keys; their secrets go to a file, one a line.
    Seed { folder: PathBuf, keys: usize, secrets: PathBuf },
    /// The decision in memory, beside digest and look-up alone.
    Decide { folder: PathBuf, secrets: PathBuf, rounds: usize },
    /// The smallest durable write, by many callers at once.
    Commits { folder: PathBuf, callers: usize, seconds: f64 },
}

fn main() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let line = runtime.block_on(async {
        match Args::parse().what {
            What::Seed { folder, keys, secrets } => seed::run(folder, keys, &secrets).await,
            What::Decide { folder, secrets, rounds } => decide::run(folder, &secrets, rounds).await,
            What::Commits { folder, callers, seconds } => commits::run(folder, callers, seconds).await,
        }
    })?;
    println!("{line}");
    Ok(())
}
