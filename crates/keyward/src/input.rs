//! Reading secrets and documents: from standard input, a variable or a prompt that does not echo.
//! Never from an argument, where every user of the machine could read it.

use std::io::{IsTerminal as _, Read as _};

use domain::{limits, secret::Secret};
use serde_json::Value;

use crate::error::Failure;

/// From `variable` if it is set, else from a prompt, else one line of standard input.
pub fn secret(variable: &str, what: &str) -> Result<Secret, Failure> {
    if let Ok(text) = std::env::var(variable)
        && !text.is_empty()
    {
        return Ok(Secret::new(text));
    }
    let text = if std::io::stdin().is_terminal() {
        rpassword::prompt_password(format!("{what}: "))
            .map_err(|e| Failure::usage(format!("cannot read {what}: {e}")))?
    } else {
        let mut line = String::new();
        std::io::stdin()
            .read_line(&mut line)
            .map_err(|e| Failure::usage(format!("cannot read {what}: {e}")))?;
        line
    };
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        let help = format!(
            "write it to standard input, set {variable}, or run the command in a terminal to be asked"
        );
        return Err(Failure::usage(format!("no {what} was given")).help(help));
    }
    Ok(Secret::new(text))
}

/// A new password; asked twice at a terminal, because nobody sees what they type.
pub fn new_password() -> Result<Secret, Failure> {
    let first = secret("KEYWARD_PASSWORD", "password")?;
    let asked = std::env::var_os("KEYWARD_PASSWORD").is_none() && std::io::stdin().is_terminal();
    if asked && secret("KEYWARD_PASSWORD", "the same password again")?.expose() != first.expose() {
        return Err(Failure::usage("the two passwords are not the same"));
    }
    Ok(first)
}

/// A JSON document from a file, or from standard input for `-`.
pub fn document(path: &str) -> Result<Value, Failure> {
    let mut text = String::new();
    let read = if path == "-" {
        std::io::stdin().take(limits::BODY_BYTES_MAX as u64).read_to_string(&mut text).map(|_| ())
    } else {
        std::fs::read_to_string(path).map(|read| text = read)
    };
    read.map_err(|e| Failure::usage(format!("cannot read {path}: {e}")))?;
    serde_json::from_str(&text).map_err(|e| Failure::usage(format!("{path} is not valid JSON: {e}")))
}

/// JSON given as an argument.
pub fn inline(name: &str, text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|e| Failure::usage(format!("--{name} is not valid JSON: {e}")))
}

/// `90s`, `15m`, `12h`, `30d`, `1y` in milliseconds; a number alone is seconds.
pub fn duration_ms(text: &str) -> Result<i64, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(split).unwrap_or((text, ""));
    let scale = match unit {
        "ms" => 1,
        "" | "s" => domain::time::SECOND_MS,
        "m" => domain::time::MINUTE_MS,
        "h" => domain::time::HOUR_MS,
        "d" => domain::time::DAY_MS,
        "w" => 7 * domain::time::DAY_MS,
        "y" => 365 * domain::time::DAY_MS,
        _ => return Err(format!("{text:?} is not a duration such as 90s, 15m, 12h, 30d, 1y")),
    };
    let count: i64 =
        number.parse().map_err(|_| format!("{text:?} is not a duration such as 90s, 15m, 12h, 30d, 1y"))?;
    count.checked_mul(scale).ok_or_else(|| format!("{text:?} is too long"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_and_nonsense_is_refused() {
        for (text, ms) in
            [("500ms", 500), ("90", 90_000), ("15m", 900_000), ("30d", 2_592_000_000), ("1y", 31_536_000_000)]
        {
            assert_eq!(duration_ms(text), Ok(ms), "{text}");
        }
        for text in ["", "d", "1 d", "-1d", "1.5h", "99999999999999999y", "3x"] {
            assert!(duration_ms(text).is_err(), "{text}");
        }
    }
}
