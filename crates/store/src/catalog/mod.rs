//! Workspaces, bases, tables and fields: the catalog rows and, in the same transaction, the physical tables.
//! Physical names are `t<no>` and `f<no>`; no text of a client ever names anything in SQL.

mod ddl;
mod field;
mod reshape;
mod rows;
mod table;

use std::sync::Arc;

use domain::{
    BaseId, WorkspaceId,
    audit::Actor,
    catalog::{Base, Catalog, Field, OnDelete, Special},
};

use crate::{Store, StoreError};

pub(crate) use ddl::{column, table_name};
pub use reshape::Step;
pub(crate) use rows::{first_base, read};

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
    /// Records that are there are given what the new rule makes of them.
    pub special: Option<Option<Special>>,
    /// Of a link.
    pub on_delete: Option<OnDelete>,
}

impl Store {
    /// The catalog of this moment; no IO.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.shared().catalog()
    }

    pub async fn create_base(
        &self,
        by: &Actor,
        workspace: WorkspaceId,
        name: &str,
    ) -> Result<Base, StoreError> {
        let (by, name) = (by.clone(), name.to_owned());
        self.write(move |tx| {
            let base = Base { id: BaseId::new(tx.now, tx.entropy()), workspace, name, created_at: tx.now };
            rows::insert_base(tx.conn, &base)?;
            tx.audit(&by, "base.create", &format!("base/{}", base.id), None)?;
            tx.catalog_changed()?;
            Ok(base)
        })
        .await
    }
}
