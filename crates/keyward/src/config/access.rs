//! Who may come in and from where: proxies, sign-up, limits per address, outgoing calls.

use http_kit::{ForwardHeader, TrustedProxies};

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
            "trusted_proxy_header",
            "\"x-forwarded-for\"",
            "The one header in which they name the client: \"x-forwarded-for\" or \"forwarded\"; the other never counts.",
        ),
        Key::new(
            "cors_origins",
            "[\"*\"]",
            "Web pages that may call from a browser: \"*\" (any page, but never with cookies), origins (with cookies), \
             or \"none\".",
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
        // Checked now, so that a mistake stops this start and not that of the version that has webhooks.
        choice(values, "webhook_private", "allow", "deny")?;
        Ok(Self {
            trusted_proxies: networks(values)?.reading(header(values)?),
            cors_origins: origins(values)?,
            signup_open: choice(values, "signup", "open", "invite")?,
            ip_rate_limit: choice(values, "ip_rate_limit", "on", "off")?,
        })
    }
}

/// One of two words, as a truth value.
pub fn choice(values: &Values, name: &'static str, yes: &str, no: &str) -> Result<bool, ConfigError> {
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

fn header(values: &Values) -> Result<ForwardHeader, ConfigError> {
    let expected = "\"x-forwarded-for\" or \"forwarded\"";
    Ok(values.checked("trusted_proxy_header", expected, ForwardHeader::parse)?.unwrap_or_default())
}

fn origins(values: &Values) -> Result<Vec<String>, ConfigError> {
    let expected = "\"*\", origins such as https://app.example.com without a path, or \"none\"";
    let parsed = values.checked("cors_origins", expected, |text| {
        // An empty variable is one that is not set.
        if text == "none" {
            return Some(Vec::new());
        }
        let origins: Vec<String> = items(text).map(|item| item.trim_end_matches('/').to_owned()).collect();
        let named = |origin: &String| {
            origin.split_once("://").is_some_and(|(scheme, host)| {
                matches!(scheme, "http" | "https")
                    && !host.trim_matches(['*', '.']).is_empty()
                    && !host.contains('/')
                    && host.is_ascii()
            })
        };
        origins.iter().all(|origin| origin == "*" || named(origin)).then_some(origins)
    })?;
    Ok(parsed.unwrap_or_default())
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}
