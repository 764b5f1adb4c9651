//! What can go wrong, in words that name no driver. A caller can tell its user's mistake from ours.

/// Why the store did not do it. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Something of that name or value exists already, or stands in the way. Names the field: `email`,
    /// `name`, or the name of a record's field.
    #[error("{0} is already taken")]
    Conflict(String),
    #[error("there is no such thing")]
    NotFound,
    /// A record without a value for this required field.
    #[error("{0} is required")]
    Required(String),
    /// The record would not be one of those its writer may write.
    #[error("the record is outside of the rows that may be written")]
    Row,
    /// What this field is to be linked with is not there.
    #[error("{0} names what is not there")]
    NoTarget(String),
    /// There are records of this table that hold a key of the record, and must not lose it.
    #[error("records of {0} hold on to it")]
    Held(String),
    /// More records would lose a key, or be deleted with the record, than one transaction takes.
    #[error("too many records hold on to it")]
    TooMuchHeld,
    /// Of several records that were to be written together: which one (from 0), and what is wrong with it.
    #[error("record {row}: {error}")]
    InRow { row: usize, error: Box<StoreError> },
    /// The disk has no room. Reading still works.
    #[error("the disk is full")]
    Full,
    /// Too much at once, or the store is closing; a retry can succeed.
    #[error("the store is busy or closing")]
    Busy,
    /// The data was written by a newer server than this one.
    #[error(
        "the data has schema version {found}, this server knows versions up to {known}; use a newer keyward"
    )]
    Newer { found: u32, known: u32 },
    /// Another server uses the data folder.
    #[error("{0} is used by another running keyward")]
    Locked(String),
    /// The store itself failed. For the log, not for callers.
    #[error("{0}")]
    Backend(String),
}

impl StoreError {
    /// What is wrong with one of several records is told with its place. What is wrong with the store is not.
    pub(crate) fn in_row(self, row: usize) -> Self {
        match self {
            Self::InRow { error, .. } => Self::InRow { row, error },
            error @ (Self::Conflict(_) | Self::Required(_) | Self::Row | Self::NoTarget(_)) => {
                Self::InRow { row, error: Box::new(error) }
            }
            error => error,
        }
    }
}
