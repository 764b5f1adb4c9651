//! `expiresIn` of a key: seconds as a number, a time span as text (`30d`, `2 days`), or `never`.
//! A text of digits only would be milliseconds in that grammar, which nobody means; it is refused.

use serde_json::Value;

/// "Never" is a thousand years, as the original writes it into the token.
const NEVER_S: i64 = 31_557_600_000;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    #[error("expiresIn is required")]
    Missing,
    #[error(
        "\"expiresIn\" should be a number of seconds or a string representing a timespan, like \"30d\", or \"never\""
    )]
    NotASpan,
}

/// The lifetime in seconds; at least one, at most [`NEVER_S`].
pub fn parse(value: Option<&Value>) -> Result<i64, SpanError> {
    let seconds = match value {
        None | Some(Value::Null) => return Err(SpanError::Missing),
        Some(Value::Number(n)) => n.as_i64().ok_or(SpanError::NotASpan)?,
        Some(Value::String(text)) if text == "never" => NEVER_S,
        Some(Value::String(text)) => text_span(text).ok_or(SpanError::NotASpan)?,
        Some(_) => return Err(SpanError::NotASpan),
    };
    if seconds < 1 { Err(SpanError::NotASpan) } else { Ok(seconds.min(NEVER_S)) }
}

fn text_span(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.len() > 100 {
        return None;
    }
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at_checked(at)?;
    let unit_ms = unit_ms(unit.trim_start_matches(' '))?;
    let ms = number.parse::<f64>().ok()? * unit_ms;
    // Whole seconds, as the token counts them.
    (ms.is_finite() && ms < 1e18).then(|| (ms / 1_000.0).floor() as i64)
}

fn unit_ms(unit: &str) -> Option<f64> {
    let unit = unit.to_ascii_lowercase();
    Some(match unit.as_str() {
        "milliseconds" | "millisecond" | "msecs" | "msec" | "ms" => 1.0,
        "seconds" | "second" | "secs" | "sec" | "s" => 1e3,
        "minutes" | "minute" | "mins" | "min" | "m" => 6e4,
        "hours" | "hour" | "hrs" | "hr" | "h" => 3.6e6,
        "days" | "day" | "d" => 8.64e7,
        "weeks" | "week" | "w" => 6.048e8,
        "years" | "year" | "yrs" | "yr" | "y" => 3.155_76e10,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_form_of_a_lifetime_is_read_in_seconds() {
        for (value, seconds) in [
            (json!("30d"), 2_592_000),
            (json!("1s"), 1),
            (json!("10m"), 600),
            (json!("2h"), 7_200),
            (json!("2 days"), 172_800),
            (json!("1y"), 31_557_600),
            (json!("1.5h"), 5_400),
            (json!(3_600), 3_600),
            (json!("never"), NEVER_S),
            (json!("99999y"), NEVER_S),
        ] {
            assert_eq!(parse(Some(&value)), Ok(seconds), "{value}");
        }
    }

    #[test]
    fn a_lifetime_that_is_none_is_refused() {
        assert_eq!(parse(None), Err(SpanError::Missing));
        for bad in [
            json!("30"),
            json!(""),
            json!("d"),
            json!("-1d"),
            json!("soon"),
            json!(0),
            json!(-5),
            json!(1.5),
            json!(true),
            json!({}),
            json!("1.2.3d"),
            json!("100ms"),
        ] {
            assert_eq!(parse(Some(&bad)), Err(SpanError::NotASpan), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_span_parser_panic(text in "\\PC{0,40}") {
            let _ = parse(Some(&serde_json::Value::String(text)));
        }
    }
}
