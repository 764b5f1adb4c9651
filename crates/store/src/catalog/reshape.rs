//! Changes of tables and fields: any number of steps are one command, one transaction and one version of the
//! catalog, so that all of them happen or none does. The single changes are commands of one step.

use std::sync::Arc;

use domain::{
    BaseId, FieldNo, TableId,
    audit::Actor,
    catalog::{Field, Table},
};

use super::{FieldPatch, NewTable, TablePatch, field, rows, table};
use crate::{Store, StoreError, sql, writer::Tx};

/// One change of one table. Steps see what those before them left.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `Conflict("name")`: the base has a table of that name, however it is spelled; `Conflict(<field name>)`: a
    /// field twice.
    CreateTable(NewTable),
    PatchTable {
        table: TableId,
        patch: TablePatch,
    },
    /// With all of its records.
    DropTable {
        table: TableId,
    },
    AddField {
        table: TableId,
        field: Field,
    },
    /// Making a field unique fails with `Conflict(<field name>)` when its values are not.
    PatchField {
        table: TableId,
        field: FieldNo,
        patch: FieldPatch,
    },
    /// With all of its values. `Conflict("primary")`: the primary key cannot be dropped.
    DropField {
        table: TableId,
        field: FieldNo,
    },
}

impl Store {
    /// Takes all of these steps in one base, or none. Answers the tables that were touched and are still there, as
    /// they are now, in the order they were first named.
    pub async fn reshape(
        &self,
        by: &Actor,
        base: BaseId,
        steps: Vec<Step>,
    ) -> Result<Vec<Arc<Table>>, StoreError> {
        let by = by.clone();
        self.write(move |tx| {
            let mut work = Work { base, tables: Vec::new() };
            for step in steps {
                work.take(tx, &by, step)?;
            }
            tx.catalog_changed()?;
            Ok(work.tables.into_iter().map(Arc::new).collect())
        })
        .await
    }

    pub async fn create_table(&self, by: &Actor, new: NewTable) -> Result<Arc<Table>, StoreError> {
        self.one(by, new.base, Step::CreateTable(new)).await
    }

    pub async fn patch_table(
        &self,
        by: &Actor,
        base: BaseId,
        table: TableId,
        patch: TablePatch,
    ) -> Result<Arc<Table>, StoreError> {
        self.one(by, base, Step::PatchTable { table, patch }).await
    }

    /// With all of its records.
    pub async fn drop_table(&self, by: &Actor, base: BaseId, table: TableId) -> Result<(), StoreError> {
        self.reshape(by, base, vec![Step::DropTable { table }]).await.map(drop)
    }

    pub async fn add_field(
        &self,
        by: &Actor,
        base: BaseId,
        table: TableId,
        field: Field,
    ) -> Result<Arc<Table>, StoreError> {
        self.one(by, base, Step::AddField { table, field }).await
    }

    pub async fn patch_field(
        &self,
        by: &Actor,
        base: BaseId,
        table: TableId,
        field: FieldNo,
        patch: FieldPatch,
    ) -> Result<Arc<Table>, StoreError> {
        self.one(by, base, Step::PatchField { table, field, patch }).await
    }

    pub async fn drop_field(
        &self,
        by: &Actor,
        base: BaseId,
        table: TableId,
        field: FieldNo,
    ) -> Result<Arc<Table>, StoreError> {
        self.one(by, base, Step::DropField { table, field }).await
    }

    async fn one(&self, by: &Actor, base: BaseId, step: Step) -> Result<Arc<Table>, StoreError> {
        self.reshape(by, base, vec![step]).await?.pop().ok_or(StoreError::NotFound)
    }
}

/// The tables of a command while it is carried out: read once, and kept as the steps leave them.
struct Work {
    base: BaseId,
    tables: Vec<Table>,
}

impl Work {
    fn take(&mut self, tx: &mut Tx<'_>, by: &Actor, step: Step) -> Result<(), StoreError> {
        let (action, of) = match &step {
            Step::CreateTable(_) => ("table.create", None),
            Step::PatchTable { table, .. } => ("table.update", Some(*table)),
            Step::DropTable { table } => ("table.delete", Some(*table)),
            Step::AddField { table, .. } => ("field.create", Some(*table)),
            Step::PatchField { table, .. } => ("field.update", Some(*table)),
            Step::DropField { table, .. } => ("field.delete", Some(*table)),
        };
        // Taken out while it is worked on; a step that fails takes everything with it.
        let at = of.and_then(|id| self.tables.iter().position(|table| table.id == id));
        let known = at.map(|at| self.tables.remove(at));
        let now = match (step, known) {
            (Step::CreateTable(new), _) => {
                let made = table::create(tx, NewTable { base: self.base, ..new })?;
                note(tx, by, action, &made)?;
                self.tables.push(made);
                return Ok(());
            }
            (step, Some(known)) => change(tx, known, step)?,
            (step, None) => {
                let id = of.ok_or(StoreError::NotFound)?;
                change(tx, rows::table(tx.conn, self.base, id)?, step)?
            }
        };
        note(tx, by, action, &now)?;
        if action != "table.delete" {
            self.tables.insert(at.unwrap_or(self.tables.len()), now);
        }
        Ok(())
    }
}

/// The table as the step leaves it.
fn change(tx: &mut Tx<'_>, mut table: Table, step: Step) -> Result<Table, StoreError> {
    match step {
        Step::CreateTable(_) => {}
        Step::PatchTable { patch, .. } => table::patch(tx, &mut table, patch)?,
        Step::DropTable { .. } => table::drop(tx, &table)?,
        Step::AddField { field, .. } => field::add(tx, &mut table, field)?,
        Step::PatchField { field, patch, .. } => field::patch(tx, &mut table, field, patch)?,
        Step::DropField { field, .. } => field::drop(tx, &mut table, field)?,
    }
    Ok(table)
}

fn note(tx: &Tx<'_>, by: &Actor, action: &str, table: &Table) -> Result<(), StoreError> {
    let detail = sql::to_json(&serde_json::json!({ "name": table.name }))?;
    tx.audit(by, action, &format!("table/{}", table.id), Some(&detail))
}
