//! Links: fields without a value of their own that lead from rows of one table to rows of another. Names
//! only; whether they still mean something is found out when a link is followed.

use serde::{Deserialize, Serialize};

use super::{Field, FieldKind, Table};
use crate::{BaseId, FieldNo, Millis, TableId, WorkspaceId};

/// Where a link leads, and which values must be equal for two rows to be linked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub kind: LinkKind,
    /// The field of this table.
    pub key: String,
    pub target: LinkTarget,
    /// The field of the target.
    pub target_key: String,
    /// Of a link of the kind [`LinkKind::Through`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<Through>,
    /// What becomes of the row that holds the key when the row it is the key of is deleted.
    #[serde(default, skip_serializing_if = "OnDelete::is_keep")]
    pub on_delete: OnDelete,
}

/// What a deleted row means for the rows that hold its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    /// They keep a key that leads nowhere.
    #[default]
    Keep,
    /// They lose the key.
    Clear,
    /// They are deleted as well.
    Delete,
    /// It is not deleted as long as there are any.
    Refuse,
}

impl OnDelete {
    fn is_keep(&self) -> bool {
        *self == Self::Keep
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// This row holds the key of the other one.
    Here,
    /// One other row holds the key of this one.
    OneThere,
    /// Any number of other rows do.
    ManyThere,
    /// A third table holds pairs of keys.
    Through,
}

impl LinkKind {
    pub fn many(self) -> bool {
        matches!(self, Self::ManyThere | Self::Through)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkTarget {
    /// A table of the same base, by name.
    Table(String),
    /// The users of the server: see [`people`].
    Users,
}

/// A table of pairs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Through {
    pub table: String,
    /// The field that holds the key of this side, and of the other.
    pub from: String,
    pub to: String,
}

/// The number of the table [`people`] describes; no table of a base has it.
pub const PEOPLE_TABLE_NO: u32 = 0;

/// Users as a link shows them: what is here, and nothing else of a user, can be reached through one. In
/// the database this is a view, so nothing can be written to it.
pub fn people() -> Table {
    let field = |no, name: &str, kind, primary| Field { primary, ..Field::new(FieldNo(no), name, kind) };
    Table {
        id: TableId::from_bytes([0; 16]),
        no: PEOPLE_TABLE_NO,
        workspace: WorkspaceId::from_bytes([0; 16]),
        base: BaseId::from_bytes([0; 16]),
        name: "users".to_owned(),
        title: None,
        fields: vec![
            field(1, "id", FieldKind::BigInt, true),
            field(2, "nickname", FieldKind::Text, false),
            field(3, "username", FieldKind::Text, false),
            field(4, "email", FieldKind::Text, false),
        ],
        extra: None,
        created_at: Millis(0),
    }
}
