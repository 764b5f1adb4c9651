//! The guard itself: what doors call. The hot path touches the cache, one shard of the journal and the clock;
//! only an exact quota waits for the store.

use std::{net::IpAddr, sync::Arc};

use domain::{
    DecisionId, KeyId, RoleId,
    catalog::Catalog,
    decision::{Allowed, Denied, Gate, Profile, Reason},
    key::Quota,
    limits::{
        HOUSEKEEPING_MS, IDEMPOTENCY_KEPT_MS, JOURNAL_FLUSH_BUSY_MS, JOURNAL_FLUSH_MS, SESSION_KEPT_MS,
        USAGE_HOURS_KEPT_MS, USAGE_MINUTES_KEPT_MS,
    },
    secret::{Digest, Digester, Secret},
    time::{SharedClock, SharedEntropy},
};
use store::{DebitOutcome, Store, StoreError, UserList};

use crate::{
    CachedKey, Call, Credential, Dropped, DryRun, Explanation, Verdict, VerifyCall, answer,
    cache::Cache,
    checks::{Walked, needs_debit, return_slot, walk},
    ctx::{Ctx, Failed, Presented},
    explain,
    ids::DecisionIds,
    journal::{Counted, Journal},
};

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

struct Inner {
    store: Store,
    clock: SharedClock,
    digester: Digester,
    cache: Arc<Cache>,
    journal: Journal,
    ids: DecisionIds,
}

/// When the ledger cannot be asked, a call with a quota is refused and may try again this much later.
pub const LEDGER_RETRY_MS: i64 = 1_000;

impl Guard {
    /// Loads every live key, user, role and session and follows the feed from then on.
    pub async fn open(store: Store, options: GuardOptions) -> Result<Self, GuardError> {
        let GuardOptions { clock, entropy, digester, root_key } = options;
        let cache = Arc::new(Cache::new(digester.recipe(), store.catalog()));
        let follower = cache.clone();
        store.subscribe(Box::new(move |change| follower.apply(change)));
        load(&store, &cache, clock.now()).await?;
        if let Some(digest) = root_key {
            cache.add_root(digest);
        }
        let ids = DecisionIds::new(&*entropy);
        Ok(Self { inner: Arc::new(Inner { store, clock, digester, cache, journal: Journal::new(), ids }) })
    }

    /// May this call pass? Waits only when the key has an exact quota.
    pub async fn check(
        &self,
        profile: &'static Profile,
        credential: &Credential,
        peer: Option<IpAddr>,
        call: &Call<'_>,
    ) -> Result<Allowed, Denied> {
        let (mut ctx, id) = self.pass(profile, credential, peer, call).await?;
        Ok(answer::allowed(&mut ctx, id))
    }

    /// [`Self::check`] for who needs the yes and its id, and not the proof of it.
    pub async fn permit(
        &self,
        profile: &'static Profile,
        credential: &Credential,
        peer: Option<IpAddr>,
        call: &Call<'_>,
    ) -> Result<DecisionId, Denied> {
        self.pass(profile, credential, peer, call).await.map(|(_, id)| id)
    }

    /// What does this secret open? Waits only when the key has an exact quota.
    pub async fn verify(&self, call: &VerifyCall<'_>) -> Verdict {
        let mut ctx = self.verify_ctx(call);
        let end = self.decide(&mut ctx, call.profile.gates).await;
        self.conclude(ctx, call, end)
    }

    /// [`Self::verify`] without waiting. `None`, and nothing counted: a quota must be debited first.
    pub fn verify_now(&self, call: &VerifyCall<'_>) -> Option<Verdict> {
        let mut ctx = self.verify_ctx(call);
        let gates = call.profile.gates;
        // The gates up to the look-up spend nothing, so a key with a quota is noticed before anything is taken.
        let known = gates.iter().position(|gate| *gate == Gate::Known).map_or(0, |at| at + 1);
        let start = gates.get(..known).unwrap_or_default();
        let end = match walk(&mut ctx, start, 0) {
            Walked::Refused(failed) => Some(failed),
            Walked::Debit(_) => return None,
            Walked::Through if needs_debit(&ctx) => return None,
            Walked::Through => match walk(&mut ctx, gates, known) {
                Walked::Through => None,
                Walked::Refused(failed) => Some(failed),
                Walked::Debit(_) => return None,
            },
        };
        Some(self.conclude(ctx, call, end))
    }

    /// What would happen and why. Spends and counts nothing.
    pub async fn explain(&self, run: &DryRun<'_>) -> Result<Explanation, StoreError> {
        let now = run.now.unwrap_or_else(|| self.inner.clock.now());
        let quota = match explain::subject_key(&self.inner.cache, &self.inner.digester, run, now) {
            Some(key) if key.has_quota() => self.inner.store.quota(key.id()).await?,
            _ => None,
        };
        Ok(explain::explain(&self.inner.cache, &self.inner.digester, run, quota, now))
    }

    /// A recent refusal of `check` or `verify`, by its decision id.
    pub fn refusal(&self, id: DecisionId) -> Option<Denied> {
        self.inner.journal.refusal(id)
    }

    /// A fresh decision id, for answers that no decision preceded.
    pub fn next_id(&self) -> DecisionId {
        self.inner.ids.next(self.inner.clock.now())
    }

    /// A live key.
    pub fn key(&self, id: KeyId) -> Option<Arc<CachedKey>> {
        self.inner.cache.key_by_id(id)
    }

    /// The live key a secret belongs to, looked up as the gates do it and nothing else: no other gate is asked,
    /// nothing is counted. For doors whose order of checks depends on the key.
    pub fn find(&self, secret: &Secret) -> Option<Arc<CachedKey>> {
        let presented = Presented::Text { secret, key: true, session: false };
        let ask = (&VerifyCall::new(secret)).into();
        let mut ctx = self.ctx(self.inner.clock.now(), None, presented, ask);
        match walk(&mut ctx, &[Gate::Present, Gate::Known], 0) {
            Walked::Through => ctx.key().cloned(),
            Walked::Refused(_) | Walked::Debit(_) => None,
        }
    }

    /// The name of a role that exists.
    pub fn role_name(&self, id: RoleId) -> Option<Arc<str>> {
        self.inner.cache.with_access(|access| access.roles.get(&id).map(|role| role.name.clone()))
    }

    pub fn keys_cached(&self) -> usize {
        self.inner.cache.keys_cached()
    }

    pub fn catalog(&self) -> Arc<Catalog> {
        self.inner.cache.access().catalog.clone()
    }

    pub fn digester(&self) -> &Digester {
        &self.inner.digester
    }

    /// Writes what the journal gathered. For shutdown, and for tests that look at it.
    pub async fn flush(&self) -> Result<(), StoreError> {
        self.inner.journal.flush(&self.inner.store).await
    }

    /// Flushes every `JOURNAL_FLUSH_MS` what is little, every `JOURNAL_FLUSH_BUSY_MS` what is much, and earlier when a
    /// buffer fills; tidies up every `HOUSEKEEPING_MS`; until the task is aborted.
    pub fn start_journal(&self) -> tokio::task::JoinHandle<()> {
        let guard = self.clone();
        tokio::spawn(async move {
            let journal = &guard.inner.journal;
            let (mut soon, mut late) = (every(JOURNAL_FLUSH_MS), every(JOURNAL_FLUSH_BUSY_MS));
            let mut tidy = every(HOUSEKEEPING_MS);
            loop {
                let (what, done) = tokio::select! {
                    _ = soon.tick() => match journal.is_small() {
                        true => ("usage and audit", guard.flush().await),
                        false => continue,
                    },
                    _ = late.tick() => ("usage and audit", guard.flush().await),
                    () = journal.filling() => ("usage and audit", guard.flush().await),
                    _ = tidy.tick() => ("housekeeping", guard.tidy().await),
                };
                if let Err(error) = done {
                    tracing::warn!(%error, what, "could not be written; it is kept for the next try");
                }
            }
        })
    }

    /// Usage per minute becomes hours, hours become days; ended sessions, rotated-out secrets and old idempotency
    /// keys are deleted.
    pub async fn tidy(&self) -> Result<(), StoreError> {
        let (store, now) = (&self.inner.store, self.inner.clock.now());
        store.roll_up_usage(now.plus(-USAGE_MINUTES_KEPT_MS), now.plus(-USAGE_HOURS_KEPT_MS)).await?;
        store.purge_sessions(now.plus(-SESSION_KEPT_MS)).await?;
        store.purge_secrets().await?;
        store.purge_idempotency(now.plus(-IDEMPOTENCY_KEPT_MS)).await?;
        Ok(())
    }

    /// What was left out because buffers were full.
    pub fn dropped(&self) -> Dropped {
        self.inner.journal.dropped()
    }
}

impl Guard {
    fn ctx<'a>(
        &'a self,
        now: domain::Millis,
        peer: Option<IpAddr>,
        presented: Presented<'a>,
        ask: crate::ctx::Ask<'a>,
    ) -> Ctx<'a> {
        Ctx::new(&self.inner.cache, &self.inner.digester, now, peer, presented, ask)
    }

    fn verify_ctx<'a>(&'a self, call: &VerifyCall<'a>) -> Ctx<'a> {
        let presented = Presented::Text { secret: call.secret, key: true, session: false };
        self.ctx(self.inner.clock.now(), call.ip, presented, call.into())
    }

    /// Decides and counts.
    async fn pass<'a>(
        &'a self,
        profile: &'static Profile,
        credential: &'a Credential,
        peer: Option<IpAddr>,
        call: &Call<'a>,
    ) -> Result<(Ctx<'a>, DecisionId), Denied> {
        let now = self.inner.clock.now();
        let mut ctx = self.ctx(now, peer, credential.into(), call.into());
        let end = self.decide(&mut ctx, profile.gates).await;
        let id = self.inner.ids.next(now);
        self.count(&ctx, call.op.map_or(Counted::Who, Counted::Op), end);
        let Some(failed) = end else { return Ok((ctx, id)) };
        let denied = answer::denied(&ctx, profile, id, failed);
        self.inner.journal.refused(denied.clone(), peer);
        Err(denied)
    }

    /// Walks through all gates; `None`: passed.
    async fn decide(&self, ctx: &mut Ctx<'_>, gates: &'static [Gate]) -> Option<Failed> {
        let mut from = 0;
        loop {
            match walk(ctx, gates, from) {
                Walked::Through => return None,
                Walked::Refused(failed) => return Some(failed),
                Walked::Debit(at) => {
                    if let Err(reason) = self.debit(ctx).await {
                        return_slot(ctx, gates);
                        return Some(failed_at(gates, at, reason));
                    }
                    from = at + 1;
                }
            }
        }
    }

    /// Takes the cost from the ledger; granted means on disk.
    async fn debit(&self, ctx: &mut Ctx<'_>) -> Result<(), Reason> {
        let Some(key) = ctx.key().cloned() else { return Ok(()) };
        match self.inner.store.debit(key.id(), ctx.ask.cost, ctx.now).await {
            Ok(DebitOutcome::Granted { after }) => {
                key.note_quota(&Quota { balance: after, refill: key.refill() });
                ctx.remaining = Some(after.remaining);
                Ok(())
            }
            Ok(DebitOutcome::Unlimited) => Ok(()),
            Ok(DebitOutcome::Exhausted { remaining, next_refill_at }) => {
                key.note_exhausted(remaining, next_refill_at);
                ctx.remaining = Some(remaining);
                ctx.retry_after_ms = next_refill_at.map(|at| at.since(ctx.now).max(1));
                Err(Reason::Quota)
            }
            // Revoked while this call was on its way.
            Err(StoreError::NotFound) => Err(Reason::Unknown),
            Err(error) => {
                tracing::error!(%error, "a quota could not be debited; the call is refused");
                ctx.retry_after_ms = Some(LEDGER_RETRY_MS);
                Err(Reason::Quota)
            }
        }
    }

    fn conclude(&self, ctx: Ctx<'_>, call: &VerifyCall<'_>, end: Option<Failed>) -> Verdict {
        let id = self.inner.ids.next(ctx.now);
        self.count(&ctx, Counted::Verify, end);
        if let Some(failed) = end {
            self.inner.journal.refused(answer::denied(&ctx, call.profile, id, failed), call.ip);
        }
        answer::verdict(ctx, call.profile, id, end)
    }

    fn count(&self, ctx: &Ctx<'_>, op: Counted, end: Option<Failed>) {
        if let Some(key) = ctx.key() {
            self.inner.journal.count(key, op, end.map_or(Ok(()), |f| Err(f.reason)), ctx.now, ctx.peer);
        }
    }
}

fn every(ms: u64) -> tokio::time::Interval {
    let mut interval = tokio::time::interval(std::time::Duration::from_millis(ms));
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    interval
}

/// A key that vanished during its debit is unknown, and the trace says so at that gate.
fn failed_at(gates: &[Gate], at: usize, reason: Reason) -> Failed {
    let known = gates.iter().position(|gate| *gate == Gate::Known);
    Failed { at: known.filter(|_| reason == Reason::Unknown).unwrap_or(at), reason }
}

/// Fills the cache. Keys come in their true order with later changes; the rest is read before anyone is served.
async fn load(store: &Store, cache: &Arc<Cache>, now: domain::Millis) -> Result<(), StoreError> {
    for role in store.roles().await? {
        cache.apply(&store::Change::Role(role));
    }
    for user in store.users(UserList::default()).await?.items {
        cache.put_user(user);
    }
    for session in store.sessions(None, now.plus(-SESSION_KEPT_MS)).await? {
        cache.put_session(&session);
    }
    let into = cache.clone();
    store.load_live(Box::new(move |live| into.put_key(live))).await?;
    Ok(())
}
