//! Workspaces, bases, tables and fields: the catalog rows and, in the same transaction, the physical tables.
//! Physical names are `t<no>` and `f<no>`; no text of a client ever names anything in SQL.

use std::sync::Arc;

use domain::{
    BaseId, FieldNo, TableId, WorkspaceId,
    audit::Actor,
    catalog::{Base, Catalog, Field, Table, Workspace},
};

use crate::{Store, StoreError};

/// A table to create. `no` of each field is given by the store, in this order.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTable {
    pub base: BaseId,
    pub name: String,
    pub title: Option<String>,
    pub fields: Vec<Field>,
    pub extra: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct TablePatch {
    pub name: Option<String>,
    pub title: Option<Option<String>>,
    pub extra: Option<Option<String>>,
}

/// The kind of a field and whether it is the primary key stay as they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldPatch {
    pub name: Option<String>,
    pub title: Option<Option<String>>,
    pub required: Option<bool>,
    pub unique: Option<bool>,
    pub hidden: Option<bool>,
    pub default: Option<Option<String>>,
    pub extra: Option<Option<String>>,
}

impl Store {
    /// The catalog of this moment; no IO.
    pub fn catalog(&self) -> Arc<Catalog> {
        todo!()
    }

    /// The base `main`, made at first start; where a dialect that knows only one place keeps its tables.
    pub fn main_base(&self) -> BaseId {
        todo!()
    }

    pub async fn create_workspace(&self, by: &Actor, name: &str) -> Result<Workspace, StoreError> {
        let _ = (by, name);
        todo!()
    }

    pub async fn create_base(&self, by: &Actor, workspace: WorkspaceId, name: &str) -> Result<Base, StoreError> {
        let _ = (by, workspace, name);
        todo!()
    }

    /// `Conflict("name")`: the base has a table of that name; `Conflict(<field name>)`: a field twice.
    pub async fn create_table(&self, by: &Actor, new: NewTable) -> Result<Arc<Table>, StoreError> {
        let _ = (by, new);
        todo!()
    }

    pub async fn patch_table(
        &self,
        by: &Actor,
        base: BaseId,
        id: TableId,
        patch: TablePatch,
    ) -> Result<Arc<Table>, StoreError> {
        let _ = (by, base, id, patch);
        todo!()
    }

    /// With all of its records.
    pub async fn drop_table(&self, by: &Actor, base: BaseId, id: TableId) -> Result<(), StoreError> {
        let _ = (by, base, id);
        todo!()
    }

    pub async fn add_field(
        &self,
        by: &Actor,
        base: BaseId,
        table: TableId,
        field: Field,
    ) -> Result<Arc<Table>, StoreError> {
        let _ = (by, base, table, field);
        todo!()
    }

    /// Making a field unique fails with `Conflict(<field name>)` when its values are not.
    pub async fn patch_field(
        &self,
        by: &Actor,
        base: BaseId,
        table: TableId,
        field: FieldNo,
        patch: FieldPatch,
    ) -> Result<Arc<Table>, StoreError> {
        let _ = (by, base, table, field, patch);
        todo!()
    }

    /// With all of its values. `Conflict("primary")`: the primary key cannot be dropped.
    pub async fn drop_field(
        &self,
        by: &Actor,
        base: BaseId,
        table: TableId,
        field: FieldNo,
    ) -> Result<Arc<Table>, StoreError> {
        let _ = (by, base, table, field);
        todo!()
    }
}
