//! What can go wrong in this room, in words every door can translate.

use domain::{limits::DELETED_WITH_MAX, query::BindError};
use store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A name, a literal or a field right did not fit the table.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A value (or a name) that must be unique is taken. `field` is the field's name; for tables and fields
    /// themselves it is the taken name.
    #[error("{field:?} already exists")]
    Conflict { field: String },
    #[error("not found")]
    NotFound,
    /// Rules of the table or of names; one message each, written for people.
    #[error("{}", .0.join("; "))]
    Validation(Vec<String>),
    /// The record exists, but the caller may do this only to other rows, or with other fields; or it may do
    /// it to no row at all.
    #[error("the record is outside of what may be changed")]
    OutOfScope,
    /// The change would carry a record to where its writer may not write; nothing was changed.
    #[error("the change would carry the record out of what may be changed")]
    CarriedOut,
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for DataError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(field) => Self::Conflict { field },
            StoreError::InRow { error, .. } => (*error).into(),
            StoreError::NotFound => Self::NotFound,
            StoreError::NoTarget(field) => {
                let message = "names a record that is not there".to_owned();
                Self::Bind(BindError::BadValue { field, message })
            }
            StoreError::Row => Self::OutOfScope,
            StoreError::Required(field) => Self::Validation(vec![format!("{field} is required")]),
            StoreError::Held(table) => {
                Self::Validation(vec![format!("records of {table} are linked with it")])
            }
            StoreError::TooMuchHeld => {
                Self::Validation(vec![format!("more than {DELETED_WITH_MAX} records are linked with it")])
            }
            other => Self::Store(other),
        }
    }
}

/// What is wrong with a batch: with one of its records, counted from 0, or with all of it.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct BatchError {
    pub at: Option<usize>,
    pub error: DataError,
}

impl DataError {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Validation(vec![message.into()])
    }
}
