//! The better-auth door: its API-key configurations, and what its clients are used to.

use std::path::Path;

use domain::{limits::SESSION_LIFE_MS, secret::Secret, time::DAY_MS};
use door_better_auth::{Configurations, ListShape};

use super::{ConfigError, Key, Section, Values, access::choice};

pub const SECTION: Section = Section {
    title: "better-auth clients",
    keys: &[
        Key::unset(
            "better_auth_configs",
            "\"/etc/keyward/better-auth.json\"",
            "JSON file with one better-auth API-key configuration or a list of them, or with both configurations and \
             what roles of organizations may do (see docs/better-auth.md).",
        ),
        Key::secret(
            "better_auth_secret",
            "Secret that signs better-auth cookies, used as written; bring the old one and cookies of a former \
             installation stay signed. Made from the app key when absent.",
        ),
        Key::new(
            "better_auth_cookie_prefix",
            "\"better-auth\"",
            "What the names of better-auth cookies begin with (cookiePrefix of a former installation).",
        ),
        Key::new(
            "better_auth_bearer",
            "\"any\"",
            "What a better-auth session is taken from as bearer: \"any\" (the token alone will do) or \"signed\".",
        ),
        Key::new(
            "better_auth_fresh_age_seconds",
            "86400",
            "How young a better-auth session must be that lists the other ones (session.freshAge): seconds; 0: of any age.",
        ),
        Key::new(
            "better_auth_organizations",
            "\"on\"",
            "Whether keys and better-auth sessions may be of organizations: \"on\" or \"off\".",
        ),
        Key::new(
            "better_auth_list",
            "\"newer\"",
            "What a list of keys looks like: \"newer\" ({apiKeys, total}) or \"older\" (a bare array, before 1.5).",
        ),
        Key::new(
            "better_auth_rate_limit",
            "\"off\"",
            "Limit requests per address and path as better-auth does in production: \"on\" or \"off\".",
        ),
    ],
};

#[derive(Clone, Debug)]
pub struct BetterAuth {
    pub configurations: Configurations,
    pub secret: Option<Secret>,
    pub cookie_prefix: String,
    pub signed_bearers: bool,
    pub fresh_age_ms: i64,
    pub organizations: bool,
    pub list: ListShape,
    pub rate_limit: bool,
}

impl BetterAuth {
    pub fn read(values: &Values) -> Result<Self, ConfigError> {
        let older = choice(values, "better_auth_list", "older", "newer")?;
        Ok(Self {
            configurations: configurations(values)?,
            secret: values.text("better_auth_secret").map(Secret::new),
            cookie_prefix: cookie_prefix(values)?,
            signed_bearers: choice(values, "better_auth_bearer", "signed", "any")?,
            fresh_age_ms: fresh_age(values)?,
            organizations: choice(values, "better_auth_organizations", "on", "off")?,
            list: if older { ListShape::Older } else { ListShape::Newer },
            rate_limit: choice(values, "better_auth_rate_limit", "on", "off")?,
        })
    }
}

/// In milliseconds; no session is older than it can live.
fn fresh_age(values: &Values) -> Result<i64, ConfigError> {
    const NAME: &str = "better_auth_fresh_age_seconds";
    let longest_s = SESSION_LIFE_MS / 1_000;
    let expected = format!("a number of seconds from 0 to {longest_s}");
    let fits = |text: &str| text.parse().ok().filter(|s: &i64| (0..=longest_s).contains(s));
    Ok(values.checked(NAME, &expected, fits)?.map_or(DAY_MS, |s| s * 1_000))
}

/// Letters, digits, `-` and `_`: what a cookie may be called, and nothing that a browser treats as special.
fn cookie_prefix(values: &Values) -> Result<String, ConfigError> {
    const NAME: &str = "better_auth_cookie_prefix";
    let prefix = values.text(NAME).unwrap_or_default();
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    match (1..=64).contains(&prefix.len()) && prefix.bytes().all(legal) && !prefix.starts_with("__") {
        true => Ok(prefix.to_owned()),
        false => Err(values.invalid(NAME, "1 to 64 letters, digits, - or _, not beginning with __")),
    }
}

/// Read now, so that a mistake stops the start and names itself.
fn configurations(values: &Values) -> Result<Configurations, ConfigError> {
    const NAME: &str = "better_auth_configs";
    let Some(path) = values.text(NAME) else { return Ok(Configurations::default()) };
    let wrong = |why: String| values.invalid(NAME, &format!("a file of API-key configurations; {why}"));
    let text = std::fs::read_to_string(Path::new(path))
        .map_err(|error| wrong(format!("it cannot be read: {error}")))?;
    Configurations::parse(&text).map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_mistake_in_the_file_stops_the_start_and_names_itself() {
        let read = |text: &str| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            let mut values = Values::with_defaults();
            values.add_flag("better_auth_configs", Some(&file.path().to_str().unwrap().to_owned()));
            BetterAuth::read(&values).map_err(|error| error.to_string())
        };
        let good = read(r#"[{},{"configId":"a","defaultPrefix":"pk_"}]"#).unwrap();
        assert!(good.configurations.get("a").is_some() && good.list == ListShape::Newer && !good.rate_limit);
        for bad in ["", "1", "[1]", "[]", "[{},{}]", r#"[{"configId":1}]"#] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(read(r#"[{"defaultPrefx":"pk_"}]"#).unwrap_err().contains("did you mean defaultPrefix?"));
    }

    #[test]
    fn settings_of_the_original_are_read_with_its_defaults_and_nothing_out_of_range_is() {
        let read = |name: &'static str, text: &str| {
            let mut values = Values::with_defaults();
            values.add_flag(name, Some(&text.to_owned()));
            BetterAuth::read(&values).map_err(|error| error.to_string())
        };
        let usual = BetterAuth::read(&Values::with_defaults()).unwrap();
        assert!(usual.organizations && !usual.signed_bearers && usual.fresh_age_ms == DAY_MS);
        assert!(!read("better_auth_organizations", "off").unwrap().organizations);
        assert!(read("better_auth_bearer", "signed").unwrap().signed_bearers);
        let age = |text: &str| read("better_auth_fresh_age_seconds", text).map(|read| read.fresh_age_ms);
        assert_eq!((age("0"), age("60"), age("604800")), (Ok(0), Ok(60_000), Ok(604_800_000)));
        for bad in ["-1", "604801", "1h", "1.5", "99999999999999999999"] {
            assert!(age(bad).is_err(), "{bad}");
        }
        assert!(read("better_auth_organizations", "perhaps").is_err());
    }
}
