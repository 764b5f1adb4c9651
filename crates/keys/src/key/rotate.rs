//! Rotation: a new secret for the same key. Balance, limiter and history stay; the old secret works on
//! until the overlap is over.

use domain::{
    KeyId, Millis,
    decision::Allowed,
    key::Key,
    limits,
    secret::{Secret, generate, valid_label},
};
use store::Rotation;

use super::create::{native_start_chars, start_of};
use crate::{Keys, KeysError, rights::Caller};

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
        let caller = self.caller(allowed).await?;
        let key = self.own_key(&caller, id).await?;
        // The caller is about to hold this key's secret.
        self.check_rank(&caller, &key, false).await?;
        let overlap_until = self.overlap_until(&caller, id, rotate).await?;
        let text = generate(label(&key), &*self.inner.entropy);
        let rotation = Rotation {
            secret: self.secret_of(&key, &text, None, allowed.at())?,
            start: start_of(&text, Some(native_start_chars(label(&key)))),
            prefix: None,
            sealed: if key.revealable { Some(self.seal(id, &text)?) } else { None },
            overlap_until,
        };
        let live = self.store().rotate_key(&allowed.actor(), caller.scope(), id, rotation).await?;
        tracing::info!(key = %id, "key rotated");
        Ok((live.key, text))
    }

    /// When the present secrets end. With an overlap they count against the most a key may have.
    async fn overlap_until(
        &self,
        caller: &Caller<'_>,
        id: KeyId,
        rotate: Rotate,
    ) -> Result<Option<Millis>, KeysError> {
        let overlap_ms = rotate.overlap_ms.unwrap_or(limits::ROTATION_OVERLAP_DEFAULT_MS);
        let max = limits::ROTATION_OVERLAP_MS_MAX;
        if !(0..=max).contains(&overlap_ms) {
            return Err(KeysError::invalid("overlap_ms", format!("must be 0 to {max}")));
        }
        if overlap_ms == 0 {
            return Ok(None);
        }
        let now = caller.allowed.at();
        let secrets = self.store().secrets(caller.scope(), id).await?;
        let live = secrets.iter().filter(|s| s.expires_at.is_none_or(|end| end > now)).count();
        if live >= limits::KEY_SECRETS_MAX {
            return Err(KeysError::TooMany { what: "live secrets of a key", max: limits::KEY_SECRETS_MAX });
        }
        Ok(Some(now.plus(overlap_ms)))
    }
}

/// The label of a native secret: the key's prefix where that can be one.
fn label(key: &Key) -> &str {
    key.prefix.as_deref().filter(|prefix| valid_label(prefix)).unwrap_or(key.kind.label())
}
