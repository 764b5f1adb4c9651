//! Several changes of the structure at once: bound as a whole and written by one command of the store, so that all of it
//! is there afterwards or nothing. Rights are asked of every table that is touched, by what is done to it.

use std::{collections::HashSet, sync::Arc};

use domain::{
    BaseId, TableId,
    access::{Op, Place},
    catalog::{Base, Catalog, Field, Link, LinkKind, LinkTarget, Table},
    decision::Allowed,
};
use store::{NewTable, Step};

use super::{FieldPatch, FieldSpec, TablePatch, TableSpec, check, field, table};
use crate::{Data, DataError};

/// What is to become of the tables of one base.
#[derive(Clone, Debug, Default)]
pub struct Reshape {
    pub create: Vec<TableSpec>,
    pub change: Vec<TableChange>,
    /// With all of their records; one that is gone already stays gone.
    pub drop: Vec<TableId>,
}

/// What is to become of one table; fields are changed, then made, then dropped.
#[derive(Clone, Debug)]
pub struct TableChange {
    pub table: TableId,
    pub patch: Option<TablePatch>,
    /// By the name they have now.
    pub fields: Vec<(String, FieldPatch)>,
    pub add: Vec<FieldSpec>,
    pub drop: Vec<String>,
}

impl TableChange {
    /// Nothing yet.
    pub fn of(table: TableId) -> Self {
        Self { table, patch: None, fields: Vec::new(), add: Vec::new(), drop: Vec::new() }
    }
}

impl Data {
    /// All of it or nothing, in the base the call is about (of a call about the server: in the main base). Answers
    /// the tables that were made and changed, in this order.
    pub async fn reshape(&self, allowed: &Allowed, reshape: Reshape) -> Result<Vec<Arc<Table>>, DataError> {
        let catalog = self.store.catalog();
        let base = self.base(allowed)?;
        let mut steps = Vec::new();
        let made: HashSet<String> = reshape.create.iter().map(|spec| spec.name.clone()).collect();
        let rests = |op, link: &Link| may_rest(&catalog, &base, allowed, op, &made, link);
        for spec in reshape.create {
            let place = Place { workspace: Some(base.workspace), base: Some(base.id), table: None };
            may(allowed, Op::TableCreate, &place)?;
            let fields = check::table(&spec)?;
            fields
                .iter()
                .filter_map(|f| f.link.as_ref())
                .try_for_each(|link| rests(Op::FieldCreate, link))?;
            table::free_name(&catalog, &base, &spec.name)?;
            let TableSpec { name, title, extra, .. } = spec;
            steps.push(Step::CreateTable(NewTable { base: base.id, name, title, fields, extra }));
        }
        for change in reshape.change {
            change.add.iter().filter_map(|f| f.link.as_ref()).try_for_each(|l| rests(Op::FieldCreate, l))?;
            let of = catalog.tables.get(&change.table).ok_or(DataError::NotFound)?;
            let changed = change.fields.iter().filter(|(_, patch)| patch.on_delete.is_some());
            let mut links = changed.filter_map(|(name, _)| of.field(name)?.link.as_ref());
            links.try_for_each(|link| rests(Op::FieldUpdate, link))?;
            bind(&catalog, base.id, allowed, change, &mut steps)?;
        }
        let gone = reshape.drop.iter().filter_map(|id| catalog.tables.get(id)).filter(|t| t.base == base.id);
        for table in gone {
            may(allowed, Op::TableDelete, &Place::of(table))?;
            steps.push(Step::DropTable { table: table.id });
        }
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.store.reshape(&allowed.actor(), base.id, steps).await?)
    }
}

fn bind(
    catalog: &Catalog,
    base: BaseId,
    allowed: &Allowed,
    change: TableChange,
    steps: &mut Vec<Step>,
) -> Result<(), DataError> {
    let of = catalog.tables.get(&change.table).filter(|table| table.base == base);
    let of = of.ok_or(DataError::NotFound)?;
    let place = Place::of(of);
    let needs = [
        (Op::TableUpdate, change.patch.is_some()),
        (Op::FieldUpdate, !change.fields.is_empty()),
        (Op::FieldCreate, !change.add.is_empty()),
        (Op::FieldDelete, !change.drop.is_empty()),
    ];
    needs.iter().filter(|(_, asked)| *asked).try_for_each(|(op, _)| may(allowed, *op, &place))?;
    let table = of.id;
    for (name, patch) in change.fields {
        let known = of.field(&name).ok_or(DataError::NotFound)?;
        let (field, patch) = (known.no, field::checked(of, known, patch)?);
        steps.push(Step::PatchField { table, field, patch });
    }
    let added = change.add.iter().map(check::field).collect::<Result<Vec<_>, _>>()?;
    fit(of, &added, change.drop.len())?;
    steps.extend(added.into_iter().map(|field| Step::AddField { table, field }));
    for name in change.drop {
        let field = field::droppable(of, &name)?;
        steps.push(Step::DropField { table, field });
    }
    if let Some(patch) = change.patch {
        let patch = table::checked(catalog, of, patch)?;
        steps.push(Step::PatchTable { table, patch });
    }
    Ok(())
}

/// What holds of fields that come to others, and of each other.
fn fit(of: &Arc<Table>, added: &[Field], dropped: usize) -> Result<(), DataError> {
    let mut names = HashSet::new();
    let mut systems = Vec::new();
    for field in added {
        field::fits(of, field)?;
        let twice = field.system.is_some_and(|system| systems.contains(&system));
        if twice || !names.insert(field.name.as_str()) {
            return Err(DataError::Conflict { field: field.name.clone() });
        }
        systems.extend(field.system);
    }
    check::count((of.fields.len() + added.len()).saturating_sub(dropped))
}

/// A call that was let through for one operation at one place may do it there; anything else is asked for.
fn may(allowed: &Allowed, op: Op, place: &Place) -> Result<(), DataError> {
    let own = allowed.op() == Some(op) && allowed.target().place() == *place;
    if own || allowed.also(op, place) { Ok(()) } else { Err(DataError::OutOfScope) }
}

/// Through an association its users write the pairs, and deleting reaches the rows that hold the key: whoever makes one
/// could as well have made these columns, also where they are there. One that leads nowhere yet may lead anywhere.
fn may_rest(
    catalog: &Catalog,
    base: &Base,
    allowed: &Allowed,
    op: Op,
    made: &HashSet<String>,
    link: &Link,
) -> Result<(), DataError> {
    let rests_on = match (&link.through, link.kind, &link.target) {
        (Some(through), ..) => &through.table,
        (None, LinkKind::OneThere | LinkKind::ManyThere, LinkTarget::Table(name)) => name,
        _ => return Ok(()),
    };
    let whole = Place { workspace: Some(base.workspace), base: Some(base.id), table: None };
    match catalog.table(base.id, rests_on) {
        Some(table) => may(allowed, op, &Place::of(table)),
        None if made.contains(rests_on) => Ok(()),
        None => may(allowed, op, &whole),
    }
}
