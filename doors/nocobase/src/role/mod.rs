//! Roles as NocoBase writes them (strategy, snippets, resource entries with scopes), and what they mean
//! in grants. Kept whole with the role, so that screens get back what they saved; compiled here, so that
//! the core never learns these words.

mod action;
mod compile;
mod doc;
mod snippet;
mod union;

pub use action::{aliases_json, available, available_names, canonical};
pub use compile::{HOME, RoleError, Scopes, compile};
pub use doc::{ActionEntry, ResourceEntry, RoleDoc, SNIPPETS_DEFAULT, ScopeRef, Strategy, id_of, is_foreign};
pub use snippet::allows as snippet_allows;
pub use union::merged;
