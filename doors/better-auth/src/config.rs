//! The named API-key configurations: the options of the original plugin that mean something here, with its
//! defaults. Read once at the start; a name nobody knows is refused with the nearest one.

mod options;

use domain::{key::Permissions, limit::WindowRule, limits};
use options::Reader;
use serde_json::Value;

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
