//! The same random rights twice: through the service, and by looking at every row and field one by one.
//! What comes back, what changes and what goes must be exactly what some alternative allows.

use std::collections::BTreeSet;

use data::Which;
use domain::{
    access::{Cond, Limit, Op},
    query::Filter,
    value::Value,
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::json;

use crate::world::{World, ints, limit, matching, try_column};

const FIELDS: [&str; 4] = ["id", "title", "done", "secret"];

#[derive(Clone, Debug)]
struct Seed {
    title: &'static str,
    done: bool,
    by: i64,
}

impl Seed {
    fn meets(&self, cond: &Cond) -> bool {
        match cond {
            Cond::Own => self.by == 2,
            other => {
                [("a", "title"), ("b", "title")]
                    .iter()
                    .any(|(value, field)| *other == matching(field, *value) && self.title == *value)
                    || (*other == matching("done", true) && self.done)
            }
        }
    }

    fn allowed(&self, limits: &[Limit], op: Op, fields: &[&str]) -> bool {
        limits.iter().filter(|l| l.ops.has(op)).any(|l| {
            let named = |name: &&str| l.fields.as_ref().is_none_or(|names| names.iter().any(|n| n == name));
            let some = op == Op::RecordDelete || l.fields.as_ref().is_none_or(|names| !names.is_empty());
            some && l.rows.iter().all(|c| self.meets(c)) && fields.iter().all(named)
        })
    }
}

fn seeds() -> impl Strategy<Value = Vec<Seed>> {
    let seed = (select(vec!["a", "b", "c"]), any::<bool>(), 1..3i64).prop_map(|(title, done, by)| Seed {
        title,
        done,
        by,
    });
    vec(seed, 1..6)
}

fn limits() -> impl Strategy<Value = Vec<Limit>> {
    let conds = vec![Cond::Own, matching("title", "a"), matching("title", "b"), matching("done", true)];
    let ops = vec(select(vec![Op::RecordRead, Op::RecordUpdate, Op::RecordDelete]), 1..4);
    let fields = proptest::option::of(proptest::sample::subsequence(FIELDS.to_vec(), 0..4));
    let one = (ops, vec(select(conds), 0..3), fields)
        .prop_map(|(ops, rows, fields)| limit(&ops, rows, fields.as_deref()));
    vec(one, 1..5)
}

async fn check(seeds: Vec<Seed>, limits: Vec<Limit>, written: Vec<&'static str>) {
    let world = World::with_todos().await;
    for seed in &seeds {
        let row = json!({"title": seed.title, "done": seed.done, "secret": "s"});
        world.owner().with_user(seed.by).create([row]).await.unwrap();
    }
    let caller = world.limited(limits.clone());
    let ids = |op, fields: &[&str]| -> Vec<i64> {
        let allowed = seeds.iter().enumerate().filter(|(_, s)| s.allowed(&limits, op, fields));
        allowed.map(|(i, _)| i as i64 + 1).collect()
    };

    // Read: a row is there if any field of it may be read; a value is there if this field may be.
    if let Ok(page) = caller.list(&Default::default()).await {
        let visible: Vec<usize> =
            (0..seeds.len()).filter(|i| seeds[*i].allowed(&limits, Op::RecordRead, &[])).collect();
        assert_eq!(page.rows.len(), visible.len());
        for field in page.fields().map(|f| f.name.clone()).collect::<Vec<_>>() {
            let shown: Vec<bool> = try_column(&page, &field).iter().map(Option::is_some).collect();
            let may: Vec<bool> = visible
                .iter()
                .map(|i| seeds[*i].allowed(&limits, Op::RecordRead, &[field.as_str()]))
                .collect();
            assert_eq!(shown, may, "{field}");
        }
    } else {
        assert!(ids(Op::RecordRead, &[]).is_empty());
    }

    // Update: by key, so that reading plays no part in it.
    let keys = || Which::Keys((1..=seeds.len()).map(|i| json!(i)).collect());
    let fresh = json!({"title": "new", "secret": "new"});
    let values: serde_json::Map<_, _> =
        written.iter().map(|name| ((*name).to_owned(), fresh[*name].clone())).collect();
    let writable: Vec<&str> = written
        .iter()
        .copied()
        .filter(|name| {
            limits.iter().any(|l| {
                l.ops.has(Op::RecordUpdate)
                    && l.fields.as_ref().is_none_or(|names| names.iter().any(|n| n == name))
            })
        })
        .collect();
    let before = world.owner().all().await;
    let result = caller.update(keys(), values.into()).await;
    let after = world.owner().all().await;
    let mut changed = BTreeSet::new();
    for name in ["title", "done", "secret"] {
        let pairs = try_column(&before, name).into_iter().zip(try_column(&after, name));
        for (i, (old, new)) in pairs.enumerate().filter(|(_, (old, new))| old != new) {
            assert!(writable.contains(&name), "{name} of {i}: {old:?} became {new:?}");
            assert_eq!(new, Some(Value::Text("new".into())));
            changed.insert(i as i64 + 1);
        }
    }
    // All of them, unless the change would carry one to where it could not have been written.
    let meant = ids(Op::RecordUpdate, &writable);
    let stays = |id: &i64| {
        let seed = seeds.get(*id as usize - 1).unwrap();
        let title = if writable.contains(&"title") { "new" } else { seed.title };
        Seed { title, ..seed.clone() }.allowed(&limits, Op::RecordUpdate, &writable)
    };
    let expected: BTreeSet<i64> = match writable.is_empty() || !meant.iter().all(stays) {
        true => BTreeSet::new(),
        false => meant.into_iter().collect(),
    };
    assert_eq!(changed, expected);
    if let (Ok(answer), false) = (result, writable.is_empty()) {
        assert_eq!(ints(&answer.records, "id").into_iter().collect::<BTreeSet<_>>(), expected);
    }
}

async fn check_delete(seeds: Vec<Seed>, limits: Vec<Limit>) {
    let world = World::with_todos().await;
    for seed in &seeds {
        let row = json!({"title": seed.title, "done": seed.done});
        world.owner().with_user(seed.by).create([row]).await.unwrap();
    }
    let _ = world.limited(limits.clone()).delete(Which::Filter(Filter::ALL)).await;
    let left = ints(&world.owner().all().await, "id");
    let kept = (0..seeds.len()).filter(|i| !seeds[*i].allowed(&limits, Op::RecordDelete, &[]));
    assert_eq!(left, kept.map(|i| i as i64 + 1).collect::<Vec<_>>());
}

fn run(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_and_changed_is_what_one_alternative_allows(
        seeds in seeds(), limits in limits(),
        written in proptest::sample::subsequence(vec!["title", "secret"], 1..3),
    ) {
        run(check(seeds, limits, written));
    }

    #[test]
    fn what_is_removed_is_what_one_alternative_allows(seeds in seeds(), limits in limits()) {
        run(check_delete(seeds, limits));
    }
}
