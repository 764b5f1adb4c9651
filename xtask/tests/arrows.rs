//! Compares the dependencies of the manifests with the list in `ARCHITECTURE.md`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

type Arrows = BTreeMap<String, Room>;

#[derive(Debug, Default, PartialEq)]
struct Room {
    uses: BTreeSet<String>,
    tests: BTreeSet<String>,
}

#[test]
fn manifests_have_exactly_the_arrows_of_the_architecture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let listed = listed(&std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap());
    let found = found(root);
    for name in listed.keys().chain(found.keys()).collect::<BTreeSet<_>>() {
        let (manifest, list) = (found.get(name), listed.get(name));
        let (Some(manifest), Some(list)) = (manifest, list) else {
            panic!("`{name}` is missing: in ARCHITECTURE.md {list:?}, as a manifest {manifest:?}");
        };
        assert_eq!(manifest.uses, list.uses, "`{name}`: left its manifest, right ARCHITECTURE.md");
        let allowed: BTreeSet<_> = list.uses.union(&list.tests).cloned().collect();
        let beyond: Vec<_> = manifest.tests.difference(&allowed).collect();
        assert!(beyond.is_empty(), "the tests of `{name}` may not use {beyond:?}");
    }
}

#[test]
fn no_door_knows_another_door() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (name, room) in found(root) {
        if name.starts_with("door-") {
            let others: Vec<_> = room.uses.iter().filter(|used| used.starts_with("door-")).collect();
            assert!(others.is_empty(), "{name} uses {others:?}");
        }
    }
}

fn listed(text: &str) -> Arrows {
    let block = text.split("```arrows\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let lines = block.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, rest)| (name.to_owned(), room(rest)))
        .collect()
}

fn room(text: &str) -> Room {
    let (uses, tests) = text.split_once("tests:").unwrap_or((text, ""));
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    Room { uses: words(uses), tests: words(tests) }
}

/// What Cargo itself reads from the manifests.
fn found(root: &Path) -> Arrows {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let args = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let out = Command::new(cargo).args(args).current_dir(root).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let all: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let packages = all["packages"].as_array().unwrap();
    let ours: BTreeSet<_> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    let mut arrows = Arrows::new();
    for package in packages {
        let room = arrows.entry(package["name"].as_str().unwrap().to_owned()).or_default();
        for dependency in package["dependencies"].as_array().unwrap() {
            let name = dependency["name"].as_str().unwrap();
            if ours.contains(name) {
                let tests = dependency["kind"] == "dev";
                let side = if tests { &mut room.tests } else { &mut room.uses };
                side.insert(name.to_owned());
            }
        }
    }
    arrows
}
