//! What is written in the background: usage and audit.

use domain::{
    AuditId, Millis,
    audit::{Actor, AuditEvent},
    key::Owner,
    usage::{Grain, UsageRow},
};
use store::{AuditList, OwnerScope, UsageList};

use crate::world::{T0, World, both, by};

#[tokio::test]
async fn usage_adds_up_over_flushes_and_survives_the_roll_up() {
    for world in both() {
        let user = world.user("a@b.c").await;
        let mine = world.key_with(|key| key.owner = Owner::User(user.id)).await;
        let other = world.key("other").await;
        let start = Grain::Day.floor(Millis(T0));
        let row = |key, minute: i64, outcome| UsageRow {
            key,
            grain: Grain::Minute,
            bucket: start.plus(minute * 60_000),
            operation: "record.read",
            outcome,
            count: 2,
        };
        let rows: Vec<UsageRow> = (0..180)
            .flat_map(|minute| [row(mine.id, minute, "allow"), row(other.id, minute, "rate")])
            .collect();
        world.store.add_usage(rows.clone()).await.unwrap();
        world.store.add_usage(rows).await.unwrap();

        let ask = async |key, grain, scope| {
            let list = UsageList { key, grain, from: start, to: start.plus(86_400_000), limit: 0 };
            world.store.usage(scope, list).await.unwrap()
        };
        let sum = |counts: &[store::UsageCount]| counts.iter().map(|c| c.count).sum::<u64>();
        let all = OwnerScope::All;
        assert_eq!(ask(Some(mine.id), Grain::Minute, all).await.len(), 180);
        let hours = ask(Some(mine.id), Grain::Hour, all).await;
        assert_eq!((hours.len(), sum(&hours)), (3, 720));
        let owned = ask(None, Grain::Hour, OwnerScope::Of(Owner::User(user.id))).await;
        assert_eq!(owned, hours);

        // The first two hours become hours, nothing becomes a day yet.
        let gone = world.store.roll_up_usage(start.plus(2 * 3_600_000 + 5), start).await.unwrap();
        assert_eq!(gone, 240);
        assert_eq!(ask(Some(mine.id), Grain::Minute, all).await.len(), 60);
        assert_eq!(ask(Some(mine.id), Grain::Hour, all).await, hours);
        world.store.roll_up_usage(start.plus(86_400_000), start.plus(86_400_000)).await.unwrap();
        let days = ask(None, Grain::Day, all).await;
        assert_eq!((days.len(), sum(&days)), (2, 1_440));
    }
}

#[tokio::test]
async fn audit_is_found_by_actor_action_and_target_newest_first() {
    let world = World::memory();
    let user = world.user("a@b.c").await;
    let key = world.key("k").await;
    world.clock.advance(1);
    let refused = AuditEvent {
        id: AuditId::new(world.now(), world.entropy.as_ref()),
        at: world.now(),
        actor: Actor { user: Some(user.id), key: Some(key.id), ip: Some("::1".into()) },
        action: "decision.refused".into(),
        target: format!("key/{}", key.id),
        detail: Some("{\"reason\":\"host\"}".into()),
    };
    world.store.append_audit(vec![refused.clone()]).await.unwrap();
    world.clock.advance(1);
    world.store.revoke_key(&by(), OwnerScope::All, key.id, domain::key::Gone::Revoked).await.unwrap();
    let actions = async |list: AuditList| -> Vec<String> {
        let found = world.store.audit(list).await.unwrap();
        found.items.into_iter().map(|event| event.action).collect()
    };
    let target = AuditList { target: Some(refused.target.clone()), ..AuditList::default() };
    assert_eq!(actions(target).await, ["key.revoke", "decision.refused", "key.create"]);
    let keys = AuditList { action: Some("key".into()), count: true, ..AuditList::default() };
    assert_eq!(world.store.audit(keys.clone()).await.unwrap().total, Some(2));
    assert_eq!(actions(keys).await, ["key.revoke", "key.create"]);
    let by_user = AuditList { user: Some(user.id), ..AuditList::default() };
    assert_eq!(world.store.audit(by_user).await.unwrap().items, std::slice::from_ref(&refused));
    let later = AuditList { after: Some(refused.id), limit: 1, ..AuditList::default() };
    assert_eq!(actions(later).await, ["key.create"]);
}
