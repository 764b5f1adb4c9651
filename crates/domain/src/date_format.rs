//! Formats for dates as clients write them (`YYYY-MM-DD HH:mm`), taken apart once. What the letters mean is
//! the same for texts made here and for those a database makes.

use crate::Millis;

/// One piece of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatePiece {
    /// Four digits.
    Year,
    /// The last two of them.
    ShortYear,
    Quarter,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Milli,
    Text(String),
}

/// Letters that mean something; longer ones first.
const LETTERS: [(&str, DatePiece); 9] = [
    ("YYYY", DatePiece::Year),
    ("YY", DatePiece::ShortYear),
    ("MM", DatePiece::Month),
    ("DD", DatePiece::Day),
    ("HH", DatePiece::Hour),
    ("mm", DatePiece::Minute),
    ("ss", DatePiece::Second),
    ("SSS", DatePiece::Milli),
    ("Q", DatePiece::Quarter),
];

/// Takes a format apart; `[in brackets]` is text. `None`: a letter in it has no meaning here.
pub fn pieces(format: &str) -> Option<Vec<DatePiece>> {
    let mut found: Vec<DatePiece> = Vec::new();
    let mut rest = format;
    while let Some(first) = rest.chars().next() {
        if first == '[' {
            let (inside, after) = rest.get(1..)?.split_once(']')?;
            text(&mut found, inside);
            rest = after;
        } else if let Some((letters, piece)) = LETTERS.iter().find(|(letters, _)| rest.starts_with(letters)) {
            found.push(piece.clone());
            rest = rest.get(letters.len()..)?;
        } else if first.is_ascii_alphabetic() && first != 'T' && first != 'Z' {
            return None;
        } else {
            let (one, after) = rest.split_at(first.len_utf8());
            text(&mut found, one);
            rest = after;
        }
    }
    Some(found)
}

fn text(found: &mut Vec<DatePiece>, more: &str) {
    match found.last_mut() {
        Some(DatePiece::Text(text)) => text.push_str(more),
        _ => found.push(DatePiece::Text(more.to_owned())),
    }
}

/// The instant in UTC.
pub fn write(pieces: &[DatePiece], at: Millis) -> String {
    let civil = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC);
    let mut out = String::new();
    for piece in pieces {
        out += &match piece {
            DatePiece::Year => format!("{:04}", civil.year()),
            DatePiece::ShortYear => format!("{:02}", civil.year().rem_euclid(100)),
            DatePiece::Quarter => ((civil.month() + 2) / 3).to_string(),
            DatePiece::Month => format!("{:02}", civil.month()),
            DatePiece::Day => format!("{:02}", civil.day()),
            DatePiece::Hour => format!("{:02}", civil.hour()),
            DatePiece::Minute => format!("{:02}", civil.minute()),
            DatePiece::Second => format!("{:02}", civil.second()),
            DatePiece::Milli => format!("{:03}", civil.millisecond()),
            DatePiece::Text(text) => text.clone(),
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_written_letter_by_letter() {
        let at = Millis::parse_rfc3339("2026-11-02T03:04:05.006Z").unwrap();
        for (format, want) in [
            ("YYYYMMDD", "20261102"),
            ("YYYY-MM-DD HH:mm:ss.SSS", "2026-11-02 03:04:05.006"),
            ("YY/[Q]Q", "26/Q4"),
            ("[MM]", "MM"),
            ("", ""),
        ] {
            assert_eq!(write(&pieces(format).unwrap(), at), want, "{format}");
        }
        assert_eq!((pieces("dddd"), pieces("[x")), (None, None));
    }
}
