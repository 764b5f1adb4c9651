//! `cargo xtask fuzz NAME`: one libFuzzer target for some seconds, on the stable toolchain.
//!
//! The coverage flags are unstable, so `RUSTC_BOOTSTRAP=1` is set for this build only; `cargo-fuzz` is not
//! needed. Findings land in `fuzz/artifacts/NAME`.

use crate::{Outcome, sh};

/// What `cargo fuzz` passes as well, the sanitizer included.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Zsanitizer=address \
     -Cdebug-assertions -Coverflow-checks";

#[derive(clap::Args)]
pub struct Args {
    /// Target: a file of `fuzz/targets` without its ending.
    name: String,
    /// How long to search.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

pub fn run(args: &Args) -> Outcome<()> {
    let known = targets()?;
    if !known.contains(&args.name) {
        return Err(format!("no target `{}`; there are: {}", args.name, known.join(", ")).into());
    }
    let fuzz = sh::root().join("fuzz");
    let host = host()?;
    let mut build = sh::cargo();
    build.current_dir(&fuzz).env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", FLAGS);
    build.args(["build", "--release", "--target", &host, "--bin", &args.name]);
    build.env("CARGO_TARGET_DIR", fuzz.join("target"));
    sh::run(&mut build)?;

    let found = fuzz.join("artifacts").join(&args.name);
    let learned = fuzz.join("target/corpus").join(&args.name);
    std::fs::create_dir_all(&found)?;
    std::fs::create_dir_all(&learned)?;
    let binary = fuzz.join("target").join(&host).join("release").join(&args.name);
    let mut search = sh::command(&binary.to_string_lossy());
    search.arg(format!("-max_total_time={}", args.seconds));
    search.arg(format!("-artifact_prefix={}/", found.display()));
    search.arg("-timeout=5");
    search.arg(learned).arg(fuzz.join("corpus").join(&args.name));
    sh::run(&mut search)
}

fn targets() -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(sh::root().join("fuzz/targets"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "rs") {
            names.push(path.file_stem().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn host() -> Outcome<String> {
    let text = sh::output(sh::command("rustc").arg("-vV"))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc -vV names no host")?.to_owned())
}
