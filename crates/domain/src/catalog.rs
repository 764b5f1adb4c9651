//! The catalog: workspaces → bases → tables → fields, as one immutable snapshot behind an `Arc`.
//! Resolving a name never touches the database. Kept fresh by the store, read by everyone.

mod link;
mod special;

use std::{collections::HashMap, sync::Arc};

pub use link::{Link, LinkKind, LinkTarget, OnDelete, PEOPLE_TABLE_NO, Through, people};
pub use special::Special;

use crate::{BaseId, FieldNo, Millis, TableId, WorkspaceId};

#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Grows with every change.
    pub version: u64,
    pub workspaces: HashMap<WorkspaceId, Workspace>,
    pub bases: HashMap<BaseId, Base>,
    pub tables: HashMap<TableId, Arc<Table>>,
    names: HashMap<BaseId, HashMap<String, TableId>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub name: String,
    pub created_at: Millis,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Base {
    pub id: BaseId,
    pub workspace: WorkspaceId,
    pub name: String,
    pub created_at: Millis,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub id: TableId,
    /// Names the physical table; small, never reused.
    pub no: u32,
    pub workspace: WorkspaceId,
    pub base: BaseId,
    /// Unique in its base.
    pub name: String,
    pub title: Option<String>,
    pub fields: Vec<Field>,
    /// What a dialect keeps with the table and the core does not understand, as JSON text.
    pub extra: Option<String>,
    pub created_at: Millis,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Names the physical column; unique in its table, never reused.
    pub no: FieldNo,
    pub name: String,
    pub title: Option<String>,
    pub kind: FieldKind,
    /// Filled in by the server, not by the writer.
    pub system: Option<SystemField>,
    pub primary: bool,
    pub required: bool,
    pub unique: bool,
    /// Never in any answer, never in a filter or sort.
    pub hidden: bool,
    /// Compact JSON text.
    pub default: Option<String>,
    /// What a dialect keeps with the field and the core does not understand, as JSON text.
    pub extra: Option<String>,
    /// Of a field of the kind [`FieldKind::Link`]: where it leads.
    pub link: Option<Link>,
    /// What the server does about its values.
    pub special: Option<Special>,
}

impl Field {
    /// An optional field with nothing special about it.
    pub fn new(no: FieldNo, name: impl Into<String>, kind: FieldKind) -> Self {
        Self {
            no,
            name: name.into(),
            title: None,
            kind,
            system: None,
            primary: false,
            required: false,
            unique: false,
            hidden: false,
            default: None,
            extra: None,
            link: None,
            special: None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SystemField {
    /// Primary key counted up by the store.
    AutoId,
    /// Primary key made of time and chance: a 53-bit integer.
    Snowflake,
    CreatedAt,
    UpdatedAt,
    /// The `num` of the user who created the record.
    CreatedBy,
    UpdatedBy,
    /// The `num` of the key that created the record.
    CreatedByKey,
}

/// How values of a field are typed, stored and compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum FieldKind {
    Text,
    LongText,
    Integer,
    BigInt,
    Float,
    Decimal,
    Boolean,
    /// An instant.
    DateTime,
    /// Date and time without a zone.
    LocalDateTime,
    Date,
    Time,
    Json,
    /// A list, kept as JSON; of texts and numbers among it filters can ask.
    Array,
    Uuid,
    /// Kept only as a hash; always hidden.
    Password,
    /// No value of its own: rows of another table, by [`Field::link`].
    Link,
}

impl FieldKind {
    /// Kinds that have a value, and so a column.
    pub const ALL: [Self; 15] = [
        Self::Text,
        Self::LongText,
        Self::Integer,
        Self::BigInt,
        Self::Float,
        Self::Decimal,
        Self::Boolean,
        Self::DateTime,
        Self::LocalDateTime,
        Self::Date,
        Self::Time,
        Self::Json,
        Self::Array,
        Self::Uuid,
        Self::Password,
    ];

    /// The stored name; part of the schema, never changed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::LongText => "long_text",
            Self::Integer => "integer",
            Self::BigInt => "big_int",
            Self::Float => "float",
            Self::Decimal => "decimal",
            Self::Boolean => "boolean",
            Self::DateTime => "date_time",
            Self::LocalDateTime => "local_date_time",
            Self::Date => "date",
            Self::Time => "time",
            Self::Json => "json",
            Self::Array => "array",
            Self::Uuid => "uuid",
            Self::Password => "password",
            Self::Link => "link",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().chain([Self::Link]).find(|kind| kind.name() == text)
    }

    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::LongText | Self::Uuid)
    }

    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::BigInt | Self::Float | Self::Decimal)
    }
}

impl Table {
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.name == name)
    }

    pub fn field_by_no(&self, no: FieldNo) -> Option<&Field> {
        self.fields.iter().find(|f| f.no == no)
    }

    pub fn primary(&self) -> Option<&Field> {
        self.fields.iter().find(|f| f.primary)
    }

    pub fn system(&self, which: SystemField) -> Option<&Field> {
        self.fields.iter().find(|f| f.system == Some(which))
    }
}

impl Catalog {
    pub fn new(version: u64, workspaces: Vec<Workspace>, bases: Vec<Base>, tables: Vec<Arc<Table>>) -> Self {
        let mut names: HashMap<BaseId, HashMap<String, TableId>> = HashMap::new();
        for table in &tables {
            names.entry(table.base).or_default().insert(table.name.clone(), table.id);
        }
        Self {
            version,
            workspaces: workspaces.into_iter().map(|w| (w.id, w)).collect(),
            bases: bases.into_iter().map(|b| (b.id, b)).collect(),
            tables: tables.into_iter().map(|t| (t.id, t)).collect(),
            names,
        }
    }

    /// A base by id or by name; of several with the same name (in different workspaces), the oldest.
    pub fn base(&self, id_or_name: &str) -> Option<&Base> {
        self.base_in(None, id_or_name)
    }

    /// As [`Catalog::base`], but only one of this workspace, if one is given.
    pub fn base_in(&self, workspace: Option<WorkspaceId>, id_or_name: &str) -> Option<&Base> {
        let inside = |base: &&Base| workspace.is_none_or(|id| base.workspace == id);
        // Ids first: a name chosen to look like a foreign id must not take its place.
        let by_id = id_or_name.parse().ok().and_then(|id: BaseId| self.bases.get(&id));
        match by_id {
            Some(base) => Some(base).filter(inside),
            None => self.bases.values().filter(inside).filter(|b| b.name == id_or_name).min_by_key(|b| b.id),
        }
    }

    /// A workspace by id or by name; of several with the same name, the oldest.
    pub fn workspace(&self, id_or_name: &str) -> Option<&Workspace> {
        let by_id = id_or_name.parse().ok().and_then(|id: WorkspaceId| self.workspaces.get(&id));
        by_id.or_else(|| self.workspaces.values().filter(|w| w.name == id_or_name).min_by_key(|w| w.id))
    }

    /// A table of a base, by id or by name.
    pub fn table(&self, base: BaseId, id_or_name: &str) -> Option<&Arc<Table>> {
        let by_id = id_or_name.parse().ok().and_then(|id: TableId| self.tables.get(&id));
        by_id.filter(|t| t.base == base).or_else(|| {
            let id = self.names.get(&base)?.get(id_or_name)?;
            self.tables.get(id)
        })
    }
}
