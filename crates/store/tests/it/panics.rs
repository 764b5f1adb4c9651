//! What a mistake of ours on the writer thread must not break, and what must not go on after one.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use domain::{Clock, Entropy, Millis, RoleId, access::Grants, time::SharedClock, user::Role};
use store::{Change, Options, Place, Store, StoreError};

use crate::world::{T0, World, both, by};

/// Tells the time, and panics while armed.
#[derive(Default)]
struct Faulty(AtomicBool);

impl Clock for Faulty {
    fn now(&self) -> Millis {
        assert!(!self.0.load(Ordering::SeqCst), "as ordered");
        Millis(T0)
    }
}

/// Chance that panics while armed: in the middle of a job.
struct FaultyChance(Arc<Faulty>);

impl Entropy for FaultyChance {
    fn fill(&self, into: &mut [u8]) {
        assert!(!self.0.0.load(Ordering::SeqCst), "as ordered");
        into.fill(7);
    }
}

fn role(world: &World, name: &str) -> Role {
    let at = Millis(T0);
    Role {
        id: RoleId::new(at, world.entropy.as_ref()),
        name: name.to_owned(),
        title: None,
        description: None,
        root: false,
        builtin: false,
        default: false,
        grants: Grants::default(),
        extra: None,
        created_at: at,
        updated_at: at,
    }
}

#[tokio::test]
async fn a_job_that_panics_is_undone_and_answered_and_the_writer_goes_on() {
    let helper = World::memory();
    for in_the_job in [false, true] {
        let (faulty, steady) = (Arc::new(Faulty::default()), Arc::new(Faulty::default()));
        let clock: SharedClock = if in_the_job { steady } else { faulty.clone() };
        let entropy = Arc::new(FaultyChance(faulty.clone()));
        let store = Store::open(Options { place: Place::Memory, clock, entropy }).unwrap();
        store.set_meta("a", "1").await.unwrap();
        faulty.0.store(true, Ordering::SeqCst);
        let refused = store.create_role(&by(), role(&helper, "lost")).await;
        assert!(matches!(refused, Err(StoreError::Backend(_))), "{refused:?}");
        faulty.0.store(false, Ordering::SeqCst);
        assert_eq!(store.role_by_name("lost").await.unwrap(), None);
        store.set_meta("a", "2").await.unwrap();
        assert_eq!(store.meta("a").await.unwrap().as_deref(), Some("2"));
        store.close();
    }
}

#[tokio::test]
async fn a_commit_that_not_everybody_heard_of_breaks_the_store_and_says_so() {
    for world in both() {
        let told = Arc::new(AtomicU32::new(0));
        let count = told.clone();
        world.store.on_broken(move || {
            count.fetch_add(1, Ordering::SeqCst);
        });
        world.store.subscribe(Box::new(|change| assert!(!matches!(change, Change::Role(_)), "as ordered")));
        world.store.set_meta("a", "1").await.unwrap();
        let broken = |error| matches!(error, StoreError::Backend(_));
        let answered = world.store.create_role(&by(), role(&world, "unheard of")).await;
        assert!(answered.is_err_and(broken));
        assert!(world.store.meta("a").await.is_err_and(broken));
        assert!(world.store.set_meta("a", "2").await.is_err_and(broken));
        assert!(world.store.ping_commit().await.is_err_and(broken));
        assert_eq!(told.load(Ordering::SeqCst), 1);
        world.store.close();
    }
}
