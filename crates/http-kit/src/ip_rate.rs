//! Slows an address that keeps failing to authenticate. Successful traffic is never counted: one backend
//! may verify a million keys a minute. Memory is bounded; when the table is full, some old entry makes
//! room, so a flood of addresses can at worst make the limiter forgetful, never large.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::atomic::{AtomicI64, Ordering},
};

use domain::{Millis, limits};
use parking_lot::Mutex;

/// Shared by all requests; one relaxed read when nobody is being slowed.
#[derive(Debug)]
pub struct IpRate {
    failures_max: u32,
    window_ms: i64,
    /// When the last address that is being slowed is free again.
    slowing_until: AtomicI64,
    shards: Vec<Mutex<HashMap<u128, Entry>>>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    ends: Millis,
    failures: u32,
}

const SHARDS: usize = 16;
const NOBODY: i64 = i64::MIN;

impl Default for IpRate {
    fn default() -> Self {
        Self::new(limits::IP_FAILURES_MAX, limits::IP_FAILURES_WINDOW_MS)
    }
}

impl IpRate {
    /// After `failures_max` failures within `window_ms` an address waits for the end of the window.
    pub fn new(failures_max: u32, window_ms: i64) -> Self {
        Self {
            failures_max,
            window_ms,
            slowing_until: AtomicI64::new(NOBODY),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }

    /// Nobody is being slowed; saves callers finding out who is asking, and when.
    pub fn quiet(&self) -> bool {
        self.slowing_until.load(Ordering::Relaxed) == NOBODY
    }

    /// How long `ip` must wait, in milliseconds; `None`: it may go on.
    pub fn blocked(&self, ip: IpAddr, now: Millis) -> Option<i64> {
        let until = self.slowing_until.load(Ordering::Relaxed);
        if until <= now.0 {
            // Over for everyone; a failure counted meanwhile has moved the mark and keeps it.
            let _ = self.slowing_until.compare_exchange(until, NOBODY, Ordering::Relaxed, Ordering::Relaxed);
            return None;
        }
        let key = network(ip);
        let entry = *self.shard(key)?.lock().get(&key)?;
        (entry.failures >= self.failures_max && now < entry.ends).then(|| entry.ends.since(now))
    }

    /// Counts one failure.
    pub fn failed(&self, ip: IpAddr, now: Millis) {
        let key = network(ip);
        let Some(mut table) = self.shard(key).map(Mutex::lock) else { return };
        if !table.contains_key(&key) && table.len() >= limits::IP_ADDRESSES_KEPT / SHARDS {
            make_room(&mut table, now);
        }
        let entry = table.entry(key).or_insert(Entry { ends: now.plus(self.window_ms), failures: 0 });
        // A clock set back must not lengthen anybody's wait.
        if now >= entry.ends || entry.ends.since(now) > self.window_ms {
            *entry = Entry { ends: now.plus(self.window_ms), failures: 0 };
        }
        entry.failures = entry.failures.saturating_add(1);
        if entry.failures >= self.failures_max {
            self.slowing_until.fetch_max(entry.ends.0, Ordering::Relaxed);
        }
    }

    fn shard(&self, key: u128) -> Option<&Mutex<HashMap<u128, Entry>>> {
        let mixed = (key ^ (key >> 64)).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        self.shards.get((mixed >> 124) as usize % SHARDS)
    }
}

/// Drops what is over; when nothing is, anyone: a full table of fresh entries is an attack already.
fn make_room(table: &mut HashMap<u128, Entry>, now: Millis) {
    let before = table.len();
    table.retain(|_, entry| now < entry.ends);
    if table.len() == before {
        let some: Vec<u128> = table.keys().take(before / 8).copied().collect();
        for key in some {
            table.remove(&key);
        }
    }
}

/// One IPv4 address, or the /64 an IPv6 subscriber owns.
fn network(ip: IpAddr) -> u128 {
    match ip.to_canonical() {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits() >> 64 << 64 | 1 << 63,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_keeps_failing_waits_for_the_end_of_its_window() {
        let rate = IpRate::new(3, 1_000);
        let (bad, good) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        for _ in 0..2 {
            rate.failed(bad, Millis(0));
        }
        assert_eq!(rate.blocked(bad, Millis(1)), None);
        rate.failed(bad, Millis(10));
        assert_eq!(rate.blocked(bad, Millis(400)), Some(600));
        assert_eq!(rate.blocked(good, Millis(400)), None);
        assert_eq!(rate.blocked(bad, Millis(1_000)), None);
        assert!(rate.quiet());
    }

    #[test]
    fn the_addresses_of_one_ipv6_subscriber_count_together() {
        let rate = IpRate::new(2, 1_000);
        rate.failed("2001:db8::1".parse().unwrap(), Millis(0));
        rate.failed("2001:db8::2".parse().unwrap(), Millis(0));
        assert!(rate.blocked("2001:db8::3".parse().unwrap(), Millis(0)).is_some());
        assert!(rate.blocked("2001:db8:0:1::3".parse().unwrap(), Millis(0)).is_none());
    }

    #[test]
    fn a_flood_of_addresses_does_not_grow_the_table_beyond_its_bound() {
        let rate = IpRate::new(2, 1_000_000);
        for n in 0..200_000u32 {
            rate.failed(IpAddr::from(n.to_be_bytes()), Millis(0));
        }
        let kept: usize = rate.shards.iter().map(|s| s.lock().len()).sum();
        assert!(kept <= limits::IP_ADDRESSES_KEPT, "{kept}");
    }
}
