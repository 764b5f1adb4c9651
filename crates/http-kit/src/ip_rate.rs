//! Slows an address that keeps failing to authenticate. Successful traffic is never counted: one backend
//! may verify a million keys a minute. Memory is bounded; when the table is full, old entries make room.

use std::net::IpAddr;

use domain::Millis;

/// Shared by all requests; cheap when nobody is being slowed.
#[derive(Debug)]
pub struct IpRate {}

impl IpRate {
    /// After `failures_max` failures within `window_ms` an address waits for the end of the window.
    pub fn new(_failures_max: u32, _window_ms: i64) -> Self {
        todo!()
    }

    /// How long `ip` must wait, in milliseconds; `None`: it may go on.
    pub fn blocked(&self, _ip: IpAddr, _now: Millis) -> Option<i64> {
        todo!()
    }

    /// Counts one failure.
    pub fn failed(&self, _ip: IpAddr, _now: Millis) {
        todo!()
    }
}
