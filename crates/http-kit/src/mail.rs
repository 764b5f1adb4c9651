//! Letters to people: what a door writes, and who carries it. How it is carried is handed in at the start; nothing
//! here opens a connection.

use std::{future::Future, pin::Pin, sync::Arc};

/// One letter. Its text may hold a secret: it is never logged.
#[derive(Clone)]
pub struct Letter {
    /// One address.
    pub to: String,
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// On its way; an error is for the log.
pub type Sent<'p> = Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'p>>;

/// Brings letters to the next mail server. Gives up by itself after a while.
pub trait Postman: Send + Sync {
    fn send(&self, letter: Letter) -> Sent<'_>;
}

pub type SharedPostman = Arc<dyn Postman>;
