//! The guard itself: what doors call.

use std::{net::IpAddr, sync::Arc};

use domain::{
    DecisionId, KeyId,
    catalog::Catalog,
    decision::{Allowed, Denied, Profile},
    secret::{Digest, Digester},
    time::{SharedClock, SharedEntropy},
};
use store::{Store, StoreError};

use crate::{Call, CachedKey, Credential, Dropped, DryRun, Explanation, Verdict, VerifyCall};

/// What a guard needs besides the store.
#[derive(Clone)]
pub struct GuardOptions {
    pub clock: SharedClock,
    pub entropy: SharedEntropy,
    pub digester: Digester,
    /// Digest of the operator's key from the configuration (by `digester`).
    pub root_key: Option<Digest>,
}

#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    #[error("the guard could not load its cache: {0}")]
    Load(#[from] StoreError),
}

/// Decides. Cheap to clone.
#[derive(Clone)]
pub struct Guard {
    inner: Arc<Inner>,
}

struct Inner {}

impl Guard {
    /// Loads every live key, user, role and session and follows the feed from then on.
    pub async fn open(store: Store, options: GuardOptions) -> Result<Self, GuardError> {
        let _ = (store, options);
        todo!()
    }

    /// May this call pass? Waits only when the key has an exact quota.
    pub async fn check(
        &self,
        profile: &'static Profile,
        credential: &Credential,
        peer: Option<IpAddr>,
        call: &Call<'_>,
    ) -> Result<Allowed, Denied> {
        let _ = (profile, credential, peer, call, &self.inner);
        todo!()
    }

    /// What does this secret open? Waits only when the key has an exact quota.
    pub async fn verify(&self, call: &VerifyCall<'_>) -> Verdict {
        let _ = call;
        todo!()
    }

    /// [`Self::verify`] without waiting. `None`, and nothing counted: a quota must be debited first.
    pub fn verify_now(&self, call: &VerifyCall<'_>) -> Option<Verdict> {
        let _ = call;
        todo!()
    }

    /// What would happen and why. Spends and counts nothing.
    pub async fn explain(&self, run: &DryRun<'_>) -> Result<Explanation, StoreError> {
        let _ = run;
        todo!()
    }

    /// A recent refusal of `check` or `verify`, by its decision id.
    pub fn refusal(&self, id: DecisionId) -> Option<Denied> {
        let _ = id;
        todo!()
    }

    /// A fresh decision id, for answers that no decision preceded.
    pub fn next_id(&self) -> DecisionId {
        todo!()
    }

    /// A live key.
    pub fn key(&self, id: KeyId) -> Option<Arc<CachedKey>> {
        let _ = id;
        todo!()
    }

    pub fn keys_cached(&self) -> usize {
        todo!()
    }

    pub fn catalog(&self) -> Arc<Catalog> {
        todo!()
    }

    pub fn digester(&self) -> &Digester {
        todo!()
    }

    /// Writes what the journal gathered. For shutdown, and for tests that look at it.
    pub async fn flush(&self) -> Result<(), StoreError> {
        todo!()
    }

    /// Flushes every `JOURNAL_FLUSH_MS`, and earlier when a buffer fills, until the task is aborted.
    pub fn start_journal(&self) -> tokio::task::JoinHandle<()> {
        todo!()
    }

    /// What was left out because buffers were full.
    pub fn dropped(&self) -> Dropped {
        todo!()
    }
}
