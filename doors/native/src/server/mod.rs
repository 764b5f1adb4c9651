//! The server itself: usage, audit, organizations, bases, addresses, health.

pub mod audit;
pub mod bases;
pub mod endpoints;
pub mod health;
pub mod organizations;
pub mod usage;
