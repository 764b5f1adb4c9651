//! The query as a client wrote it: names, operators and literals, not yet checked against anything.

use serde::{Deserialize, Serialize};

/// What a value is compared with: a literal of the request, or a variable filled in per request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// A literal, still untyped: the field it is compared with decides.
    Literal(serde_json::Value),
    Var(Var),
}

/// Variables a stored filter may use. Nothing else of a request can reach a row condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Var {
    /// The `num` of the current user.
    UserId,
    UserEmail,
    UserName,
    /// The name to show.
    UserTitle,
    /// A text, number or truth value a dialect keeps with the user, by its path there: `/dialect/name`.
    UserNote(String),
    /// Names of all roles the user holds: a list.
    UserRoles,
    /// Name of the role the subject acts in.
    Role,
    Now,
}

impl Var {
    /// Stands for several values.
    pub fn is_list(&self) -> bool {
        matches!(self, Self::UserRoles)
    }
}

/// Comparison operators. Text operators treat `%` and `_` as ordinary characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CmpOp {
    /// Equal; with null: is null.
    Eq,
    /// Not equal, or null; with null: is not null.
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    /// One of a list.
    In,
    /// None of a list, or null.
    NotIn,
    /// Two terms: low and high, both included.
    Between,
    /// Contains the text, ignoring case.
    Contains,
    /// Does not contain it; null never matches.
    NotContains,
    StartsWith,
    NotStartsWith,
    EndsWith,
    NotEndsWith,
    /// Null, empty text or empty list.
    Empty,
    NotEmpty,
    /// True; not false and not null.
    True,
    /// False or null.
    False,
    /// The array has any of the listed values.
    AnyOf,
    /// The array has none of them.
    NoneOf,
    /// The array has exactly these values, in any order.
    Match,
    NotMatch,
}

/// A condition on rows. Names only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// Every one; an empty list is always true.
    And(Vec<Filter>),
    /// At least one; an empty list is never true.
    Or(Vec<Filter>),
    /// Three-valued: of null remains null.
    Not(Box<Filter>),
    Cmp {
        field: String,
        op: CmpOp,
        terms: Vec<Term>,
    },
}

impl Filter {
    pub const ALL: Self = Self::And(Vec::new());

    pub fn is_all(&self) -> bool {
        matches!(self, Self::And(parts) if parts.iter().all(Self::is_all))
    }

    pub fn eq(field: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        Self::Cmp { field: field.into(), op: CmpOp::Eq, terms: vec![Term::Literal(value.into())] }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    pub field: String,
    pub descending: bool,
}

/// Which fields to answer with.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Select {
    /// Every field that may be read.
    #[default]
    All,
    /// These; a name that does not exist is refused, one that may not be read is dropped or refused, by
    /// `Query::strict`.
    Only(Vec<String>),
    /// All but these.
    Except(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub offset: u64,
    pub limit: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub filter: Filter,
    pub sort: Vec<Sort>,
    /// Rows without a value come last, upwards and downwards. Otherwise nothing is less than any value.
    pub nulls_last: bool,
    pub select: Select,
    /// `None`: everything up to the ceiling.
    pub page: Option<Page>,
    /// Rows of an answer without pages; `None`: as many as a page may have.
    pub ceiling: Option<u64>,
    /// Also count all matching rows.
    pub count: bool,
    /// Refuse selecting a field that may not be read, instead of dropping it.
    pub strict: bool,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            filter: Filter::ALL,
            sort: Vec::new(),
            nulls_last: false,
            select: Select::All,
            page: None,
            ceiling: None,
            count: false,
            strict: false,
        }
    }
}
