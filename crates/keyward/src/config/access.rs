//! Who may come in and from where: proxies, sign-up, limits per address, outgoing calls, other products' settings.

use std::collections::BTreeSet;

use http_kit::TrustedProxies;
use serde_json::Value;

use super::{ConfigError, Key, Section, Values};

pub const SECTION: Section = Section {
    title: "Access",
    keys: &[
        Key::new(
            "trusted_proxies",
            "[]",
            "Addresses or networks whose forwarded headers are believed; from everyone else they are ignored.",
        ),
        Key::new(
            "cors_origins",
            "[\"*\"]",
            "Web pages that may call from a browser: \"*\" (any page, but never with cookies), origins (with cookies), \
             or none.",
        ),
        Key::new(
            "signup",
            "\"invite\"",
            "Who may make an account: \"open\" (anybody) or \"invite\" (administrators only).",
        ),
        Key::new(
            "ip_rate_limit",
            "\"on\"",
            "Slow down addresses that keep presenting wrong keys or passwords: \"on\" or \"off\"; limits of keys stay.",
        ),
        Key::new(
            "webhook_private",
            "\"deny\"",
            "Whether webhooks may call private addresses: \"allow\" or \"deny\".",
        ),
        Key::unset(
            "better_auth_configs",
            "\"/etc/keyward/better-auth.json\"",
            "JSON file with one better-auth API-key configuration or a list of them.",
        ),
    ],
};

#[derive(Clone, Debug)]
pub struct Access {
    pub trusted_proxies: TrustedProxies,
    /// Pages of these origins may call; `*` alone: any page, without cookies.
    pub cors_origins: Vec<String>,
    pub signup_open: bool,
    pub ip_rate_limit: bool,
}

impl Access {
    pub fn read(values: &Values) -> Result<Self, ConfigError> {
        // Checked now, so that a mistake stops this start and not that of the version that has webhooks and
        // a better-auth door.
        choice(values, "webhook_private", "allow", "deny")?;
        values.checked("better_auth_configs", CONFIGS_RULE, |path| configurations(path).then_some(()))?;
        Ok(Self {
            trusted_proxies: networks(values)?,
            cors_origins: origins(values)?,
            signup_open: choice(values, "signup", "open", "invite")?,
            ip_rate_limit: choice(values, "ip_rate_limit", "on", "off")?,
        })
    }
}

/// One of two words, as a truth value.
fn choice(values: &Values, name: &'static str, yes: &str, no: &str) -> Result<bool, ConfigError> {
    let truth = values.checked(name, &format!("\"{yes}\" or \"{no}\""), |text| {
        if text.eq_ignore_ascii_case(yes) {
            Some(true)
        } else {
            text.eq_ignore_ascii_case(no).then_some(false)
        }
    })?;
    Ok(truth.unwrap_or(false))
}

fn networks(values: &Values) -> Result<TrustedProxies, ConfigError> {
    let expected = "addresses or networks such as 10.0.0.0/8, separated by commas";
    let parsed =
        values.checked("trusted_proxies", expected, |text| TrustedProxies::parse(items(text)).ok())?;
    Ok(parsed.unwrap_or_default())
}

fn origins(values: &Values) -> Result<Vec<String>, ConfigError> {
    let expected = "\"*\" or origins such as https://app.example.com, without a path";
    let parsed = values.checked("cors_origins", expected, |text| {
        let origins: Vec<String> = items(text).map(|item| item.trim_end_matches('/').to_owned()).collect();
        let named = |origin: &String| {
            origin.split_once("://").is_some_and(|(scheme, host)| {
                matches!(scheme, "http" | "https")
                    && !host.is_empty()
                    && !host.contains('/')
                    && host.is_ascii()
            })
        };
        (origins == ["*"] || origins.iter().all(named)).then_some(origins)
    })?;
    Ok(parsed.unwrap_or_default())
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

const CONFIGS_RULE: &str =
    "a readable file that holds one JSON object or a list of objects, each with a configId of its own";

/// One configuration, or several with different names; one without a name is the one named `default`.
fn configurations(path: &str) -> bool {
    let parsed = std::fs::read_to_string(path).ok().and_then(|text| serde_json::from_str(&text).ok());
    let list = match parsed {
        Some(Value::Array(list)) => list,
        Some(one @ Value::Object(_)) => vec![one],
        _ => return false,
    };
    let mut names = BTreeSet::new();
    list.iter().all(|item| match item.as_object().map(|fields| fields.get("configId")) {
        Some(None | Some(Value::Null)) => names.insert("default"),
        Some(Some(Value::String(name))) => names.insert(if name.is_empty() { "default" } else { name }),
        Some(Some(_)) | None => false,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn configurations_are_one_or_several_with_names_of_their_own() {
        let accepted = |text: &str| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            configurations(file.path().to_str().unwrap())
        };
        for good in ["{}", "[]", r#"[{},{"configId":"a"}]"#, r#"{"configId":"a","defaultPrefix":"pk_"}"#] {
            assert!(accepted(good), "{good}");
        }
        for bad in
            ["", "1", "[1]", "[{},{}]", r#"[{"configId":"a"},{"configId":"a"}]"#, r#"[{"configId":1}]"#]
        {
            assert!(!accepted(bad), "{bad}");
        }
    }
}
