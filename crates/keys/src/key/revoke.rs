//! Revoking: the end of a key. A tombstone stays, so that history keeps its name and a late use is known.

use domain::{KeyId, decision::Allowed};

use crate::{Keys, KeysError};

impl Keys {
    pub async fn revoke(&self, allowed: &Allowed, id: KeyId) -> Result<(), KeysError> {
        let _ = (allowed, id);
        todo!()
    }
}
