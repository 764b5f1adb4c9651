//! Properties of dry runs, on random worlds: they agree with a real walk, they change nothing, and their
//! suggestions are sufficient together and necessary each.

use std::{net::IpAddr, sync::Arc};

use domain::{
    BaseId, KeyId, Millis, OrgId, RoleId, SecretId, TableId, UserId, WorkspaceId,
    access::{Category, Entry, Grants, Level, Op, Ops, Reach, Scope, Scopes},
    catalog::{Base, Catalog, Table, Workspace},
    decision::{Gate, Profile},
    host::AllowedHosts,
    key::{Key, KeyKind, KeySecret, Owner, Permissions, Quota},
    limit::{Balance, Debit, RateLimit, Refill, RefillMode, WindowRule, debit},
    secret::{Digest, Digester, Recipe},
    user::{Role, User},
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use store::{Change, LiveKey};

use crate::{
    PlaceName,
    cache::Cache,
    checks::{Walked, walk},
    ctx::{Ctx, Presented},
    profile::{NATIVE, VERIFY},
};

use super::{DryRun, DrySubject, Records, Suggestion, explain, report::question};

const NOW: Millis = Millis(1_795_000_000_000);

/// Permissions before quota and rate, both or neither: the order some dialects need.
static COUNT_LAST: Profile = Profile {
    name: "count last",
    gates: &[
        Gate::Present,
        Gate::Known,
        Gate::Enabled,
        Gate::Expired,
        Gate::Owner,
        Gate::Host,
        Gate::Permissions,
        Gate::Quota,
        Gate::Rate,
    ],
};

fn id(kind: u8, n: u8) -> [u8; 16] {
    [kind, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, n]
}

fn role_id(n: u8) -> RoleId {
    RoleId::from_bytes(id(1, n))
}

fn user_id(n: u8) -> UserId {
    UserId::from_bytes(id(2, n))
}

fn key_id() -> KeyId {
    KeyId::from_bytes(id(3, 1))
}

fn catalog() -> Arc<Catalog> {
    let workspace = WorkspaceId::from_bytes(id(4, 1));
    let base = |n: u8, name: &str| Base {
        id: BaseId::from_bytes(id(5, n)),
        workspace,
        name: name.to_owned(),
        created_at: NOW,
    };
    let table = |n: u8, base: u8, name: &str| {
        Arc::new(Table {
            id: TableId::from_bytes(id(6, n)),
            no: n.into(),
            workspace,
            base: BaseId::from_bytes(id(5, base)),
            name: name.to_owned(),
            title: None,
            fields: Vec::new(),
            extra: None,
            created_at: NOW,
        })
    };
    let workspaces = vec![Workspace { id: workspace, name: "main".to_owned(), created_at: NOW }];
    let tables = vec![table(1, 1, "todos"), table(2, 1, "notes"), table(3, 2, "todos")];
    Arc::new(Catalog::new(1, workspaces, vec![base(1, "main"), base(2, "other")], tables))
}

fn some_op() -> impl Strategy<Value = Op> {
    select(vec![Op::RecordRead, Op::RecordCreate, Op::TableUpdate, Op::KeyManage, Op::Settings])
}

fn some_ops() -> impl Strategy<Value = Ops> {
    prop_oneof![4 => vec(some_op(), 0..4).prop_map(|ops| ops.into_iter().collect()), 1 => Just(Ops::ALL)]
}

fn some_reach() -> impl Strategy<Value = Reach> {
    prop_oneof![
        Just(Reach::Everywhere),
        Just(Reach::Workspace("main".to_owned())),
        select(vec!["main", "other", "gone"]).prop_map(|b| Reach::Base(b.to_owned())),
        (select(vec!["main", "other"]), select(vec!["todos", "notes"]))
            .prop_map(|(b, t)| Reach::Table { base: b.to_owned(), table: t.to_owned() }),
    ]
}

fn some_grants() -> impl Strategy<Value = Grants> {
    let entry = (some_reach(), option::of(some_ops()), some_ops());
    vec(entry.prop_map(|(reach, set, allow)| Entry { reach, set, allow, limits: Vec::new() }), 0..4)
        .prop_map(Grants)
}

fn role(n: u8, root: bool, grants: Grants) -> Role {
    Role {
        id: role_id(n),
        name: format!("role{n}"),
        title: None,
        description: None,
        root,
        builtin: false,
        default: false,
        grants,
        extra: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn some_user(n: u8) -> impl Strategy<Value = User> {
    let roles = vec(0..4u8, 0..3);
    (any::<bool>(), prop::bool::weighted(0.15), roles, option::of(0..4u8)).prop_map(
        move |(active, root, roles, main)| User {
            id: user_id(n),
            num: n.into(),
            email: None,
            username: None,
            name: None,
            active,
            root,
            roles: roles.into_iter().map(role_id).collect(),
            default_role: main.map(role_id),
            extra: None,
            created_at: NOW,
            updated_at: NOW,
            sessions_valid_from: NOW,
        },
    )
}

fn some_scope() -> impl Strategy<Value = Scope> {
    let place =
        select(vec![(None, None), (Some("main"), None), (Some("main"), Some("todos")), (Some("gone"), None)]);
    let level = select(vec![Level::Read, Level::ReadWrite]);
    (place, option::of(vec(some_op(), 0..3)), option::of(level)).prop_map(
        |((base, table), operations, level)| Scope {
            base: base.map(str::to_owned),
            table: table.map(str::to_owned),
            operations,
            categories: level.map(|level| [(Category::Records, level)].into()),
            ..Scope::default()
        },
    )
}

fn some_permissions() -> impl Strategy<Value = Permissions> {
    let action = select(vec!["read", "write"]).prop_map(str::to_owned);
    let entry =
        (select(vec!["files", "users"]).prop_map(str::to_owned), prop::collection::btree_set(action, 0..3));
    vec(entry, 0..3).prop_map(|entries| Permissions(entries.into_iter().collect()))
}

fn some_limit() -> impl Strategy<Value = RateLimit> {
    (0..4u32, any::<bool>(), prop::bool::weighted(0.9)).prop_map(|(max, fixed, enabled)| RateLimit {
        max,
        window_ms: 1_000,
        rule: if fixed { WindowRule::Fixed } else { WindowRule::SinceLastAccepted },
        enabled,
    })
}

fn some_quota() -> impl Strategy<Value = Quota> {
    let refill = (0..6i64, any::<bool>()).prop_map(|(amount, reset)| Refill {
        amount,
        interval_ms: 1_000,
        mode: if reset { RefillMode::Reset } else { RefillMode::Add },
    });
    (-1..6i64, 0..4_000i64, option::of(refill)).prop_map(|(remaining, age, refill)| Quota {
        balance: Balance { remaining, last_refill_at: NOW.plus(-age) },
        refill,
    })
}

fn some_owner() -> impl Strategy<Value = Owner> {
    prop_oneof![
        6 => (0..3u8).prop_map(|n| Owner::User(user_id(n))),
        1 => Just(Owner::Server),
        1 => Just(Owner::Organization(OrgId::from_bytes(id(7, 1)))),
    ]
}

prop_compose! {
    fn some_key()(
        kind in select(KeyKind::ALL.to_vec()),
        owner in some_owner(),
        role in option::of(0..4u8),
        permissions in option::of(some_permissions()),
        scopes in option::of(vec(some_scope(), 0..3)),
        host in option::of(select(vec!["192.0.2.1", "2001:db8::/32"])),
        enabled in any::<bool>(),
        expires in option::of(-1_000..1_000i64),
        rate_limit in option::of(some_limit()),
        quota in option::of(some_quota()),
        window in (0..4u32, 0..2_000i64),
    ) -> Key {
        Key {
            id: key_id(), num: 1, kind, owner, name: None, description: None, role: role.map(role_id), permissions,
            scopes: scopes.map(Scopes), hosts: AllowedHosts::parse(host).unwrap(), enabled,
            expires_at: expires.map(|ms| NOW.plus(ms)), rate_limit, quota, metadata: None, prefix: None, start: None,
            revealable: false, door: None, extra: None, created_at: NOW, created_by: None, updated_at: NOW,
            last_used_at: None, last_used_from: None, request_count: window.0,
            last_request_at: Some(NOW.plus(-window.1)), gone: None,
        }
    }
}

prop_compose! {
    fn some_records()(
        key in some_key(),
        users in (some_user(0), some_user(1)),
        grants in vec(some_grants(), 0..3),
        root in prop::bool::weighted(0.1),
    ) -> Records {
        let roles = grants.into_iter().enumerate().map(|(n, g)| role(n as u8, root && n == 2, g)).collect();
        Records { key: Some(key), users: vec![users.0, users.1], roles, catalog: catalog() }
    }
}

#[derive(Clone, Debug)]
struct Question {
    by_key: bool,
    op: Option<Op>,
    place: u8,
    role: Option<&'static str>,
    permissions: Option<Permissions>,
    ip: Option<IpAddr>,
    cost: i64,
    profile: &'static Profile,
}

impl Question {
    fn run(&self) -> DryRun<'_> {
        let place = match self.place {
            0 => PlaceName::Server,
            1 => PlaceName::Base("main"),
            2 => PlaceName::Table { base: "main", table: "todos" },
            3 => PlaceName::Table { base: "other", table: "todos" },
            _ => PlaceName::Table { base: "main", table: "gone" },
        };
        let subject = if self.by_key { DrySubject::Key(key_id()) } else { DrySubject::User(user_id(0)) };
        DryRun {
            op: self.op,
            place,
            role: self.role,
            permissions: self.permissions.as_ref(),
            ip: self.ip,
            now: Some(NOW),
            cost: self.cost,
            profile: self.profile,
            ..DryRun::new(subject)
        }
    }
}

prop_compose! {
    fn some_question()(
        by_key in prop::bool::weighted(0.8),
        op in option::of(some_op()),
        place in prop_oneof![9 => 0..4u8, 1 => Just(4u8)],
        role in prop_oneof![4 => Just(None), 2 => Just(Some("role1")), 1 => Just(Some("nobody"))],
        permissions in option::weighted(0.3, some_permissions()),
        ip in option::weighted(0.8, select(vec!["192.0.2.1", "192.0.2.9", "2001:db8::7"])),
        cost in 0..5i64,
        profile in select(vec![&NATIVE, &VERIFY, &COUNT_LAST]),
    ) -> Question {
        let ip = ip.map(|ip| ip.parse().unwrap());
        Question { by_key, op, place, role, permissions, ip, cost, profile }
    }
}

fn cache_of(records: &Records) -> Cache {
    let cache = Cache::new(Recipe::Sha256, records.catalog.clone());
    records.roles.iter().for_each(|r| cache.apply(&Change::Role(r.clone())));
    records.users.iter().for_each(|u| cache.apply(&Change::User(u.clone())));
    let secret = KeySecret {
        id: SecretId::from_bytes(id(8, 1)),
        key: key_id(),
        digest: Digest([9; 32]),
        recipe: Recipe::Sha256,
        created_at: NOW,
        expires_at: None,
    };
    records
        .key
        .iter()
        .for_each(|key| cache.apply(&Change::Key(LiveKey { key: key.clone(), secrets: vec![secret] })));
    cache
}

fn explained(records: &Records, question: &Question) -> super::Explanation {
    let cache = cache_of(records);
    let quota = records.key.as_ref().and_then(|k| k.quota).filter(|_| question.by_key);
    explain(&cache, &Digester::default(), &question.run(), quota, NOW)
}

/// A real walk, with the ledger's arithmetic in place of the ledger.
fn really_passes(records: &Records, question: &Question) -> bool {
    let (cache, digester, run) = (cache_of(records), Digester::default(), question.run());
    let by_id = cache.key_by_id(key_id());
    let presented = match (run.subject, &by_id) {
        (DrySubject::Key(_), Some(key)) => Presented::Key(key),
        _ => Presented::User(user_id(0)),
    };
    let mut ctx = Ctx::new(&cache, &digester, NOW, run.ip, presented, self::question(&run));
    let mut from = 0;
    loop {
        match walk(&mut ctx, run.profile.gates, from) {
            Walked::Through => return true,
            Walked::Refused(_) => return false,
            Walked::Debit(at) => {
                let quota = records.key.as_ref().and_then(|k| k.quota).unwrap();
                if let Debit::Exhausted { .. } = debit(quota.balance, quota.refill.as_ref(), NOW, run.cost) {
                    return false;
                }
                from = at + 1;
            }
        }
    }
}

fn with(records: &Records, suggestions: &[Suggestion]) -> Records {
    let mut changed = records.clone();
    suggestions.iter().for_each(|s| s.apply(&mut changed, NOW));
    changed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn a_dry_run_answers_what_a_real_call_would(records in some_records(), question in some_question()) {
        prop_assert_eq!(explained(&records, &question).allowed, really_passes(&records, &question));
    }

    #[test]
    fn suggestions_flip_the_answer_together_and_none_is_superfluous(
        records in some_records(),
        question in some_question(),
    ) {
        let explanation = explained(&records, &question);
        if explanation.allowed {
            prop_assert!(explanation.suggestions.is_empty() && explanation.impossible.is_empty());
            return Ok(());
        }
        prop_assert_eq!(explanation.suggestions.is_empty(), !explanation.impossible.is_empty());
        if explanation.suggestions.is_empty() {
            return Ok(());
        }
        let all = &explanation.suggestions;
        let after = explained(&with(&records, all), &question);
        prop_assert!(after.allowed, "{:?} left {:?} {:?}", all, after.reason, after.suggestions);
        prop_assert!(really_passes(&with(&records, all), &question));
        for left_out in 0..all.len() {
            let mut rest = all.clone();
            let needless = rest.remove(left_out);
            prop_assert!(!explained(&with(&records, &rest), &question).allowed, "{:?} of {:?}", needless, all);
        }
    }

    #[test]
    fn a_dry_run_changes_nothing(records in some_records(), question in some_question()) {
        let cache = cache_of(&records);
        let key = cache.key_by_id(key_id()).unwrap();
        let before = (key.window(), key.remaining(), key.last_used_at());
        explain(&cache, &Digester::default(), &question.run(), records.key.and_then(|k| k.quota), NOW);
        prop_assert_eq!(before, (key.window(), key.remaining(), key.last_used_at()));
        prop_assert!(Arc::ptr_eq(&key, &cache.key_by_id(key_id()).unwrap()));
    }
}

#[test]
fn a_world_with_one_obstacle_gets_one_suggestion() {
    let mut records = Records { key: None, users: Vec::new(), roles: Vec::new(), catalog: catalog() };
    records.key = Some(Key {
        id: key_id(),
        num: 1,
        kind: KeyKind::Standard,
        owner: Owner::Server,
        name: None,
        description: None,
        role: None,
        permissions: None,
        scopes: None,
        hosts: AllowedHosts::ANY,
        enabled: false,
        expires_at: None,
        rate_limit: None,
        quota: None,
        metadata: None,
        prefix: None,
        start: None,
        revealable: false,
        door: None,
        extra: None,
        created_at: NOW,
        created_by: None,
        updated_at: NOW,
        last_used_at: None,
        last_used_from: None,
        request_count: 0,
        last_request_at: None,
        gone: None,
    });
    let question = Question {
        by_key: true,
        op: None,
        place: 0,
        role: None,
        permissions: None,
        ip: None,
        cost: 1,
        profile: &VERIFY,
    };
    let explanation = explained(&records, &question);
    assert_eq!(explanation.suggestions, [Suggestion::Enable { key: key_id() }]);
    assert_eq!(explanation.suggestions[0].sentence(), "enable the key");
}
