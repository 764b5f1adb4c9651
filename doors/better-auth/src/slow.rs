//! The original's limit per address and path in production, apart from the limits of keys. Memory is bounded:
//! when the table is full it is emptied, which at worst makes it forgetful.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use domain::{Millis, limits::IP_ADDRESSES_KEPT};

const WINDOW_MS: i64 = 10_000;
const REQUESTS_MAX: u32 = 100;
/// Where passwords can be guessed.
const TIGHT: [&str; 4] = ["/sign-in", "/sign-up", "/change-password", "/change-email"];
const TIGHT_MAX: u32 = 3;

/// Requests of one address to one path: since when, how many.
type Seen = HashMap<(IpAddr, &'static str), (Millis, u32)>;

#[derive(Default)]
pub struct Slow(Mutex<Seen>);

impl Slow {
    /// Counts a request; how long to wait, in milliseconds, when there were too many.
    pub fn wait(&self, ip: IpAddr, path: &'static str, now: Millis) -> Option<i64> {
        let tight = TIGHT.iter().any(|start| path.starts_with(start));
        let most = if tight { TIGHT_MAX } else { REQUESTS_MAX };
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= IP_ADDRESSES_KEPT {
            seen.clear();
        }
        let (since, count) = seen.entry((ip, path)).or_insert((now, 0));
        if !(0..WINDOW_MS).contains(&now.since(*since)) {
            (*since, *count) = (now, 0);
        }
        if *count >= most {
            return Some(WINDOW_MS - now.since(*since));
        }
        *count += 1;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_passwords_is_slowed_sooner_than_anything_else_and_per_address() {
        let (slow, now) = (Slow::default(), Millis(1_000_000));
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        for _ in 0..3 {
            assert_eq!(slow.wait(one, "/sign-in/email", now), None);
        }
        assert_eq!(slow.wait(one, "/sign-in/email", now.plus(4_000)), Some(6_000));
        assert_eq!(slow.wait(other, "/sign-in/email", now), None);
        assert_eq!(slow.wait(one, "/api-key/list", now), None);
        assert_eq!(slow.wait(one, "/sign-in/email", now.plus(10_000)), None);
    }

    #[test]
    fn every_path_has_the_limit_of_the_original() {
        let (ip, now) = (IpAddr::from([192, 0, 2, 1]), Millis(1_000_000));
        for (path, most) in [
            ("/sign-in/email", 3),
            ("/sign-up/email", 3),
            ("/change-password", 3),
            ("/change-email", 3),
            ("/get-session", 100),
            ("/api-key/create", 100),
            ("", 100),
        ] {
            let slow = Slow::default();
            let passed = (0..200).filter(|_| slow.wait(ip, path, now).is_none()).count();
            assert_eq!(passed, most, "{path}");
        }
    }
}
