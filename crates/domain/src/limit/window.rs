//! Rate limit: at most `max` accepted requests per window. A refused request changes nothing.

use serde::{Deserialize, Serialize};

use crate::time::Millis;

/// When the count starts again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowRule {
    /// A window begins with its first accepted request and ends `window_ms` later.
    #[default]
    Fixed,
    /// The count starts again only after `window_ms` without an accepted request.
    SinceLastAccepted,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RateLimit {
    /// Accepted requests per window; at most [`crate::limits::RATE_LIMIT_MAX`].
    pub max: u32,
    pub window_ms: i64,
    #[serde(default)]
    pub rule: WindowRule,
    /// A limit can be kept and switched off.
    #[serde(default = "on")]
    pub enabled: bool,
}

fn on() -> bool {
    true
}

/// `mark`: start of the window, or the last accepted request, by rule. A count of 0 means never used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WindowState {
    pub mark: Millis,
    pub count: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RateVerdict {
    Accepted { left: u32, reset_at: Millis },
    Refused { retry_after_ms: i64 },
}

/// One request at `now`: the state after it and the verdict. Refused: the state is the same.
pub fn take(limit: &RateLimit, state: WindowState, now: Millis) -> (WindowState, RateVerdict) {
    let age = now.since(state.mark);
    // A clock that went backwards must not open a new window early, nor keep one for ever.
    let over = match limit.rule {
        WindowRule::Fixed => age >= limit.window_ms,
        WindowRule::SinceLastAccepted => age > limit.window_ms,
    } || age.saturating_neg() > limit.window_ms;
    if state.count == 0 || over {
        if limit.max == 0 && limit.rule == WindowRule::Fixed {
            return (state, RateVerdict::Refused { retry_after_ms: limit.window_ms });
        }
        let next = WindowState { mark: now, count: 1 };
        return (
            next,
            RateVerdict::Accepted { left: limit.max.saturating_sub(1), reset_at: now.plus(limit.window_ms) },
        );
    }
    if state.count >= limit.max {
        return (
            state,
            RateVerdict::Refused {
                retry_after_ms: limit.window_ms.saturating_sub(age).clamp(1, limit.window_ms.max(1)),
            },
        );
    }
    let mark = match limit.rule {
        WindowRule::Fixed => state.mark,
        WindowRule::SinceLastAccepted => now,
    };
    let next = WindowState { mark, count: state.count + 1 };
    (next, RateVerdict::Accepted { left: limit.max - next.count, reset_at: mark.plus(limit.window_ms) })
}

/// What [`take`] would answer, for dry runs.
pub fn peek(limit: &RateLimit, state: WindowState, now: Millis) -> RateVerdict {
    take(limit, state, now).1
}

/// A [`WindowState`] in one word, for compare-and-swap: 41 bits of milliseconds since 2020, 23 bits of count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Packed(pub u64);

/// 2020-01-01T00:00:00Z; 41 bits reach to the year 2089.
const EPOCH_MS: i64 = 1_577_836_800_000;
const COUNT_BITS: u32 = 23;

impl Packed {
    pub fn new(state: WindowState) -> Self {
        let ms = state.mark.0.saturating_sub(EPOCH_MS).clamp(0, (1 << 41) - 1) as u64;
        Self(ms << COUNT_BITS | u64::from(state.count.min((1 << COUNT_BITS) - 1)))
    }

    pub fn state(self) -> WindowState {
        let count = (self.0 & ((1 << COUNT_BITS) - 1)) as u32;
        let mark = if self.0 == 0 { Millis::ZERO } else { Millis((self.0 >> COUNT_BITS) as i64 + EPOCH_MS) };
        WindowState { mark, count }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::limits;

    const START: Millis = Millis(EPOCH_MS + 1_000_000);

    fn limit(max: u32, window_ms: i64, rule: WindowRule) -> RateLimit {
        RateLimit { max, window_ms, rule, enabled: true }
    }

    /// Requests after these waits: the moments of the accepted ones, with the mark they were counted under.
    fn accepted(limit: &RateLimit, waits: &[i64]) -> Vec<(Millis, Millis)> {
        let (mut state, mut now, mut moments) = (WindowState::default(), START, Vec::new());
        for wait in waits {
            now = now.plus(*wait);
            let (next, verdict) = take(limit, state, now);
            match verdict {
                RateVerdict::Accepted { .. } => moments.push((now, next.mark)),
                RateVerdict::Refused { .. } => assert_eq!(next, state, "a refused request changes nothing"),
            }
            state = next;
        }
        moments
    }

    #[test]
    fn the_first_request_after_the_window_opens_the_next_one() {
        let limit = limit(2, 1_000, WindowRule::Fixed);
        let moments: Vec<i64> =
            accepted(&limit, &[0, 1, 1, 997, 1, 0, 0]).iter().map(|(at, _)| at.since(START)).collect();
        assert_eq!(moments, [0, 1, 1_000, 1_000]);
    }

    #[test]
    fn counting_since_the_last_accepted_needs_a_pause_longer_than_the_window() {
        let limit = limit(2, 1_000, WindowRule::SinceLastAccepted);
        let moments: Vec<i64> =
            accepted(&limit, &[0, 900, 900, 100, 1]).iter().map(|(at, _)| at.since(START)).collect();
        assert_eq!(moments, [0, 900, 1_901]);
    }

    #[test]
    fn a_clock_set_back_neither_opens_a_window_early_nor_closes_one_for_ever() {
        let limit = limit(1, 1_000, WindowRule::Fixed);
        let (state, _) = take(&limit, WindowState::default(), START);
        assert!(matches!(peek(&limit, state, START.plus(-500)), RateVerdict::Refused { .. }));
        assert!(matches!(peek(&limit, state, START.plus(-86_400_000)), RateVerdict::Accepted { .. }));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn never_more_than_max_are_accepted_in_a_window(
            max in 0..6u32, window_ms in 1..50i64, waits in vec(0..30i64, 0..200),
        ) {
            let moments = accepted(&limit(max, window_ms, WindowRule::Fixed), &waits);
            for (at, mark) in &moments {
                let together = moments.iter().filter(|(_, m)| m == mark).count();
                prop_assert!(together <= max as usize);
                prop_assert!((0..window_ms).contains(&at.since(*mark)), "counted in the window it fell into");
                let overlapping = moments.iter().any(|(_, m)| m != mark && m.since(*mark).abs() < window_ms);
                prop_assert!(!overlapping, "windows do not overlap");
            }
        }

        #[test]
        fn between_pauses_longer_than_the_window_at_most_max_are_accepted(
            max in 1..6usize, window_ms in 1..50i64, waits in vec(0..30i64, 0..200),
        ) {
            let moments = accepted(&limit(max as u32, window_ms, WindowRule::SinceLastAccepted), &waits);
            for run in moments.windows(max + 1) {
                prop_assert!(run.windows(2).any(|pair| pair[1].0.since(pair[0].0) > window_ms));
            }
        }

        #[test]
        fn waiting_as_long_as_was_said_is_enough(
            max in 1..6u32, window_ms in 1..5_000i64, age in 0..5_000i64, since_last: bool,
        ) {
            let rule = if since_last { WindowRule::SinceLastAccepted } else { WindowRule::Fixed };
            let limit = limit(max, window_ms, rule);
            let state = WindowState { mark: START, count: max };
            let now = START.plus(age);
            if let RateVerdict::Refused { retry_after_ms } = peek(&limit, state, now) {
                // This rule asks for more than the window, so one millisecond more.
                let later = now.plus(retry_after_ms + i64::from(since_last));
                let accepted = matches!(peek(&limit, state, later), RateVerdict::Accepted { .. });
                prop_assert!(accepted);
            }
        }

        #[test]
        fn what_is_left_counts_down(max in 1..100u32, window_ms in 1_000..5_000i64) {
            let limit = limit(max, window_ms, WindowRule::Fixed);
            let mut state = WindowState::default();
            for expected in (0..max).rev() {
                let (next, verdict) = take(&limit, state, START);
                prop_assert_eq!(verdict, RateVerdict::Accepted { left: expected, reset_at: START.plus(window_ms) });
                state = next;
            }
        }

        #[test]
        fn no_numbers_make_it_panic(max: u32, window_ms: i64, mark: i64, count: u32, now: i64, since_last: bool) {
            let rule = if since_last { WindowRule::SinceLastAccepted } else { WindowRule::Fixed };
            let state = WindowState { mark: Millis(mark), count };
            let (next, _) = take(&limit(max, window_ms, rule), state, Millis(now));
            let _ = Packed::new(next).state();
        }

        #[test]
        fn one_word_holds_every_state_up_to_the_year_2089(
            ms in 0..(1i64 << 41), count in 1..=limits::RATE_LIMIT_MAX as u32,
        ) {
            let state = WindowState { mark: Millis(EPOCH_MS + ms), count };
            prop_assert_eq!(Packed::new(state).state(), state);
        }
    }

    #[test]
    fn no_word_is_the_state_of_a_key_never_used() {
        assert_eq!(Packed::default().state(), WindowState::default());
        assert_eq!(Packed::new(WindowState::default()), Packed::default());
    }
}
