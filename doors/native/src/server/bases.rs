//! `GET /v1/bases`: which bases and tables there are, for writing scopes and grants.

use std::collections::BTreeMap;

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use domain::{
    BaseId, TableId,
    access::{Op, Place},
};
use http_kit::Params;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    NativeState,
    answer::{self, Listed},
    caller::Caller,
    openapi::Problems,
    problem::Problem,
};

#[derive(Debug, Serialize, ToSchema)]
pub struct BaseView {
    #[schema(value_type = String, format = "uuid")]
    id: BaseId,
    name: String,
    /// The workspace it belongs to.
    workspace: Option<String>,
    tables: Vec<TableView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TableView {
    #[schema(value_type = String, format = "uuid")]
    id: TableId,
    name: String,
    title: Option<String>,
    /// Names of its fields.
    fields: Vec<String>,
}

/// Bases and tables
///
/// Any valid credential; shows the tables the caller may read the shape of.
#[utoipa::path(get, path = "/v1/bases", tag = "bases", operation_id = "listBases",
    responses((status = 200, description = "The bases", body = Listed<BaseView>), Problems))]
pub async fn list(
    State(state): State<NativeState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Params::parse(query.as_deref())?.finish()?;
    let allowed = caller.who(&state).await?;
    let mut tables: BTreeMap<BaseId, Vec<TableView>> = BTreeMap::new();
    for table in state.data.tables(&allowed) {
        if allowed.also(Op::TableRead, &Place::of(&table)) {
            tables.entry(table.base).or_default().push(TableView {
                id: table.id,
                name: table.name.clone(),
                title: table.title.clone(),
                fields: table.fields.iter().filter(|f| !f.hidden).map(|f| f.name.clone()).collect(),
            });
        }
    }
    let catalog = allowed.catalog();
    let mut items: Vec<BaseView> = Vec::new();
    for base in catalog.bases.values() {
        let place = Place { workspace: Some(base.workspace), base: Some(base.id), table: None };
        let tables = tables.remove(&base.id).unwrap_or_default();
        if allowed.also(Op::BaseRead, &place) || !tables.is_empty() {
            let workspace = catalog.workspaces.get(&base.workspace).map(|w| w.name.clone());
            items.push(BaseView { id: base.id, name: base.name.clone(), workspace, tables });
        }
    }
    items.sort_by_key(|base| base.id);
    Ok(answer::ok(&allowed, &Listed { total: items.len() as u64, items, next_cursor: None }))
}
