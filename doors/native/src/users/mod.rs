//! Users: people and service accounts, and the roles they hold.

pub mod create;
pub mod delete;
pub mod list;
pub mod password_link;
pub mod roles;
pub mod shape;
pub mod update;
