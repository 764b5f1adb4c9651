//! Which keys a caller may issue, change into, or get the secret of: none that allows more than the caller.
//!
//! The owner's side: everybody issues for themselves, operators for others, and only root for root; a role
//! bound to a key is one its owner holds (an operator binds any for owners who hold none). The caller's side: a call made with a key leads to keys that
//! end no later, act in the same or a smaller role, and carry at least the same restrictions. Restrictions
//! are compared as they are written, so that nothing grows when the catalog changes.

use domain::{
    access::{Layer, Ops, Scope, Scopes},
    key::{Key, KeyKind, Owner, Permissions},
    limit::RateLimit,
};

use crate::{Keys, KeysError, rights::Caller};

type Checked = Result<(), KeysError>;

impl Keys {
    /// `role_is_new`: the binding is being made now, so the owner has to hold the role now.
    pub(super) async fn check_rank(&self, caller: &Caller<'_>, key: &Key, role_is_new: bool) -> Checked {
        check_end(caller, key)?;
        self.check_kind(caller, key).await?;
        self.check_owner_and_role(caller, key, role_is_new).await?;
        match &caller.key {
            Some(own) => check_within(caller, own, key),
            None => Ok(()),
        }
    }

    async fn check_kind(&self, caller: &Caller<'_>, key: &Key) -> Checked {
        if let Some(own) = &caller.key
            && !reaches(own.kind, key.kind)
        {
            let (mine, wanted) = (own.kind.name(), key.kind.name());
            let reason = format!("a key of type {mine} cannot issue or open one of type {wanted}");
            return Err(KeysError::NotAllowed(reason));
        }
        match key.kind {
            KeyKind::Standard => Ok(()),
            KeyKind::Legacy => check_legacy(key),
            KeyKind::Root if !caller.root => {
                Err(KeysError::not_allowed("only root issues or opens root keys"))
            }
            KeyKind::Root | KeyKind::Administration => self.check_powerful(caller, key).await,
        }
    }

    /// What replaces the role part needs a caller and an owner who are that much themselves. (With a key as the
    /// caller it is one of that kind already, and its restrictions are compared later.)
    async fn check_powerful(&self, caller: &Caller<'_>, key: &Key) -> Checked {
        if caller.key.is_none() && !caller.root && !caller.allowed.covers(&Layer::top()) {
            let kind = key.kind.name();
            let reason = format!("only who may do everything issues or opens a key of type {kind}");
            return Err(KeysError::NotAllowed(reason));
        }
        let user = match key.owner {
            Owner::User(_) => self.owner_user(key.owner).await?,
            Owner::Server if caller.root => None,
            Owner::Server => return Err(KeysError::not_allowed("only root issues such keys for the server")),
            Owner::Organization(_) => {
                return Err(KeysError::invalid("owner", "an organization is nobody's administrator"));
            }
        };
        let fits = match &user {
            None => true,
            Some(user) if key.kind == KeyKind::Root => self.is_root(user).await?,
            Some(user) => self.is_administrator(user, caller.allowed.catalog()).await?,
        };
        if fits {
            return Ok(());
        }
        let kind = key.kind.name();
        Err(KeysError::NotAllowed(format!(
            "the owner may not have a key of type {kind}: not an administrator"
        )))
    }

    async fn check_owner_and_role(&self, caller: &Caller<'_>, key: &Key, role_is_new: bool) -> Checked {
        let own = key.owner == caller.owner();
        if !own && !caller.operator() {
            return Err(KeysError::not_allowed("only operators issue keys for others"));
        }
        let user = self.owner_user(key.owner).await?;
        let role = match key.role {
            Some(id) => self.store().role(id).await?,
            None => None,
        };
        let held = user.as_ref().zip(role.as_ref()).is_some_and(|(user, role)| user.roles.contains(&role.id));
        // For everybody: the guard would refuse such a key. Root acts in any role, others have no roles to hold.
        let must_hold = match key.owner {
            Owner::User(_) => user.as_ref().is_some_and(|user| !user.root),
            Owner::Organization(_) | Owner::Server => !caller.operator(),
        };
        if let Some(role) = &role
            && role_is_new
            && must_hold
            && !held
        {
            return Err(KeysError::invalid(
                "role",
                format!("the owner does not hold the role {:?}", role.name),
            ));
        }
        let bound = caller.key.as_ref().and_then(|key| key.role);
        if own && held && bound.is_none_or(|role| key.role == Some(role)) {
            return Ok(());
        }
        // Someone else's key, or a role that neither the owner nor the caller's key has: not above the caller.
        match (&role, &user) {
            (Some(role), _) if !caller.can_give(role) => {
                Err(KeysError::not_allowed(format!("the role {:?} allows more than you may do", role.name)))
            }
            (_, Some(user)) if !own => self.check_not_above(caller, user).await,
            _ => Ok(()),
        }
    }

    async fn owner_user(&self, owner: Owner) -> Result<Option<domain::user::User>, KeysError> {
        match owner {
            Owner::User(id) => match self.store().user(id).await? {
                Some(user) => Ok(Some(user)),
                None => Err(no_owner()),
            },
            Owner::Organization(id) => match self.store().organization(id).await? {
                Some(_) => Ok(None),
                None => Err(no_owner()),
            },
            Owner::Server => Ok(None),
        }
    }
}

fn no_owner() -> KeysError {
    KeysError::invalid("owner", "does not exist")
}

fn reaches(own: KeyKind, wanted: KeyKind) -> bool {
    use KeyKind::{Administration, Legacy, Root, Standard};
    match own {
        Root => true,
        Administration => matches!(wanted, Standard | Administration),
        Legacy => matches!(wanted, Standard | Legacy),
        Standard => wanted == Standard,
    }
}

fn check_legacy(key: &Key) -> Checked {
    if key.owner.user().is_none() {
        return Err(KeysError::invalid("type", "a legacy key needs a user as its owner"));
    }
    if key.role.is_some() {
        return Err(KeysError::invalid("role", "a legacy key has all the rights of its owner"));
    }
    if key.scopes.is_some() {
        return Err(KeysError::invalid("scopes", "a legacy key cannot be narrowed"));
    }
    Ok(())
}

/// Nothing made with a key outlives it.
fn check_end(caller: &Caller<'_>, key: &Key) -> Checked {
    match (caller.end(), key.expires_at) {
        (None, _) => Ok(()),
        (Some(end), Some(wanted)) if wanted <= end => Ok(()),
        (Some(end), _) => Err(KeysError::not_allowed(format!(
            "a key cannot issue or open one that outlives it: it ends at {}",
            end.rfc3339()
        ))),
    }
}

/// Every restriction of the caller's key is a restriction of the other.
fn check_within(caller: &Caller<'_>, own: &Key, key: &Key) -> Checked {
    let refuse = |what: &str| {
        Err(KeysError::not_allowed(format!("a key cannot issue or open one with {what} wider than its own")))
    };
    if own.role.is_some() && key.role.is_none() {
        return refuse("roles");
    }
    if !scopes_within(key.scopes.as_ref(), own.scopes.as_ref()) {
        return refuse("scopes");
    }
    if !key.hosts.within(&own.hosts) {
        return refuse("allowed hosts");
    }
    if !caller.operator() && !permissions_within(key.permissions.as_ref(), own.permissions.as_ref()) {
        return refuse("permissions");
    }
    if !rate_within(key.rate_limit.as_ref(), own.rate_limit.as_ref()) {
        return refuse("a rate limit");
    }
    if own.quota.is_some() && own.id != key.id {
        return Err(KeysError::not_allowed("a key with a quota cannot issue or open other keys"));
    }
    Ok(())
}

fn scopes_within(wanted: Option<&Scopes>, own: Option<&Scopes>) -> bool {
    match (wanted, own) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(wanted), Some(own)) => wanted.0.iter().all(|scope| scope_within(scope, own)),
    }
}

/// What the caller's key may do at the place of `scope` or at a place around it, as written.
fn scope_within(scope: &Scope, own: &Scopes) -> bool {
    let around = |wide: &&Scope| {
        let same = |wide: &Option<String>, narrow: &Option<String>| wide.is_none() || wide == narrow;
        // A workspace says nothing about a base named without it: which one it is in can change.
        same(&wide.workspace, &scope.workspace)
            && same(&wide.base, &scope.base)
            && same(&wide.table, &scope.table)
    };
    let allowed = own.0.iter().filter(around).fold(Ops::NONE, |all, wide| all.or(wide.ops()));
    scope.ops().without(allowed).is_empty()
}

fn permissions_within(wanted: Option<&Permissions>, own: Option<&Permissions>) -> bool {
    let Some(wanted) = wanted else { return true };
    let none = Permissions::default();
    own.unwrap_or(&none).missing(wanted).0.is_empty()
}

fn rate_within(wanted: Option<&RateLimit>, own: Option<&RateLimit>) -> bool {
    let Some(own) = own.filter(|limit| limit.enabled) else { return true };
    wanted.is_some_and(|limit| limit.enabled && limit.max <= own.max && limit.window_ms >= own.window_ms)
}
