//! Sessions: signing in and out, one's own account.

pub mod create;
pub mod current;
pub mod list;
pub mod me;
pub mod password;
pub mod sign_up;
