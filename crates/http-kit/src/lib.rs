//! What every door would otherwise write twice: who is calling from where, which secret they present,
//! reading a body safely, cookies, letters, pages, cross-origin rules, and the one layer around the whole server.
//!
//! Rooms it may use: `domain`. This crate never knows a dialect's words, never asks the guard, never
//! decides who may do what, and never logs a secret, a query string or a body.

pub mod body;
pub mod cookie;
pub mod cors;
pub mod credential;
pub mod edge;
pub mod ip_rate;
pub mod mail;
pub mod origin;
pub mod page;
pub mod peer;

pub use body::{BodyError, Field};
pub use cors::Cors;
pub use credential::Presented;
pub use edge::{DECISION_ID, Edge, EdgeOptions};
pub use ip_rate::IpRate;
pub use page::{BadParam, Params};
pub use peer::{ForwardHeader, TrustedProxies};
