//! API keys. One file per route; here is what they share: whose key is meant, and where a key belongs.

pub mod create;
pub mod delete;
pub mod get;
mod limits;
pub mod list;
pub mod update;
pub mod verify;

use domain::{
    OrgId, UserId,
    access::{Op, Scope, Scopes},
    decision::Allowed,
    key::{Key, Owner, Permissions},
};
use keys::KeysError;

use crate::{
    Configuration,
    config::References,
    failure::{self, Failure},
    ids,
    kept::Kept,
    record,
    request::{Request, user_of},
    roles::Action,
    state::Inner,
};

/// What keys made here are marked with, before the name of their configuration.
pub const DOOR_PREFIX: &str = "better-auth/";

/// At most this often are expired keys cleared away by the way.
const CLEAR_EVERY_MS: i64 = 10_000;

/// The mark of keys of a configuration.
pub fn door_of(configuration: &Configuration) -> String {
    format!("{DOOR_PREFIX}{}", configuration.id)
}

/// The configuration of a key; `None` when it was not made here.
pub fn config_of(door: Option<&str>) -> Option<&str> {
    door?.strip_prefix(DOOR_PREFIX)
}

/// The configuration a request names.
pub fn resolve<'r>(request: &'r Request, id: Option<&str>) -> Result<&'r Configuration, Failure> {
    let found = request.inner.settings.configurations.resolve(id.filter(|id| !id.is_empty()));
    found.ok_or_else(|| failure::NO_DEFAULT_API_KEY_CONFIGURATION_FOUND.into())
}

/// In whose name a route runs.
pub struct Acting<'r> {
    pub allowed: &'r Allowed,
    /// The operator, who may set everything.
    pub server: bool,
    /// The user acted for: the caller, or the one the operator names.
    pub user: Subject,
}

pub enum Subject {
    User(UserId),
    /// Named by the operator, and nobody this server knows.
    Foreign(String),
}

impl Subject {
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::User(id) => Some(*id),
            Self::Foreign(_) => None,
        }
    }
}

impl<'r> Acting<'r> {
    pub fn client(allowed: &'r Allowed) -> Result<Self, Failure> {
        Ok(Self { allowed, server: false, user: Subject::User(user_of(allowed)?) })
    }

    pub async fn server(inner: &Inner, allowed: &'r Allowed, user: &str) -> Result<Self, Failure> {
        let user = match ids::user(inner, allowed, user).await? {
            Some(user) => Subject::User(user.id),
            None => Subject::Foreign(user.to_owned()),
        };
        Ok(Self { allowed, server: true, user })
    }

    /// What an owner is called, when that is not their id here.
    async fn reference(&self, inner: &Inner, owner: Owner) -> Result<Option<String>, Failure> {
        let (called, id) = match (owner, &self.user) {
            (Owner::Organization(id), _) => {
                let organization = inner.keys.organization(self.allowed, id).await?;
                (record::organization_id(&organization), id.to_string())
            }
            (Owner::Server, Subject::Foreign(name)) => return Ok(Some(name.clone())),
            (Owner::Server, Subject::User(_)) => return Ok(None),
            (Owner::User(id), _) if self.server => {
                (record::user_id(&inner.keys.user(self.allowed, id).await?), id.to_string())
            }
            (Owner::User(id), _) => (record::user_id(&inner.keys.me(self.allowed).await?), id.to_string()),
        };
        Ok(Some(called).filter(|called| *called != id))
    }

    /// Whether the caller is called this.
    async fn is(&self, inner: &Inner, user: &str) -> Result<bool, Failure> {
        let me = inner.keys.me(self.allowed).await?;
        Ok(user == me.id.to_string() || user == record::user_id(&me))
    }

    fn owns(&self, key: &Key) -> bool {
        match &self.user {
            Subject::User(id) => key.owner == Owner::User(*id),
            Subject::Foreign(name) => Kept::read(key.extra.as_deref()).reference_id.as_ref() == Some(name),
        }
    }
}

/// Proof for doing this to keys of an organization, in the words of this door.
pub async fn act_for(
    inner: &Inner,
    acting: &Acting<'_>,
    organization: OrgId,
    action: Action,
) -> Result<Allowed, Failure> {
    check_organizations(inner)?;
    let user = acting.user.user().ok_or_else(not_member)?;
    let may = |role: &str| inner.settings.configurations.roles().allow(role, action);
    inner.keys.act_for_if(acting.allowed, organization, Some(user), may).await.map_err(|error| match error {
        KeysError::NotFound => not_member(),
        KeysError::NotAllowed(_) => failure::INSUFFICIENT_API_KEY_PERMISSIONS.into(),
        other => other.into(),
    })
}

/// [`act_for`] the organization a request names.
pub async fn act_for_named(
    inner: &Inner,
    acting: &Acting<'_>,
    organization: &str,
    action: Action,
) -> Result<Allowed, Failure> {
    check_organizations(inner)?;
    let id = ids::organization_id(inner, acting.allowed, organization).await?.ok_or_else(not_member)?;
    act_for(inner, acting, id, action).await
}

/// Before who asks: without organizations nobody may anything for one, and the configuration is what is wrong.
fn check_organizations(inner: &Inner) -> Result<(), Failure> {
    if inner.settings.organizations { Ok(()) } else { Err(failure::ORGANIZATION_PLUGIN_REQUIRED.into()) }
}

fn not_member() -> Failure {
    failure::USER_NOT_MEMBER_OF_ORGANIZATION.into()
}

/// A key that is about to be read or changed, with the proof that suits its owner.
pub struct Found<'r> {
    pub allowed: Allowed,
    pub key: Key,
    pub configuration: &'r Configuration,
}

/// The key, if it is of the configuration and the caller's own. Everything else is the same 404.
pub async fn find<'r>(
    request: &'r Request,
    acting: &Acting<'_>,
    key_id: &str,
    config_id: Option<&str>,
    action: Action,
) -> Result<Found<'r>, Failure> {
    let inner = &request.inner;
    let not_found = || Failure::from(failure::KEY_NOT_FOUND);
    let configuration = resolve(request, config_id)?;
    let id = ids::key(inner, acting.allowed, key_id).await?.ok_or_else(not_found)?;
    let live = inner.guard.key(id).filter(|key| config_of(key.door()) == Some(&configuration.id));
    let owner = live.ok_or_else(not_found)?.owner();
    let organization = match (configuration.references, owner) {
        (References::Organization, Owner::Organization(id)) => Some(id),
        _ => None,
    };
    let allowed = match organization {
        Some(id) => act_for(inner, acting, id, action).await?,
        None => acting.allowed.clone(),
    };
    let key = inner.keys.get(&allowed, id).await?;
    if organization.is_none() && !acting.owns(&key) {
        return Err(not_found());
    }
    Ok(Found { allowed, key, configuration })
}

/// Clears expired keys away when it is time. What was asked for is done by then, and said to be, whatever comes of this.
pub async fn clear(inner: &Inner) {
    if inner.time_to_clear(inner.clock.now(), CLEAR_EVERY_MS)
        && let Err(error) = inner.keys.retire_expired(DOOR_PREFIX).await
    {
        tracing::warn!(%error, "expired keys could not be cleared away");
    }
}

/// What a key of this door may do at the other doors: nothing but what two reserved names of its map say.
/// Without this, a key handed out with one small permission would be all its owner is elsewhere.
pub fn scopes_of(permissions: Option<&Permissions>) -> Scopes {
    let entries = permissions.map(|p| p.0.iter()).into_iter().flatten();
    let scopes = entries.filter_map(|(resource, actions)| {
        let (group, base) = resource.split_once(':')?;
        if !matches!(group, "record" | "table") || base.is_empty() {
            return None;
        }
        let operations: Vec<Op> =
            actions.iter().filter_map(|action| Op::parse(&format!("{group}.{action}"))).collect();
        let base = Some(base.to_owned()).filter(|base| base != "*");
        Some(Scope { base, operations: Some(operations), ..Scope::default() })
    });
    Scopes(scopes.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elsewhere_a_key_may_do_nothing_but_what_reserved_names_say() {
        assert_eq!(scopes_of(None), Scopes::default());
        let of = |text: &str| scopes_of(Some(&serde_json::from_str(text).unwrap()));
        assert_eq!(of(r#"{"files":["read"],"recordings:main":["read"]}"#), Scopes::default());
        let both = of(r#"{"record:main":["read","nonsense"],"table:*":["read"]}"#);
        assert_eq!(both.0[0].base.as_deref(), Some("main"));
        assert_eq!(both.0[0].operations.as_deref(), Some(&[Op::RecordRead][..]));
        assert_eq!((&both.0[1].base, both.0[1].operations.as_deref()), (&None, Some(&[Op::TableRead][..])));
    }
}
