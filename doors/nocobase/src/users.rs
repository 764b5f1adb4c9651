//! Users: `users:*`, and which roles they hold from both ends of the link.

use domain::{
    decision::Allowed,
    limits,
    secret::Secret,
    user::{Role, User},
};
use keys::{KeysError, NewUser, PageRequest, UserChange, UserQuery};
use serde_json::{Map, Value, json};

use crate::{
    answer::{Answer, PageMeta},
    auth,
    failure::Failure,
    memory,
    request::{self, Request, text_property},
    roles,
};

/// Properties of a user this door keeps without understanding them.
const NOTES: [&str; 3] = ["phone", "appLang", "systemSettings"];

/// Users that are looked through for a filtered or sorted list.
const SCANNED_MAX: u64 = 10_000;

/// A user as every answer shows one; never a password.
pub fn shown(user: &User) -> Map<String, Value> {
    let notes = notes_of(user.extra.as_deref());
    let note = |name: &str| notes.get(name).cloned().unwrap_or(Value::Null);
    let value = json!({
        "id": user.num,
        "username": user.username,
        "nickname": user.name,
        "email": user.email,
        "phone": note("phone"),
        "appLang": note("appLang"),
        "systemSettings": notes.get("systemSettings").cloned().unwrap_or_else(|| json!({})),
        "createdAt": user.created_at.rfc3339(),
        "updatedAt": user.updated_at.rfc3339(),
        "createdById": note("createdById"),
        "updatedById": note("updatedById"),
        // Sessions begun before a change of the password end with it, whoever changed it.
        "passwordChangeTz": Some(user.sessions_valid_from.0).filter(|ms| *ms > 0),
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

pub async fn list(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let with_roles = appends_roles(request)?;
    let scan = ["filter", "sort"].iter().any(|name| request.params.map.contains_key(*name));
    let asked = request.params.page()?;
    let all = request.inner.keys.roles(allowed).await?;
    let row = |user: &User| row(user, with_roles.then_some(all.as_slice()));
    if scan || asked.is_none() {
        let users = scanned(request, allowed, UserQuery::default()).await?;
        return matching(request, &users, &all, with_roles);
    }
    let asked = asked.unwrap_or(crate::params::PageAsked { page: 1, size: limits::PAGE_SIZE_DEFAULT });
    let page = PageRequest { after: None, offset: asked.page().offset, limit: asked.size };
    let users = request.inner.keys.users(allowed, UserQuery { page, ..UserQuery::default() }).await?;
    let meta = PageMeta { count: users.total, page: asked.page, page_size: asked.size };
    let rows: Vec<_> = users.items.iter().map(row).collect();
    memory::known(request, &rows)?;
    let data = memory::trimmed(request, rows)?.into_iter().map(Value::Object).collect();
    Ok(Answer::Meta { data, meta: meta.to_json() })
}

/// A condition may be about the roles of users, whether they are answered or not.
fn matching(request: &Request, users: &[User], all: &[Role], with_roles: bool) -> Result<Answer, Failure> {
    let rows: Vec<_> = users.iter().map(|user| row(user, Some(all))).collect();
    memory::known(request, &rows)?;
    memory::list_without(request, rows, if with_roles { None } else { Some("roles") })
}

pub async fn get(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let all = request.inner.keys.roles(allowed).await?;
    let with_roles = appends_roles(request)?.then_some(all.as_slice());
    let Some(key) = request.params.target_key()? else {
        let users = scanned(request, allowed, UserQuery::default()).await?;
        return memory::first(request, users.iter().map(|u| row(u, with_roles)).collect());
    };
    let user = by_key(request, allowed, &key).await?;
    Ok(Answer::Data(user.map_or(Value::Null, |user| Value::Object(row(&user, with_roles)))))
}

pub async fn create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let values = request.values()?;
    let by = auth::me(request, allowed).await?.map(|caller| caller.num);
    let new = NewUser {
        email: text_property(&values, "email")?.flatten().filter(|t| !t.is_empty()),
        username: text_property(&values, "username")?.flatten().filter(|t| !t.is_empty()),
        name: text_property(&values, "nickname")?.flatten(),
        password: text_property(&values, "password")?.flatten().map(Secret::new),
        roles: roles_of(&values)?,
        root: false,
        extra: extra_with(None, &values, by, true),
    };
    let named = new.roles.is_some();
    let user = request.inner.keys.create_user(allowed, new).await?;
    let all = request.inner.keys.roles(allowed).await?;
    let mut answered = row(&user, named.then_some(all.as_slice()));
    // As of a record: what was not set is not there yet.
    answered.retain(|_, value| !value.is_null());
    Ok(Answer::Data(Value::Object(answered)))
}

pub async fn update(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let key = request.key()?;
    let by = auth::me(request, allowed).await?.map(|caller| caller.num);
    let _editing = request.inner.editing.lock().await;
    let Some(user) = by_key(request, allowed, &key).await? else {
        return Ok(Answer::Data(Value::Array(Vec::new())));
    };
    let values = request.values()?;
    let change = UserChange {
        email: text_property(&values, "email")?,
        username: text_property(&values, "username")?,
        name: text_property(&values, "nickname")?,
        roles: roles_of(&values)?,
        password: text_property(&values, "password")?.flatten().filter(|p| !p.is_empty()).map(Secret::new),
        extra: extra_with(user.extra.as_deref(), &values, by, false).map(Some),
        ..UserChange::default()
    };
    let user = request.inner.keys.update_user(allowed, user.id, change).await?;
    Ok(Answer::Data(Value::Array(vec![Value::Object(shown(&user))])))
}

/// `users:updateProfile`, `users:updateLang`: what people say of themselves. Never roles or a password, and never
/// with a key: whatever it may do, it is not the person.
pub async fn update_profile(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    if allowed.principal().key_kind.is_some() {
        return Err(Failure::forbidden());
    }
    let _editing = request.inner.editing.lock().await;
    let user = auth::me(request, allowed).await?.ok_or_else(Failure::forbidden)?;
    let values = request.values()?;
    let change = UserChange {
        email: text_property(&values, "email")?,
        username: text_property(&values, "username")?,
        name: text_property(&values, "nickname")?,
        extra: extra_with(user.extra.as_deref(), &values, Some(user.num), false).map(Some),
        ..UserChange::default()
    };
    let user = request.inner.keys.update_user(allowed, user.id, change).await?;
    Ok(Answer::Data(Value::Array(vec![Value::Object(shown(&user))])))
}

pub async fn destroy(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let keys = request.params.target_keys()?.ok_or_else(|| request.needs_a_target())?;
    let mut gone = 0;
    for key in keys.iter().filter_map(Value::as_str) {
        if let Some(user) = by_key(request, allowed, key).await? {
            request.inner.keys.delete_user(allowed, user.id).await?;
            gone += 1;
        }
    }
    Ok(Answer::Data(json!(gone)))
}

/// The role a session without `X-Role` acts in from now on.
pub async fn set_default_role(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let values = request.values()?;
    let role =
        text_property(&values, "roleName")?.flatten().ok_or_else(|| Failure::bad("roleName is required"))?;
    request.inner.keys.choose_default_role(allowed, &role).await?;
    Ok(Answer::Data(json!("ok")))
}

pub async fn roles_list(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let rows: Vec<_> = match request.target.source.is_some() {
        true => {
            let user = source(request, allowed).await?;
            let held = auth::held_roles(request, allowed, &user).await?;
            held.iter().map(|role| held_by(&user, role)).collect()
        }
        false => request.inner.keys.roles(allowed).await?.iter().map(roles::shown).collect(),
    };
    memory::known(request, &rows)?;
    memory::list(request, rows)
}

/// A role with how the user holds it.
pub fn held_by(user: &User, role: &Role) -> Map<String, Value> {
    let mut row = roles::shown(role);
    // As the original keeps it: yes, or nothing.
    let default = (user.default_role == Some(role.id)).then_some(true);
    let link = json!({ "userId": user.num, "roleName": role.name, "default": default });
    row.insert("rolesUsers".to_owned(), link);
    row
}

pub async fn roles_add(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let (user, names) = (source(request, allowed).await?, request.targets("name")?);
    request.inner.keys.add_roles(allowed, user.id, &names).await?;
    Ok(Answer::Empty)
}

pub async fn roles_remove(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let (user, names) = (source(request, allowed).await?, request.targets("name")?);
    request.inner.keys.remove_roles(allowed, user.id, &names).await?;
    Ok(Answer::Empty)
}

pub async fn roles_set(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let (user, names) = (source(request, allowed).await?, request.targets("name")?);
    let change = UserChange { roles: Some(names), ..UserChange::default() };
    request.inner.keys.update_user(allowed, user.id, change).await?;
    Ok(Answer::Empty)
}

/// `roles/{name}/users:list`.
pub async fn of_role(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let role = roles::source(request, allowed).await?;
    let query = UserQuery { role: Some(role.id.to_string()), ..UserQuery::default() };
    let users = scanned(request, allowed, query).await?;
    let rows: Vec<_> = users.iter().map(shown).collect();
    memory::known(request, &rows)?;
    memory::list(request, rows)
}

/// `roles/{name}/users:add`.
pub async fn add_to_role(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let role = roles::source(request, allowed).await?;
    for user in targets(request, allowed).await? {
        request.inner.keys.add_roles(allowed, user.id, &[role.id.to_string()]).await?;
    }
    Ok(Answer::Empty)
}

/// `roles/{name}/users:remove`.
pub async fn remove_from_role(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let role = roles::source(request, allowed).await?;
    for user in targets(request, allowed).await? {
        request.inner.keys.remove_roles(allowed, user.id, &[role.id.to_string()]).await?;
    }
    Ok(Answer::Empty)
}

/// `roles/{name}/users:set`: exactly these hold the role from now on.
pub async fn set_of_role(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let role = roles::source(request, allowed).await?;
    let wanted = targets(request, allowed).await?;
    let query = UserQuery { role: Some(role.id.to_string()), ..UserQuery::default() };
    for user in scanned(request, allowed, query).await? {
        if !wanted.iter().any(|w| w.id == user.id) {
            request.inner.keys.remove_roles(allowed, user.id, &[role.id.to_string()]).await?;
        }
    }
    for user in wanted {
        request.inner.keys.add_roles(allowed, user.id, &[role.id.to_string()]).await?;
    }
    Ok(Answer::Empty)
}

async fn targets(request: &Request, allowed: &Allowed) -> Result<Vec<User>, Failure> {
    let mut users = Vec::new();
    for key in request.targets("id")? {
        users.push(by_key(request, allowed, &key).await?.ok_or_else(Failure::not_found)?);
    }
    Ok(users)
}

async fn source(request: &Request, allowed: &Allowed) -> Result<User, Failure> {
    Ok(request.inner.keys.user_by_num(allowed, request.source_num()?).await?)
}

async fn by_key(request: &Request, allowed: &Allowed, key: &str) -> Result<Option<User>, Failure> {
    let Ok(num) = key.parse() else { return Ok(None) };
    match request.inner.keys.user_by_num(allowed, num).await {
        Ok(user) => Ok(Some(user)),
        Err(KeysError::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Everybody who matches, up to a bound.
async fn scanned(request: &Request, allowed: &Allowed, query: UserQuery) -> Result<Vec<User>, Failure> {
    let mut users: Vec<User> = Vec::new();
    loop {
        let page = PageRequest { after: None, offset: users.len() as u64, limit: limits::PAGE_SIZE_MAX };
        let found = request.inner.keys.users(allowed, UserQuery { page, ..query.clone() }).await?;
        let done = found.items.is_empty();
        users.extend(found.items);
        if done || users.len() as u64 >= found.total.min(SCANNED_MAX) {
            return Ok(users);
        }
    }
}

fn row(user: &User, all: Option<&[Role]>) -> Map<String, Value> {
    let mut row = shown(user);
    if let Some(all) = all {
        let held = all.iter().filter(|r| user.roles.contains(&r.id));
        row.insert("roles".to_owned(), held.map(|r| Value::Object(roles::shown(r))).collect());
    }
    row
}

/// `appends` and `fields` ask for them, in whole or in part.
fn appends_roles(request: &Request) -> Result<bool, Failure> {
    let asked = |name: &String| name.split('.').next() == Some("roles");
    let appended = request.params.names("appends")?.is_some_and(|names| names.iter().any(asked));
    Ok(appended || request.params.names("fields")?.is_some_and(|names| names.iter().any(asked)))
}

/// `"roles": ["a", {"name": "b"}]`.
fn roles_of(values: &Map<String, Value>) -> Result<Option<Vec<String>>, Failure> {
    let name = |value: &Value| value.as_str().or_else(|| value.get("name")?.as_str()).map(str::to_owned);
    match values.get("roles") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => {
            request::few_enough(items.len())?;
            let names: Option<Vec<String>> = items.iter().map(name).collect();
            names.map(Some).ok_or_else(|| Failure::bad("roles must be a list of role names"))
        }
        Some(_) => Err(Failure::bad("roles must be a list of role names")),
    }
}

fn notes_of(extra: Option<&str>) -> Map<String, Value> {
    let stored: Option<Map<String, Value>> = extra.and_then(|text| serde_json::from_str(text).ok());
    match stored.and_then(|mut all| all.remove("nocobase")) {
        Some(Value::Object(notes)) => notes,
        _ => Map::new(),
    }
}

/// With what the values say, and who says it. `None`: there is nothing to note.
fn extra_with(
    extra: Option<&str>,
    values: &Map<String, Value>,
    by: Option<i64>,
    new: bool,
) -> Option<String> {
    let mut given: Vec<_> = NOTES.iter().filter_map(|n| Some((*n, values.get(*n)?.clone()))).collect();
    if let Some(by) = by {
        given.extend(new.then_some(("createdById", json!(by))));
        given.push(("updatedById", json!(by)));
    }
    if given.is_empty() {
        return None;
    }
    let mut notes = notes_of(extra);
    notes.extend(given.into_iter().map(|(n, v)| (n.to_owned(), v)));
    let mut all: Map<String, Value> =
        extra.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    all.insert("nocobase".to_owned(), Value::Object(notes));
    Some(Value::Object(all).to_string())
}
