//! The named API-key configurations: the options of the original plugin that mean something here, with its
//! defaults. Read once at the start; a name nobody knows is refused with the nearest one.

use domain::{key::Permissions, limit::WindowRule, limits};
use http_kit::page::nearest;
use serde_json::{Map, Value};

use crate::roles::Roles;

/// What a configuration is called that names none.
pub const DEFAULT: &str = "default";

const DAY_MS: f64 = 86_400_000.0;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("better-auth configuration: {0}")]
pub struct ConfigError(String);

impl ConfigError {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// Who the keys of a configuration belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum References {
    User,
    Organization,
}

/// One configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Configuration {
    pub id: String,
    pub references: References,
    /// In lower case; the first that is not empty counts.
    pub headers: Vec<String>,
    pub session_for_keys: bool,
    /// Letters behind the prefix.
    pub key_length: usize,
    pub default_prefix: Option<String>,
    pub prefix_length: (usize, usize),
    pub name_length: (usize, usize),
    pub require_name: bool,
    pub metadata: bool,
    /// Characters of the key kept for people; 0: none.
    pub start_chars: usize,
    pub default_expires_in_s: Option<f64>,
    pub custom_expiry: bool,
    /// In days, both included.
    pub expires_in_days: (f64, f64),
    pub rate: RateOptions,
    /// As written, and as the core takes it.
    pub default_permissions: Option<(Value, Permissions)>,
}

/// What new keys get, and whether keys of this configuration are limited at all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateOptions {
    pub enabled: bool,
    pub window_ms: i64,
    pub max: i64,
    pub rule: WindowRule,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            id: DEFAULT.to_owned(),
            references: References::User,
            headers: vec!["x-api-key".to_owned()],
            session_for_keys: false,
            key_length: 64,
            default_prefix: None,
            prefix_length: (1, 32),
            name_length: (1, 32),
            require_name: false,
            metadata: false,
            start_chars: limits::KEY_START_CHARS,
            default_expires_in_s: None,
            custom_expiry: true,
            expires_in_days: (1.0, 365.0),
            rate: RateOptions {
                enabled: true,
                window_ms: DAY_MS as i64,
                max: 10,
                rule: WindowRule::SinceLastAccepted,
            },
            default_permissions: None,
        }
    }
}

/// All of them, in the order of the file, and what roles of organizations may do about keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Configurations {
    all: Vec<Configuration>,
    roles: Roles,
}

impl Default for Configurations {
    fn default() -> Self {
        Self { all: vec![Configuration::default()], roles: Roles::default() }
    }
}

impl Configurations {
    /// Reads a list of configurations, or one alone, or `{"configurations": …, "roles": …}`.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let mut value: Value =
            serde_json::from_str(text).map_err(|e| ConfigError(format!("is not JSON: {e}")))?;
        let mut roles = Roles::default();
        if let Some(map) = value.as_object_mut().filter(|map| map.contains_key("configurations")) {
            let (items, defined) = (map.remove("configurations"), map.remove("roles"));
            roles = defined.as_ref().map_or(Ok(roles), Roles::parse)?;
            if let Some(name) = map.keys().next() {
                return Err(ConfigError(format!("{name} is neither configurations nor roles")));
            }
            value = items.unwrap_or_default();
        }
        let items = match value {
            Value::Array(items) => items,
            one => vec![one],
        };
        let mut all: Vec<Configuration> = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let Value::Object(map) = item else {
                return Err(ConfigError(format!("[{at}] must be an object")));
            };
            let one = Reader { at: format!("[{at}]"), map }.configuration()?;
            if all.iter().any(|known| known.id == one.id) {
                return Err(ConfigError(format!("[{at}].configId: {:?} is given twice", one.id)));
            }
            all.push(one);
        }
        if all.is_empty() {
            return Err(ConfigError("at least one configuration is needed".to_owned()));
        }
        Ok(Self { all, roles })
    }

    pub fn iter(&self) -> impl Iterator<Item = &Configuration> {
        self.all.iter()
    }

    pub(crate) fn roles(&self) -> &Roles {
        &self.roles
    }

    pub fn get(&self, id: &str) -> Option<&Configuration> {
        self.all.iter().find(|one| one.id == id)
    }

    /// The named one; the default one for no name and for a name that is not known.
    pub fn resolve(&self, id: Option<&str>) -> Option<&Configuration> {
        id.and_then(|id| self.get(id)).or_else(|| self.get(DEFAULT))
    }
}

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

struct Reader<'v> {
    at: String,
    map: &'v Map<String, Value>,
}

impl<'v> Reader<'v> {
    fn configuration(&self) -> Result<Configuration, ConfigError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    pub const PROFILE: &str = r#"[
      {"configId":"default","enableMetadata":true,"enableSessionForAPIKeys":true},
      {"configId":"public","defaultPrefix":"pk_","requireName":true,
       "rateLimit":{"enabled":true,"maxRequests":100,"timeWindow":3600000},
       "permissions":{"defaultPermissions":{"files":["read"]}},
       "keyExpiration":{"defaultExpiresIn":604800,"disableCustomExpiresTime":true}},
      {"configId":"short","defaultKeyLength":32,"startingCharactersConfig":{"shouldStore":false},
       "keyExpiration":{"minExpiresIn":0},"rateLimit":{"enabled":false}},
      {"configId":"org","references":"organization","defaultPrefix":"org_","enableMetadata":true}
    ]"#;

    #[test]
    fn the_conformance_profile_loads_and_everything_it_leaves_out_is_the_default_of_the_original() {
        let all = Configurations::parse(PROFILE).unwrap();
        let default = all.resolve(None).unwrap();
        let mut plain = Configuration::default();
        (plain.metadata, plain.session_for_keys) = (true, true);
        assert_eq!(*default, plain);
        let public = all.get("public").unwrap();
        assert_eq!((public.rate.max, public.rate.window_ms, public.custom_expiry), (100, 3_600_000, false));
        assert_eq!(public.default_expires_in_s, Some(604_800.0));
        let short = all.get("short").unwrap();
        assert_eq!((short.key_length, short.start_chars, short.rate.enabled), (32, 0, false));
        assert_eq!(all.get("org").unwrap().references, References::Organization);
        assert_eq!(all.resolve(Some("nonsense")).unwrap().id, "default");
    }

    #[test]
    fn a_slip_is_refused_with_the_nearest_name_and_code_with_a_reason() {
        for (text, want) in [
            (
                r#"[{"enableMetadta":true}]"#,
                "[0].enableMetadta is not a known option; did you mean enableMetadata?",
            ),
            (r#"[{"rateLimit":{"maxRequest":1}}]"#, "did you mean maxRequests?"),
            (r#"[{"customKeyGenerator":1}]"#, "is code of the original"),
            (r#"[{"configId":"a"},{"configId":"a"}]"#, "is given twice"),
            (r#"[{"requireName":"yes"}]"#, "must be true or false"),
            (r#"[{"defaultPrefix":"kw_"}]"#, "not begin with kw_"),
            ("[]", "at least one"),
            (r#"{"configurations":[],"roles":{}}"#, "at least one"),
            (r#"{"configurations":[{}],"rolls":{}}"#, "rolls is neither"),
            ("{", "is not JSON"),
        ] {
            let error = Configurations::parse(text).unwrap_err().to_string();
            assert!(error.contains(want), "{text}: {error}");
        }
        assert!(Configurations::parse(r#"{"storage":"secondary-storage","deferUpdates":true}"#).is_ok());
    }
}
