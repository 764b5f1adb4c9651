//! Texts with a number in them that is counted up: `INV-2026-00042`. Says what comes next; who keeps the count,
//! and that nobody else counts at the same time, is the store's business.

use serde::{Deserialize, Serialize};

use crate::{Millis, cron::Cron, date_format, limits, secret::random_text, time::Entropy};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sequence {
    pub parts: Vec<Part>,
    /// A writer may give a value of its own.
    #[serde(default)]
    pub open: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Text(String),
    /// The time of writing, in UTC.
    Date(String),
    Random {
        chars: usize,
        alphabet: String,
    },
    Number(Number),
}

/// The counted part. Counts up to what its digits can write, and then begins anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Number {
    /// Tells the counts of one field apart, and keeps them when parts change places.
    pub key: String,
    pub digits: u32,
    pub start: i64,
    pub base: u32,
    /// When the count begins anew besides, as a cron text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle: Option<String>,
}

/// The last number that was given out, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub current: i64,
    pub at: Millis,
}

impl Number {
    fn max(&self) -> i64 {
        i64::from(self.base).checked_pow(self.digits).map_or(i64::MAX, |n| n - 1)
    }

    /// Whether its digits can write none after this.
    pub fn is_last(&self, n: i64) -> bool {
        n >= self.max()
    }

    pub fn next(&self, last: Option<Count>, now: Millis) -> i64 {
        let Some(last) = last else { return self.start };
        let anew = self.cycle.as_deref().and_then(Cron::parse).and_then(|cron| cron.next(last.at));
        let next = last.current.saturating_add(1).max(self.start);
        if next > self.max() || anew.is_some_and(|at| at <= now) { self.start } else { next }
    }

    fn write(&self, mut n: i64) -> String {
        let mut digits = Vec::new();
        while n > 0 || digits.is_empty() {
            let digit = u32::try_from(n % i64::from(self.base)).unwrap_or(0);
            digits.push(char::from_digit(digit, self.base).unwrap_or('0'));
            n /= i64::from(self.base);
        }
        while digits.len() < self.digits as usize {
            digits.push('0');
        }
        digits.iter().rev().collect()
    }
}

impl Sequence {
    /// `Err` says, for people, what is wrong.
    pub fn check(&self) -> Result<(), String> {
        if self.parts.is_empty() || self.parts.len() > limits::SEQUENCE_PARTS_MAX {
            return Err(format!("takes 1 to {} patterns", limits::SEQUENCE_PARTS_MAX));
        }
        let mut chars: usize = 0;
        for part in &self.parts {
            let more = match part {
                Part::Text(text) if text.contains('\0') => {
                    return Err("has a null byte in a pattern".to_owned());
                }
                Part::Text(text) => text.chars().count(),
                Part::Date(format) => {
                    let pieces =
                        date_format::pieces(format).ok_or("has a date format that is not understood")?;
                    date_format::write(&pieces, Millis(0)).chars().count()
                }
                Part::Random { chars, alphabet } => {
                    if *chars == 0 || alphabet.is_empty() || !alphabet.is_ascii() || alphabet.len() > 256 {
                        return Err("has a random pattern without a length or an alphabet".to_owned());
                    }
                    *chars
                }
                Part::Number(number) => {
                    number.check()?;
                    number.digits as usize
                }
            };
            chars = chars.saturating_add(more);
        }
        let keys: Vec<&str> = self.numbers().map(|number| number.key.as_str()).collect();
        if (1..keys.len()).any(|at| keys.iter().take(at).any(|key| Some(key) == keys.get(at))) {
            return Err("has two numbers with the same key".to_owned());
        }
        match chars > limits::GENERATED_CHARS_MAX {
            true => Err(format!("makes texts of at most {} characters", limits::GENERATED_CHARS_MAX)),
            false => Ok(()),
        }
    }

    pub fn numbers(&self) -> impl Iterator<Item = &Number> {
        self.parts.iter().filter_map(|part| match part {
            Part::Number(number) => Some(number),
            _ => None,
        })
    }

    /// The text in which the numbers have these values, in their order.
    pub fn write(&self, numbers: &[i64], now: Millis, entropy: &dyn Entropy) -> String {
        let mut numbers = numbers.iter();
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Date(format) => {
                    out += &date_format::write(&date_format::pieces(format).unwrap_or_default(), now);
                }
                Part::Random { chars, alphabet } => out += &random_text(*chars, alphabet.as_bytes(), entropy),
                Part::Number(number) => out += &number.write(numbers.next().copied().unwrap_or(number.start)),
            }
        }
        out
    }

    /// The numbers in a text of this form; `None`: it has another form.
    pub fn read(&self, text: &str) -> Option<Vec<i64>> {
        let mut rest = text;
        let mut numbers = Vec::new();
        for part in &self.parts {
            let chars = match part {
                Part::Text(fixed) => {
                    rest = rest.strip_prefix(fixed.as_str())?;
                    continue;
                }
                Part::Date(format) => {
                    date_format::write(&date_format::pieces(format)?, Millis(0)).chars().count()
                }
                Part::Random { chars, .. } => *chars,
                Part::Number(number) => number.digits as usize,
            };
            let end = rest.char_indices().nth(chars).map_or(rest.len(), |(at, _)| at);
            let (piece, after) = rest.split_at(end);
            if piece.chars().count() != chars {
                return None;
            }
            if let Part::Number(number) = part {
                numbers.push(i64::from_str_radix(piece, number.base).ok().filter(|n| *n >= 0)?);
            }
            rest = after;
        }
        rest.is_empty().then_some(numbers)
    }
}

impl Number {
    fn check(&self) -> Result<(), String> {
        if !(2..=36).contains(&self.base) || !(1..=limits::SEQUENCE_DIGITS_MAX).contains(&self.digits) {
            return Err(format!("counts with 1 to {} digits, of base 2 to 36", limits::SEQUENCE_DIGITS_MAX));
        }
        if self.start < 0 || self.start > self.max() {
            return Err("starts with a number that its digits cannot write".to_owned());
        }
        match &self.cycle {
            Some(cycle) if Cron::parse(cycle).is_none() => {
                Err("has a cycle that is not understood".to_owned())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zeros;

    impl Entropy for Zeros {
        fn fill(&self, into: &mut [u8]) {
            into.fill(0);
        }
    }

    fn number(digits: u32, start: i64, cycle: Option<&str>) -> Number {
        Number { key: "0".into(), digits, start, base: 10, cycle: cycle.map(str::to_owned) }
    }

    #[test]
    fn a_count_goes_on_and_begins_anew_when_it_should() {
        let at = Millis::parse_rfc3339("2026-11-22T12:00:00Z").unwrap();
        let count = |current| Some(Count { current, at });
        assert_eq!(number(3, 5, None).next(None, at), 5);
        assert_eq!(number(3, 5, None).next(count(7), at), 8);
        assert_eq!(number(3, 5, None).next(count(1), at), 5, "the start was raised");
        assert_eq!(number(1, 2, None).next(count(9), at), 2, "no more digits");
        let daily = number(3, 1, Some("0 0 * * *"));
        assert_eq!(daily.next(count(7), at.plus(3_600_000)), 8);
        assert_eq!(daily.next(count(7), at.plus(12 * 3_600_000)), 1);
    }

    #[test]
    fn what_is_written_can_be_read_again() {
        let parts = vec![
            Part::Text("INV-".into()),
            Part::Date("YYYYMM".into()),
            Part::Random { chars: 2, alphabet: "ab".into() },
            Part::Text("-".into()),
            Part::Number(number(5, 0, None)),
        ];
        let sequence = Sequence { parts, open: false };
        sequence.check().unwrap();
        let text = sequence.write(&[42], Millis(0), &Zeros);
        assert_eq!(text, "INV-197001aa-00042");
        assert_eq!(sequence.read(&text), Some(vec![42]));
        for other in
            ["", "INV-197001aa-0042", "INV-197001aa-00042 ", "inv-197001aa-00042", "INV-197001aa--0042"]
        {
            assert_eq!(sequence.read(other), None, "{other}");
        }
    }

    #[test]
    fn what_cannot_be_counted_is_refused() {
        let with = |number| Sequence { parts: vec![Part::Number(number)], open: false }.check();
        assert!(with(number(0, 0, None)).is_err());
        assert!(with(number(99, 0, None)).is_err());
        assert!(with(number(1, 10, None)).is_err());
        assert!(with(number(1, 0, Some("whenever"))).is_err());
        assert!(with(Number { base: 1, ..number(1, 0, None) }).is_err());
        assert!(Sequence { parts: Vec::new(), open: false }.check().is_err());
        let twice = vec![Part::Number(number(1, 0, None)), Part::Number(number(1, 0, None))];
        assert!(Sequence { parts: twice, open: false }.check().is_err());
    }

    proptest::proptest! {
        #[test]
        fn numbers_of_every_base_come_back(n in 0_i64..1_000_000, base in 2_u32..=36, digits in 1_u32..=15, prefix in "[A-Z-]{0,4}") {
            let counted = Number { base, ..number(digits, 0, None) };
            let sequence = Sequence { parts: vec![Part::Text(prefix), Part::Number(counted.clone())], open: true };
            proptest::prop_assume!(sequence.check().is_ok() && n <= counted.max());
            let text = sequence.write(&[n], Millis(0), &Zeros);
            proptest::prop_assert_eq!(sequence.read(&text), Some(vec![n]));
        }

        #[test]
        fn no_text_makes_reading_panic(text in "\\PC{0,20}", prefix in "\\PC{0,3}") {
            let parts = vec![Part::Text(prefix), Part::Date("YY".into()), Part::Number(number(3, 0, None))];
            let _ = Sequence { parts, open: false }.read(&text);
            let _ = date_format::pieces(&text);
        }
    }
}
