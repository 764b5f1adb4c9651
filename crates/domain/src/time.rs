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

    /// The same at the end of a text that is being written: years of four digits by hand, because lists are full of
    /// these, others by the slow way.
    pub fn write_rfc3339(self, out: &mut Vec<u8>) {
        let (days, ms) = (self.0.div_euclid(DAY_MS), self.0.rem_euclid(DAY_MS));
        let (year, month, day) = civil(days);
        if !(0..=9_999).contains(&year) {
            return out.extend_from_slice(self.rfc3339().as_bytes());
        }
        digits(year, 4, out);
        for (mark, value) in [
            (b'-', month),
            (b'-', day),
            (b'T', ms / HOUR_MS),
            (b':', ms / MINUTE_MS % 60),
            (b':', ms / SECOND_MS % 60),
        ] {
            out.push(mark);
            digits(value, 2, out);
        }
        out.push(b'.');
        digits(ms % SECOND_MS, 3, out);
        out.push(b'Z');
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

/// Days since 1970-01-01 as year, month, day of the proleptic Gregorian calendar (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn digits(n: i64, width: u32, out: &mut Vec<u8>) {
    for place in (0..width).rev() {
        out.push(b'0' + (n / 10_i64.pow(place) % 10) as u8);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn written(at: Millis) -> String {
        let mut out = Vec::new();
        at.write_rfc3339(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn instants_at_the_edges_of_four_digits_are_written_like_the_calendar_library_does() {
        for ms in [
            0,
            -1,
            1_709_164_800_000,
            -62_135_596_800_000,
            253_402_300_799_999,
            253_402_300_800_000,
            i64::MAX,
        ] {
            assert_eq!(written(Millis(ms)), Millis(ms).rfc3339());
        }
    }

    proptest::proptest! {
        #[test]
        fn instants_are_written_like_the_calendar_library_does(ms in -62_135_596_800_000_i64..253_402_300_799_999) {
            proptest::prop_assert_eq!(written(Millis(ms)), Millis(ms).rfc3339());
        }
    }
}
