//! What members of an organization may do about its keys, by their roles there. Who owns an organization may do
//! everything; everybody else only what the configuration says, so by default nothing. Asks nobody about anybody.

use std::collections::BTreeMap;

use http_kit::page::nearest;
use keys::ORGANIZATION_OWNER;
use serde_json::{Map, Value};

use crate::config::ConfigError;

/// Roles every organization has, whether or not they may do anything.
const BUILTIN: [&str; 3] = [ORGANIZATION_OWNER, "admin", "member"];

/// What is done to a key of an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Create,
    Read,
    Update,
    Delete,
}

impl Action {
    const ALL: [(&'static str, Self); 4] =
        [("create", Self::Create), ("read", Self::Read), ("update", Self::Update), ("delete", Self::Delete)];
}

/// Role → what it may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles(BTreeMap<String, Vec<Action>>);

impl Roles {
    /// `{"admin": {"apiKey": ["create", "read"]}}`, as role definitions of the original read.
    pub fn parse(value: &Value) -> Result<Self, ConfigError> {
        let Value::Object(map) = value else { return Err(wrong("roles", "an object of roles")) };
        let mut roles = BTreeMap::new();
        for (name, definition) in map {
            let at = format!("roles.{name}");
            if name == ORGANIZATION_OWNER {
                return Err(ConfigError::new(format!("{at}: owners may do everything; leave it out")));
            }
            if name.trim().is_empty() || name.contains(',') {
                return Err(wrong(&at, "named without commas"));
            }
            let Value::Object(definition) = definition else {
                return Err(wrong(&at, r#"an object such as {"apiKey": ["read"]}"#));
            };
            roles.insert(name.clone(), actions(&at, definition)?);
        }
        Ok(Self(roles))
    }

    /// Whether what a member holds there (one role, or several with commas) allows it.
    pub fn allow(&self, held: &str, action: Action) -> bool {
        held.split(',').map(str::trim).any(|role| {
            role == ORGANIZATION_OWNER || self.0.get(role).is_some_and(|may| may.contains(&action))
        })
    }

    /// Every role a member can be given.
    pub fn names(&self) -> Vec<&str> {
        let own = self.0.keys().map(String::as_str).filter(|name| !BUILTIN.contains(name));
        BUILTIN.into_iter().chain(own).collect()
    }
}

fn actions(at: &str, definition: &Map<String, Value>) -> Result<Vec<Action>, ConfigError> {
    if let Some(other) = definition.keys().find(|name| *name != "apiKey") {
        return Err(ConfigError::new(format!("{at}.{other}: only apiKey is served here")));
    }
    let at = format!("{at}.apiKey");
    let listed = match definition.get("apiKey") {
        None => return Ok(Vec::new()),
        Some(Value::Array(listed)) => listed,
        Some(_) => return Err(wrong(&at, "a list of create, read, update and delete")),
    };
    listed.iter().map(|name| action(&at, name.as_str().unwrap_or_default())).collect()
}

fn action(at: &str, name: &str) -> Result<Action, ConfigError> {
    let found = Action::ALL.iter().find(|(known, _)| *known == name);
    found.map(|(_, action)| *action).ok_or_else(|| {
        let near = nearest(name, Action::ALL.iter().map(|(known, _)| *known)).unwrap_or("create");
        ConfigError::new(format!("{at}: {name:?} is no action; did you mean {near}?"))
    })
}

fn wrong(at: &str, must: &str) -> ConfigError {
    ConfigError::new(format!("{at} must be {must}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_role_may_what_is_listed_owners_everything_and_everybody_else_nothing() {
        let roles = Roles::parse(&json!({"admin": {"apiKey": ["create", "read"]}, "guest": {}})).unwrap();
        assert!(roles.allow("admin", Action::Read) && roles.allow("member, admin", Action::Create));
        assert!(!roles.allow("admin", Action::Delete));
        for (_, action) in Action::ALL {
            assert!(roles.allow("owner", action) && roles.allow("guest,owner", action));
            for nobody in ["member", "guest", "owners", "", "Owner"] {
                assert!(!roles.allow(nobody, action), "{nobody}");
            }
            assert!(!Roles::default().allow("admin", action));
        }
        assert_eq!(roles.names(), ["owner", "admin", "member", "guest"]);
    }

    #[test]
    fn a_slip_in_a_role_is_refused_with_what_was_meant() {
        for (value, want) in [
            (json!({"admin": {"apiKey": ["raed"]}}), "did you mean read?"),
            (json!({"admin": {"apiKey": "read"}}), "must be a list"),
            (json!({"admin": {"member": ["create"]}}), "only apiKey is served"),
            (json!({"admin": ["read"]}), "must be an object such as"),
            (json!({"owner": {"apiKey": ["read"]}}), "owners may do everything"),
            (json!({"a,b": {}}), "without commas"),
            (json!([]), "roles must be an object"),
        ] {
            let error = Roles::parse(&value).unwrap_err().to_string();
            assert!(error.contains(want), "{value}: {error}");
        }
    }
}
