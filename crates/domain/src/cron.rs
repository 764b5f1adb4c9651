//! Times that come round: `0 0 1 * *`, in UTC. Only what starting a count anew needs: the next one.

use jiff::{Timestamp, ToSpan, tz::TimeZone};

use crate::{Millis, time::MINUTE_MS};

/// Days that are looked through for the next time; beyond, there is none.
const DAYS_MAX: usize = 366 * 8;

/// Minute, hour, day of the month, month, day of the week (0 is Sunday), as sets of bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Days of the month and of the week are both limited: then either will do.
    either: bool,
}

impl Cron {
    /// Five parts, or six with seconds before them, which count for nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts: Vec<&str> = text.split_whitespace().collect();
        if parts.len() == 6 {
            parts.remove(0);
        }
        let [minutes, hours, days, months, weekdays] = parts.as_slice() else { return None };
        let weekday_set = set(weekdays, 0, 7)?;
        Some(Self {
            minutes: set(minutes, 0, 59)?,
            hours: set(hours, 0, 23)?,
            days: set(days, 1, 31)?,
            months: set(months, 1, 12)?,
            // Both 0 and 7 are Sunday.
            weekdays: weekday_set | weekday_set >> 7,
            either: !days.starts_with('*') && !weekdays.starts_with('*'),
        })
    }

    /// The first time after `at`.
    pub fn next(&self, at: Millis) -> Option<Millis> {
        let begin = Timestamp::from_millisecond((at.0.div_euclid(MINUTE_MS) + 1) * MINUTE_MS).ok()?;
        let begin = begin.to_zoned(TimeZone::UTC).datetime();
        let mut day = begin.date();
        for _ in 0..DAYS_MAX {
            if self.on(day) {
                let earliest = if day == begin.date() { (begin.hour(), begin.minute()) } else { (0, 0) };
                let hours = (0..24).filter(|hour| self.hours >> hour & 1 == 1);
                let times = hours.flat_map(|hour| (0..60).map(move |minute| (hour, minute)));
                let mut times = times.filter(|(_, minute)| self.minutes >> minute & 1 == 1);
                if let Some((hour, minute)) = times.find(|time| *time >= earliest) {
                    let at = day.at(hour, minute, 0, 0).to_zoned(TimeZone::UTC).ok()?;
                    return Some(Millis(at.timestamp().as_millisecond()));
                }
            }
            day = day.checked_add(1.day()).ok()?;
        }
        None
    }

    fn on(&self, date: jiff::civil::Date) -> bool {
        let day = self.days >> date.day() & 1 == 1;
        let weekday = self.weekdays >> date.weekday().to_sunday_zero_offset() & 1 == 1;
        self.months >> date.month() & 1 == 1 && if self.either { day || weekday } else { day && weekday }
    }
}

/// `*`, `*/5`, `1-5`, `1-5/2`, `1,3`.
fn set(part: &str, low: u32, high: u32) -> Option<u64> {
    let mut bits = 0;
    for piece in part.split(',') {
        let (range, step) = piece.split_once('/').map_or((piece, Some(1)), |(r, s)| (r, s.parse().ok()));
        let (from, to) = match (range, range.split_once('-')) {
            ("*" | "?", _) => (low, high),
            (_, Some((from, to))) => (from.parse().ok()?, to.parse().ok()?),
            (one, None) => (one.parse().ok()?, one.parse().ok()?),
        };
        if from < low || to > high || from > to {
            return None;
        }
        for n in (from..=to).step_by(step.filter(|n| *n > 0)?) {
            bits |= 1 << n;
        }
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_time_is_the_first_one_after() {
        let at = Millis::parse_rfc3339("2026-11-22T12:00:00Z").unwrap();
        for (cron, want) in [
            ("0 0 * * *", "2026-11-23T00:00:00.000Z"),
            ("0 12 * * *", "2026-11-23T12:00:00.000Z"),
            ("*/15 * * * *", "2026-11-22T12:15:00.000Z"),
            ("0 0 * * 1", "2026-11-23T00:00:00.000Z"),
            ("0 0 * * 7", "2026-11-29T00:00:00.000Z"),
            ("0 0 1 1 *", "2027-01-01T00:00:00.000Z"),
            ("0 0 29 2 *", "2028-02-29T00:00:00.000Z"),
            ("0 30 6 1 * *", "2026-12-01T06:30:00.000Z"),
        ] {
            assert_eq!(Cron::parse(cron).unwrap().next(at).unwrap().rfc3339(), want, "{cron}");
        }
        assert_eq!(Cron::parse("0 0 31 2 *").unwrap().next(at), None);
        for bad in ["", "* * * *", "60 * * * *", "a * * * *", "*/0 * * * *", "5-1 * * * *"] {
            assert_eq!(Cron::parse(bad), None, "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-*/,0-9 ?a-z]{0,30}", at in -62_135_596_800_000_i64..253_402_300_799_999) {
            if let Some(cron) = Cron::parse(&text) {
                proptest::prop_assert!(cron.next(Millis(at)).is_none_or(|next| next.0 > at));
            }
        }
    }
}
