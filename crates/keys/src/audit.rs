//! The audit: who changed what, and which calls were refused.

use domain::{KeyId, Millis, UserId, audit::AuditEvent, decision::Allowed};

use crate::{Keys, KeysError, Page, PageRequest};

/// Every named part must match.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    pub user: Option<UserId>,
    pub key: Option<KeyId>,
    /// `key.create`; ending in `.` everything below (`key.`).
    pub action: Option<String>,
    /// `key/0193…`.
    pub target: Option<String>,
    pub from: Option<Millis>,
    pub to: Option<Millis>,
    pub page: PageRequest,
}

impl Keys {
    /// Newest first. Who is no operator sees only what they did themselves.
    pub async fn audit(&self, allowed: &Allowed, query: AuditQuery) -> Result<Page<AuditEvent>, KeysError> {
        let _ = (allowed, query);
        todo!()
    }
}
