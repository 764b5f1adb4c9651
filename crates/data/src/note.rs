//! What a dialect keeps with a base and the core does not understand: one text per name.

use domain::{
    BaseId,
    access::{Op, Place},
    decision::{Allowed, Target},
    limits,
};

use crate::{Data, DataError, rights};

impl Data {
    /// Of the base the call is about.
    pub async fn note(&self, allowed: &Allowed, name: &str) -> Result<Option<String>, DataError> {
        let (base, _) = self.noted(allowed)?;
        Ok(self.store.meta(&stored(base, name)).await?)
    }

    /// For who may do `op` there: not every note is about tables.
    pub async fn set_note(&self, allowed: &Allowed, op: Op, name: &str, text: &str) -> Result<(), DataError> {
        let (base, place) = self.noted(allowed)?;
        rights::require(allowed, op, &place)?;
        if text.len() > limits::NOTE_BYTES_MAX {
            return Err(DataError::invalid(format!("at most {} bytes can be kept", limits::NOTE_BYTES_MAX)));
        }
        Ok(self.store.set_meta(&stored(base, name), text).await?)
    }

    fn noted(&self, allowed: &Allowed) -> Result<(BaseId, Place), DataError> {
        let id = match allowed.target() {
            Target::Server => self.store.main_base(),
            Target::Base(base) => base.id,
            Target::Table(table) => table.base,
        };
        let catalog = self.store.catalog();
        let base = catalog.bases.get(&id).ok_or(DataError::NotFound)?;
        Ok((id, Place { workspace: Some(base.workspace), base: Some(id), table: None }))
    }
}

/// Apart from what the server and its other rooms keep for themselves.
fn stored(base: BaseId, name: &str) -> String {
    format!("note.{base}.{name}")
}
