//! Physical tables and columns. Names are made of numbers, so nothing here needs quoting; types follow the kind of
//! the field. What a field requires is checked when a record is written, not by the column: SQLite could not
//! take such a constraint back.

use domain::{
    FieldNo,
    catalog::{Field, FieldKind, Table},
    value::Value,
};
use sea_query::{Alias, ColumnDef, ColumnType, Index, Query, SqliteQueryBuilder};

use crate::{records::to_sql, sql::Built};

/// `t7`.
pub(crate) fn table_name(no: u32) -> String {
    format!("t{no}")
}

/// `f3`.
pub(crate) fn column(no: FieldNo) -> String {
    format!("f{}", no.0)
}

pub(super) fn create_table(table: &Table) -> String {
    let mut create = sea_query::Table::create();
    create.table(Alias::new(table_name(table.no)));
    let primary = table.primary().map(|field| field.no);
    if primary.is_none() {
        // Records must be told apart even where no field does it.
        create.col(ColumnDef::new(Alias::new("r")).integer().not_null().primary_key().auto_increment());
    }
    for field in table.fields.iter().filter(|field| has_column(field)) {
        let mut def = definition(field);
        if Some(field.no) == primary {
            def.not_null().primary_key();
            if matches!(field.kind, FieldKind::Integer | FieldKind::BigInt) {
                // Numbers of deleted records are not given out again.
                def.auto_increment();
            }
        }
        create.col(&mut def);
    }
    format!("{} STRICT", create.to_string(SqliteQueryBuilder))
}

/// Links have no value of their own.
pub(super) fn has_column(field: &Field) -> bool {
    field.kind != FieldKind::Link
}

pub(super) fn drop_table(no: u32) -> String {
    sea_query::Table::drop().table(Alias::new(table_name(no))).to_string(SqliteQueryBuilder)
}

pub(super) fn add_column(table_no: u32, field: &Field) -> String {
    sea_query::Table::alter()
        .table(Alias::new(table_name(table_no)))
        .add_column(definition(field))
        .to_string(SqliteQueryBuilder)
}

pub(super) fn drop_column(table_no: u32, field: FieldNo) -> String {
    sea_query::Table::alter()
        .table(Alias::new(table_name(table_no)))
        .drop_column(Alias::new(column(field)))
        .to_string(SqliteQueryBuilder)
}

pub(super) fn create_unique(table_no: u32, field: FieldNo) -> String {
    Index::create()
        .unique()
        .name(unique_name(table_no, field))
        .table(Alias::new(table_name(table_no)))
        .col(Alias::new(column(field)))
        .to_string(SqliteQueryBuilder)
}

pub(super) fn drop_unique(table_no: u32, field: FieldNo) -> String {
    Index::drop().if_exists().name(unique_name(table_no, field)).to_string(SqliteQueryBuilder)
}

/// By the places of an order, within its parts.
pub(super) fn create_order(table_no: u32, field: FieldNo, within: Option<FieldNo>) -> String {
    let mut index = Index::create();
    index.name(order_name(table_no, field)).table(Alias::new(table_name(table_no)));
    for no in within.into_iter().chain([field]) {
        index.col(Alias::new(column(no)));
    }
    index.to_string(SqliteQueryBuilder)
}

pub(super) fn drop_order(table_no: u32, field: FieldNo) -> String {
    Index::drop().if_exists().name(order_name(table_no, field)).to_string(SqliteQueryBuilder)
}

fn order_name(table_no: u32, field: FieldNo) -> String {
    format!("o{table_no}_{}", field.0)
}

pub(super) fn fill(table_no: u32, field: FieldNo, value: Value) -> Built {
    let mut update = Query::update();
    update.table(Alias::new(table_name(table_no))).value(Alias::new(column(field)), to_sql(value));
    Built::of(&update)
}

fn unique_name(table_no: u32, field: FieldNo) -> String {
    format!("u{table_no}_{}", field.0)
}

fn definition(field: &Field) -> ColumnDef {
    let name = Alias::new(column(field.no));
    // STRICT tables know exactly these names.
    let sql_type = match field.kind {
        FieldKind::Integer | FieldKind::BigInt | FieldKind::Boolean | FieldKind::DateTime => "INTEGER",
        FieldKind::Float => "REAL",
        FieldKind::Text
        | FieldKind::LongText
        | FieldKind::Decimal
        | FieldKind::LocalDateTime
        | FieldKind::Date
        | FieldKind::Time
        | FieldKind::Json
        | FieldKind::Array
        | FieldKind::Uuid
        | FieldKind::Password
        | FieldKind::Link => "TEXT",
    };
    ColumnDef::new_with_type(name, ColumnType::Custom(Alias::new(sql_type).into()))
}
