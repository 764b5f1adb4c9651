//! `cargo xtask …`: the errands of this repository – test, torture, bench, fuzz and the like.
//!
//! Talks to the server only as a stranger would: by starting the binary and speaking HTTP.
//! Never links a crate of the house, so that it builds in seconds and cannot share a mistake with it.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a developer's tool: it prints, measures, and reads JSON by name"
)]

mod bench;
mod cases;
mod door;
mod fuzz;
mod generated;
mod http;
mod server;
mod sh;
mod test;
mod torture;

use clap::{Parser, Subcommand};

/// Every errand answers with this; the text is for a person.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Errands of the Keyward repository")]
struct Args {
    #[command(subcommand)]
    errand: Errand,
}

#[derive(Subcommand)]
enum Errand {
    /// Everything that must be green before handing in: formatting, lints, tests, the real client, torture.
    Test(test::Args),
    /// The server under parallel load, killed with -9 again and again; then the books are compared.
    Torture(torture::Args),
    /// One run, one table: what a verification costs beside an empty handler.
    Bench(bench::Args),
    /// Check, lint and test one door only.
    Door(door::Args),
    /// Write the derived files under docs/generated anew.
    Generate(generated::Args),
    /// Run one fuzz target for a while.
    Fuzz(fuzz::Args),
}

fn main() -> std::process::ExitCode {
    let outcome = match Args::parse().errand {
        Errand::Test(args) => test::run(&args),
        Errand::Torture(args) => torture::run(&args),
        Errand::Bench(args) => bench::run(&args),
        Errand::Door(args) => door::run(&args),
        Errand::Generate(args) => generated::run(&args),
        Errand::Fuzz(args) => fuzz::run(&args),
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            let text = error.to_string();
            if !text.is_empty() {
                eprintln!("error: {text}");
            }
            std::process::ExitCode::FAILURE
        }
    }
}
