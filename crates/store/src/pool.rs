//! Read connections. Reads run off the async threads, each on its own connection and its own snapshot, so they
//! wait neither for the writer nor for each other. A store in memory has only the writer's connection.

use std::{path::Path, sync::Arc};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::{
    StoreError,
    sql::{self, sqlite},
};

/// Read connections, and so reads at the same time.
const READERS: usize = 4;

pub(crate) struct Pool {
    free: Arc<Mutex<Vec<Connection>>>,
    turns: Arc<Semaphore>,
}

impl Pool {
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let readers = (0..READERS).map(|_| sqlite::open_reader(path)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { free: Arc::new(Mutex::new(readers)), turns: Arc::new(Semaphore::new(READERS)) })
    }

    pub async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| StoreError::Busy)?;
        let mut reader = Reader::take(&self.free)?;
        // The turn stays with the read, even when nobody waits for its answer any more.
        let read = tokio::task::spawn_blocking(move || {
            let result = reader.with(work);
            drop(reader);
            drop(turn);
            result
        });
        read.await.map_err(|_| StoreError::Busy)?
    }

    /// Reads that are on their way finish; later ones are turned away.
    pub fn close(&self) {
        self.turns.close();
        self.free.lock().clear();
    }
}

/// A borrowed connection; goes back when dropped, however the read ended.
struct Reader {
    conn: Option<Connection>,
    home: Arc<Mutex<Vec<Connection>>>,
}

impl Reader {
    fn take(home: &Arc<Mutex<Vec<Connection>>>) -> Result<Self, StoreError> {
        let conn = home.lock().pop();
        if conn.is_none() {
            return Err(StoreError::Busy);
        }
        Ok(Self { conn, home: home.clone() })
    }

    fn with<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match &self.conn {
            Some(conn) => {
                // Several statements of one read see one moment.
                sql::execute(conn, "BEGIN", [])?;
                let result = work(conn);
                sql::execute(conn, "COMMIT", [])?;
                result
            }
            None => Err(StoreError::Busy),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        // A read that broke off must not leave its snapshot to the next one.
        if conn.is_autocommit() || conn.execute_batch("ROLLBACK").is_ok() {
            self.home.lock().push(conn);
        }
    }
}
