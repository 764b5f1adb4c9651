//! Laws of the model, against random grants, scopes, rows and fields.

use std::sync::Arc;

use proptest::{collection::vec, prelude::*, sample::select};
use uuid::Uuid;

use crate::{
    BaseId, FieldNo, Millis, TableId, WorkspaceId,
    catalog::{Base, Catalog, Field, FieldKind, Table, Workspace},
    query::Filter,
};

use super::{
    reference::{At, Question, grants_allow, scopes_allow},
    *,
};

const FIELDS: [&str; 4] = ["id", "title", "done", "secret"];
/// Record operations, deletion, and one that rows and fields cannot limit.
const OPS: [Op; 6] =
    [Op::RecordRead, Op::RecordCreate, Op::RecordUpdate, Op::RecordDelete, Op::TableRead, Op::KeyManage];

fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// Two workspaces, three bases, two tables of the same names in each base.
fn catalog() -> Catalog {
    let workspaces = (0..2).map(|w| Workspace {
        id: WorkspaceId(uuid(w)),
        name: format!("w{w}"),
        created_at: Millis::ZERO,
    });
    let bases = (0..3u128).map(|b| Base {
        id: BaseId(uuid(10 + b)),
        workspace: WorkspaceId(uuid(b / 2)),
        name: format!("b{b}"),
        created_at: Millis::ZERO,
    });
    let tables = (0..6u128).map(|t| Arc::new(table(t)));
    Catalog::new(1, workspaces.collect(), bases.collect(), tables.collect())
}

fn table(t: u128) -> Table {
    let field = |(no, name): (usize, &&str)| Field {
        primary: no == 0,
        ..Field::new(FieldNo(no as u32), *name, FieldKind::Text)
    };
    Table {
        id: TableId(uuid(20 + t)),
        no: t as u32,
        workspace: WorkspaceId(uuid(t / 4)),
        base: BaseId(uuid(10 + t / 2)),
        name: format!("t{}", t % 2),
        title: None,
        fields: FIELDS.iter().enumerate().map(field).collect(),
        extra: None,
        created_at: Millis::ZERO,
    }
}

fn conds() -> [Cond; 3] {
    let matching = |value: &str| Cond::Matching(Arc::new(Filter::eq("title", value)));
    [Cond::Own, matching("a"), matching("b")]
}

/// A row is the set of conditions that hold for it.
type RowFacts = u8;

fn holds(row: RowFacts) -> impl Fn(&Cond) -> bool {
    move |cond| conds().iter().position(|c| c == cond).is_some_and(|i| row & (1 << i) != 0)
}

#[derive(Clone, Debug)]
enum Spot {
    Server,
    Workspace(u128),
    Base(u128),
    Table(u128),
}

#[derive(Clone, Debug)]
struct Case {
    op: Op,
    spot: Spot,
    row: RowFacts,
    field: usize,
}

impl Case {
    fn place(&self) -> Place {
        match self.spot {
            Spot::Server => Place::SERVER,
            Spot::Workspace(w) => Place { workspace: Some(WorkspaceId(uuid(w))), ..Place::SERVER },
            Spot::Base(b) => Place {
                workspace: Some(WorkspaceId(uuid(b / 2))),
                base: Some(BaseId(uuid(10 + b))),
                table: None,
            },
            Spot::Table(t) => Place::of(&table(t)),
        }
    }

    fn ask(&self, answer: impl Fn(&Question<'_>) -> bool) -> bool {
        let table = table(match self.spot {
            Spot::Table(t) => t,
            _ => 0,
        });
        let at = match self.spot {
            Spot::Server => At::Server,
            Spot::Workspace(w) => At::Workspace(WorkspaceId(uuid(w))),
            Spot::Base(b) => At::Base(BaseId(uuid(10 + b))),
            Spot::Table(_) => At::Table(&table),
        };
        let field = (self.op != Op::RecordDelete).then(|| FIELDS[self.field]);
        answer(&Question { op: self.op, at, holds: &holds(self.row), field })
    }

    fn compiled(&self, layer: &Layer) -> bool {
        self.in_cell(layer.cell(&self.place()))
    }

    fn in_cell(&self, cell: &Cell) -> bool {
        let no = FieldNo(self.field as u32);
        cell.alternatives(self.op).iter().any(|alt| {
            let field = self.op == Op::RecordDelete || alt.fields.has(no);
            field && alt.rows.conds().iter().all(holds(self.row))
        })
    }
}

fn a_case() -> impl Strategy<Value = Case> {
    let spot = prop_oneof![
        1 => Just(Spot::Server),
        1 => (0..2u128).prop_map(Spot::Workspace),
        2 => (0..3u128).prop_map(Spot::Base),
        6 => few(6).prop_map(Spot::Table),
    ];
    (select(&OPS[..]), spot, 0..8u8, 0..FIELDS.len()).prop_map(|(op, spot, row, field)| Case {
        op,
        spot,
        row,
        field,
    })
}

/// Small numbers, mostly the first two: so that entries and questions meet.
fn few(below: u128) -> impl Strategy<Value = u128> {
    prop_oneof![3 => 0..2u128, 1 => 0..below]
}

fn some_ops() -> impl Strategy<Value = Ops> {
    prop_oneof![
        4 => vec(select(&OPS[..]), 1..6).prop_map(|ops| ops.into_iter().collect()),
        1 => Just(Ops::NONE),
        1 => Just(Ops::ALL),
    ]
}

fn base_name() -> impl Strategy<Value = String> {
    let no = prop_oneof![3 => Just(0), 1 => 0..4u128];
    (no, any::<bool>()).prop_map(|(b, by_id)| if by_id { uuid(10 + b).to_string() } else { format!("b{b}") })
}

fn table_name() -> impl Strategy<Value = String> {
    prop_oneof![few(3).prop_map(|t| format!("t{t}")), few(7).prop_map(|t| uuid(20 + t).to_string())]
}

fn workspace_name() -> impl Strategy<Value = String> {
    (0..3u128, any::<bool>()).prop_map(|(w, by_id)| if by_id { uuid(w).to_string() } else { format!("w{w}") })
}

fn reach() -> impl Strategy<Value = Reach> {
    prop_oneof![
        1 => Just(Reach::Everywhere),
        1 => workspace_name().prop_map(Reach::Workspace),
        2 => base_name().prop_map(Reach::Base),
        4 => (base_name(), table_name()).prop_map(|(base, table)| Reach::Table { base, table }),
    ]
}

fn limit() -> impl Strategy<Value = Limit> {
    let fields = vec(prop_oneof![6 => select(&FIELDS[..]), 1 => Just("gone")].prop_map(str::to_owned), 0..4);
    (some_ops(), vec(select(conds().to_vec()), 0..3), proptest::option::weighted(0.7, fields))
        .prop_map(|(ops, rows, fields)| Limit { ops, rows, fields })
}

fn grants() -> impl Strategy<Value = Grants> {
    let entry = (reach(), proptest::option::weighted(0.3, some_ops()), some_ops(), vec(limit(), 0..4))
        .prop_map(|(reach, set, allow, limits)| Entry { reach, set, allow, limits });
    vec(entry, 0..8).prop_map(Grants)
}

fn scopes() -> impl Strategy<Value = Scopes> {
    use proptest::option::of;
    let level = prop_oneof![Just(Level::Read), Just(Level::ReadWrite)];
    let categories = proptest::collection::btree_map(select(&Category::ALL[..]), level, 0..4);
    let scope = (
        of(workspace_name()),
        of(base_name()),
        of(table_name()),
        of(categories),
        of(vec(select(&OPS[..]), 0..3)),
    )
        .prop_map(|(workspace, base, table, categories, operations)| Scope {
            workspace,
            base,
            table,
            categories,
            operations,
        });
    vec(scope, 0..5).prop_map(Scopes)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn compiled_grants_answer_as_the_reference_does(grants in grants(), cases in vec(a_case(), 16)) {
        let catalog = catalog();
        let layer = Layer::from_grants(&grants, &catalog);
        for case in cases {
            let slow = case.ask(|q| grants_allow(&grants, &catalog, q));
            prop_assert_eq!(case.compiled(&layer), slow, "{:?}", case);
        }
    }

    #[test]
    fn compiled_scopes_answer_as_the_reference_does(scopes in scopes(), cases in vec(a_case(), 16)) {
        let catalog = catalog();
        let layer = Layer::from_scopes(&scopes, &catalog);
        for case in cases {
            let slow = case.ask(|q| scopes_allow(&scopes, &catalog, q));
            prop_assert_eq!(case.compiled(&layer), slow, "{:?}", case);
        }
    }

    /// The bit that gates ask about must say the same as the alternatives that SQL is made of.
    #[test]
    fn an_operation_is_allowed_when_some_row_and_field_of_it_is(grants in grants(), case in a_case()) {
        let layer = Layer::from_grants(&grants, &catalog());
        let anything = (0..FIELDS.len()).any(|field| Case { row: 7, field, ..case.clone() }.compiled(&layer));
        prop_assert_eq!(layer.cell(&case.place()).allows(case.op), anything);
    }

    #[test]
    fn meet_is_intersection_and_join_is_union(a in grants(), b in grants(), cases in vec(a_case(), 16)) {
        let catalog = catalog();
        let (a, b) = (Layer::from_grants(&a, &catalog), Layer::from_grants(&b, &catalog));
        let joined = a.join(&b, &catalog);
        for case in cases {
            let (in_a, in_b) = (case.compiled(&a), case.compiled(&b));
            let met = a.cell(&case.place()).meet(b.cell(&case.place()));
            prop_assert_eq!(case.in_cell(&met), in_a && in_b, "meet at {:?}", case);
            prop_assert_eq!(case.compiled(&joined), in_a || in_b, "join at {:?}", case);
        }
    }

    #[test]
    fn meet_distributes_over_join(a in grants(), b in grants(), c in grants(), cases in vec(a_case(), 16)) {
        let catalog = catalog();
        let [a, b, c] = [a, b, c].map(|g| Layer::from_grants(&g, &catalog));
        for case in cases {
            let [a, b, c] = [&a, &b, &c].map(|layer| layer.cell(&case.place()));
            let left = a.meet(&b.join(c));
            let right = a.meet(b).join(&a.meet(c));
            prop_assert_eq!(case.in_cell(&left), case.in_cell(&right), "{:?}", case);
            let left = a.join(&b.meet(c));
            let right = a.join(b).meet(&a.join(c));
            prop_assert_eq!(case.in_cell(&left), case.in_cell(&right), "dual, {:?}", case);
        }
    }

    #[test]
    fn a_key_can_only_restrict(role in grants(), scopes in scopes(), cases in vec(a_case(), 16)) {
        let catalog = catalog();
        let role = Layer::from_grants(&role, &catalog);
        let key = Layer::from_scopes(&scopes, &catalog);
        for case in cases {
            let both = role.cell(&case.place()).meet(key.cell(&case.place()));
            prop_assert!(!case.in_cell(&both) || case.compiled(&role), "{:?}", case);
            prop_assert!(!case.in_cell(&both) || case.compiled(&key), "{:?}", case);
            let unnarrowed = role.cell(&case.place()).meet(Layer::top().cell(&case.place()));
            prop_assert_eq!(case.in_cell(&unnarrowed), case.compiled(&role), "top is neutral, {:?}", case);
        }
    }

    #[test]
    fn adding_a_role_never_removes_a_right(a in grants(), b in grants(), cases in vec(a_case(), 16)) {
        let catalog = catalog();
        let (a, b) = (Layer::from_grants(&a, &catalog), Layer::from_grants(&b, &catalog));
        let (ab, ba) = (a.join(&b, &catalog), b.join(&a, &catalog));
        for case in cases {
            prop_assert!(case.compiled(&ab) || !case.compiled(&a), "{:?}", case);
            prop_assert_eq!(case.compiled(&ab), case.compiled(&ba), "order of roles, {:?}", case);
        }
    }

    #[test]
    fn removing_a_scope_or_a_category_never_adds_a_right(scopes in scopes(), which: usize, cases in vec(a_case(), 16)) {
        let catalog = catalog();
        let whole = Layer::from_scopes(&scopes, &catalog);
        let (mut fewer, mut narrower) = (scopes.clone(), scopes);
        if fewer.0.is_empty() {
            return Ok(());
        }
        let at = which % fewer.0.len();
        fewer.0.remove(at);
        if let Some(categories) = &mut narrower.0[at].categories {
            categories.pop_first();
        }
        let fewer = Layer::from_scopes(&fewer, &catalog);
        let narrower = Layer::from_scopes(&narrower, &catalog);
        for case in cases {
            prop_assert!(case.compiled(&whole) || !case.compiled(&fewer), "{:?}", case);
            prop_assert!(case.compiled(&whole) || !case.compiled(&narrower), "{:?}", case);
        }
    }

    #[test]
    fn what_lies_within_a_layer_allows_nothing_beyond_it(a in grants(), b in grants(), cases in vec(a_case(), 16)) {
        let catalog = catalog();
        let (a, b) = (Layer::from_grants(&a, &catalog), Layer::from_grants(&b, &catalog));
        let joined = a.join(&b, &catalog);
        prop_assert!(a.within(&joined, &catalog) && b.within(&joined, &catalog));
        prop_assert!(joined.within(&Layer::top(), &catalog) && Layer::default().within(&a, &catalog));
        let within = a.within(&b, &catalog);
        for case in cases {
            let (in_a, in_b) = (a.cell(&case.place()), b.cell(&case.place()));
            prop_assert!(in_a.meet(in_b).within(in_a) && in_a.meet(in_b).within(in_b));
            prop_assert!(!within || !case.compiled(&a) || case.compiled(&b), "{:?}", case);
        }
    }

    #[test]
    fn a_joined_layer_has_no_empty_and_no_dominated_alternative(a in grants(), b in grants(), case in a_case()) {
        let catalog = catalog();
        let joined = Layer::from_grants(&a, &catalog).join(&Layer::from_grants(&b, &catalog), &catalog);
        let alts = joined.cell(&case.place()).alternatives(case.op);
        for (i, alt) in alts.iter().enumerate() {
            let nothing = matches!(&alt.fields, Fields::Only(set) if set.is_empty());
            prop_assert!(!nothing || case.op == Op::RecordDelete);
            prop_assert!(alts.iter().enumerate().all(|(j, other)| i == j || other != alt));
        }
    }

    #[test]
    fn zero_values_deny(case in a_case()) {
        let catalog = catalog();
        for layer in [
            Layer::default(),
            Layer::from_grants(&Grants::default(), &catalog),
            Layer::from_scopes(&Scopes::default(), &catalog),
        ] {
            prop_assert!(!case.compiled(&layer));
            prop_assert!(!layer.cell(&case.place()).allows(case.op));
        }
        prop_assert!(!case.in_cell(&Cell::default()));
    }

    /// What is stored and read back means the same.
    #[test]
    fn grants_and_scopes_survive_their_stored_form(grants in grants(), scopes in scopes()) {
        let back: Grants = serde_json::from_str(&serde_json::to_string(&grants).unwrap()).unwrap();
        prop_assert_eq!(back, grants);
        let back: Scopes = serde_json::from_str(&serde_json::to_string(&scopes).unwrap()).unwrap();
        prop_assert_eq!(back, scopes);
    }
}

#[test]
fn a_place_nobody_knows_is_denied_by_a_table_grant_and_decided_by_the_level_above() {
    let catalog = catalog();
    let read = Op::RecordRead.bit();
    let entry = |reach| Entry { reach, set: None, allow: read, limits: Vec::new() };
    let gone = Place { table: Some(TableId(uuid(99))), ..Place::of(&table(0)) };
    let at_table = Grants(vec![entry(Reach::Table { base: "b0".into(), table: "t0".into() })]);
    assert!(!Layer::from_grants(&at_table, &catalog).cell(&gone).allows(Op::RecordRead));
    let at_base = Grants(vec![entry(Reach::Base("b0".into()))]);
    assert!(Layer::from_grants(&at_base, &catalog).cell(&gone).allows(Op::RecordRead));
}

#[test]
fn two_roles_never_add_up_to_a_right_that_neither_gives() {
    let catalog = catalog();
    let role = |rows: Vec<Cond>, fields: &[&str]| {
        let limit = Limit {
            ops: Op::RecordRead.bit(),
            rows,
            fields: Some(fields.iter().map(|f| (*f).to_owned()).collect()),
        };
        let reach = Reach::Table { base: "b0".into(), table: "t0".into() };
        Layer::from_grants(
            &Grants(vec![Entry { reach, set: None, allow: Op::RecordRead.bit(), limits: vec![limit] }]),
            &catalog,
        )
    };
    let own_with_secret = role(vec![Cond::Own], &["title", "secret"]);
    let all_with_title = role(vec![], &["title"]);
    let both = own_with_secret.join(&all_with_title, &catalog);
    let ask = |row, field| Case { op: Op::RecordRead, spot: Spot::Table(0), row, field }.compiled(&both);
    assert!(ask(1, 3), "the secret of an own row");
    assert!(ask(0, 1), "the title of a foreign row");
    assert!(!ask(0, 3), "the secret of a foreign row");
}

#[test]
fn a_table_named_like_the_id_of_another_does_not_take_its_grants() {
    let (mut mine, theirs) = (table(0), table(1));
    mine.name = theirs.id.to_string();
    let whole = catalog();
    let bases = whole.bases.values().cloned().collect();
    let catalog = Catalog::new(
        1,
        whole.workspaces.values().cloned().collect(),
        bases,
        vec![Arc::new(mine.clone()), Arc::new(theirs.clone())],
    );
    assert_eq!(catalog.table(theirs.base, &theirs.id.to_string()).map(|t| t.id), Some(theirs.id));
}

#[test]
fn a_base_is_looked_for_in_the_workspace_that_is_named_with_it() {
    let mut bases: Vec<Base> = catalog().bases.values().cloned().collect();
    for base in &mut bases {
        base.name = "main".to_owned();
    }
    let workspaces = catalog().workspaces.values().cloned().collect();
    let catalog = Catalog::new(1, workspaces, bases, (0..6).map(|t| Arc::new(table(t))).collect());
    let scope = Scope { workspace: Some("w1".into()), base: Some("main".into()), ..Scope::default() };
    let layer = Layer::from_scopes(&Scopes(vec![scope]), &catalog);
    assert!(!layer.cell(&Place::of(&table(0))).allows(Op::RecordRead));
    assert!(layer.cell(&Place::of(&table(4))).allows(Op::RecordRead));
    assert_eq!(catalog.base("main").map(|b| b.id), Some(BaseId(uuid(10))), "else the oldest");
}
