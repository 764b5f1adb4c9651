//! Decisions: what would happen and why, and why something was refused.

pub mod explain;
pub mod get;
