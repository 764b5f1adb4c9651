//! The NocoBase door: where it answers besides `/api/`, how long a sign-in lasts, how much one answer may hold.

use domain::limits;
use door_nocobase::{BasePath, TokenPolicy};

use super::{ConfigError, Key, Section, Values, access::choice};

pub const SECTION: Section = Section {
    title: "NocoBase clients",
    keys: &[
        Key::new(
            "nocobase_base_path",
            "\"/api/\"",
            "Where NocoBase clients find their API. /api/ is shared with other interfaces; a path of its own (it then \
             answers at both) also serves addresses without an action, such as GET /nocobase/todos (alias: \
             API_BASE_PATH).",
        ),
        Key::new(
            "nocobase_unpaged_rows_max",
            "10000",
            "Records a list with paginate=false may answer, 1 to 100000; beyond, it is refused rather than cut.",
        ),
        Key::new(
            "nocobase_query_token",
            "\"off\"",
            "Read ?token= when there is no Authorization header: \"on\" or \"off\". Addresses end up in logs.",
        ),
        Key::new(
            "nocobase_token_minutes",
            "1440",
            "How long a sign-in token is good before it is exchanged for a new one (header x-new-token).",
        ),
        Key::new("nocobase_renewal_minutes", "1440", "How long after that the exchange is still possible."),
        Key::new(
            "nocobase_session_minutes",
            "10080",
            "How long a sign-in lasts at most, however often its token is exchanged.",
        ),
    ],
};

/// A year.
const MINUTES_MAX: i64 = 525_600;
const MINUTE_MS: i64 = 60_000;

#[derive(Clone, Debug)]
pub struct Nocobase {
    /// `None`: only the shared `/api/`.
    pub base_path: Option<BasePath>,
    pub unpaged_rows_max: u64,
    pub query_token: bool,
    pub tokens: TokenPolicy,
}

impl Nocobase {
    pub fn read(values: &Values) -> Result<Self, ConfigError> {
        let expected =
            "a path such as /nocobase/, of letters, digits, - . _ and /, apart from /v1, /docs and /api/auth";
        let base_path = values.checked("nocobase_base_path", expected, BasePath::parse)?;
        let rows =
            |text: &str| text.parse().ok().filter(|rows| (1..=limits::UNPAGED_ROWS_MAX).contains(rows));
        let rows_rule = format!("a whole number from 1 to {}", limits::UNPAGED_ROWS_MAX);
        let unpaged = values.checked("nocobase_unpaged_rows_max", &rows_rule, rows)?;
        Ok(Self {
            base_path: base_path.filter(|path| !path.is_shared()),
            unpaged_rows_max: unpaged.unwrap_or(limits::UNPAGED_ROWS_DEFAULT),
            query_token: choice(values, "nocobase_query_token", "on", "off")?,
            tokens: TokenPolicy {
                token_ms: minutes_ms(values, "nocobase_token_minutes", 1)?,
                renewal_ms: minutes_ms(values, "nocobase_renewal_minutes", 0)?,
                session_ms: minutes_ms(values, "nocobase_session_minutes", 1)?,
            },
        })
    }
}

fn minutes_ms(values: &Values, name: &'static str, least: i64) -> Result<i64, ConfigError> {
    let minutes: i64 = values
        .checked(name, &format!("a whole number of minutes from {least} to {MINUTES_MAX}"), |text| {
            text.parse().ok().filter(|minutes| (least..=MINUTES_MAX).contains(minutes))
        })?
        .unwrap_or(least);
    Ok(minutes * MINUTE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &'static str, value: &str) -> Result<Nocobase, ConfigError> {
        let mut values = Values::with_defaults();
        values.add_flag(name, Some(&value.to_owned()));
        Nocobase::read(&values)
    }

    #[test]
    fn defaults_are_those_of_the_original_and_nonsense_stops_the_start() {
        let defaults = Nocobase::read(&Values::with_defaults()).unwrap();
        assert!(defaults.base_path.is_none() && !defaults.query_token);
        assert_eq!(defaults.unpaged_rows_max, limits::UNPAGED_ROWS_DEFAULT);
        assert_eq!(defaults.tokens, TokenPolicy::default());
        let own = read("nocobase_base_path", "/nocobase/api").unwrap().base_path.unwrap();
        assert_eq!(own.as_str(), "/nocobase/api/");
        for (name, bad) in [
            ("nocobase_base_path", "/"),
            ("nocobase_base_path", "nocobase"),
            ("nocobase_base_path", "/v1/"),
            ("nocobase_base_path", "/api/auth/"),
            ("nocobase_base_path", "/a//b/"),
            ("nocobase_base_path", "/a/{b}/"),
            ("nocobase_unpaged_rows_max", "0"),
            ("nocobase_unpaged_rows_max", "100001"),
            ("nocobase_query_token", "yes"),
            ("nocobase_token_minutes", "0"),
            ("nocobase_renewal_minutes", "-1"),
            ("nocobase_session_minutes", "525601"),
        ] {
            assert!(read(name, bad).is_err(), "{name} {bad}");
        }
    }
}
