//! The audit trail. Changes write their event in their own transaction; refusals come in batches.

use domain::{AuditId, KeyId, Millis, UserId, audit::AuditEvent};

use crate::{Listed, Store, StoreError};

/// Which events, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditList {
    pub user: Option<UserId>,
    pub key: Option<KeyId>,
    /// The whole action, or its beginning up to a dot: `key`.
    pub action: Option<String>,
    pub target: Option<String>,
    pub from: Option<Millis>,
    /// Exclusive.
    pub before: Option<Millis>,
    /// Continue behind this event.
    pub after: Option<AuditId>,
    pub offset: u64,
    /// 0: no limit.
    pub limit: u64,
    pub count: bool,
}

impl Store {
    pub async fn append_audit(&self, events: Vec<AuditEvent>) -> Result<(), StoreError> {
        let _ = events;
        todo!()
    }

    pub async fn audit(&self, list: AuditList) -> Result<Listed<AuditEvent>, StoreError> {
        let _ = list;
        todo!()
    }
}
