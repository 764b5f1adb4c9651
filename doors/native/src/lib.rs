//! The native dialect, `/v1`: keys, verification, decisions, roles, users, sessions, usage, audit, and the
//! OpenAPI document that describes them.
//!
//! Reads the wire, asks the guard, calls a service, answers. This crate contains no rule, no SQL, no other
//! door, and no status outside `denied.rs`, `problem.rs` and an action's own success.

mod answer;
mod caller;
mod decisions;
mod denied;
mod input;
mod keys;
mod once;
mod openapi;
mod paging;
mod problem;
mod replay;
mod roles;
mod router;
mod server;
mod sessions;
mod state;
mod users;

pub use router::{openapi_json, router};
pub use state::{Endpoint, NativeOptions, NativeState, ReadyCheck};
