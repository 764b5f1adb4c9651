//! Records as this room hands them out: typed values beside the fields they belong to.

use std::sync::Arc;

use domain::{
    FieldNo,
    catalog::{Field, Table},
    query::{Filter, Select},
    value::Value,
};
use store::Linking;

/// What a client wants written: names and untyped values.
pub type Values = serde_json::Map<String, serde_json::Value>;

/// Values in the order of the selection; `None` where the caller may not read this field of this row.
pub type Row = Vec<Option<Value>>;

/// What is wanted of one record: its values, and what it is to be linked with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    pub values: Values,
    pub links: Vec<LinkDraft>,
    /// Of a record inside of a link that is kept in a table of pairs: values of the row that pairs it.
    pub pair: Values,
}

impl Draft {
    /// Only linked, and nothing of its own changed.
    pub fn linking(link: impl Into<String>, how: Linking, targets: Vec<Other>) -> Self {
        Self { links: vec![LinkDraft { link: link.into(), how, targets }], ..Self::default() }
    }

    /// Only paired, and nothing of its own changed.
    pub fn pairing(pair: Values) -> Self {
        Self { pair, ..Self::default() }
    }

    /// Whether anything of the record itself is wanted.
    pub(crate) fn touches(&self) -> bool {
        !self.values.is_empty() || !self.links.is_empty()
    }
}

impl From<Values> for Draft {
    fn from(values: Values) -> Self {
        Self { values, ..Self::default() }
    }
}

impl From<&Values> for Draft {
    fn from(values: &Values) -> Self {
        values.clone().into()
    }
}

/// What is wanted of one link of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkDraft {
    /// Name of the field.
    pub link: String,
    pub how: Linking,
    pub targets: Vec<Other>,
}

/// A record at the other end of a link. Its key is still untyped: the one the link finds it by or, where the
/// other records hold the key, its primary key.
#[derive(Clone, Debug, PartialEq)]
pub enum Other {
    Key(serde_json::Value),
    /// It is changed as well.
    Changed(serde_json::Value, Draft),
    New(Draft),
}

impl Other {
    /// The key it is named by.
    pub fn key(&self) -> Option<&serde_json::Value> {
        match self {
            Self::Key(key) | Self::Changed(key, _) => Some(key),
            Self::New(_) => None,
        }
    }
}

/// Which records a call is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Which {
    /// By primary key, still untyped.
    Keys(Vec<serde_json::Value>),
    Filter(Filter),
}

impl Which {
    pub fn key(key: impl Into<serde_json::Value>) -> Self {
        Self::Keys(vec![key.into()])
    }
}

/// Several records of one table.
#[derive(Clone, Debug, PartialEq)]
pub struct Records {
    pub table: Arc<Table>,
    pub select: Vec<FieldNo>,
    pub rows: Vec<Row>,
    /// All matching rows, when they were to be counted.
    pub total: Option<u64>,
    /// The page as it was applied (after clamping).
    pub offset: u64,
    pub limit: u64,
    /// Of `select`, what is only there to follow links by; not asked for.
    pub beside: Vec<FieldNo>,
    /// What was found along the links that were to be followed.
    pub linked: Vec<Linked>,
}

/// A link to follow.
#[derive(Clone, Debug, PartialEq)]
pub struct Follow {
    /// Name of the field. One that is no link, or may not be read, is left out of the answer.
    pub link: String,
    /// What to answer of the rows it leads to.
    pub select: Select,
    /// Also answer the rows by which a table of pairs links them.
    pub pair: bool,
    pub then: Vec<Follow>,
}

/// The rows one link leads to, for all rows of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Linked {
    pub field: FieldNo,
    pub name: String,
    pub many: bool,
    pub records: Records,
    /// Per row of the page: which of `records`. `None`: the link may not be read in this row.
    pub of_row: Vec<Option<Vec<usize>>>,
    pub pairs: Option<Pairs>,
}

/// The rows of a table of pairs that link the rows of a page with others.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairs {
    pub records: Records,
    /// Per row of the page and row it leads to: which of `records`. `None`: it may not be seen.
    pub of_row: Vec<Vec<Option<usize>>>,
}

/// One record.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub table: Arc<Table>,
    pub select: Vec<FieldNo>,
    pub values: Row,
}

/// The outcome of a create or an update.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The records after the change, as far as the caller may read them; of a record it may not read, only
    /// the primary key and what it wrote itself.
    pub records: Records,
    /// Per record: of a new one the fields that were set, by the writer or by the server (key, times,
    /// defaults); of a changed one those the writer set.
    pub set: Vec<Vec<FieldNo>>,
    /// Names in the input that were ignored, because they do not exist or may not be written.
    pub dropped: Vec<String>,
    /// False when nothing was created: an update, or a first-or-create that found its record.
    pub created: bool,
}

impl Records {
    /// The selected fields, in order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.select.iter().filter_map(|no| self.table.field_by_no(*no))
    }

    /// The first record, if there is one.
    pub fn first(self) -> Option<Record> {
        let Self { table, select, rows, .. } = self;
        rows.into_iter().next().map(|values| Record { table, select, values })
    }
}

impl Record {
    /// The value of a field by name; `None` when it is not selected, not readable or not there.
    pub fn value(&self, name: &str) -> Option<&Value> {
        let no = self.table.field(name)?.no;
        let at = self.select.iter().position(|n| *n == no)?;
        self.values.get(at)?.as_ref()
    }
}
