//! Slowing brute force down: failed sign-ins are counted per account and per address. An attempt counts as
//! failed from its beginning, so a thousand at once are no way around; success takes that back and forgives
//! the account. Memory is bounded: the least recent make room.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use domain::{Millis, UserId, limits};

/// How many attempts there may be.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    pub per_account: u64,
    pub per_address: u64,
    pub window_ms: i64,
}

/// Wrong passwords.
pub(crate) const SIGN_INS: Bounds = Bounds {
    per_account: limits::SIGN_IN_FAILURES_MAX,
    per_address: limits::SIGN_IN_FAILURES_MAX,
    window_ms: limits::SIGN_IN_WINDOW_MS,
};

/// Letters to people who say they lost theirs.
pub(crate) const LETTERS: Bounds = Bounds {
    per_account: limits::PASSWORD_LINKS_PER_ACCOUNT_MAX,
    per_address: limits::PASSWORD_LINKS_PER_ADDRESS_MAX,
    window_ms: limits::PASSWORD_LINKS_WINDOW_MS,
};

/// Counted failures. In memory only: a restart forgives.
pub(crate) struct Throttle {
    bounds: Bounds,
    /// Accounts are remembered by a keyed hash, so that long names cost nothing.
    hasher: RandomState,
    counts: Mutex<HashMap<u64, Failures>>,
}

#[derive(Clone, Copy)]
struct Failures {
    since: Millis,
    count: u64,
}

/// Whose password is tried.
#[derive(Clone, Copy)]
pub(crate) enum Account<'a> {
    /// However they were named.
    Known(UserId),
    /// There is no such account.
    Typed(&'a str),
}

/// One attempt that is going on.
#[derive(Clone, Copy)]
pub(crate) struct Attempt {
    account: u64,
    address: Option<u64>,
}

impl Throttle {
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, hasher: RandomState::default(), counts: Mutex::default() }
    }

    /// Counts an attempt, or says in how many milliseconds the next one can be made.
    pub fn begin(&self, account: Account<'_>, ip: Option<IpAddr>, now: Millis) -> Result<Attempt, i64> {
        let attempt = Attempt {
            account: match account {
                Account::Known(user) => self.hasher.hash_one(("user", user)),
                Account::Typed(name) => self.hasher.hash_one(("account", name.to_lowercase())),
            },
            address: ip.map(|ip| self.hasher.hash_one(("address", neighbourhood(ip)))),
        };
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let Bounds { per_account, per_address, window_ms } = self.bounds;
        let slots = [Some((attempt.account, per_account)), attempt.address.map(|slot| (slot, per_address))];
        let wait = |(slot, max)| blocked(&counts, slot, now, max, window_ms);
        if let Some(wait) = slots.into_iter().flatten().filter_map(wait).max() {
            return Err(wait);
        }
        for (slot, _) in slots.into_iter().flatten() {
            make_room(&mut counts, slot, now, window_ms);
            let failures = counts.entry(slot).or_insert(Failures { since: now, count: 0 });
            if now.since(failures.since) >= window_ms {
                *failures = Failures { since: now, count: 0 };
            }
            failures.count += 1;
        }
        Ok(attempt)
    }

    /// The password was right: the account starts anew, the address gets this attempt back.
    pub fn succeeded(&self, attempt: Attempt) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.remove(&attempt.account);
        attempt.address.into_iter().for_each(|slot| take_back(&mut counts, slot));
    }

    /// Nothing was tried after all.
    pub fn abandoned(&self, attempt: Attempt) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        [Some(attempt.account), attempt.address]
            .into_iter()
            .flatten()
            .for_each(|slot| take_back(&mut counts, slot));
    }
}

/// Whoever has one IPv6 address has its /64.
fn neighbourhood(ip: IpAddr) -> u128 {
    match ip.to_canonical() {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits() >> 64 << 64,
    }
}

fn blocked(counts: &HashMap<u64, Failures>, slot: u64, now: Millis, max: u64, window_ms: i64) -> Option<i64> {
    let failures = counts.get(&slot)?;
    let left = window_ms - now.since(failures.since);
    (failures.count >= max && left > 0).then_some(left)
}

fn take_back(counts: &mut HashMap<u64, Failures>, slot: u64) {
    if let Some(failures) = counts.get_mut(&slot) {
        failures.count = failures.count.saturating_sub(1);
        if failures.count == 0 {
            counts.remove(&slot);
        }
    }
}

fn make_room(counts: &mut HashMap<u64, Failures>, slot: u64, now: Millis, window_ms: i64) {
    if counts.len() < limits::SIGN_IN_TRACKED_MAX || counts.contains_key(&slot) {
        return;
    }
    counts.retain(|_, failures| now.since(failures.since) < window_ms);
    if counts.len() < limits::SIGN_IN_TRACKED_MAX {
        return;
    }
    // Half go at once, the oldest first, so that a flood does not pay for this with every attempt.
    let mut ages: Vec<Millis> = counts.values().map(|failures| failures.since).collect();
    let (_, median, _) = ages.select_nth_unstable(limits::SIGN_IN_TRACKED_MAX / 2);
    let median = *median;
    let mut surplus = counts.len() / 2;
    counts.retain(|_, failures| {
        let goes = surplus > 0 && failures.since <= median;
        surplus -= usize::from(goes);
        !goes
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_800_000_000_000);

    fn begin(throttle: &Throttle, name: &str, ip: Option<IpAddr>, now: Millis) -> Result<Attempt, i64> {
        throttle.begin(Account::Typed(name), ip, now)
    }

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn an_account_is_closed_for_the_window_after_ten_failures_from_anywhere() {
        let throttle = Throttle::new(SIGN_INS);
        for n in 0..10 {
            assert!(begin(&throttle, "Ada", ip(&format!("192.0.2.{n}")), NOW).is_ok());
        }
        assert_eq!(begin(&throttle, "ada", ip("192.0.2.99"), NOW.plus(1)).err(), Some(299_999));
        assert!(begin(&throttle, "bob", ip("192.0.2.99"), NOW).is_ok());
        assert!(begin(&throttle, "ada", None, NOW.plus(limits::SIGN_IN_WINDOW_MS)).is_ok());
    }

    #[test]
    fn an_address_is_closed_whatever_accounts_it_tries_and_a_v6_network_is_one_address() {
        let throttle = Throttle::new(SIGN_INS);
        for n in 0..10 {
            assert!(begin(&throttle, &format!("user{n}"), ip(&format!("2001:db8::{n}")), NOW).is_ok());
        }
        assert!(begin(&throttle, "other", ip("2001:db8::ffff"), NOW).is_err());
        assert!(begin(&throttle, "other", ip("2001:db8:0:1::1"), NOW).is_ok());
    }

    #[test]
    fn success_forgives_the_account_but_gives_the_address_only_its_own_attempt_back() {
        let throttle = Throttle::new(SIGN_INS);
        for _ in 0..9 {
            begin(&throttle, "ada", ip("192.0.2.1"), NOW).unwrap_or_else(|_| panic!("closed too early"));
        }
        let right =
            begin(&throttle, "ada", ip("192.0.2.1"), NOW).unwrap_or_else(|_| panic!("closed too early"));
        throttle.succeeded(right);
        assert!(begin(&throttle, "ada", ip("192.0.2.1"), NOW).is_ok());
        assert!(begin(&throttle, "ada", ip("192.0.2.1"), NOW).is_err());
        assert!(begin(&throttle, "ada", ip("192.0.2.2"), NOW).is_ok());
    }

    #[test]
    fn a_flood_of_accounts_does_not_grow_the_memory() {
        let throttle = Throttle::new(SIGN_INS);
        for n in 0..limits::SIGN_IN_TRACKED_MAX + 1_000 {
            let _ = begin(&throttle, &n.to_string(), None, NOW);
        }
        assert!(throttle.counts.lock().unwrap().len() <= limits::SIGN_IN_TRACKED_MAX);
    }
}
