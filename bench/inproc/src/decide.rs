//! One decision in memory, beside what no design can avoid: the digest of the secret and one look-up.
//!
//! Both run over the same secrets in the same order, in alternate rounds; the medians are compared.

use std::{
    hash::{BuildHasherDefault, Hasher},
    hint::black_box,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use domain::secret::{Digest, Digester, Secret};
use guard::{Guard, GuardOptions, VerifyCall};

use crate::{Outcome, world};

const CALLS_PER_ROUND: usize = 400_000;

/// `folder` and `secrets` as `seed` left them.
pub async fn run(folder: PathBuf, secrets: &Path, rounds: usize) -> Outcome<String> {
    let secrets: Vec<Secret> = std::fs::read_to_string(secrets)?.lines().map(Secret::new).collect();
    let store = world::open(folder)?;
    let guard = Guard::open(store, options()).await?;
    let table = table(&secrets);
    let order = order(&secrets);
    let (mut bare, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        bare.push(time_ns(&order, |secret| black_box(look_up(&table, secret)))?);
        whole.push(time_ns(&order, |secret| black_box(decide(&guard, secret)))?);
    }
    let (bare, whole) = (median(bare), median(whole));
    let line = serde_json::json!({
        "keys": secrets.len(),
        "digest_and_look_up_ns": bare,
        "decision_ns": whole,
        "beyond_ns": whole - bare,
    });
    Ok(line.to_string())
}

fn options() -> GuardOptions {
    GuardOptions {
        clock: Arc::new(world::SystemClock),
        entropy: Arc::new(world::SystemEntropy),
        digester: Digester::default(),
        root_key: None,
    }
}

fn decide(guard: &Guard, secret: &Secret) -> bool {
    guard.verify_now(&VerifyCall::new(secret)).is_some_and(|verdict| verdict.valid())
}

type Table = papaya::HashMap<Digest, u64, BuildHasherDefault<FirstBytes>>;

fn table(secrets: &[Secret]) -> Table {
    let table = Table::with_capacity_and_hasher(secrets.len(), BuildHasherDefault::default());
    let digester = Digester::default();
    for (number, secret) in (0..).zip(secrets) {
        table.pin().insert(digester.digest(secret.expose()), number);
    }
    table
}

fn look_up(table: &Table, secret: &Secret) -> bool {
    table.pin().get(&Digester::default().digest(secret.expose())).is_some()
}

/// A digest is as good as a hash: its first bytes are the hash.
#[derive(Default)]
struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    /// The length of the array, which says nothing.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Calls by Zipf's law (exponent 1), as in the rows over HTTP; busy keys are no neighbours in memory.
fn order(secrets: &[Secret]) -> Vec<&Secret> {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut ranked: Vec<&Secret> = secrets.iter().collect();
    for at in (1..ranked.len()).rev() {
        ranked.swap(at, (dice.roll() % (at as u64 + 1)) as usize);
    }
    let mut sum = 0.0;
    let upto: Vec<f64> = (1..=ranked.len())
        .map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        })
        .collect();
    let mut draw = || {
        let p = (dice.roll() >> 11) as f64 / (1u64 << 53) as f64 * sum;
        upto.partition_point(|reached| *reached < p)
    };
    (0..CALLS_PER_ROUND).filter_map(|_| ranked.get(draw()).copied()).collect()
}

/// Xorshift: the same order in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Nanoseconds of one call, when all calls succeed.
fn time_ns(order: &[&Secret], call: impl Fn(&Secret) -> bool) -> Outcome<f64> {
    let started = Instant::now();
    let good = order.iter().filter(|secret| call(secret)).count();
    let took = started.elapsed();
    if good != order.len() {
        return Err(format!("{} of {} calls were refused", order.len() - good, order.len()).into());
    }
    Ok(took.as_nanos() as f64 / order.len().max(1) as f64)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
