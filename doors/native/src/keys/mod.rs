//! Keys: one file per action, the wire shape of a key beside them.

pub mod answer;
pub mod create;
pub mod delete;
pub mod get;
pub mod ledger;
pub mod list;
pub mod reveal;
pub mod rotate;
pub mod shape;
pub mod switch;
pub mod update;
pub mod verify;

use domain::{decision::Allowed, key::Key};

use crate::NativeState;
use shape::KeyView;

/// A key as callers see it, the name of its role included.
pub async fn view(state: &NativeState, allowed: &Allowed, key: &Key) -> KeyView {
    let role = match key.role {
        Some(id) => Some(state.names.name(&state.keys, allowed, id).await),
        None => None,
    };
    KeyView::new(key, role)
}
