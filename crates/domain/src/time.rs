//! Time and chance as values and as hand-me-ins. The system versions live in the binary and in the test world.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub i64);

pub const SECOND_MS: i64 = 1_000;
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
pub const DAY_MS: i64 = 24 * HOUR_MS;

impl Millis {
    pub const ZERO: Self = Self(0);

    pub fn plus(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to `self`; negative when `earlier` lies ahead.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// `2026-11-22T16:41:23.000Z`, always with milliseconds, always UTC.
    pub fn rfc3339(self) -> String {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(at) => format!("{at:.3}"),
            Err(_) => "9999-12-31T23:59:59.999Z".to_owned(),
        }
    }

    /// Reads RFC 3339 with any offset; `None` when it is not that.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|at| Self(at.as_millisecond()))
    }
}

impl fmt::Debug for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// Tells the time. Read once per request; rules get the value.
pub trait Clock: Send + Sync {
    fn now(&self) -> Millis;
}

/// Unpredictable bytes.
pub trait Entropy: Send + Sync {
    fn fill(&self, into: &mut [u8]);
}

pub type SharedClock = Arc<dyn Clock>;
pub type SharedEntropy = Arc<dyn Entropy>;
