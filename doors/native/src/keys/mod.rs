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

use domain::key::Key;

use crate::NativeState;
use shape::KeyView;

/// A key as callers see it, the name of its role included.
pub fn view(state: &NativeState, key: &Key) -> KeyView {
    KeyView::new(key, key.role.map(|id| state.role_name(id)))
}
