//! `cargo xtask bench`: one run, one table. What Keyward costs beside an empty handler, in the same minutes on
//! the same core.
//!
//! The servers run on one core, the load on the other. Rows take turns in short rounds and the table shows
//! medians, so that noise of the machine hits all of them. What counts are the ratios. The products whose dialects
//! Keyward speaks come last, one server alive at a time.

mod load;
mod machine;
mod measure;
mod pairs;
mod partners;
mod questions;
mod rivals;
mod scene;
mod table;
mod zipf;

use std::{os::unix::process::CommandExt, path::PathBuf, time::Duration};

use crate::{Outcome, sh};

/// Where the servers run, and where the load comes from.
pub const SERVER_CORE: &str = "0";
pub const LOAD_CORE: &str = "1";
/// Tells the second, pinned half of the run that everything is built.
const PINNED: &str = "KEYWARD_BENCH_PINNED";

#[derive(clap::Args)]
pub struct Args {
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
    /// Short rounds and 20 000 keys instead of a million: to see that it runs. Writes no file.
    #[arg(long)]
    quick: bool,
    /// The real better-auth and NocoBase, too, installed with npm where they are not there (minutes). A full run does
    /// that anyway.
    #[arg(long, conflicts_with = "no_rivals")]
    rivals: bool,
    /// Keyward alone.
    #[arg(long)]
    no_rivals: bool,
}

impl Args {
    fn with_rivals(&self) -> bool {
        !self.no_rivals && (self.rivals || !self.quick)
    }
}

/// How long and how large.
pub struct Size {
    pub rounds: usize,
    pub round: Duration,
    pub latency_round: Duration,
    pub keys_small: usize,
    pub keys_large: usize,
    pub rows: usize,
    pub starts: usize,
    /// How often Keyward and a rival take turns, each started anew.
    pub turns: usize,
    /// Load that is not measured, after each of these starts: a JIT compiler needs its time.
    pub warm_up: Duration,
}

impl Size {
    fn of(args: &Args) -> Self {
        let full = Self {
            rounds: 7,
            round: Duration::from_secs(3),
            latency_round: Duration::from_secs(4),
            keys_small: 1_000,
            keys_large: 1_000_000,
            rows: 100_000,
            starts: 3,
            turns: 5,
            warm_up: Duration::from_secs(4),
        };
        if !args.quick {
            return full;
        }
        let short = Duration::from_millis(500);
        Self {
            rounds: 3,
            round: short,
            latency_round: short,
            keys_large: 20_000,
            rows: 5_000,
            starts: 1,
            turns: 1,
            warm_up: Duration::from_secs(1),
            ..full
        }
    }
}

/// The three programs of a run.
pub struct Programs {
    pub keyward: PathBuf,
    pub bare: PathBuf,
    pub inproc: PathBuf,
}

pub fn run(args: &Args) -> Outcome<()> {
    if std::env::var_os(PINNED).is_none() {
        return build_and_pin(args);
    }
    let release = sh::target_dir().join("release");
    let programs = Programs {
        keyward: release.join("keyward"),
        bare: release.join("bench-bare"),
        inproc: release.join("bench-inproc"),
    };
    let figures = measure::run(&programs, &Size::of(args), args.with_rivals())?;
    if args.json {
        println!("{:#}", table::as_json(&figures));
    } else {
        println!("{}", table::as_markdown(&figures));
    }
    if !args.quick {
        std::fs::write(sh::root().join("docs/benchmarks.md"), table::as_document(&figures))?;
        eprintln!("written: docs/benchmarks.md");
    }
    Ok(())
}

/// Builds on all cores, then becomes the measuring process on its own core.
fn build_and_pin(args: &Args) -> Outcome<()> {
    if !sh::has("taskset") {
        return Err(
            "missing: taskset (Debian: util-linux); it keeps servers and load on cores of their own".into()
        );
    }
    if std::thread::available_parallelism().is_ok_and(|cores| cores.get() < 2) {
        return Err("two cores are needed: one for the server, one for the load".into());
    }
    let packages = ["-p", "keyward", "-p", "bench-bare", "-p", "bench-inproc"];
    let mut build = sh::cargo();
    build.args(["build", "--release"]).args(packages);
    build.stdout(std::process::Stdio::null());
    sh::run(&mut build)?;
    let mut again = sh::command("taskset");
    again.args(["-c", LOAD_CORE]).arg(std::env::current_exe()?).arg("bench").env(PINNED, "1");
    if args.json {
        again.arg("--json");
    }
    if args.quick {
        again.arg("--quick");
    }
    again.arg(if args.with_rivals() { "--rivals" } else { "--no-rivals" });
    // Only returns when it did not work.
    Err(again.exec().into())
}
