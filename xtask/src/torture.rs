//! `cargo xtask torture quota|keys`: the server under parallel load, killed with -9 at random, again and again.
//!
//! What clients were told is kept here, in a process that is not killed, and compared with what the server
//! remembers after each start. Chance comes from a printed seed; timing, of course, does not.

mod arena;
mod keys;
mod quota;
mod report;

use std::{fmt, path::Path};

use crate::{
    Outcome,
    cases::Cases,
    server::{self, Server},
    sh,
};

pub use quota::text;
pub use report::Report;

#[derive(clap::Args)]
pub struct Args {
    #[arg(value_enum)]
    what: What,
    /// How often the server is killed.
    #[arg(long, default_value_t = 50)]
    kills: u32,
    /// Repeat the choices of an earlier run.
    #[arg(long)]
    seed: Option<u64>,
    /// Callers at the same time.
    #[arg(long, default_value_t = 16)]
    callers: u32,
    /// Use this binary instead of building the release one.
    #[arg(long)]
    binary: Option<std::path::PathBuf>,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Not one grant too many, no acknowledged grant forgotten.
    Quota,
    /// No acknowledged change of a key lost, nothing half-written, revoked stays revoked.
    Keys,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quota => "quota",
            Self::Keys => "keys",
        })
    }
}

/// What one run is made of.
pub struct Plan {
    pub kills: u32,
    pub callers: u32,
    pub seed: u64,
}

pub fn run(args: &Args) -> Outcome<()> {
    let binary = match &args.binary {
        Some(path) => path.canonicalize()?,
        None => {
            sh::run(sh::cargo().args(["build", "--release", "-p", "keyward"]))?;
            sh::target_dir().join("release/keyward")
        }
    };
    let seed = args.seed.unwrap_or_else(Cases::fresh_seed);
    torture(args.what, &Plan { kills: args.kills, callers: args.callers, seed }, &binary)
}

/// A short run on a binary that is there already, for `cargo xtask test`.
pub fn short(what: What, kills: u32, binary: &Path) -> Outcome<()> {
    torture(what, &Plan { kills, callers: 16, seed: Cases::fresh_seed() }, binary)
}

fn torture(what: What, plan: &Plan, binary: &Path) -> Outcome<()> {
    println!(
        "torture {what}: {} kills, {} callers; repeat the choices with --seed {}",
        plan.kills, plan.callers, plan.seed
    );
    let folder = server::fresh_folder(&format!("torture-{what}"))?;
    let server = Server::start(binary, &folder, None)?;
    let outcome = match what {
        What::Quota => quota::run(plan, server),
        What::Keys => keys::run(plan, server),
    };
    let verdict = outcome.and_then(|report| report.finish());
    match &verdict {
        Ok(()) => server::remove_folder(&folder),
        Err(_) => println!("the data folder is kept: {}", folder.display()),
    }
    verdict
}
