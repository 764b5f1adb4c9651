//! The run itself: set the scene, take rounds in turn, keep medians.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Instant,
};

use super::{
    Programs, SERVER_CORE, Size,
    load::{self, Aim, Sample},
    machine,
    partners::{self, Bare},
    questions::Questions,
    rivals::{Pair, Rivals},
    scene::{self, Scene},
    zipf::Zipf,
};
use crate::{
    Outcome,
    cases::Cases,
    http::Client,
    server::{self, ROOT_KEY, Server},
};

/// In every good answer to a verification.
const VALID: &str = "\"valid\":true";

/// All figures of a run.
#[derive(Default)]
pub struct Figures {
    pub machine: String,
    pub date: String,
    pub answer_bytes: usize,
    pub keys_small: usize,
    pub keys_large: usize,
    pub rows: usize,
    pub bare: Series,
    pub plain: Series,
    pub rate: Series,
    pub large: Series,
    pub list: Series,
    /// All callers on one key, and on many.
    pub quota: Series,
    pub quota_many: Series,
    /// Raw group commits per second, by round.
    pub commits: Vec<f64>,
    pub decide_small: Decide,
    pub decide_large: Decide,
    pub start: Start,
    /// The real products, beside what Keyward says in their dialect.
    pub pairs: Vec<Pair>,
}

/// One row's samples, round by round, and its latencies at half load.
#[derive(Default)]
pub struct Series {
    pub rounds: Vec<Sample>,
    pub p50_us: Vec<f64>,
    pub p99_us: Vec<f64>,
}

impl Series {
    /// Throughput and CPU, then latency at half of that load.
    pub fn take(&mut self, aim: &mut Aim<'_>, size: &Size, arrivals: &mut Cases) -> Outcome<()> {
        let sample = load::closed(aim, size.round)?;
        let taken = load::open(aim, sample.per_s / 2.0, size.latency_round, arrivals)?;
        self.rounds.push(sample);
        self.p50_us.push(part(&taken, 0.50));
        self.p99_us.push(part(&taken, 0.99));
        Ok(())
    }

    pub fn per_s(&self) -> f64 {
        median(&self.rounds.iter().map(|s| s.per_s).collect::<Vec<_>>())
    }

    pub fn cpu_us(&self) -> f64 {
        median(&self.rounds.iter().map(|s| s.cpu_us).collect::<Vec<_>>())
    }
}

#[derive(Default)]
pub struct Decide {
    pub digest_and_look_up_ns: f64,
    pub decision_ns: f64,
}

#[derive(Default)]
pub struct Start {
    pub empty_ms: f64,
    pub large_ms: f64,
    pub empty_bytes: f64,
    pub large_bytes: f64,
}

pub fn run(programs: &Programs, size: &Size, rivals: bool) -> Outcome<Figures> {
    let mut cases = Cases::new(7420);
    let mut figures = Figures {
        machine: machine::describe(),
        date: machine::today(),
        keys_small: size.keys_small,
        keys_large: size.keys_large,
        rows: size.rows,
        ..Figures::default()
    };
    let small_folder = server::fresh_folder("bench-small")?;
    let large_folder = server::fresh_folder("bench-large")?;
    let commits_folder = server::fresh_folder("bench-commits")?;

    let rivals = rivals.then(Rivals::install);
    say("seeding");
    let small = Server::start(&programs.keyward, &small_folder, Some(SERVER_CORE))?;
    let scene = scene::build(&small, size.keys_small, size.rows)?;
    let secrets = seed(programs, &large_folder, size.keys_large)?;
    say("start and memory");
    let (large, start) = starts(programs, &large_folder, size.starts)?;
    figures.start = start;
    figures.answer_bytes = answer_bytes(small.addr, &scene)?;
    let bare = Bare::start(&programs.bare, figures.answer_bytes)?;

    let stage = Stage {
        programs,
        size,
        commits_folder: &commits_folder,
        bare: (bare.addr, bare.pid()),
        small: (small.addr, small.pid()),
        large: (large.addr, large.pid()),
        secrets: &secrets,
        scene: &scene,
        zipf_small: Zipf::new(size.keys_small, &mut cases),
        zipf_large: Zipf::new(secrets.len(), &mut cases),
    };
    for round in 1..=size.rounds {
        say(&format!("round {round} of {}", size.rounds));
        stage.round(&mut figures, &mut cases)?;
    }
    drop((small, large, bare));
    figures.pairs = match rivals {
        Some(rivals) => rivals.measure(&programs.keyward, size, &mut cases),
        None => Vec::new(),
    };
    say("the decision alone");
    let decide_folder = server::fresh_folder("bench-decide")?;
    seed(programs, &decide_folder, size.keys_small)?;
    figures.decide_small = decide(programs, &decide_folder, size.rounds)?;
    figures.decide_large = decide(programs, &large_folder, size.rounds)?;
    for folder in [&small_folder, &large_folder, &commits_folder, &decide_folder] {
        std::fs::remove_file(secrets_file(folder)).or_else(absent)?;
        server::remove_folder(folder);
    }
    Ok(figures)
}

/// What every round needs.
struct Stage<'a> {
    programs: &'a Programs,
    size: &'a Size,
    commits_folder: &'a Path,
    bare: (SocketAddr, u32),
    small: (SocketAddr, u32),
    large: (SocketAddr, u32),
    secrets: &'a [String],
    scene: &'a Scene,
    zipf_small: Zipf,
    zipf_large: Zipf,
}

impl Stage<'_> {
    fn round(&self, to: &mut Figures, cases: &mut Cases) -> Outcome<()> {
        let scene = self.scene;
        self.full(&mut to.bare, self.bare, &scene.plain, &self.zipf_small, cases)?;
        self.full(&mut to.plain, self.small, &scene.plain, &self.zipf_small, cases)?;
        self.full(&mut to.rate, self.small, &scene.rate_limited, &self.zipf_small, cases)?;
        self.full(&mut to.large, self.large, self.secrets, &self.zipf_large, cases)?;
        self.list(&mut to.list)?;
        let one = scene.counted.get(..1).unwrap_or_default();
        self.counted(&mut to.quota, one, &Zipf::new(1, cases), cases)?;
        to.commits.push(self.commits()?);
        self.counted(&mut to.quota_many, &scene.counted, &self.zipf_small, cases)
    }

    /// Each of these calls waits for the disk; what counts is how many do so together.
    fn counted(
        &self,
        series: &mut Series,
        secrets: &[String],
        zipf: &Zipf,
        cases: &mut Cases,
    ) -> Outcome<()> {
        let mut questions = Questions::new(scene::verify_request, secrets, zipf, cases);
        let mut next = |into: &mut Vec<u8>| questions.next(into);
        let mut aim = Aim { addr: self.small.0, pid: self.small.1, next: &mut next, expect: VALID };
        series.rounds.push(load::closed(&mut aim, self.size.round)?);
        Ok(())
    }

    fn full(
        &self,
        series: &mut Series,
        (addr, pid): (SocketAddr, u32),
        secrets: &[String],
        zipf: &Zipf,
        cases: &mut Cases,
    ) -> Outcome<()> {
        let mut arrivals = Cases::new(cases.next());
        let mut questions = Questions::new(scene::verify_request, secrets, zipf, cases);
        let mut next = |into: &mut Vec<u8>| questions.next(into);
        let mut aim = Aim { addr, pid, next: &mut next, expect: VALID };
        series.take(&mut aim, self.size, &mut arrivals)
    }

    fn list(&self, series: &mut Series) -> Outcome<()> {
        let mut next = |into: &mut Vec<u8>| into.extend_from_slice(&self.scene.list);
        let mut aim = Aim { addr: self.small.0, pid: self.small.1, next: &mut next, expect: "\"meta\"" };
        series.rounds.push(load::closed(&mut aim, self.size.round)?);
        Ok(())
    }

    /// Raw group commits per second, as many callers as the load has connections.
    fn commits(&self) -> Outcome<f64> {
        let folder = self.commits_folder.display().to_string();
        let (callers, seconds) = (load::CONNECTIONS.to_string(), self.size.round.as_secs_f64().to_string());
        let line = partners::inproc(&self.programs.inproc, &["commits", &folder, &callers, &seconds])?;
        Ok(line["commits_per_s"].as_f64().ok_or("no commits_per_s")?)
    }
}

fn answer_bytes(addr: SocketAddr, scene: &Scene) -> Outcome<usize> {
    let secret = scene.plain.first().ok_or("no keys")?;
    let body = serde_json::json!({ "key": secret });
    Ok(Client::new(addr, Some(ROOT_KEY)).post("/v1/keys/verify", &body)?.body.len())
}

/// Fills a folder with keys; their secrets.
fn seed(programs: &Programs, folder: &Path, keys: usize) -> Outcome<Vec<String>> {
    let list = secrets_file(folder);
    let (folder, keys, file) = (folder.display().to_string(), keys.to_string(), list.display().to_string());
    partners::inproc(&programs.inproc, &["seed", &folder, &keys, &file])?;
    Ok(std::fs::read_to_string(&list)?.lines().map(str::to_owned).collect())
}

/// Beside the data folder: the server owns the folder.
fn secrets_file(folder: &Path) -> PathBuf {
    folder.with_extension("secrets")
}

fn absent(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// Starts on an empty and on the large folder in turn; the last large one stays.
fn starts(programs: &Programs, large: &Path, times: usize) -> Outcome<(Server, Start)> {
    let (mut empty_ms, mut large_ms) = (Vec::new(), Vec::new());
    let (mut empty_bytes, mut large_bytes) = (Vec::new(), Vec::new());
    let empty = server::fresh_folder("bench-empty")?;
    // The very first start migrates and makes the administrator: not what is measured here.
    drop(Server::start(&programs.keyward, &empty, Some(SERVER_CORE))?);
    let mut last = Server::start(&programs.keyward, large, Some(SERVER_CORE))?;
    for _ in 0..times {
        last.kill()?;
        timed(programs, &empty, &mut empty_ms, &mut empty_bytes)?;
        last = timed(programs, large, &mut large_ms, &mut large_bytes)?;
    }
    server::remove_folder(&empty);
    let start = Start {
        empty_ms: median(&empty_ms),
        large_ms: median(&large_ms),
        empty_bytes: median(&empty_bytes),
        large_bytes: median(&large_bytes),
    };
    Ok((last, start))
}

fn timed(programs: &Programs, folder: &Path, ms: &mut Vec<f64>, bytes: &mut Vec<f64>) -> Outcome<Server> {
    let started = Instant::now();
    let server = Server::start(&programs.keyward, folder, Some(SERVER_CORE))?;
    ms.push(started.elapsed().as_secs_f64() * 1e3);
    // What loading borrowed is given back by then, or it counts.
    std::thread::sleep(std::time::Duration::from_secs(1));
    bytes.push(machine::resident_bytes(server.pid())?);
    Ok(server)
}

/// On a folder as [`seed`] left it.
fn decide(programs: &Programs, folder: &Path, rounds: usize) -> Outcome<Decide> {
    let (list, folder) = (secrets_file(folder).display().to_string(), folder.display().to_string());
    let line = partners::inproc(&programs.inproc, &["decide", &folder, &list, &rounds.to_string()])?;
    let number = |name: &str| line[name].as_f64().ok_or_else(|| format!("no {name}"));
    Ok(Decide {
        digest_and_look_up_ns: number("digest_and_look_up_ns")?,
        decision_ns: number("decision_ns")?,
    })
}

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    part(&sorted, 0.5)
}

/// The value below which `share` of the sorted values lie.
fn part(sorted: &[f64], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// Progress goes beside the figures.
pub fn say(text: &str) {
    eprintln!("bench: {text}");
}
