//! Keyward beside the products whose dialects it speaks: the same requests, over as many connections, for as long, in
//! the same run, one server alive at a time. What cannot be installed or fails is said, and the run goes on.

mod install;
mod products;
mod server;

use std::{net::SocketAddr, path::Path};

use super::{
    SERVER_CORE, Size,
    load::{self, Aim},
    measure::{Series, say},
    questions::Questions,
    zipf::Zipf,
};
use crate::{
    Outcome,
    cases::Cases,
    server::{Server, fresh_folder, remove_folder},
    sh,
};
use products::{PRODUCTS, Product};
use server::RivalServer;

/// A rival and Keyward, asked the same.
pub struct Pair {
    pub name: &'static str,
    /// Of what was measured, and of Node.
    pub versions: Vec<String>,
    pub their_call: &'static str,
    pub our_call: &'static str,
    /// What is the same on both sides, and what is not.
    pub terms: &'static str,
    /// Or why there are no figures.
    pub figures: Result<Both, String>,
}

#[derive(Default)]
pub struct Both {
    pub ours: Series,
    pub theirs: Series,
}

/// The products, and why one is not there.
pub struct Rivals(Vec<(&'static Product, Result<(), String>)>);

impl Rivals {
    pub fn install() -> Self {
        let install = |product: &'static Product| {
            let there = install::install(product.name, &sh::root().join(product.install));
            (product, there.map_err(|error| reason("not installed", product.name, error.as_ref())))
        };
        Self(PRODUCTS.iter().map(install).collect())
    }

    /// One product after the other.
    pub fn measure(&self, keyward: &Path, size: &Size, cases: &mut Cases) -> Vec<Pair> {
        let pair = |(product, there): &(&'static Product, Result<(), String>)| Pair {
            name: product.name,
            versions: versions(product),
            their_call: product.their_call,
            our_call: product.our_call,
            terms: product.terms,
            figures: there.clone().and_then(|()| {
                let both = both(product, keyward, size, cases);
                both.map_err(|error| reason("not measured", product.name, error.as_ref()))
            }),
        };
        self.0.iter().map(pair).collect()
    }
}

fn both(product: &Product, keyward: &Path, size: &Size, cases: &mut Cases) -> Outcome<Both> {
    say(&format!("seeding for {}", product.name));
    let (our_folder, their_folder) = (fresh_folder("bench-ours")?, fresh_folder("bench-theirs")?);
    let our_secrets = (product.seed_ours)(&Server::start(keyward, &our_folder, Some(SERVER_CORE))?, size)?;
    let script = sh::root().join(product.script);
    let their_secrets = (product.seed_theirs)(&script, &their_folder, size)?;
    let mut both = Both::default();
    for turn in 1..=size.turns {
        say(&format!("{}, turn {turn} of {}", product.name, size.turns));
        let server = Server::start(keyward, &our_folder, Some(SERVER_CORE))?;
        ask(product, &mut both.ours, (server.addr, server.pid()), &our_secrets, size, cases)?;
        drop(server);
        let server = RivalServer::start(&script, &their_folder)?;
        ask(product, &mut both.theirs, (server.addr, server.pid()), &their_secrets, size, cases)?;
    }
    remove_folder(&our_folder);
    remove_folder(&their_folder);
    Ok(both)
}

/// One turn of one server that has just been started.
fn ask(
    product: &Product,
    series: &mut Series,
    (addr, pid): (SocketAddr, u32),
    secrets: &[String],
    size: &Size,
    cases: &mut Cases,
) -> Outcome<()> {
    let mut arrivals = Cases::new(cases.next());
    let zipf = Zipf::new(secrets.len(), cases);
    let mut questions = Questions::new(product.request, secrets, &zipf, cases);
    let mut next = |into: &mut Vec<u8>| questions.next(into);
    let mut aim = Aim { addr, pid, next: &mut next, expect: product.expect };
    load::closed(&mut aim, size.warm_up)?;
    series.take(&mut aim, size, &mut arrivals)
}

fn versions(product: &Product) -> Vec<String> {
    // Without a lock file nothing is installed, and the row says so.
    let pinned = install::versions(&sh::root().join(product.install), product.packages);
    let mut versions = pinned.unwrap_or_default();
    let node = sh::output(sh::command("node").arg("--version"));
    versions.extend(node.ok().map(|version| format!("Node {}", version.trim())));
    versions
}

/// One line for the table; everything goes beside it.
fn reason(what: &str, name: &str, error: &(dyn std::error::Error + Send + Sync)) -> String {
    let text = error.to_string();
    say(&format!("{name}: {what}: {text}"));
    let line: String = text.lines().next().unwrap_or_default().chars().take(200).collect();
    format!("{what}: {line}")
}
