//! What a caller says about a table or a field to be made or changed.

use domain::catalog::{FieldKind, Link, OnDelete, Special, SystemField};

/// A table to be made. Without a primary field among `fields`, an integer `id` is put first.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TableSpec {
    /// `[A-Za-z_][A-Za-z0-9_-]*`, unique in its base.
    pub name: String,
    pub title: Option<String>,
    pub fields: Vec<FieldSpec>,
    /// What a dialect keeps with the table, as JSON text.
    pub extra: Option<String>,
}

/// `None` leaves as it is; `Some(None)` clears.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TablePatch {
    pub name: Option<String>,
    pub title: Option<Option<String>>,
    pub extra: Option<Option<String>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FieldSpec {
    pub name: String,
    pub title: Option<String>,
    pub kind: FieldKind,
    pub system: Option<SystemField>,
    pub primary: bool,
    pub required: bool,
    pub unique: bool,
    pub hidden: bool,
    pub default: Option<serde_json::Value>,
    pub extra: Option<String>,
    /// Of a field of the kind `Link`, and of no other.
    pub link: Option<Link>,
    pub special: Option<Special>,
}

/// `None` leaves as it is; `Some(None)` clears. The kind of a field cannot be changed.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct FieldPatch {
    pub name: Option<String>,
    pub title: Option<Option<String>>,
    pub required: Option<bool>,
    pub unique: Option<bool>,
    pub hidden: Option<bool>,
    pub default: Option<Option<serde_json::Value>>,
    pub extra: Option<Option<String>>,
    pub special: Option<Option<Special>>,
    /// Of a link.
    pub on_delete: Option<OnDelete>,
}

impl FieldSpec {
    /// An optional field without a default.
    pub fn new(name: impl Into<String>, kind: FieldKind) -> Self {
        Self {
            name: name.into(),
            title: None,
            kind,
            system: None,
            primary: false,
            required: false,
            unique: false,
            hidden: kind == FieldKind::Password,
            default: None,
            extra: None,
            link: None,
            special: None,
        }
    }

    /// A field that leads to rows of another table.
    pub fn link(name: impl Into<String>, link: Link) -> Self {
        Self { link: Some(link), ..Self::new(name, FieldKind::Link) }
    }

    /// A field the server fills in; its kind (and whether it is the primary key) follows from `which`.
    pub fn system(name: impl Into<String>, which: SystemField) -> Self {
        let kind = match which {
            SystemField::CreatedAt | SystemField::UpdatedAt => FieldKind::DateTime,
            SystemField::AutoId
            | SystemField::Snowflake
            | SystemField::CreatedBy
            | SystemField::UpdatedBy
            | SystemField::CreatedByKey => FieldKind::BigInt,
        };
        let primary = matches!(which, SystemField::AutoId | SystemField::Snowflake);
        Self { system: Some(which), primary, ..Self::new(name, kind) }
    }
}
