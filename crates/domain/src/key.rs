//! The key: everything a key can be, for every dialect, in one record. Its secrets are apart from it,
//! and so are its counters: this is what an owner decides, not what happens.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    KeyId, Millis, OrgId, RoleId, SecretId, UserId,
    access::Scopes,
    host::AllowedHosts,
    limit::{Balance, RateLimit, Refill},
    secret::{Digest, Recipe},
};

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// Acts within its role and its scopes.
    Standard,
    /// Its role part is replaced by everything, as long as its owner is an administrator; its own
    /// restrictions still hold.
    Administration,
    /// Inherits all of its owner's rights; cannot be narrowed. For old clients.
    Legacy,
    /// The operator's key: everything, and what only operators may do.
    Root,
}

impl KeyKind {
    pub const ALL: [Self; 4] = [Self::Standard, Self::Administration, Self::Legacy, Self::Root];

    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Administration => "administration",
            Self::Legacy => "legacy",
            Self::Root => "root",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }

    /// The label of its native secret when the owner chose none.
    pub fn label(self) -> &'static str {
        match self {
            Self::Standard => "live",
            Self::Administration => "admin",
            Self::Legacy => "legacy",
            Self::Root => "root",
        }
    }
}

/// Who a key belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Owner {
    User(UserId),
    Organization(OrgId),
    /// The server itself: a service key made by an operator for nobody in particular.
    Server,
}

impl Owner {
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::User(id) => Some(id),
            Self::Organization(_) | Self::Server => None,
        }
    }
}

/// A free map resource → actions, for somebody else's API. Names mean nothing to the core.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Permissions(pub BTreeMap<String, BTreeSet<String>>);

impl Permissions {
    /// Every listed action of every listed resource must be here. Nothing listed, or a resource with no
    /// action listed, is never satisfied.
    pub fn satisfy(&self, wanted: &Permissions) -> bool {
        !wanted.0.is_empty()
            && wanted.0.iter().all(|(resource, actions)| {
                !actions.is_empty() && self.0.get(resource).is_some_and(|held| actions.is_subset(held))
            })
    }

    /// What of `wanted` is missing here.
    pub fn missing(&self, wanted: &Permissions) -> Permissions {
        let mut out = Permissions::default();
        for (resource, actions) in &wanted.0 {
            let held = self.0.get(resource);
            let lacking: BTreeSet<_> =
                actions.iter().filter(|a| !held.is_some_and(|h| h.contains(*a))).cloned().collect();
            if !lacking.is_empty() {
                out.0.insert(resource.clone(), lacking);
            }
        }
        out
    }

    pub fn union(&self, more: &Permissions) -> Permissions {
        let mut out = self.clone();
        for (resource, actions) in &more.0 {
            out.0.entry(resource.clone()).or_default().extend(actions.iter().cloned());
        }
        out
    }
}

/// The key's quota settings and its balance when last read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quota {
    pub balance: Balance,
    pub refill: Option<Refill>,
}

/// Why a key exists no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gone {
    Revoked,
    /// Removed by its first refused use, as some dialects promise; kept for the audit.
    Spent,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub id: KeyId,
    /// Small integer for dialects that promise one; never reused.
    pub num: i64,
    pub kind: KeyKind,
    pub owner: Owner,
    pub name: Option<String>,
    pub description: Option<String>,
    /// The one role the key acts in; `None`: all active roles of its owner.
    pub role: Option<RoleId>,
    pub permissions: Option<Permissions>,
    /// What the key narrows; `None`: nothing.
    pub scopes: Option<Scopes>,
    pub hosts: AllowedHosts,
    pub enabled: bool,
    pub expires_at: Option<Millis>,
    pub rate_limit: Option<RateLimit>,
    pub quota: Option<Quota>,
    /// Free JSON of the owner, as text.
    pub metadata: Option<String>,
    /// As the owner chose it.
    pub prefix: Option<String>,
    /// First characters of the current secret.
    pub start: Option<String>,
    pub revealable: bool,
    /// The dialect configuration the key was made under (for example a better-auth `configId`).
    pub door: Option<String>,
    /// What that dialect keeps with the key and the core does not understand, as JSON text.
    pub extra: Option<String>,
    pub created_at: Millis,
    pub created_by: Option<UserId>,
    pub updated_at: Millis,
    pub last_used_at: Option<Millis>,
    pub last_used_from: Option<String>,
    /// Accepted requests in the current rate window, and the window's mark, when last flushed.
    pub request_count: u32,
    pub last_request_at: Option<Millis>,
    pub gone: Option<Gone>,
}

/// One live secret of a key, as stored: never the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySecret {
    pub id: SecretId,
    pub key: KeyId,
    pub digest: Digest,
    pub recipe: Recipe,
    pub created_at: Millis,
    /// End of the overlap, for a secret that was rotated out.
    pub expires_at: Option<Millis>,
}

#[cfg(test)]
mod tests {
    use proptest::{
        collection::{btree_map, btree_set},
        prelude::*,
        sample::select,
    };

    use super::*;

    fn permissions() -> impl Strategy<Value = Permissions> {
        let actions = btree_set(select(vec!["read", "write", "list"]).prop_map(str::to_owned), 0..3);
        btree_map(select(vec!["files", "users", "*"]).prop_map(str::to_owned), actions, 0..3)
            .prop_map(Permissions)
    }

    fn asks_something(wanted: &Permissions) -> bool {
        !wanted.0.is_empty() && wanted.0.values().all(|actions| !actions.is_empty())
    }

    #[test]
    fn asking_for_nothing_is_never_satisfied() {
        let all = Permissions([("files".to_owned(), ["read".to_owned()].into())].into());
        assert!(!all.satisfy(&Permissions::default()));
        assert!(!all.satisfy(&Permissions([("files".to_owned(), [].into())].into())));
        assert!(all.satisfy(&all));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn satisfied_means_that_something_is_asked_and_nothing_is_missing(
            held in permissions(), wanted in permissions(),
        ) {
            let nothing_missing = held.missing(&wanted).0.is_empty();
            prop_assert_eq!(held.satisfy(&wanted), asks_something(&wanted) && nothing_missing);
        }

        #[test]
        fn granting_what_is_missing_satisfies_and_more_never_hurts(
            held in permissions(), wanted in permissions(), more in permissions(),
        ) {
            let missing = held.missing(&wanted);
            prop_assert_eq!(held.union(&missing).satisfy(&wanted), asks_something(&wanted));
            prop_assert!(!held.satisfy(&wanted) || held.union(&more).satisfy(&wanted));
        }
    }
}
