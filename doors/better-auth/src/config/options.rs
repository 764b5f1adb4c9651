//! Reading one configuration from its JSON: the original's options by name, with its defaults. Options that are code
//! and names nobody knows are refused; what the original only stores by is passed over.

use domain::{key::Permissions, limit::WindowRule, limits};
use http_kit::page::nearest;
use serde_json::{Map, Value};

use super::{ConfigError, Configuration, DEFAULT, RateOptions, References};

/// Every option of the original, so that a slip is told from something left out on purpose.
const OPTIONS: &[&str] = &[
    "configId",
    "references",
    "apiKeyHeaders",
    "enableSessionForAPIKeys",
    "defaultKeyLength",
    "defaultPrefix",
    "minimumPrefixLength",
    "maximumPrefixLength",
    "minimumNameLength",
    "maximumNameLength",
    "requireName",
    "enableMetadata",
    "startingCharactersConfig",
    "keyExpiration",
    "rateLimit",
    "permissions",
];
/// How the original stores keys; nothing of it shows on the wire, and here keys are always hashed.
const IGNORED: &[&str] = &["disableKeyHashing", "storage", "fallbackToDatabase", "deferUpdates"];
const CALLBACKS: &[&str] =
    &["customKeyGenerator", "customAPIKeyValidator", "customAPIKeyGetter", "customStorage", "schema"];

pub(super) struct Reader<'v> {
    pub at: String,
    pub map: &'v Map<String, Value>,
}

impl<'v> Reader<'v> {
    pub fn configuration(&self) -> Result<Configuration, ConfigError> {
        self.known(OPTIONS)?;
        let plain = Configuration::default();
        let id = self.text("configId")?.filter(|id| !id.is_empty()).unwrap_or_else(|| DEFAULT.to_owned());
        let start = self.part("startingCharactersConfig", &["shouldStore", "charactersLength"])?;
        let stored = start.as_ref().map_or(Ok(None), |s| s.flag("shouldStore"))?.unwrap_or(true);
        let start_chars = start.as_ref().map_or(Ok(None), |s| s.count("charactersLength", 0, 64))?;
        let one = Configuration {
            id,
            references: self.references()?,
            headers: self.headers()?.unwrap_or(plain.headers),
            session_for_keys: self.flag("enableSessionForAPIKeys")?.unwrap_or(false),
            key_length: self.count("defaultKeyLength", 16, 1_024)?.unwrap_or(plain.key_length),
            default_prefix: self.prefix()?,
            prefix_length: self.range(
                "minimumPrefixLength",
                "maximumPrefixLength",
                limits::KEY_PREFIX_CHARS_MAX,
            )?,
            name_length: self.range("minimumNameLength", "maximumNameLength", limits::KEY_NAME_CHARS_MAX)?,
            require_name: self.flag("requireName")?.unwrap_or(false),
            metadata: self.flag("enableMetadata")?.unwrap_or(false),
            start_chars: if stored { start_chars.unwrap_or(plain.start_chars) } else { 0 },
            rate: self.rate(plain.rate)?,
            default_permissions: self.permissions()?,
            ..plain
        };
        self.expiration(one)
    }

    fn known(&self, names: &[&str]) -> Result<(), ConfigError> {
        let top = names == OPTIONS;
        for name in self.map.keys().map(String::as_str).filter(|name| !names.contains(name)) {
            if top && IGNORED.contains(&name) {
                continue;
            }
            let path = format!("{}.{name}", self.at);
            if top && CALLBACKS.contains(&name) {
                return Err(ConfigError(format!("{path} is code of the original and cannot be loaded")));
            }
            let hint = nearest(name, names.iter().copied()).or(names.first().copied()).unwrap_or_default();
            return Err(ConfigError(format!("{path} is not a known option; did you mean {hint}?")));
        }
        Ok(())
    }

    fn wrong<T>(&self, name: &str, must: &str) -> Result<T, ConfigError> {
        Err(ConfigError(format!("{}.{name} must be {must}", self.at)))
    }

    fn get(&self, name: &str) -> Option<&'v Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Result<Option<String>, ConfigError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => self.wrong(name, "a text"),
        }
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, ConfigError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => self.wrong(name, "true or false"),
        }
    }

    fn number(&self, name: &str) -> Result<Option<f64>, ConfigError> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => match value.as_f64().filter(|n| *n >= 0.0) {
                Some(number) => Ok(Some(number)),
                None => self.wrong(name, "a number that is not negative"),
            },
        }
    }

    fn count(&self, name: &str, min: usize, max: usize) -> Result<Option<usize>, ConfigError> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => match value.as_u64().map(|n| n as usize).filter(|n| (min..=max).contains(n)) {
                Some(count) => Ok(Some(count)),
                None => self.wrong(name, &format!("a whole number from {min} to {max}")),
            },
        }
    }

    fn range(&self, min: &str, max: &str, most: usize) -> Result<(usize, usize), ConfigError> {
        let low = self.count(min, 0, most)?.unwrap_or(1);
        let high = self.count(max, 0, most)?.unwrap_or(32);
        if low > high { self.wrong(min, &format!("at most {max}")) } else { Ok((low, high)) }
    }

    fn part(&self, name: &str, known: &[&str]) -> Result<Option<Self>, ConfigError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(map)) => {
                let part = Self { at: format!("{}.{name}", self.at), map };
                part.known(known)?;
                Ok(Some(part))
            }
            Some(_) => self.wrong(name, "an object"),
        }
    }

    fn references(&self) -> Result<References, ConfigError> {
        match self.text("references")?.as_deref() {
            None | Some("user") => Ok(References::User),
            Some("organization") => Ok(References::Organization),
            Some(_) => self.wrong("references", "\"user\" or \"organization\""),
        }
    }

    fn headers(&self) -> Result<Option<Vec<String>>, ConfigError> {
        let names = match self.get("apiKeyHeaders") {
            None => return Ok(None),
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(many)) => many.iter().map(|name| name.as_str().unwrap_or_default()).collect(),
            Some(_) => vec![""],
        };
        let legal = |name: &&str| axum::http::HeaderName::try_from(*name).is_ok();
        if names.is_empty() || !names.iter().all(legal) {
            return self.wrong("apiKeyHeaders", "the name of a header or a list of them");
        }
        Ok(Some(names.iter().map(|name| name.to_ascii_lowercase()).collect()))
    }

    fn prefix(&self) -> Result<Option<String>, ConfigError> {
        let prefix = self.text("defaultPrefix")?.filter(|text| !text.is_empty());
        let fits = |text: &String| {
            text.len() <= limits::KEY_PREFIX_CHARS_MAX
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
                && !text.starts_with(domain::secret::NATIVE_PREFIX)
        };
        match prefix.as_ref().is_none_or(fits) {
            true => Ok(prefix),
            false => {
                self.wrong("defaultPrefix", "at most 32 letters, digits, _ or -, and not begin with kw_")
            }
        }
    }

    fn rate(&self, plain: RateOptions) -> Result<RateOptions, ConfigError> {
        let known = ["enabled", "timeWindow", "maxRequests", "rule"];
        let Some(part) = self.part("rateLimit", &known)? else { return Ok(plain) };
        let rule = match part.text("rule")?.as_deref() {
            None | Some("sinceLastAccepted") => WindowRule::SinceLastAccepted,
            Some("fixed") => WindowRule::Fixed,
            Some(_) => return part.wrong("rule", "\"sinceLastAccepted\" or \"fixed\""),
        };
        let whole = |name: &str, usual: i64| match part.get(name) {
            None => Ok(usual),
            Some(value) => match value.as_i64().filter(|n| *n >= 0) {
                Some(number) => Ok(number),
                None => part.wrong(name, "a whole number that is not negative"),
            },
        };
        Ok(RateOptions {
            enabled: part.flag("enabled")?.unwrap_or(true),
            window_ms: whole("timeWindow", plain.window_ms)?,
            max: whole("maxRequests", plain.max)?,
            rule,
        })
    }

    fn expiration(&self, one: Configuration) -> Result<Configuration, ConfigError> {
        let known = ["defaultExpiresIn", "disableCustomExpiresTime", "minExpiresIn", "maxExpiresIn"];
        let Some(part) = self.part("keyExpiration", &known)? else { return Ok(one) };
        let days =
            (part.number("minExpiresIn")?.unwrap_or(1.0), part.number("maxExpiresIn")?.unwrap_or(365.0));
        Ok(Configuration {
            default_expires_in_s: part.number("defaultExpiresIn")?.filter(|s| *s > 0.0),
            custom_expiry: !part.flag("disableCustomExpiresTime")?.unwrap_or(false),
            expires_in_days: days,
            ..one
        })
    }

    fn permissions(&self) -> Result<Option<(Value, Permissions)>, ConfigError> {
        let Some(part) = self.part("permissions", &["defaultPermissions"])? else { return Ok(None) };
        let Some(value) = part.get("defaultPermissions") else { return Ok(None) };
        match serde_json::from_value::<Permissions>(value.clone()) {
            Ok(permissions) => Ok(Some((value.clone(), permissions))),
            Err(_) => {
                part.wrong("defaultPermissions", "an object of lists of texts (a function cannot be loaded)")
            }
        }
    }
}
