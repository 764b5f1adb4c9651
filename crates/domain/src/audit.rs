//! Audit: who changed what, and which calls were refused. Changes are written in the transaction that
//! makes them; refusals come through the journal's buffer.

use crate::{AuditId, KeyId, Millis, UserId};

/// Who did it. The server itself (first start, command line on the data folder) has neither key nor user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    pub user: Option<UserId>,
    pub key: Option<KeyId>,
    pub ip: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AuditEvent {
    pub id: AuditId,
    pub at: Millis,
    pub actor: Actor,
    /// `key.create`, `role.update`, `decision.refused` …
    pub action: String,
    /// What it was done to: `key/0193…`.
    pub target: String,
    /// Details as JSON text; never a secret.
    pub detail: Option<String>,
}
