//! A role on the wire. Grants are written as the core stores them; the `…Doc` types describe them.

use domain::{RoleId, access::Entry, user::Role};
use serde::Serialize;
use utoipa::ToSchema;

/// Where a grant applies: `"everywhere"`, `{"workspace": name}`, `{"base": name}` or
/// `{"table": {"base": name, "table": name}}`.
#[derive(ToSchema)]
#[schema(as = Reach)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub enum ReachDoc {
    Everywhere,
    Workspace(String),
    Base(String),
    Table { base: String, table: String },
}

/// These fields on these rows. Several limits of one operation are alternatives.
#[derive(ToSchema)]
#[schema(as = Limit)]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub struct LimitDoc {
    /// Record operations: `record.read`, `record.create` …
    #[schema(example = json!(["record.update"]))]
    ops: Vec<String>,
    /// All of these must hold: `"own"` (the subject created the row) or `{"matching": filter}`. None: all rows.
    #[schema(value_type = Vec<Object>, example = json!(["own"]))]
    rows: Option<Vec<String>>,
    /// Names of fields; left out: all.
    #[schema(example = json!(["title", "completed"]))]
    fields: Option<Vec<String>>,
}

/// At this place the operations in `set` are decided here: those in `allow` are granted, the rest denied.
/// Deeper places replace shallower ones, operation by operation.
#[derive(ToSchema)]
#[schema(as = Grant)]
#[expect(dead_code, reason = "describes the body for the OpenAPI document")]
pub struct GrantDoc {
    reach: ReachDoc,
    /// Left out: the same as `allow`.
    set: Option<Vec<String>>,
    /// Names of operations; `["*"]`: every one.
    #[schema(example = json!(["record.read", "record.create"]))]
    allow: Vec<String>,
    limits: Option<Vec<LimitDoc>>,
}

/// A named set of grants. Times are RFC 3339 in UTC.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Role)]
pub struct RoleView {
    #[schema(value_type = String, format = "uuid")]
    pub id: RoleId,
    /// Unique; what people write.
    pub name: String,
    pub title: Option<String>,
    pub description: Option<String>,
    /// Everything everywhere.
    pub root: bool,
    /// Cannot be deleted.
    pub builtin: bool,
    /// Given to a new user for whom none is named.
    pub default: bool,
    #[schema(value_type = Vec<GrantDoc>)]
    pub grants: Vec<Entry>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
}

impl From<Role> for RoleView {
    fn from(role: Role) -> Self {
        Self {
            id: role.id,
            name: role.name,
            title: role.title,
            description: role.description,
            root: role.root,
            builtin: role.builtin,
            default: role.default,
            grants: role.grants.0,
            created_at: role.created_at.rfc3339(),
            updated_at: role.updated_at.rfc3339(),
        }
    }
}
