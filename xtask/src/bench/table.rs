//! The figures as a table for people, as JSON for machines, and as `docs/benchmarks.md`.

use serde_json::{Value, json};

use super::{
    measure::{Decide, Figures, Series, median},
    pairs,
};

/// One promise, as a number and what it must be.
struct Promise {
    name: String,
    reached: f64,
    target: f64,
    /// Reached must not be below the target; else not above it.
    at_least: bool,
    unit: &'static str,
}

impl Promise {
    fn met(&self) -> bool {
        if self.at_least { self.reached >= self.target } else { self.reached <= self.target }
    }
}

fn promises(f: &Figures) -> Vec<Promise> {
    let at_least = |name: &str, reached, target| Promise {
        name: name.to_owned(),
        reached,
        target,
        at_least: true,
        unit: "",
    };
    let at_most =
        |name: String, reached, target, unit| Promise { name, reached, target, at_least: false, unit };
    let beyond = |d: &Decide| (d.decision_ns - d.digest_and_look_up_ns) / 1e3;
    let bytes = (f.start.large_bytes - f.start.empty_bytes) / f.keys_large as f64;
    vec![
        at_least("verify, CPU, against the bare handler", cpu_ratio(&f.bare, &f.plain), 0.90),
        at_least("verify with a rate limit, CPU", cpu_ratio(&f.bare, &f.rate), 0.88),
        at_least(
            &format!("verify among {} keys, CPU", count(f.keys_large)),
            cpu_ratio(&f.bare, &f.large),
            0.85,
        ),
        at_most(
            "verify, p99 at half load, times the bare handler's".into(),
            p99_ratio(&f.bare, &f.plain),
            1.5,
            "",
        ),
        at_most(
            format!("decision beyond digest and look-up, {} keys", count(f.keys_small)),
            beyond(&f.decide_small),
            0.3,
            " µs",
        ),
        at_most(
            format!("decision beyond digest and look-up, {} keys", count(f.keys_large)),
            beyond(&f.decide_large),
            0.3,
            " µs",
        ),
        at_least(
            "exact quota, 32 callers of one key, calls/s against raw group commits/s",
            quota_ratio(f),
            0.5,
        ),
        at_most("memory per cached key".into(), bytes, 400.0, " bytes"),
        at_least("list 25 rows, CPU, against the bare handler", cpu_ratio(&f.bare, &f.list), 0.10),
    ]
}

/// Median of the ratios of neighbouring rounds: what disturbs one round disturbs both.
fn cpu_ratio(bare: &Series, row: &Series) -> f64 {
    ratios(bare.rounds.iter().map(|s| s.cpu_us), row.rounds.iter().map(|s| s.cpu_us))
}

fn p99_ratio(bare: &Series, row: &Series) -> f64 {
    ratios(row.p99_us.iter().copied(), bare.p99_us.iter().copied())
}

fn quota_ratio(f: &Figures) -> f64 {
    ratios(f.quota.rounds.iter().map(|s| s.per_s), f.commits.iter().copied())
}

pub fn ratios(above: impl Iterator<Item = f64>, below: impl Iterator<Item = f64>) -> f64 {
    median(&above.zip(below).map(|(a, b)| a / b).collect::<Vec<_>>())
}

fn rows(f: &Figures) -> Vec<(String, &Series)> {
    let (small, large) = (count(f.keys_small), count(f.keys_large));
    vec![
        ("a bare axum handler, JSON in and out".to_owned(), &f.bare),
        (format!("`POST /v1/keys/verify`, {small} keys"), &f.plain),
        (format!("… with a rate limit, {small} keys"), &f.rate),
        (format!("… plain, {large} keys"), &f.large),
        ("… with an exact quota, 32 callers of one key".to_owned(), &f.quota),
        (format!("… with an exact quota, 32 callers of {small} keys"), &f.quota_many),
        (format!("`todos:list`, 25 of {} rows, by key", count(f.rows)), &f.list),
    ]
}

pub fn as_markdown(f: &Figures) -> String {
    let mut out = String::from(
        "| | requests/s | server CPU per request | p50 / p99 at half load | of the bare handler, by CPU |\n|---|--:|--:|--:|--:|\n",
    );
    for (name, series) in rows(f) {
        let (per_s, cpu, latency) = (series.per_s(), series.cpu_us(), latency(series));
        let ratio = cpu_ratio(&f.bare, series);
        out.push_str(&format!("| {name} | {per_s:.0} | {cpu:.1} µs | {latency} | {ratio:.2} |\n"));
    }
    out.push_str(&format!(
        "| raw group commits of the same disk, 32 callers | {:.0} | | | |\n\n",
        median(&f.commits)
    ));
    out.push_str("| in the process | digest and look-up alone | whole decision |\n|---|--:|--:|\n");
    for (keys, d) in [(f.keys_small, &f.decide_small), (f.keys_large, &f.decide_large)] {
        let (alone, whole) = (d.digest_and_look_up_ns, d.decision_ns);
        out.push_str(&format!("| {} keys | {alone:.0} ns | {whole:.0} ns |\n", count(keys)));
    }
    out.push_str("\n| start | until ready | resident memory |\n|---|--:|--:|\n");
    for (keys, ms, bytes) in
        [(0, f.start.empty_ms, f.start.empty_bytes), (f.keys_large, f.start.large_ms, f.start.large_bytes)]
    {
        out.push_str(&format!(
            "| {} keys | {ms:.0} ms | {:.1} MiB |\n",
            count(keys),
            bytes / f64::from(1 << 20)
        ));
    }
    out.push_str("\n| promise | reached | target | |\n|---|--:|--:|---|\n");
    for p in promises(f) {
        let sign = if p.at_least { "≥" } else { "≤" };
        let verdict = if p.met() { "met".to_owned() } else { format!("**missed** by {}", missed(&p)) };
        let (reached, target) = (figure(p.reached), figure(p.target));
        out.push_str(&format!(
            "| {} | {reached}{} | {sign} {target}{} | {verdict} |\n",
            p.name, p.unit, p.unit
        ));
    }
    out.push_str(&pairs::as_markdown(&f.pairs));
    out
}

pub fn latency(series: &Series) -> String {
    match series.p50_us.is_empty() {
        true => "–".to_owned(),
        false => format!("{:.0} / {:.0} µs", median(&series.p50_us), median(&series.p99_us)),
    }
}

fn missed(p: &Promise) -> String {
    format!("{:.0} %", ((p.reached - p.target) / p.target).abs() * 100.0)
}

fn figure(n: f64) -> String {
    if n >= 10.0 { format!("{n:.0}") } else { format!("{n:.2}") }
}

pub fn count(n: usize) -> String {
    match n {
        0 => "no".to_owned(),
        n if n % 1_000_000 == 0 => format!("{} M", n / 1_000_000),
        n if n % 1_000 == 0 => format!("{} k", n / 1_000),
        n => n.to_string(),
    }
}

/// Round by round.
pub fn series(s: &Series) -> Value {
    json!({
        "requests_per_s": s.rounds.iter().map(|s| s.per_s).collect::<Vec<_>>(),
        "cpu_us_per_request": s.rounds.iter().map(|s| s.cpu_us).collect::<Vec<_>>(),
        "p50_us": s.p50_us,
        "p99_us": s.p99_us,
    })
}

pub fn as_json(f: &Figures) -> Value {
    let rows: Vec<Value> = rows(f)
        .into_iter()
        .map(|(name, s)| {
            let mut row = series(s);
            row["name"] = name.into();
            row["ratio_cpu"] = cpu_ratio(&f.bare, s).into();
            row
        })
        .collect();
    let decide = |d: &Decide| json!({ "digest_and_look_up_ns": d.digest_and_look_up_ns, "decision_ns": d.decision_ns });
    let promises: Vec<Value> = promises(f)
        .into_iter()
        .map(|p| json!({ "name": p.name, "reached": p.reached, "target": p.target, "at_least": p.at_least, "met": p.met() }))
        .collect();
    json!({
        "machine": f.machine,
        "date": f.date,
        "keys": { "small": f.keys_small, "large": f.keys_large },
        "rows": rows,
        "raw_group_commits_per_s": f.commits,
        "decision": { "small": decide(&f.decide_small), "large": decide(&f.decide_large) },
        "start": {
            "empty_ms": f.start.empty_ms,
            "large_ms": f.start.large_ms,
            "empty_bytes": f.start.empty_bytes,
            "large_bytes": f.start.large_bytes,
        },
        "promises": promises,
        "pairs": f.pairs.iter().map(pairs::as_json).collect::<Vec<_>>(),
    })
}

pub fn as_document(f: &Figures) -> String {
    format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench` on {}. Do not edit; run it again.\n\n\
         Machine: {}.\n\n\
         The servers run on one core, the load comes from another one over loopback, {} kept-alive connections, keys \
         drawn by Zipf's law (exponent 1). Rows take turns in rounds; the table shows medians. CPU is user and system time \
         of the server process and everything it starts. The bare handler is `axum` with nothing but JSON in and JSON out of the same sizes \
         (answer: {} bytes). Look at the ratios: absolute figures depend on the machine.\n\n{}",
        f.date,
        f.machine,
        super::load::CONNECTIONS,
        f.answer_bytes,
        as_markdown(f)
    )
}
