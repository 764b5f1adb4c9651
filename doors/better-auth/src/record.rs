//! The objects of the wire: user, session, key. Every field is always there; what has no value is null.

use domain::{
    KeyId, Millis,
    key::{Key, Owner, Permissions},
    limit::{RateLimit, Refill, WindowRule, WindowState},
    user::{Organization, Session, User},
};
use guard::{CachedKey, Guard};
use serde_json::{Map, Value, json};

use crate::{
    config::DEFAULT,
    kept::{DOOR, Kept},
    keys::config_of,
    number,
};

pub fn date(at: Millis) -> Value {
    Value::String(at.rfc3339())
}

fn maybe_date(at: Option<Millis>) -> Value {
    at.map_or(Value::Null, date)
}

/// What this door keeps with a user.
pub fn user_part(extra: Option<&str>) -> Map<String, Value> {
    let all: Option<Map<String, Value>> = extra.and_then(|text| serde_json::from_str(text).ok());
    match all.and_then(|mut all| all.remove(DOOR)) {
        Some(Value::Object(part)) => part,
        _ => Map::new(),
    }
}

/// The id programs know a user by: where one was imported, the one they had before.
pub fn user_id(user: &User) -> String {
    keys::import::foreign_id(user.extra.as_deref(), DOOR).unwrap_or_else(|| user.id.to_string())
}

/// The same for organizations.
pub fn organization_id(organization: &Organization) -> String {
    keys::import::foreign_id(organization.extra.as_deref(), DOOR)
        .unwrap_or_else(|| organization.id.to_string())
}

pub fn user(user: &User) -> Value {
    let part = user_part(user.extra.as_deref());
    json!({
        "id": user_id(user),
        "name": user.name.as_deref().or(user.username.as_deref()).unwrap_or_default(),
        "email": user.email.as_deref().unwrap_or_default(),
        "emailVerified": false,
        "image": part.get("image").cloned().unwrap_or_default(),
        "createdAt": date(user.created_at),
        "updatedAt": date(user.updated_at),
    })
}

/// `token`: the one it is called by where the caller may know it, else a name that opens nothing.
/// `organization`: what the one it is about is called, if any; outer `None`: there are none on this server.
pub fn session(session: &Session, token: &str, user: &User, organization: Option<Option<String>>) -> Value {
    let mut shown = json!({
        "id": session.id.to_string(),
        "token": token,
        "userId": user_id(user),
        "expiresAt": date(session.expires_at),
        "createdAt": date(session.created_at),
        "updatedAt": date(session.updated_at),
        "ipAddress": session.ip.as_deref().unwrap_or_default(),
        "userAgent": session.user_agent.as_deref().unwrap_or_default(),
    });
    if let (Some(organization), Some(map)) = (organization, shown.as_object_mut()) {
        map.insert("activeOrganizationId".to_owned(), organization.map_or(Value::Null, Value::from));
    }
    shown
}

/// A key as the wire shows it, whichever way it was found.
pub struct Record<'k> {
    id: KeyId,
    door: Option<&'k str>,
    name: Option<&'k str>,
    start: Option<&'k str>,
    prefix: Option<&'k str>,
    owner: Owner,
    enabled: bool,
    expires_at: Option<Millis>,
    remaining: Option<i64>,
    refill: Option<Refill>,
    /// Of the ledger: begins as the moment the quota was given.
    pub last_refill_at: Option<Millis>,
    rate: Option<RateLimit>,
    window: WindowState,
    last_used_at: Option<Millis>,
    permissions: Option<&'k Permissions>,
    metadata: Option<&'k str>,
    created_at: Millis,
    updated_at: Millis,
    kept: Kept,
}

impl<'k> Record<'k> {
    /// The stored record, with what happens to the key as it is now.
    pub fn stored(key: &'k Key, guard: &Guard) -> Self {
        let live = guard.key(key.id);
        let stored = WindowState { mark: key.last_request_at.unwrap_or_default(), count: key.request_count };
        Self {
            id: key.id,
            door: key.door.as_deref(),
            name: key.name.as_deref(),
            start: key.start.as_deref(),
            prefix: key.prefix.as_deref(),
            owner: key.owner,
            enabled: key.enabled,
            expires_at: key.expires_at,
            remaining: key.quota.map(|quota| quota.balance.remaining),
            refill: key.quota.and_then(|quota| quota.refill),
            last_refill_at: key.quota.map(|quota| quota.balance.last_refill_at),
            rate: key.rate_limit,
            window: live.as_ref().map_or(stored, |live| live.window()),
            last_used_at: live.as_ref().map_or(key.last_used_at, |live| live.last_used_at()),
            permissions: key.permissions.as_ref(),
            metadata: key.metadata.as_deref(),
            created_at: key.created_at,
            updated_at: key.updated_at,
            kept: Kept::read(key.extra.as_deref()),
        }
    }

    /// The live key of a verification, without a look into the database.
    pub fn live(key: &'k CachedKey, remaining: Option<i64>) -> Self {
        Self {
            id: key.id(),
            door: key.door(),
            name: key.name(),
            start: key.start(),
            prefix: key.prefix(),
            owner: key.owner(),
            enabled: key.enabled(),
            expires_at: key.expires_at(),
            remaining,
            refill: key.refill(),
            last_refill_at: None,
            rate: key.rate_limit(),
            window: key.window(),
            last_used_at: key.last_used_at(),
            permissions: key.permissions(),
            metadata: key.metadata(),
            created_at: key.created_at(),
            updated_at: key.updated_at(),
            kept: Kept::read(key.extra()),
        }
    }

    pub fn to_json(&self) -> Map<String, Value> {
        let kept = &self.kept;
        let (amount, interval) = kept.shown_refill(self.refill.as_ref(), self.remaining.is_some());
        let rate = self.rate.as_ref().map(|rate| kept.shown_rate(rate));
        let reference = kept.reference_id.clone().unwrap_or_else(|| reference(self.owner));
        let value = json!({
            "id": self.shown_id(),
            "configId": config_of(self.door).unwrap_or(DEFAULT),
            "name": kept.shown_name(self.name),
            "start": self.start,
            "prefix": self.prefix,
            "referenceId": &reference,
            "enabled": self.enabled,
            "expiresAt": maybe_date(self.expires_at),
            "remaining": number::json(self.remaining),
            "refillAmount": number::json(amount),
            "refillInterval": number::json(interval),
            "lastRefillAt": maybe_date(self.refilled_at()),
            "rateLimitEnabled": self.rate.is_some_and(|rate| rate.enabled),
            "rateLimitTimeWindow": number::json(rate.map(|(window, _)| window)),
            "rateLimitMax": number::json(rate.map(|(_, max)| max)),
            "requestCount": self.window.count,
            "lastRequest": maybe_date(self.last_request()),
            "permissions": kept.shown_permissions(self.permissions),
            "metadata": self.metadata(),
            "createdAt": date(self.created_at),
            "updatedAt": date(self.last_used_at.map_or(self.updated_at, |used| used.max(self.updated_at))),
        });
        let mut map = value.as_object().cloned().unwrap_or_default();
        // What older clients look for.
        if let Owner::User(_) = self.owner {
            map.insert("userId".to_owned(), Value::String(reference));
        }
        map
    }

    /// Where the key was imported, the id it had before.
    fn shown_id(&self) -> String {
        self.kept.old_id.clone().unwrap_or_else(|| self.id.to_string())
    }

    /// The last refill; the beginning of a quota is none.
    fn refilled_at(&self) -> Option<Millis> {
        let began = self.kept.quota_from.map_or(self.created_at, Millis);
        self.last_refill_at.filter(|at| *at > began)
    }

    fn last_request(&self) -> Option<Millis> {
        let by_window = self.rate.is_some_and(|r| r.enabled && r.rule == WindowRule::SinceLastAccepted);
        let mark = (by_window && self.window.count > 0).then_some(self.window.mark);
        mark.max(self.last_used_at)
    }

    fn metadata(&self) -> Value {
        self.metadata.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

fn reference(owner: Owner) -> String {
    match owner {
        Owner::User(id) => id.to_string(),
        Owner::Organization(id) => id.to_string(),
        Owner::Server => String::new(),
    }
}
