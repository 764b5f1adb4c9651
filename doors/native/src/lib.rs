//! The native dialect, `/v1`: keys, verification, decisions, roles, users, sessions, usage, audit, and the
//! OpenAPI document that describes them.
//!
//! Reads the wire, asks the guard, calls a service, answers. This crate contains no rule, no SQL, no other
//! door, and no status outside `denied.rs`, `problem.rs` and an action's own success.

mod names;
mod replay;
mod state;

pub use state::{Endpoint, NativeOptions, NativeState, ReadyCheck};

/// All routes of the door, under `/v1` and `/docs`.
pub fn router(state: NativeState) -> axum::Router {
    let _ = state;
    todo!()
}
