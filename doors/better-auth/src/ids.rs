//! Whom and what a request means by an id: this server's own, or the one an imported record had before. Finds
//! records and nothing more: whether the caller may touch them is asked afterwards.

use domain::{
    KeyId, OrgId, UserId,
    decision::Allowed,
    user::{Organization, User},
};
use keys::KeysError;

use crate::{failure::Failure, kept::DOOR, keys::config_of, state::Inner};

/// For operators: others cannot look users up.
pub async fn user(inner: &Inner, allowed: &Allowed, id: &str) -> Result<Option<User>, Failure> {
    if let Ok(own) = id.parse::<UserId>()
        && let Some(user) = found(inner.keys.user(allowed, own).await)?
    {
        return Ok(Some(user));
    }
    match inner.keys.imported_user(allowed, DOOR, id).await? {
        Some(own) => found(inner.keys.user(allowed, own).await),
        None => Ok(None),
    }
}

/// One that the caller may see.
pub async fn organization(
    inner: &Inner,
    allowed: &Allowed,
    id: &str,
) -> Result<Option<Organization>, Failure> {
    match organization_id(inner, allowed, id).await? {
        Some(id) => found(inner.keys.organization(allowed, id).await),
        None => Ok(None),
    }
}

/// One of this server, whether or not the caller belongs to it. Its own ids go before what others were called.
pub async fn organization_id(inner: &Inner, allowed: &Allowed, id: &str) -> Result<Option<OrgId>, Failure> {
    let own: Option<OrgId> = id.parse().ok();
    if let Some(own) = own
        && found(inner.keys.organization(allowed, own).await)?.is_some()
    {
        return Ok(Some(own));
    }
    Ok(inner.keys.imported_organization(allowed, DOOR, id).await?.or(own))
}

/// A live key of this door.
pub async fn key(inner: &Inner, allowed: &Allowed, id: &str) -> Result<Option<KeyId>, Failure> {
    let here = |id: &KeyId| inner.guard.key(*id).is_some_and(|key| config_of(key.door()).is_some());
    if let Some(own) = id.parse().ok().filter(here) {
        return Ok(Some(own));
    }
    Ok(inner.keys.imported_key(allowed, DOOR, id).await?.filter(here))
}

fn found<T>(outcome: Result<T, KeysError>) -> Result<Option<T>, Failure> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(KeysError::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
