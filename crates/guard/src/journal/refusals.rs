//! Recent refusals: the last ones by decision id, for explaining; those of known keys and users also for the
//! audit trail. What a stranger's garbage can fill is the ring alone, never the disk.

use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use domain::{
    AuditId, DecisionId,
    audit::{Actor, AuditEvent},
    decision::{Denied, StepOutcome},
    limits::{REFUSALS_AUDITED_PER_FLUSH, REFUSALS_KEPT},
};
use parking_lot::Mutex;

#[derive(Default)]
pub(super) struct Refusals {
    kept: Mutex<Kept>,
    dropped: AtomicU64,
}

#[derive(Default)]
struct Kept {
    ring: VecDeque<Denied>,
    to_audit: Vec<(Denied, Option<IpAddr>)>,
}

impl Refusals {
    pub(super) fn add(&self, denied: Denied, from: Option<IpAddr>) {
        let known = denied.key.is_some() || denied.user.is_some();
        let mut kept = self.kept.lock();
        if known && kept.to_audit.len() < REFUSALS_AUDITED_PER_FLUSH {
            kept.to_audit.push((denied.clone(), from));
        } else if known {
            self.dropped.fetch_add(1, Relaxed);
        }
        if kept.ring.len() == REFUSALS_KEPT {
            kept.ring.pop_front();
        }
        kept.ring.push_back(denied);
    }

    pub(super) fn find(&self, id: DecisionId) -> Option<Denied> {
        self.kept.lock().ring.iter().rev().find(|d| d.id == id).cloned()
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    pub(super) fn drain(&self) -> Vec<AuditEvent> {
        let taken = std::mem::take(&mut self.kept.lock().to_audit);
        taken.into_iter().map(|(denied, from)| event(&denied, from)).collect()
    }
}

/// The event has the id of its decision, so that a caller's decision id leads to it for good.
fn event(denied: &Denied, from: Option<IpAddr>) -> AuditEvent {
    let gate = denied
        .trace
        .steps()
        .find(|(_, outcome)| *outcome == StepOutcome::Failed)
        .map(|(gate, _)| gate.name());
    let detail = serde_json::json!({
        "reason": denied.reason.code(),
        "gate": gate,
        "operation": denied.op.map(|op| op.name()),
        "resource": denied.resource,
    });
    AuditEvent {
        id: AuditId(denied.id.0),
        at: denied.at,
        actor: Actor { user: denied.user, key: denied.key, ip: from.map(|ip| ip.to_canonical().to_string()) },
        action: "decision.refused".to_owned(),
        target: match (denied.key, denied.user) {
            (Some(key), _) => format!("key/{key}"),
            (None, Some(user)) => format!("user/{user}"),
            (None, None) => String::new(),
        },
        detail: Some(detail.to_string()),
    }
}
