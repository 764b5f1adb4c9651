//! A store in memory, a clock that is moved by hand, and callers with exactly the rights a test gives them.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use data::{Data, DataError, FieldPatch, FieldSpec, Records, Reshape, TableChange, TableSpec, Values};
use domain::{
    Clock, DecisionId, Entropy, Millis,
    access::{Cond, Entry, Grants, Layer, Limit, Op, Ops, Reach},
    catalog::{Field, FieldKind, SystemField, Table},
    decision::{Allowed, AllowedParts, Principal, Target},
    key::Owner,
    query::{Filter, Subject},
    value::Value,
};
use serde_json::{Value as Json, json};
use store::{Options, Place, Store};

pub const START: Millis = Millis(1_790_000_000_000);

struct ManualClock(AtomicI64);

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::Relaxed))
    }
}

/// Not random at all, but never twice the same.
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, into: &mut [u8]) {
        for chunk in into.chunks_mut(8) {
            let n = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed).to_le_bytes();
            chunk.copy_from_slice(&n[..chunk.len()]);
        }
    }
}

pub struct World {
    pub data: Data,
    pub store: Store,
    clock: Arc<ManualClock>,
    entropy: Arc<Counting>,
}

impl World {
    pub fn new() -> Self {
        let clock = Arc::new(ManualClock(AtomicI64::new(START.0)));
        let entropy = Arc::new(Counting(AtomicU64::new(1)));
        let store =
            Store::open(Options { place: Place::Memory, clock: clock.clone(), entropy: entropy.clone() })
                .unwrap();
        let data = Data::new(store.clone(), clock.clone(), entropy.clone());
        Self { data, store, clock, entropy }
    }

    /// With a table `todos`: id, title (required), done (default false), owner, secret, and all system fields.
    pub async fn with_todos() -> Self {
        let world = Self::new();
        world.create_table(&world.owner().on_server(Op::TableCreate), todos()).await.unwrap();
        world
    }

    pub fn wait(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::Relaxed);
    }

    /// Everything everywhere, as user 1.
    pub fn owner(&self) -> Caller<'_> {
        self.caller(Grants(vec![Entry {
            reach: Reach::Everywhere,
            set: None,
            allow: Ops::ALL,
            limits: Vec::new(),
        }]))
    }

    /// A caller, as user 2, with these limits on the table `todos` and nothing else.
    pub fn limited(&self, limits: Vec<Limit>) -> Caller<'_> {
        let allow = limits.iter().fold(Ops::NONE, |all, l| all.or(l.ops));
        let reach = Reach::Table { base: "main".into(), table: "todos".into() };
        let mut caller = self.caller(Grants(vec![Entry { reach, set: None, allow, limits }]));
        caller.subject.user_num = Some(2);
        caller
    }

    /// A caller, as user 2, with exactly these rights.
    pub fn granted(&self, grants: Grants) -> Caller<'_> {
        let mut caller = self.caller(grants);
        caller.subject.user_num = Some(2);
        caller
    }

    fn caller(&self, grants: Grants) -> Caller<'_> {
        let subject = Subject { user_num: Some(1), ..Subject::default() };
        Caller { world: self, grants, subject }
    }

    pub fn table(&self, name: &str) -> Arc<Table> {
        let catalog = self.store.catalog();
        catalog.table(self.store.main_base(), name).unwrap_or_else(|| panic!("no table {name}")).clone()
    }

    pub async fn create_table(&self, allowed: &Allowed, spec: TableSpec) -> Result<Arc<Table>, DataError> {
        let made = self.data.reshape(allowed, Reshape { create: vec![spec], ..Reshape::default() }).await?;
        Ok(made.into_iter().next().unwrap())
    }

    /// A table that is gone is not found, unlike in a change of several.
    pub async fn drop_table(&self, allowed: &Allowed) -> Result<(), DataError> {
        let drop = vec![self.data.table(allowed)?.id];
        let left = self.data.reshape(allowed, Reshape { drop, ..Reshape::default() }).await?;
        assert!(left.is_empty());
        Ok(())
    }

    pub async fn add_field(&self, allowed: &Allowed, spec: FieldSpec) -> Result<Field, DataError> {
        let name = spec.name.clone();
        let table = self.change(allowed, |change| change.add.push(spec)).await?;
        Ok(table.field(&name).unwrap().clone())
    }

    pub async fn patch_field(
        &self,
        allowed: &Allowed,
        name: &str,
        patch: FieldPatch,
    ) -> Result<Field, DataError> {
        let no = self.data.table(allowed)?.field(name).map(|field| field.no);
        let table = self.change(allowed, |change| change.fields.push((name.into(), patch))).await?;
        Ok(no.and_then(|no| table.field_by_no(no)).unwrap().clone())
    }

    pub async fn drop_field(&self, allowed: &Allowed, name: &str) -> Result<(), DataError> {
        self.change(allowed, |change| change.drop.push(name.into())).await.map(drop)
    }

    /// One change of the table the call is about, on the path that all changes take.
    async fn change(
        &self,
        allowed: &Allowed,
        what: impl FnOnce(&mut TableChange),
    ) -> Result<Arc<Table>, DataError> {
        let mut change = TableChange::of(self.data.table(allowed)?.id);
        what(&mut change);
        let reshape = Reshape { change: vec![change], ..Reshape::default() };
        Ok(self.data.reshape(allowed, reshape).await?.remove(0))
    }

    /// Creates todos as their owner; answers their keys.
    pub async fn seed(&self, rows: &[Json]) -> Vec<i64> {
        let made = self.owner().create(rows.iter().cloned()).await.unwrap();
        ints(&made.records, "id")
    }
}

pub fn todos() -> TableSpec {
    let mut title = FieldSpec::new("title", FieldKind::Text);
    title.required = true;
    let mut done = FieldSpec::new("done", FieldKind::Boolean);
    done.default = Some(json!(false));
    TableSpec {
        name: "todos".into(),
        title: Some("To-Dos".into()),
        fields: vec![
            FieldSpec::system("id", SystemField::AutoId),
            title,
            done,
            FieldSpec::new("secret", FieldKind::Text),
            FieldSpec::system("createdAt", SystemField::CreatedAt),
            FieldSpec::system("updatedAt", SystemField::UpdatedAt),
            FieldSpec::system("createdBy", SystemField::CreatedBy),
            FieldSpec::system("updatedBy", SystemField::UpdatedBy),
            FieldSpec::system("createdByKey", SystemField::CreatedByKey),
        ],
        extra: None,
    }
}

#[derive(Clone)]
pub struct Caller<'w> {
    world: &'w World,
    grants: Grants,
    pub subject: Subject,
}

impl Caller<'_> {
    pub fn with_user(mut self, num: i64) -> Self {
        self.subject.user_num = Some(num);
        self
    }

    pub fn with_key(mut self, num: i64) -> Self {
        (self.subject.user_num, self.subject.key_num) = (None, Some(num));
        self
    }

    pub fn on_server(&self, op: Op) -> Allowed {
        self.allowed(Some(op), Target::Server)
    }

    pub fn on(&self, op: Op, table: &str) -> Allowed {
        self.allowed(Some(op), Target::Table(self.world.table(table)))
    }

    pub fn allowed(&self, op: Option<Op>, target: Target) -> Allowed {
        let world = self.world;
        let catalog = world.store.catalog();
        let layer = Arc::new(Layer::from_grants(&self.grants, &catalog));
        let now = world.clock.now();
        let alts = op.map(|op| layer.cell(&target.place()).alternatives(op).to_vec()).unwrap_or_default();
        #[expect(clippy::disallowed_methods, reason = "the tests of a service stand in for the guard")]
        Allowed::assert_passed(AllowedParts {
            id: DecisionId::new(now, &*world.entropy),
            at: now,
            principal: Principal {
                key: None,
                key_kind: None,
                user: None,
                owner: Owner::Server,
                role: None,
                operator: false,
                expires_at: None,
                session: None,
            },
            op,
            target,
            layers: vec![layer],
            alts,
            subject: Subject { now, ..self.subject.clone() },
            catalog,
            ip: None,
        })
    }

    pub async fn create(&self, rows: impl IntoIterator<Item = Json>) -> Result<data::Written, DataError> {
        let rows = rows.into_iter().map(values).collect();
        self.world.data.create(&self.on(Op::RecordCreate, "todos"), rows, false).await
    }

    pub async fn update(&self, which: data::Which, with: Json) -> Result<data::Written, DataError> {
        self.world.data.update(&self.on(Op::RecordUpdate, "todos"), &which, &values(with), false).await
    }

    pub async fn delete(&self, which: data::Which) -> Result<u64, DataError> {
        self.world.data.delete(&self.on(Op::RecordDelete, "todos"), &which).await
    }

    pub async fn list(&self, query: &domain::query::Query) -> Result<Records, DataError> {
        self.world.data.list(&self.on(Op::RecordRead, "todos"), query).await
    }

    pub async fn all(&self) -> Records {
        self.list(&domain::query::Query::default()).await.unwrap()
    }
}

pub fn values(json: Json) -> Values {
    match json {
        Json::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}

/// These operations, on rows that match, on these fields.
pub fn limit(ops: &[Op], rows: Vec<Cond>, fields: Option<&[&str]>) -> Limit {
    Limit {
        ops: Ops::of(ops),
        rows,
        fields: fields.map(|names| names.iter().map(|n| (*n).to_owned()).collect()),
    }
}

pub fn matching(field: &str, value: impl Into<Json>) -> Cond {
    Cond::Matching(Arc::new(Filter::eq(field, value)))
}

pub fn by_filter(field: &str, value: impl Into<Json>) -> data::Which {
    data::Which::Filter(Filter::eq(field, value))
}

/// One column; panics where a value is not readable.
pub fn column(records: &Records, name: &str) -> Vec<Value> {
    try_column(records, name).into_iter().map(|v| v.unwrap_or_else(|| panic!("{name} is blank"))).collect()
}

pub fn try_column(records: &Records, name: &str) -> Vec<Option<Value>> {
    let at =
        records.fields().position(|f| f.name == name).unwrap_or_else(|| panic!("{name} is not selected"));
    records.rows.iter().map(|row| row[at].clone()).collect()
}

pub fn ints(records: &Records, name: &str) -> Vec<i64> {
    column(records, name)
        .into_iter()
        .map(|v| match v {
            Value::Int(int) => int,
            other => panic!("{other:?}"),
        })
        .collect()
}

pub fn texts(records: &Records, name: &str) -> Vec<String> {
    column(records, name)
        .into_iter()
        .map(|v| match v {
            Value::Text(text) => text,
            other => panic!("{other:?}"),
        })
        .collect()
}

pub fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
