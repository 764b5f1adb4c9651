//! The guard with a real store in memory: each test names a promise.

mod changes;
mod credentials;
mod fixture;
mod journal;
mod limits;
mod order;
mod places;
