//! Roles: named sets of grants.

pub mod create;
pub mod delete;
pub mod list;
pub mod shape;
pub mod update;
