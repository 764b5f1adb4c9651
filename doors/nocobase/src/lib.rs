//! The NocoBase door: `/api/{resource}:{action}` as an unmodified `@nocobase/sdk` expects it.
//!
//! Wire shapes only. This crate never decides whether a call may pass (the guard does), never touches the
//! store, and never lets a NocoBase word (strategy, snippet, scope) reach the core: roles are compiled
//! here into grants.
//!
//! `router.rs` is the table of contents; oddities that must stay are in `QUIRKS.md`.

mod acl_meta;
mod answer;
mod api_keys;
mod app;
mod associations;
mod auth;
mod authenticators;
mod base_path;
mod caller;
mod collections;
mod cookies;
mod credential;
mod denied;
mod drafts;
mod failure;
mod filter;
mod follow;
pub mod import;
mod kept;
mod locale;
mod lost_password;
mod memory;
mod order;
mod page;
mod pages;
mod params;
mod path;
mod profile;
mod qs;
mod query;
mod records;
mod render;
mod renewal;
mod request;
mod resources;
mod role;
mod role_mode;
mod roles;
mod router;
mod rules;
mod scopes;
mod serve;
mod span;
mod state;
mod swagger;
mod target;
mod token;
mod told;
mod tree;
mod users;
mod xlsx;

pub use base_path::BasePath;
pub use lost_password::{Mail, ResetPage};
pub use page::PageSettings;
pub use profile::NOCOBASE as PROFILE;
pub use renewal::TokenPolicy;
pub use router::router;
pub use state::{NocobaseSettings, NocobaseState};
