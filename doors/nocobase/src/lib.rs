//! The NocoBase door: `/api/{resource}:{action}` as an unmodified `@nocobase/sdk` expects it.
//!
//! Wire shapes only. This crate never decides whether a call may pass (the guard does), never touches the
//! store, and never lets a NocoBase word (strategy, snippet, scope) reach the core: roles are compiled
//! here into grants.
//!
//! `router.rs` is the table of contents; oddities that must stay are in `QUIRKS.md`.

mod filter;
mod path;
mod qs;
mod role;
mod router;
mod span;
mod state;
mod token;

pub use router::router;
pub use state::{NocobaseSettings, NocobaseState};
