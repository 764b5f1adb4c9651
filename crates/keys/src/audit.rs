//! The audit: who changed what, and which calls were refused.

use domain::{
    AuditId, KeyId, Millis, UserId,
    access::{Op, Place},
    audit::AuditEvent,
    decision::Allowed,
};
use store::AuditList;

use crate::{Keys, KeysError, Page, PageRequest};

/// Every named part must match.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    pub user: Option<UserId>,
    pub key: Option<KeyId>,
    /// The whole action (`key.create`), or its beginning up to a dot (`key`).
    pub action: Option<String>,
    /// `key/0193…`.
    pub target: Option<String>,
    pub from: Option<Millis>,
    /// Exclusive.
    pub to: Option<Millis>,
    pub page: PageRequest,
}

impl Keys {
    /// Newest first. A call that was not let through as `audit.read` sees what the caller did themselves.
    pub async fn audit(&self, allowed: &Allowed, query: AuditQuery) -> Result<Page<AuditEvent>, KeysError> {
        let AuditQuery { mut user, mut key, action, target, from, to, page } = query;
        if allowed.op() != Some(Op::AuditRead) && !allowed.also(Op::AuditRead, &Place::SERVER) {
            let principal = allowed.principal();
            match principal.user {
                Some(own) if user.is_none_or(|asked| asked == own) => user = Some(own),
                None if principal.key.is_some() && key.is_none_or(|k| Some(k) == principal.key) => {
                    key = principal.key;
                }
                _ => return Ok(Page::empty()),
            }
        }
        let limit = page.size();
        let list = AuditList {
            user,
            key,
            action,
            target,
            from,
            before: to,
            after: page.cursor()?,
            offset: page.offset,
            limit,
            count: true,
        };
        let listed = self.store().audit(list).await?;
        Ok(Page::of(listed, limit, |event| event.id.to_string()))
    }

    /// An entry for something that changes nothing the store would write down by itself.
    pub(crate) async fn note(
        &self,
        allowed: &Allowed,
        action: &str,
        target: String,
    ) -> Result<(), KeysError> {
        let event = AuditEvent {
            id: AuditId::new(allowed.at(), self.entropy()),
            at: allowed.at(),
            actor: allowed.actor(),
            action: action.to_owned(),
            target,
            detail: None,
        };
        Ok(self.store().append_audit(vec![event]).await?)
    }
}
