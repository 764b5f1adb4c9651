//! The better-auth door: `/api/auth/…` as the unmodified `createAuthClient` with `apiKeyClient()` expects it.
//!
//! Wire shapes only. This crate never decides whether a call may pass (the guard does), never touches the
//! store, and never lets a word of its dialect (configuration, reference, refill pair) reach the core.
//!
//! `router.rs` is the table of contents; oddities that are kept or left out are in `QUIRKS.md`.

mod answer;
mod auth;
mod caller;
mod check;
mod config;
mod cookie;
mod denied;
mod failure;
mod ids;
pub mod import;
mod kept;
mod keys;
mod number;
mod organizations;
mod origin;
mod profile;
mod record;
mod request;
mod roles;
mod router;
mod slow;
mod state;
mod transport;

pub use config::{ConfigError, Configuration, Configurations};
pub use profile::{SESSION as SESSION_PROFILE, VERIFY as PROFILE};
pub use router::router;
pub use state::{BetterAuthSettings, BetterAuthState, ListShape};
