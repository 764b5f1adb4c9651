//! API keys: create, list, destroy; everybody sees and ends only their own. The token is answered once.

use std::collections::HashMap;

use domain::{RoleId, decision::Allowed, key::Key, limits};
use keys::{Expires, KeyOrder, KeyQuery, KeysError, NewKey, PageRequest};
use serde_json::{Map, Value, json};

use crate::{
    answer::Answer,
    auth,
    failure::Failure,
    memory,
    request::{Request, text_property},
    roles, span,
};

/// What keys made here are marked with.
const DOOR: &str = "nocobase";

/// Keys of one owner that a list looks through.
const SCANNED_MAX: usize = 10_000;

pub async fn create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let values = request.values()?;
    let name = text_property(&values, "name")?.flatten().filter(|n| !n.trim().is_empty());
    let name = name.ok_or_else(|| Failure::bad("name is required"))?;
    let role = role_of(&values).ok_or_else(|| Failure::bad("role is required"))?;
    let expires_in_s = span::parse(values.get("expiresIn"))?;
    let user = auth::me(request, allowed).await?.ok_or_else(Failure::forbidden)?;
    let held = auth::held_roles(request, allowed, &user).await?;
    if !held.iter().any(|r| r.name == role) {
        return Err(Failure::bad("Role not found"));
    }
    let inner = &request.inner;
    let token = inner
        .signer
        .issue(user.num, &role, allowed.at(), expires_in_s, &*inner.entropy)
        .map_err(|_| Failure::bad("the token could not be signed"))?;
    let extra = json!({ DOOR: { "expiresIn": values.get("expiresIn") } }).to_string();
    let new = NewKey {
        name: Some(name),
        role: Some(role),
        // The token counts whole seconds: the row must not end before it, nor begin a new one.
        expires: Expires::At(domain::Millis(
            allowed.at().0.div_euclid(1_000).saturating_add(expires_in_s).saturating_mul(1_000),
        )),
        door: Some(DOOR.to_owned()),
        extra: Some(extra),
        // Every token begins alike.
        start_chars: Some(0),
        ..NewKey::default()
    };
    let (_, token) =
        inner.keys.create_with(allowed, new, move |_| token).await.map_err(|error| match error {
            KeysError::Invalid { field: "role", .. } => Failure::bad("Role not found"),
            other => other.into(),
        })?;
    Ok(Answer::Data(json!({ "token": token.expose() })))
}

pub async fn list(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let appends = request.params.names("appends")?.unwrap_or_default();
    let with_role = appends.iter().any(|a| a == "role");
    let user = auth::me(request, allowed).await?.map(|u| u.num);
    let roles: HashMap<RoleId, _> =
        request.inner.keys.roles(allowed).await?.into_iter().map(|r| (r.id, r)).collect();
    let used = request.inner.keys.own_usage_totals(allowed).await?;
    let mut rows = Vec::new();
    for key in own(request, allowed).await? {
        let role = key.role.and_then(|id| roles.get(&id));
        let mut row = shown(&key, role.map(|r| r.name.as_str()), user);
        row.insert("requestCount".to_owned(), json!(used.get(&key.id).copied().unwrap_or(0)));
        if with_role {
            row.insert("role".to_owned(), role.map_or(Value::Null, |r| Value::Object(roles::shown(r))));
        }
        rows.push(row);
    }
    memory::known(request, &rows)?;
    memory::list(request, rows)
}

/// A foreign key, or one that does not exist, is simply not among those that were ended.
pub async fn destroy(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let wanted = match (request.params.target_keys()?, request.filter(None)?) {
        (Some(keys), _) => keys.iter().filter_map(|k| k.as_str()?.parse::<i64>().ok()).collect(),
        (None, Some(filter)) => {
            let user = auth::me(request, allowed).await?.map(|u| u.num);
            let rows = own(request, allowed).await?.iter().map(|k| shown(k, None, user)).collect();
            memory::matching(&filter, rows).iter().filter_map(|r| r.get("id")?.as_i64()).collect()
        }
        (None, None) => return Err(request.needs_a_target()),
    };
    let wanted: Vec<i64> = wanted;
    let mut gone = 0;
    for num in wanted.into_iter().take(limits::FILTER_LIST_MAX) {
        let key = match request.inner.keys.get_by_num(allowed, num).await {
            Ok(key) if key.owner == allowed.principal().owner && key.gone.is_none() => key,
            Ok(_) | Err(KeysError::NotFound) => continue,
            Err(error) => return Err(error.into()),
        };
        match request.inner.keys.revoke(allowed, key.id).await {
            Ok(()) => gone += 1,
            Err(KeysError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Answer::Data(json!(gone)))
}

async fn own(request: &Request, allowed: &Allowed) -> Result<Vec<Key>, Failure> {
    let mut found: Vec<Key> = Vec::new();
    loop {
        let page = PageRequest { after: None, offset: found.len() as u64, limit: limits::PAGE_SIZE_MAX };
        let owner = Some(allowed.principal().owner);
        let query = KeyQuery { owner, order: KeyOrder::Num, page, ..KeyQuery::default() };
        let keys = request.inner.keys.list(allowed, query).await?;
        let done = keys.items.is_empty();
        found.extend(keys.items);
        if done || found.len() as u64 >= keys.total || found.len() >= SCANNED_MAX {
            return Ok(found);
        }
    }
}

fn shown(key: &Key, role: Option<&str>, user: Option<i64>) -> Map<String, Value> {
    let kept: Option<Value> = key.extra.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let expires_in = kept.as_ref().and_then(|v| v.get(DOOR)?.get("expiresIn"));
    // Always a text, also where it came as a number of seconds.
    let expires_in = expires_in.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let value = json!({
        "id": key.num,
        "name": key.name,
        "roleName": role,
        "expiresIn": expires_in,
        "createdAt": key.created_at.rfc3339(),
        "createdById": user,
        // Beyond the original, and read-only.
        "enabled": key.enabled,
        "expiresAt": key.expires_at.map(|at| at.rfc3339()),
        "lastUsedAt": key.last_used_at.map(|at| at.rfc3339()),
    });
    value.as_object().cloned().unwrap_or_default()
}

/// `{"role": {"name": "x"}}`, or the name alone.
fn role_of(values: &Map<String, Value>) -> Option<String> {
    let role = values.get("role")?;
    role.as_str().or_else(|| role.get("name")?.as_str()).filter(|n| !n.is_empty()).map(str::to_owned)
}
