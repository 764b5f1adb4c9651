//! Rotation: a new secret for the same key. Balance, limiter and history stay; the old secret works on
//! until the overlap is over.

use domain::{KeyId, decision::Allowed, key::Key, secret::Secret};

use crate::{Keys, KeysError};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotate {
    /// How long the old secrets still work; `None`: 24 hours, 0: not at all.
    pub overlap_ms: Option<i64>,
}

impl Keys {
    pub async fn rotate(
        &self,
        allowed: &Allowed,
        id: KeyId,
        rotate: Rotate,
    ) -> Result<(Key, Secret), KeysError> {
        let _ = (allowed, id, rotate);
        todo!()
    }

    /// The same with a secret the door makes in its own format.
    pub async fn rotate_with(
        &self,
        allowed: &Allowed,
        id: KeyId,
        rotate: Rotate,
        make: impl FnOnce(&Key) -> Secret + Send,
    ) -> Result<(Key, Secret), KeysError> {
        let _ = (allowed, id, rotate, make);
        todo!()
    }
}
