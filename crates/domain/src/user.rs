//! Users, organizations, roles and sessions as records. What their rights mean is in `access`.

use serde::Deserialize;

use crate::{Millis, OrgId, RoleId, SessionId, UserId, access::Grants, secret::Digest};

/// A person or a service account. The password hash is not part of it: only sign-in reads that.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    pub id: UserId,
    /// Small integer for dialects that promise one; never reused.
    pub num: i64,
    pub email: Option<String>,
    pub username: Option<String>,
    /// Name to show.
    pub name: Option<String>,
    pub active: bool,
    /// Holds every right everywhere, and may do what only operators may.
    pub root: bool,
    pub roles: Vec<RoleId>,
    pub default_role: Option<RoleId>,
    /// What a dialect keeps with a user and the core does not understand, as JSON text.
    pub extra: Option<String>,
    pub created_at: Millis,
    pub updated_at: Millis,
    /// Sessions begun before this moment are void.
    pub sessions_valid_from: Millis,
}

/// A named set of grants. Users hold roles; a key is bound to one.
#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    pub id: RoleId,
    /// Unique; what people write.
    pub name: String,
    pub title: Option<String>,
    pub description: Option<String>,
    /// Everything everywhere: replaces the role layer by the top.
    pub root: bool,
    /// Cannot be deleted.
    pub builtin: bool,
    /// Given to a new user for whom none is named.
    pub default: bool,
    pub grants: Grants,
    /// The role as a dialect wrote it, as JSON text; `grants` is what it means.
    pub extra: Option<String>,
    pub created_at: Millis,
    pub updated_at: Millis,
}

impl Role {
    /// Whether callers without credentials act in this role. A name alone never lets anybody in: that strangers
    /// come must have been said of this very role, in `extra`.
    pub fn lets_strangers_in(&self) -> bool {
        #[derive(Deserialize)]
        struct Said {
            #[serde(default)]
            strangers: bool,
        }
        let said: Option<Said> = self.extra.as_deref().and_then(|text| serde_json::from_str(text).ok());
        !self.root && said.is_some_and(|said| said.strangers)
    }

    /// Its `extra` with that said of it.
    pub fn extra_for_strangers(extra: Option<&str>, come: bool) -> Option<String> {
        let mut all: serde_json::Map<String, serde_json::Value> =
            extra.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        match come {
            true => drop(all.insert("strangers".to_owned(), true.into())),
            false => drop(all.remove("strangers")),
        }
        (!all.is_empty()).then(|| serde_json::Value::Object(all).to_string())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub id: SessionId,
    pub digest: Digest,
    pub user: UserId,
    pub created_at: Millis,
    pub updated_at: Millis,
    pub expires_at: Millis,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    pub organization: Option<OrgId>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Organization {
    pub id: OrgId,
    pub name: String,
    pub slug: String,
    pub extra: Option<String>,
    pub created_at: Millis,
}
