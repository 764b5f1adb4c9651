//! The role as it is kept with the core's role: JSON text under `extra`.

use domain::{Millis, access::Grants, limits, user::Role};
use keys::{ROLE_ADMIN, ROLE_MEMBER, ROLE_ROOT, builtin_grants};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Snippets of a role for which none were named: nothing of the settings.
pub const SNIPPETS_DEFAULT: [&str; 3] = ["!ui.*", "!pm", "!pm.*"];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RoleDoc {
    pub strategy: Option<Strategy>,
    pub snippets: Vec<String>,
    pub hidden: bool,
    pub allow_configure: Option<bool>,
    pub resources: Vec<ResourceEntry>,
    /// Properties of the role this door stores and returns without understanding them.
    pub more: Map<String, Value>,
}

/// What the role may do in every collection that has no entry of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Strategy {
    /// `view`, `update:own`, `*`.
    pub actions: Vec<String>,
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// What the role may do in one collection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ResourceEntry {
    pub id: i64,
    pub name: String,
    pub using_actions_config: bool,
    pub actions: Vec<ActionEntry>,
    /// When it was made and last changed, in milliseconds. Older entries do not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ActionEntry {
    pub id: i64,
    pub name: String,
    /// `None`: no limit. An empty list is none for writing either, but shows nothing of a record.
    pub fields: Option<Vec<String>>,
    pub scope: Option<ScopeRef>,
    /// In milliseconds; a change of the entry makes its actions anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<i64>,
}

/// Which rows an action is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ScopeRef {
    /// A scope with an id: 1 is all, 2 is own, others are kept with their collection.
    Id(i64),
    /// A filter written into the role itself.
    Inline(Map<String, Value>),
}

/// Whether the grants were set through another interface: they say things this dialect has no words for.
pub fn is_foreign(role: &Role) -> bool {
    let born = if role.builtin { builtin_grants(&role.name) } else { Grants::default() };
    let written = role.extra.as_deref().and_then(|text| serde_json::from_str::<Stored>(text).ok());
    written.is_none_or(|stored| stored.nocobase.is_none()) && role.grants != born
}

impl RoleDoc {
    /// The document of a stored role. Builtin roles that were never edited here have one from birth;
    /// a role that was made through another door has none: an empty one is shown.
    pub fn of(role: &Role) -> Self {
        let stored = role.extra.as_deref().and_then(|text| serde_json::from_str::<Stored>(text).ok());
        if let Some(Stored { nocobase: Some(doc) }) = stored {
            return doc;
        }
        let strategy = |actions: &[&str]| {
            Some(Strategy { actions: actions.iter().map(|a| (*a).to_owned()).collect(), more: Map::new() })
        };
        let snippets = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
        match role.name.as_str() {
            _ if is_foreign(role) => Self { snippets: snippets(&SNIPPETS_DEFAULT), ..Self::default() },
            ROLE_ROOT if role.builtin => {
                Self { snippets: snippets(&["ui.*", "pm", "pm.*"]), hidden: true, ..Self::default() }
            }
            ROLE_ADMIN if role.builtin => Self {
                strategy: strategy(&["create", "view", "update", "destroy"]),
                snippets: snippets(&["ui.*", "pm", "pm.*"]),
                allow_configure: Some(true),
                ..Self::default()
            },
            ROLE_MEMBER if role.builtin => Self {
                strategy: strategy(&["view:own"]),
                snippets: snippets(&SNIPPETS_DEFAULT),
                ..Self::default()
            },
            _ => Self { snippets: snippets(&SNIPPETS_DEFAULT), ..Self::default() },
        }
    }

    /// As it is stored. Other dialects' notes beside it stay.
    pub fn write_into(&self, extra: Option<&str>) -> String {
        let mut all: Map<String, Value> =
            extra.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        all.insert("nocobase".to_owned(), serde_json::to_value(self).unwrap_or(Value::Null));
        Value::Object(all).to_string()
    }

    pub fn resource(&self, name: &str) -> Option<&ResourceEntry> {
        self.resources.iter().find(|r| r.name == name)
    }

    /// An id for something new: never one this role knows, and of a time no other role's ids are likely to be of.
    pub fn next_id(&self, now: Millis) -> i64 {
        let used =
            self.resources.iter().flat_map(|r| std::iter::once(r.id).chain(r.actions.iter().map(|a| a.id)));
        used.max().unwrap_or(0).max(id_of(now)) + 1
    }

    /// As screens get them: in the order of the alphabet.
    pub fn snippets_shown(&self) -> Vec<&str> {
        let mut snippets: Vec<&str> = self.snippets.iter().map(String::as_str).collect();
        snippets.sort_unstable();
        snippets
    }
}

/// Ids are made of the time, as large as those clients know, and whole in their numbers.
pub fn id_of(now: Millis) -> i64 {
    now.0.clamp(0, limits::CHOSEN_KEY_LIMIT / 1_000 - 1) * 1_000
}

#[derive(Deserialize)]
struct Stored {
    nocobase: Option<RoleDoc>,
}
