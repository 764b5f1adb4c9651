//! The arithmetic of rate limits and quotas: state, time and cost in; new state and verdict out.
//! Where the state lives, and how it survives, is the store's business.

mod quota;
mod window;

pub use quota::{Balance, Debit, Refill, RefillMode, debit, refill_due};
pub use window::{Packed, RateLimit, RateVerdict, WindowRule, WindowState, peek, take};
