//! What roles mean, checked on the compiled layer.

use super::*;
use crate::role::{ActionEntry, Strategy};
use domain::{
    BaseId, FieldNo, Millis, TableId, WorkspaceId,
    access::{Layer, Place},
    catalog::{Base, Field, FieldKind, Workspace},
};
use serde_json::json;

struct Known;
impl Scopes for Known {
    fn filter(&self, id: i64) -> Option<Map<String, Value>> {
        let filter = match id {
            1 => json!({}),
            2 => json!({"createdById": "{{ ctx.state.currentUser.id }}"}),
            3 => json!({"completed": false}),
            _ => return None,
        };
        filter.as_object().cloned()
    }
}

fn id(n: u8) -> [u8; 16] {
    [n; 16]
}

fn catalog() -> Catalog {
    let (workspace, base) = (WorkspaceId::from_bytes(id(1)), BaseId::from_bytes(id(2)));
    let field = |no: u32, name: &str, kind| Field { primary: no == 1, ..Field::new(FieldNo(no), name, kind) };
    let table = |n: u8, name: &str| {
        Arc::new(Table {
            id: TableId::from_bytes(id(n)),
            no: u32::from(n),
            workspace,
            base,
            name: name.to_owned(),
            title: None,
            fields: vec![
                field(1, "key", FieldKind::BigInt),
                field(2, "title", FieldKind::Text),
                field(3, "completed", FieldKind::Boolean),
                field(4, "createdById", FieldKind::BigInt),
            ],
            extra: None,
            created_at: Millis::ZERO,
        })
    };
    Catalog::new(
        1,
        vec![Workspace { id: workspace, name: "main".into(), created_at: Millis::ZERO }],
        vec![Base { id: base, workspace, name: "main".into(), created_at: Millis::ZERO }],
        vec![table(10, "todos"), table(11, "notes")],
    )
}

/// `read own{1,2} | …` for one table: each operation with its alternatives.
fn shown(doc: &RoleDoc, table: &str) -> String {
    let catalog = catalog();
    let layer = Layer::from_grants(&compile(doc, &catalog, &Known).unwrap(), &catalog);
    let base = catalog.base("main").unwrap();
    let table = catalog.table(base.id, table).unwrap();
    let cell = layer.cell(&Place::of(table));
    let mut out = Vec::new();
    for (op, name) in [
        (Op::RecordRead, "read"),
        (Op::RecordCreate, "create"),
        (Op::RecordUpdate, "update"),
        (Op::RecordDelete, "delete"),
    ] {
        for alt in cell.alternatives(op) {
            let rows = match alt.rows.conds() {
                [] => "all",
                [Cond::Own] => "own",
                _ => "some",
            };
            let fields = match &alt.fields {
                domain::access::Fields::All => String::new(),
                domain::access::Fields::Only(set) => {
                    format!("{:?}", set.iter().map(|f| f.0).collect::<Vec<_>>())
                }
            };
            out.push(format!("{name} {rows}{fields}"));
        }
    }
    out.join(" | ")
}

fn strategy_of(actions: &[&str]) -> RoleDoc {
    let actions = actions.iter().map(|a| (*a).to_owned()).collect();
    RoleDoc { strategy: Some(Strategy { actions, more: Map::new() }), ..RoleDoc::default() }
}

fn action(name: &str, fields: &[&str], scope: Option<i64>) -> ActionEntry {
    ActionEntry {
        id: 0,
        name: name.to_owned(),
        fields: Some(fields.iter().map(|f| (*f).to_owned()).collect()),
        scope: scope.map(ScopeRef::Id),
        created_at: None,
    }
}

#[test]
fn a_strategy_holds_in_every_collection_without_an_entry_of_its_own() {
    assert_eq!(shown(&strategy_of(&["view:own"]), "todos"), "read own");
    assert_eq!(shown(&strategy_of(&["view", "view:own", "create"]), "todos"), "read all | create all");
    assert_eq!(shown(&strategy_of(&["*"]), "todos"), "read all | create all | update all | delete all");
    assert_eq!(shown(&strategy_of(&["*:own"]), "todos"), "read own | create own | update own | delete own");
    assert_eq!(shown(&strategy_of(&["view:mine", "nonsense"]), "todos"), "");
    assert_eq!(shown(&RoleDoc::default(), "todos"), "");
}

#[test]
fn a_resource_entry_replaces_the_strategy_for_its_collection_alone() {
    let mut doc = strategy_of(&["*"]);
    doc.resources.push(ResourceEntry {
        id: 1,
        name: "todos".into(),
        using_actions_config: true,
        actions: vec![
            action("view", &["title"], None),
            action("update", &["title"], Some(2)),
            action("destroy", &[], Some(3)),
        ],
        ..ResourceEntry::default()
    });
    assert_eq!(shown(&doc, "todos"), "read all[1, 2, 4] | update own[2] | delete some");
    assert_eq!(shown(&doc, "notes"), "read all | create all | update all | delete all");
    doc.resources[0].using_actions_config = false;
    assert_eq!(shown(&doc, "todos"), "read all | create all | update all | delete all");
    doc.resources[0].using_actions_config = true;
    doc.resources[0].actions.clear();
    assert_eq!(shown(&doc, "todos"), "");
}

#[test]
fn an_empty_field_list_shows_nothing_but_what_rides_along_and_limits_no_writing() {
    let mut doc = RoleDoc::default();
    doc.resources.push(ResourceEntry {
        id: 1,
        name: "todos".into(),
        using_actions_config: true,
        actions: vec![action("view", &[], Some(1)), action("create", &[], None)],
        ..ResourceEntry::default()
    });
    let riders = shown(&doc, "todos");
    doc.resources[0].actions[0].fields = None;
    assert_eq!(shown(&doc, "todos"), "read all | create all");
    assert_eq!(riders, "read all[1, 4] | create all");
}

#[test]
fn a_scope_that_is_gone_grants_nothing_and_one_that_does_not_parse_is_refused() {
    let mut doc = RoleDoc::default();
    doc.resources.push(ResourceEntry {
        id: 1,
        name: "todos".into(),
        using_actions_config: true,
        actions: vec![action("view", &[], Some(99)), action("create", &[], None)],
        ..ResourceEntry::default()
    });
    assert_eq!(shown(&doc, "todos"), "create all");
    let inline = json!({"completed.$wat": 1}).as_object().cloned().unwrap();
    doc.resources[0].actions[0].scope = Some(ScopeRef::Inline(inline));
    assert!(compile(&doc, &catalog(), &Known).is_err());
}

#[test]
fn snippets_become_operations_on_the_server_and_on_structure() {
    let doc = RoleDoc { snippets: vec!["pm.*".into()], ..RoleDoc::default() };
    let catalog = catalog();
    let layer = Layer::from_grants(&compile(&doc, &catalog, &Known).unwrap(), &catalog);
    assert!(layer.cell(&Place::SERVER).allows(Op::KeyManage));
    assert!(!layer.cell(&Place::SERVER).allows(Op::TableCreate));
    let base = catalog.base("main").unwrap();
    let place = Place { workspace: Some(base.workspace), base: Some(base.id), table: None };
    assert!(layer.cell(&place).allows(Op::TableCreate));
    assert!(!layer.cell(&place).allows(Op::RecordRead));
}
