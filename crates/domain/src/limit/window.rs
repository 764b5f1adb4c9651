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
    } || age < -limit.window_ms;
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
            RateVerdict::Refused { retry_after_ms: (limit.window_ms - age).clamp(1, limit.window_ms.max(1)) },
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
        let ms = (state.mark.0 - EPOCH_MS).clamp(0, (1 << 41) - 1) as u64;
        Self(ms << COUNT_BITS | u64::from(state.count.min((1 << COUNT_BITS) - 1)))
    }

    pub fn state(self) -> WindowState {
        let count = (self.0 & ((1 << COUNT_BITS) - 1)) as u32;
        let mark = if self.0 == 0 { Millis::ZERO } else { Millis((self.0 >> COUNT_BITS) as i64 + EPOCH_MS) };
        WindowState { mark, count }
    }
}
