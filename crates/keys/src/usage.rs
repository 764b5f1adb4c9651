//! Usage: how often keys did what, as the journal has written it down so far.

use domain::{
    KeyId, Millis,
    decision::Allowed,
    usage::Grain,
};
use store::UsageCount;

use crate::{Keys, KeysError};

#[derive(Clone, Copy, Debug)]
pub struct UsageQuery {
    /// `None`: all keys the caller may see.
    pub key: Option<KeyId>,
    pub grain: Grain,
    /// Inclusive; rounded down to the grain.
    pub from: Millis,
    /// Exclusive.
    pub to: Millis,
}

impl Keys {
    /// Oldest bucket first.
    pub async fn usage(&self, allowed: &Allowed, query: UsageQuery) -> Result<Vec<UsageCount>, KeysError> {
        let _ = (allowed, query);
        todo!()
    }
}
