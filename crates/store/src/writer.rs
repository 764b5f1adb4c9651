//! The writer: one thread, one connection, natural group commit.
//!
//! It takes everything that waits (at most [`GROUP_COMMIT_JOBS_MAX`]), runs each job in a savepoint of one
//! transaction, commits once, publishes what changed, then answers. A job that fails undoes only itself;
//! a commit that fails fails every job of its batch, and nothing of it is published. The same goes for a
//! panic before the commit. What cannot be undone, or was committed and could not be published, would leave
//! memory and disk apart for ever: then the store is broken, answers nothing but errors, and says so once
//! (`Store::on_broken`), so that the process can be started anew.
//! There is no timer: while one batch is on its way to the disk, the next one gathers.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, mpsc},
};

use domain::{
    AuditId, Millis,
    audit::{Actor, AuditEvent},
    limits::GROUP_COMMIT_JOBS_MAX,
    time::{SharedClock, SharedEntropy},
};
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use crate::{Change, StoreError, audit, catalog, ledger, open::Shared, sql};

/// Jobs that may wait; more are turned away as `Busy`.
pub(crate) const JOBS_WAITING_MAX: usize = 16 * GROUP_COMMIT_JOBS_MAX;

pub(crate) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

pub(crate) enum Message {
    Job(Box<dyn Job>),
    Debit(ledger::Request),
    Close,
}

/// Something to do in a transaction, and somebody who waits for it.
pub(crate) trait Job: Send {
    /// Once. Errors undo what it did.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError>;
    fn answer(self: Box<Self>, outcome: Result<(), StoreError>);
}

pub(crate) struct Task<F, T> {
    work: Option<F>,
    result: Option<T>,
    reply: Reply<T>,
}

impl<F, T> Task<F, T> {
    pub fn new(work: F, reply: Reply<T>) -> Self {
        Self { work: Some(work), result: None, reply }
    }
}

impl<T, F> Job for Task<F, T>
where
    T: Send,
    F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let work = self.work.take().ok_or(StoreError::Busy)?;
        self.result = Some(work(tx)?);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), StoreError>) {
        // Nobody may be waiting any more; the change stands all the same.
        let Self { result, reply, .. } = *self;
        let _ = reply.send(outcome.and_then(|()| result.ok_or(StoreError::Busy)));
    }
}

/// What a job works with.
pub(crate) struct Tx<'a> {
    pub conn: &'a Connection,
    pub now: Millis,
    entropy: &'a SharedEntropy,
    effects: Effects,
}

/// What must become visible once the transaction is on disk.
#[derive(Default)]
struct Effects {
    changes: Vec<Change>,
    /// `no` of tables whose records changed.
    tables: Vec<u32>,
    catalog: bool,
}

impl Tx<'_> {
    pub fn execute(&self, sql: &str, params: impl rusqlite::Params) -> Result<usize, StoreError> {
        sql::execute(self.conn, sql, params)
    }

    pub fn entropy(&self) -> &dyn domain::Entropy {
        self.entropy.as_ref()
    }

    /// Records that something changed, and what to tell the subscribers.
    pub fn changed(&mut self, kind: &str, id: &[u8], change: Change) -> Result<(), StoreError> {
        self.execute("INSERT INTO feed (kind, id) VALUES ($1, $2)", params![kind, id])?;
        self.effects.changes.push(change);
        Ok(())
    }

    /// The catalog is read anew before the commit and published after it.
    pub fn catalog_changed(&mut self) -> Result<(), StoreError> {
        self.execute("INSERT INTO feed (kind, id) VALUES ($1, $2)", params!["catalog", [0u8; 0]])?;
        self.effects.catalog = true;
        Ok(())
    }

    /// Records of this table changed: its cached counts are void.
    pub fn records_changed(&mut self, table_no: u32) {
        if !self.effects.tables.contains(&table_no) {
            self.effects.tables.push(table_no);
        }
    }

    pub fn audit(
        &self,
        by: &Actor,
        action: &str,
        target: &str,
        detail: Option<&str>,
    ) -> Result<(), StoreError> {
        let event = AuditEvent {
            id: AuditId::new(self.now, self.entropy()),
            at: self.now,
            actor: by.clone(),
            action: action.to_owned(),
            target: target.to_owned(),
            detail: detail.map(str::to_owned),
        };
        audit::insert(self.conn, &event)
    }
}

/// The thread's own state.
pub(crate) struct Writer {
    pub conn: Connection,
    pub queue: mpsc::Receiver<Message>,
    pub shared: Arc<Shared>,
    pub clock: SharedClock,
    pub entropy: SharedEntropy,
}

impl Writer {
    /// Until the last handle is gone or the store is closed.
    pub fn run(mut self) {
        let mut open = true;
        while open {
            let Ok(first) = self.queue.recv() else { break };
            let mut batch = Batch::default();
            open = batch.add(first) && self.gather(&mut batch);
            self.commit(batch);
        }
    }

    /// Takes what waits. Callers answered by the last commit are about to ask again: as long as giving way once
    /// brings new ones, the batch grows; a lone caller is held up by one yield. `false`: the store closes.
    fn gather(&self, batch: &mut Batch) -> bool {
        let mut taken = 1;
        while batch.len() < GROUP_COMMIT_JOBS_MAX {
            match self.queue.try_recv() {
                Ok(message) => {
                    if !batch.add(message) {
                        return false;
                    }
                    taken += 1;
                }
                Err(_) if taken > 0 => {
                    taken = 0;
                    std::thread::yield_now();
                }
                Err(_) => break,
            }
        }
        true
    }

    fn commit(&mut self, mut batch: Batch) {
        if let Err(error) = self.shared.sound() {
            return batch.answer(Err(error));
        }
        match caught(|| self.attempt(&mut batch)) {
            Ok((effects, catalog)) => {
                let told = caught(|| {
                    self.shared.publish(effects.changes, effects.tables, catalog);
                    Ok(())
                });
                if told.is_err() {
                    self.shared.break_down("a commit could not be told to everybody in memory");
                }
                batch.answer(told);
            }
            Err(error) => {
                tracing::error!(%error, jobs = batch.len(), "a group commit failed; none of it happened");
                self.roll_back();
                batch.answer(Err(error));
            }
        }
    }

    fn roll_back(&self) {
        if self.conn.is_autocommit() {
            return;
        }
        if let Err(error) = self.conn.execute_batch("ROLLBACK") {
            tracing::error!(%error, "a rollback failed");
            self.shared.break_down("a transaction could not be undone");
        }
    }

    /// One transaction. On `Err` nothing of it may become visible.
    fn attempt(
        &mut self,
        batch: &mut Batch,
    ) -> Result<(Effects, Option<Arc<domain::catalog::Catalog>>), StoreError> {
        sql::execute(&self.conn, "BEGIN IMMEDIATE", [])?;
        let now = self.clock.now();
        let effects = Effects::default();
        let mut tx = Tx { conn: &self.conn, now, entropy: &self.entropy, effects };
        for (job, outcome) in &mut batch.jobs {
            *outcome = in_savepoint(&mut tx, |tx| job.run(tx))?;
        }
        if !batch.debits.is_empty() {
            let requests = &batch.debits;
            batch.granted = in_savepoint(&mut tx, |tx| ledger::apply(tx.conn, requests))?;
        }
        let catalog = match tx.effects.catalog {
            true => Some(Arc::new(catalog::read(tx.conn, self.shared.catalog().version + 1)?)),
            false => None,
        };
        let effects = tx.effects;
        sql::execute(&self.conn, "COMMIT", [])?;
        Ok((effects, catalog))
    }
}

/// A panic as an error. Its text is on standard error already and may hold anything: it is not repeated.
fn caught<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let panicked = |_| Err(StoreError::Backend("the writer panicked".to_owned()));
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(panicked)
}

/// Runs `work` so that its failure undoes only itself. The outer error means that the whole transaction is
/// lost: some failures (a full disk) make SQLite roll back everything.
fn in_savepoint<T>(
    tx: &mut Tx<'_>,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>,
) -> Result<Result<T, StoreError>, StoreError> {
    sql::execute(tx.conn, "SAVEPOINT job", [])?;
    let (changes, tables, catalog) = (tx.effects.changes.len(), tx.effects.tables.len(), tx.effects.catalog);
    let outcome = work(tx);
    if let Err(error) = &outcome {
        if tx.conn.is_autocommit() {
            return Err(error.clone());
        }
        tx.effects.changes.truncate(changes);
        tx.effects.tables.truncate(tables);
        tx.effects.catalog = catalog;
        sql::execute(tx.conn, "ROLLBACK TO job", [])?;
    }
    sql::execute(tx.conn, "RELEASE job", [])?;
    Ok(outcome)
}

/// The jobs of one commit.
struct Batch {
    jobs: Vec<(Box<dyn Job>, Result<(), StoreError>)>,
    debits: Vec<ledger::Request>,
    granted: Result<Vec<Result<ledger::DebitOutcome, StoreError>>, StoreError>,
}

impl Default for Batch {
    fn default() -> Self {
        Self { jobs: Vec::new(), debits: Vec::new(), granted: Ok(Vec::new()) }
    }
}

impl Batch {
    /// `false`: this was the last message.
    fn add(&mut self, message: Message) -> bool {
        match message {
            Message::Job(job) => self.jobs.push((job, Ok(()))),
            Message::Debit(request) => self.debits.push(request),
            Message::Close => return false,
        }
        true
    }

    fn len(&self) -> usize {
        self.jobs.len() + self.debits.len()
    }

    fn answer(self, committed: Result<(), StoreError>) {
        for (job, outcome) in self.jobs {
            job.answer(committed.clone().and(outcome));
        }
        let debits = committed.and(self.granted);
        match debits {
            Ok(outcomes) => {
                for (request, outcome) in self.debits.into_iter().zip(outcomes) {
                    let _ = request.reply.send(outcome);
                }
            }
            Err(error) => {
                for request in self.debits {
                    let _ = request.reply.send(Err(error.clone()));
                }
            }
        }
    }
}
