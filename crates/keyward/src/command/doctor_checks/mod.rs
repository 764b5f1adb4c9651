//! The checks of `doctor`, each a function from settings to findings.

pub mod database;
pub mod surroundings;
