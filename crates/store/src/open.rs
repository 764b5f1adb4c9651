//! Opening, closing and examining a store.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::JoinHandle,
};

use arc_swap::ArcSwap;
use domain::{
    BaseId, Millis,
    catalog::Catalog,
    time::{SharedClock, SharedEntropy},
};
use parking_lot::{Mutex, RwLock};
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use crate::{
    Change, StoreError, Subscriber, catalog, ledger,
    pool::Pool,
    records::Counts,
    sql::{self, schema, sqlite},
    writer::{JOBS_WAITING_MAX, Message, Task, Tx, Writer},
};

const DATABASE_FILE: &str = "keyward.db";
const LOCK_FILE: &str = "keyward.lock";

/// Where the data lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `keyward.db` and its companions in this folder; created when absent.
    Folder(PathBuf),
    /// Gone with the last handle. For tests and demos.
    Memory,
}

#[derive(Clone)]
pub struct Options {
    pub place: Place,
    pub clock: SharedClock,
    pub entropy: SharedEntropy,
}

/// A handle to the store; cheap to clone. The last one dropped ends the writer thread.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    queue: mpsc::SyncSender<Message>,
    /// `None`: in memory, where the writer reads too.
    pool: Option<Pool>,
    shared: Arc<Shared>,
    main_base: BaseId,
    clock: SharedClock,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// What the writer and the handles share.
#[derive(Default)]
pub(crate) struct Shared {
    subscribers: RwLock<Vec<Subscriber>>,
    catalog: ArcSwap<Catalog>,
    pub counts: Counts,
    broken: AtomicBool,
    on_broken: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl Shared {
    pub fn catalog(&self) -> Arc<Catalog> {
        self.catalog.load_full()
    }

    pub fn subscribe(&self, each: Subscriber) {
        self.subscribers.write().push(each);
    }

    /// `Err` once what is in memory can no longer be trusted to follow what is on disk.
    pub fn sound(&self) -> Result<(), StoreError> {
        if !self.broken.load(Ordering::Acquire) {
            return Ok(());
        }
        Err(StoreError::Backend("the store is broken; the server has to be started anew".to_owned()))
    }

    pub fn break_down(&self, why: &str) {
        tracing::error!(why, "the store is broken; the server has to be started anew");
        self.broken.store(true, Ordering::Release);
        if let Some(tell) = self.on_broken.get() {
            tell();
        }
    }

    /// Makes a commit visible. On the writer thread, so in the order of the commits.
    pub fn publish(&self, mut changes: Vec<Change>, tables: Vec<u32>, catalog: Option<Arc<Catalog>>) {
        for table in tables {
            self.counts.outdate(table);
        }
        if let Some(catalog) = catalog {
            self.catalog.store(catalog.clone());
            changes.push(Change::Catalog(catalog));
        }
        if changes.is_empty() {
            return;
        }
        let subscribers = self.subscribers.read();
        for change in &changes {
            for each in subscribers.iter() {
                each(change);
            }
        }
    }
}

/// What an examination found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Integrity {
    pub keys: u64,
    /// Ledgers whose sum was compared with their balance.
    pub ledgers: u64,
    /// Empty: all is well.
    pub problems: Vec<String>,
}

impl Store {
    /// Locks the folder, migrates, creates workspace `main` with base `main` at first, starts the writer.
    pub fn open(options: Options) -> Result<Self, StoreError> {
        let Options { place, clock, entropy } = options;
        let (path, lock) = match &place {
            Place::Memory => (None, None),
            Place::Folder(folder) => (Some(folder.join(DATABASE_FILE)), Some(lock(folder)?)),
        };
        let mut conn = sqlite::open_writer(path.as_deref())?;
        schema::migrate(&mut conn)?;
        let main_base = catalog::first_base(&mut conn, &clock, &entropy)?;
        let shared = Arc::new(Shared::default());
        shared.catalog.store(Arc::new(catalog::read(&conn, 1)?));
        let pool = path.as_deref().map(Pool::open).transpose()?;
        let (queue, waiting) = mpsc::sync_channel(JOBS_WAITING_MAX);
        let writer = Writer { conn, queue: waiting, shared: shared.clone(), clock: clock.clone(), entropy };
        let thread = std::thread::Builder::new().name("store-writer".to_owned());
        let thread = thread
            .spawn(move || {
                writer.run();
                // Only now may another server have the folder.
                drop(lock);
            })
            .map_err(|e| StoreError::Backend(e.to_string()))?;
        let writer = Mutex::new(Some(thread));
        Ok(Self { inner: Arc::new(Inner { queue, pool, shared, main_base, clock, writer }) })
    }

    /// Finishes what is queued, closes the database and gives the folder free. Later calls answer `Busy`.
    pub fn close(&self) {
        self.inner.close();
    }

    /// Calls `tell`, on the writer thread, when the store breaks down: a commit that is on disk could not be made
    /// visible in memory, or a transaction could not be undone. From then on every call answers `Backend`, but
    /// decisions from memory may be old: the process should end at once. The first `tell` counts.
    pub fn on_broken(&self, tell: impl Fn() + Send + Sync + 'static) {
        let _ = self.inner.shared.on_broken.set(Box::new(tell));
    }

    pub async fn schema_version(&self) -> Result<u32, StoreError> {
        self.read(schema::version).await
    }

    /// Examines the whole database: pages, references, and that every ledger adds up to its balance.
    pub async fn integrity(&self) -> Result<Integrity, StoreError> {
        self.read(|conn| {
            let mut found = Integrity::default();
            found.problems.extend(pages(conn)?);
            found.problems.extend(references(conn)?);
            found.problems.extend(ledger::problems(conn)?);
            let count = |sql| conn.query_row(sql, [], |row| row.get::<_, i64>(0));
            found.keys = count("SELECT count(*) FROM keys WHERE gone IS NULL")?.max(0) as u64;
            found.ledgers = count("SELECT count(*) FROM quotas")?.max(0) as u64;
            Ok(found)
        })
        .await
    }

    /// The smallest durable write there is, for health checks and for measuring the disk.
    pub async fn ping_commit(&self) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO meta (name, value) VALUES ('ping', '1')
                 ON CONFLICT (name) DO UPDATE SET value = meta.value + 1",
                [],
            )?;
            Ok(())
        })
        .await
    }

    /// A small setting the server keeps for itself.
    pub async fn meta(&self, name: &str) -> Result<Option<String>, StoreError> {
        let name = name.to_owned();
        self.read(move |conn| {
            sql::first(conn, "SELECT value FROM meta WHERE name = $1", [name], |c| Ok(c.take()?))
        })
        .await
    }

    pub async fn set_meta(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.write(move |tx| {
            tx.execute(
                "INSERT INTO meta (name, value) VALUES ($1, $2)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                params![name, value],
            )?;
            Ok(())
        })
        .await
    }

    pub(crate) fn now(&self) -> Millis {
        self.inner.clock.now()
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.inner.shared
    }

    /// The base `main`, made at first start; where a dialect that knows only one place keeps its tables.
    pub fn main_base(&self) -> BaseId {
        self.inner.main_base
    }

    /// Runs `work` on the writer thread; answered when it is on disk.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Job(Box::new(Task::new(work, reply))))?;
        answer.await.unwrap_or(Err(StoreError::Busy))
    }

    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.inner.shared.sound()?;
        match &self.inner.pool {
            Some(pool) => pool.read(work).await,
            None => self.write(move |tx| work(tx.conn)).await,
        }
    }

    pub(crate) fn send(&self, message: Message) -> Result<(), StoreError> {
        self.inner.shared.sound()?;
        self.inner.queue.try_send(message).map_err(|_| StoreError::Busy)
    }
}

impl Inner {
    fn close(&self) {
        if let Some(pool) = &self.pool {
            pool.close();
        }
        let Some(writer) = self.writer.lock().take() else { return };
        // A subscriber may hold the last handle: then this is the writer itself, and it ends by itself.
        if writer.thread().id() != std::thread::current().id() {
            let _ = self.queue.send(Message::Close);
            let _ = writer.join();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

/// One server per folder: two caches over one database would each miss the other's revocations.
fn lock(folder: &Path) -> Result<File, StoreError> {
    let failed = |e: std::io::Error| StoreError::Backend(format!("{}: {e}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(LOCK_FILE))
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked(folder.display().to_string())),
        Err(TryLockError::Error(e)) => Err(failed(e)),
    }
}

fn pages(conn: &Connection) -> Result<Vec<String>, StoreError> {
    let lines = sql::rows(conn, "PRAGMA integrity_check", [], |c| Ok(c.take::<String>()?))?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

fn references(conn: &Connection) -> Result<Vec<String>, StoreError> {
    sql::rows(conn, "PRAGMA foreign_key_check", [], |c| {
        let (table, row): (String, Option<i64>) = (c.take()?, c.take()?);
        Ok(format!("{table}: row {row:?} refers to something that is not there"))
    })
}
