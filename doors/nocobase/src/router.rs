//! Every action of the door.
use crate::NocobaseState;

/// The router of the door, for everything below `/api/`.
pub fn router(state: NocobaseState) -> axum::Router {
    let _ = state;
    axum::Router::new()
}
