//! Roles: `roles:*`. What they mean is compiled in `role/`; here they are read, kept and shown.

use domain::{decision::Allowed, secret::random_text, user::Role};
use keys::{KeysError, NewRole, RoleChange};
use serde_json::{Map, Value, json};

use crate::{
    answer::Answer,
    auth,
    failure::Failure,
    memory,
    request::{Request, bool_property, text_property},
    role::{self, RoleDoc, SNIPPETS_DEFAULT, Strategy},
    role_mode,
    scopes::StoredScopes,
    told::collection_actions,
};

const NAME_ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// A role as screens get it.
pub fn shown(role: &Role) -> Map<String, Value> {
    let doc = RoleDoc::of(role);
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    put("name", json!(role.name));
    put("title", json!(role.title.as_deref().unwrap_or(&role.name)));
    put("description", json!(role.description));
    put("strategy", json!(doc.strategy));
    put("default", json!(role.default));
    put("hidden", json!(doc.hidden));
    put("allowConfigure", json!(doc.allow_configure));
    // Those the product is delivered with may.
    put("allowNewMenu", if role.builtin && !role.root { json!(true) } else { Value::Null });
    put("snippets", json!(doc.snippets_shown()));
    put("createdAt", json!(role.created_at.rfc3339()));
    put("updatedAt", json!(role.updated_at.rfc3339()));
    out.extend(doc.more);
    out
}

pub async fn list(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let roles = request.inner.keys.roles(allowed).await?;
    let rows: Vec<_> = roles.iter().map(shown).collect();
    memory::known(request, &rows)?;
    memory::list(request, rows)
}

pub async fn get(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let Some(name) = request.params.target_key()? else {
        let roles = request.inner.keys.roles(allowed).await?;
        return memory::first(request, roles.iter().map(shown).collect());
    };
    let role = by_name(request, allowed, &name).await?;
    Ok(Answer::Data(role.map_or(Value::Null, |r| Value::Object(shown(&r)))))
}

pub async fn create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let values = request.values()?;
    let name = match text_property(&values, "name")?.flatten() {
        Some(name) => name,
        None => format!("r_{}", random_text(11, NAME_ALPHABET, &*request.inner.entropy)),
    };
    // The last is what stands for all of somebody's roles.
    if !crate::path::valid_name(&name) || name == role_mode::UNION {
        return Err(Failure::bad(format!("{name:?} is not a role name")));
    }
    let title = text_property(&values, "title")?.flatten();
    check_title(request, allowed, title.as_deref(), None).await?;
    let strangers = name == role_mode::ANONYMOUS && let_in(&values)? != Some(false);
    let mut doc = RoleDoc { snippets: SNIPPETS_DEFAULT.map(str::to_owned).to_vec(), ..RoleDoc::default() };
    apply(&mut doc, &values)?;
    let new = NewRole {
        name,
        title,
        description: text_property(&values, "description")?.flatten(),
        default: bool_property(&values, "default")?.unwrap_or(false),
        grants: role::compile(&doc, allowed.catalog(), &StoredScopes(allowed.catalog()))?,
        extra: Role::extra_for_strangers(Some(&doc.write_into(None)), strangers),
    };
    let titled = new.title.is_some();
    let role = request.inner.keys.create_role(allowed, new).await.map_err(|error| match error {
        KeysError::Conflict { .. } => Failure::bad("Role UID already exists"),
        other => other.into(),
    })?;
    let mut answered = shown(&role);
    // As of a record: what was not set is not there yet.
    answered.retain(|name, value| !value.is_null() && (titled || name != "title"));
    Ok(Answer::Data(Value::Object(answered)))
}

pub async fn update(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let values = request.values()?;
    let Some(name) = request.params.target_key()? else { return Err(request.needs_a_target()) };
    let Some(role) = by_name(request, allowed, &name).await? else {
        return Ok(Answer::Data(Value::Array(Vec::new())));
    };
    let title = text_property(&values, "title")?;
    check_title(request, allowed, title.as_ref().and_then(Option::as_deref), Some(&role)).await?;
    let mut doc = RoleDoc::of(&role);
    let before = doc.clone();
    apply(&mut doc, &values)?;
    let rights = doc.strategy != before.strategy || doc.snippets != before.snippets;
    let mut change = if rights { rewritten(allowed, &role, &doc)? } else { RoleChange::default() };
    change.title = title;
    change.description = text_property(&values, "description")?;
    change.default = bool_property(&values, "default")?;
    if doc != before {
        check_own(&role)?;
        change.extra = Some(Some(doc.write_into(role.extra.as_deref())));
    }
    if role.name == role_mode::ANONYMOUS
        && let Some(strangers) = let_in(&values)?
    {
        // Written anew, so that nobody lets strangers do what they may not do themselves.
        if change.grants.is_none() {
            change.grants = rewritten(allowed, &role, &doc)?.grants;
        }
        let extra = change.extra.flatten().or_else(|| role.extra.clone());
        change.extra = Some(Role::extra_for_strangers(extra.as_deref(), strangers));
    }
    let role = request.inner.keys.update_role(allowed, role.id, change).await?;
    Ok(Answer::Data(Value::Array(vec![Value::Object(shown(&role))])))
}

pub async fn destroy(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let names = request.params.target_keys()?.ok_or_else(|| request.needs_a_target())?;
    let mut gone = 0;
    for name in names.iter().filter_map(Value::as_str) {
        if let Some(role) = by_name(request, allowed, name).await? {
            request.inner.keys.delete_role(allowed, role.id).await?;
            gone += 1;
        }
    }
    Ok(Answer::Data(json!(gone)))
}

/// What the caller's role may do, for screens to show or hide things by.
pub async fn check(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let strangers = by_name(request, allowed, role_mode::ANONYMOUS).await?;
    let let_in = strangers.is_some_and(|role| role.lets_strangers_in());
    // Who asks to act as nobody is told what they were, unless nobody may do anything.
    if !let_in && role_mode::wants_anonymous(request, allowed) {
        return Err(Failure::forbidden());
    }
    let user = auth::me(request, allowed).await?;
    let held = match &user {
        Some(user) => auth::held_roles(request, allowed, user).await?,
        None => Vec::new(),
    };
    let acting = match allowed.principal().role {
        Some(id) => Some(request.inner.keys.role(allowed, &id.to_string()).await?),
        None => None,
    };
    let everything = acting.as_ref().map_or(allowed.principal().operator, |r| r.root);
    let mode = role_mode::current(&request.inner).await?;
    // A person in no single role acts in all of them.
    let several = acting.is_none() && !held.is_empty() && allowed.principal().key_kind.is_none();
    let union = several && !everything;
    let shown = acting.as_ref().or_else(|| held.iter().find(|r| everything && r.root));
    let doc = match union {
        true => role::merged(&held.iter().map(RoleDoc::of).collect::<Vec<_>>()),
        false => shown.map(RoleDoc::of).unwrap_or_default(),
    };
    let name = match (&acting, everything) {
        (Some(role), _) => Some(role.name.as_str()),
        (None, true) => Some("root"),
        (None, false) => union.then_some(role_mode::UNION),
    };
    // Those the caller acts in, not all that are held.
    let names: Vec<&str> = match union {
        true => held.iter().map(|r| r.name.as_str()).collect(),
        false => name.into_iter().collect(),
    };
    let strategy = match (&doc.strategy, everything) {
        (None, true) => json!({}),
        (strategy, _) => json!(strategy.clone().unwrap_or_default()),
    };
    let (actions, resources) = collection_actions(&doc, allowed.catalog(), &StoredScopes(allowed.catalog()));
    let data = json!({
        "role": name,
        "roles": names,
        "roleMode": mode.name(),
        "allowAll": everything,
        "allowConfigure": everything || doc.allow_configure == Some(true),
        "strategy": strategy,
        "actions": actions,
        "snippets": doc.snippets_shown(),
        "resources": resources,
        "availableActions": role::available_names(),
        "actionAlias": role::aliases_json(),
        "allowMenuItemIds": [],
        "uiButtonSchemasBlacklist": [],
        "allowAnonymous": let_in,
    });
    Ok(Answer::Meta { data, meta: json!({ "dataSources": {} }) })
}

/// `availableActions:list`: what a role can be given for a collection.
pub async fn available_actions(_: &Request, _: &Allowed) -> Result<Answer, Failure> {
    Ok(Answer::Data(Value::Array(role::available())))
}

/// The role an association path begins with.
pub async fn source(request: &Request, allowed: &Allowed) -> Result<Role, Failure> {
    let name = request.source()?;
    by_name(request, allowed, name).await?.ok_or_else(Failure::not_found)
}

pub async fn by_name(request: &Request, allowed: &Allowed, name: &str) -> Result<Option<Role>, Failure> {
    match request.inner.keys.role(allowed, name).await {
        // Ids of the core are no names here.
        Ok(role) => Ok(Some(role).filter(|r| r.name == name)),
        Err(KeysError::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The change that makes `role` mean what `doc` says.
pub fn rewritten(allowed: &Allowed, role: &Role, doc: &RoleDoc) -> Result<RoleChange, Failure> {
    if role.root {
        return Err(Failure::forbidden());
    }
    check_own(role)?;
    Ok(RoleChange {
        grants: Some(role::compile(doc, allowed.catalog(), &StoredScopes(allowed.catalog()))?),
        extra: Some(Some(doc.write_into(role.extra.as_deref()))),
        ..RoleChange::default()
    })
}

/// Whether callers without a token come in by the role. One that was made here for them lets them in unless this
/// says no; one that came from elsewhere does so only when this says yes.
fn let_in(values: &Map<String, Value>) -> Result<Option<bool>, Failure> {
    bool_property(values, "allowAnonymous")
}

/// Giving a role of another interface a document of ours would silently change what it allows.
fn check_own(role: &Role) -> Result<(), Failure> {
    if role::is_foreign(role) {
        return Err(Failure::bad(
            "the permissions of this role were set through another interface and can only be changed there",
        ));
    }
    Ok(())
}

/// Titles are how people choose a role: no two alike.
async fn check_title(
    request: &Request,
    allowed: &Allowed,
    title: Option<&str>,
    of: Option<&Role>,
) -> Result<(), Failure> {
    let Some(title) = title else { return Ok(()) };
    let all = request.inner.keys.roles(allowed).await?;
    let taken = all.iter().any(|r| r.title.as_deref() == Some(title) && of.is_none_or(|o| o.id != r.id));
    if taken { Err(Failure::bad("Role name already exists")) } else { Ok(()) }
}

/// Takes what a body says of a role into its document.
fn apply(doc: &mut RoleDoc, values: &Map<String, Value>) -> Result<(), Failure> {
    match values.get("strategy") {
        None => {}
        Some(Value::Null) => doc.strategy = None,
        Some(strategy) => doc.strategy = Some(strategy_of(strategy)?),
    }
    match values.get("snippets") {
        None | Some(Value::Null) => {}
        Some(Value::Array(items)) => {
            let texts: Option<Vec<String>> = items.iter().map(|i| i.as_str().map(str::to_owned)).collect();
            doc.snippets = texts.ok_or_else(|| Failure::bad("snippets must be a list of texts"))?;
        }
        Some(_) => return Err(Failure::bad("snippets must be a list of texts")),
    }
    if let Some(hidden) = bool_property(values, "hidden")? {
        doc.hidden = hidden;
    }
    if values.contains_key("allowConfigure") {
        doc.allow_configure = bool_property(values, "allowConfigure")?;
    }
    for name in ["color", "allowNewMenu", "allowNewMobileMenu", "sort"] {
        if let Some(value) = values.get(name) {
            doc.more.insert(name.to_owned(), value.clone());
        }
    }
    Ok(())
}

pub fn strategy_of(value: &Value) -> Result<Strategy, Failure> {
    // `actions` may be null or false where nothing is allowed.
    let mut value = value.clone();
    if let Some(actions) = value.get_mut("actions").filter(|a| !a.is_array()) {
        *actions = json!([]);
    }
    serde_json::from_value(value)
        .map_err(|_| Failure::bad("strategy must be an object with a list of actions"))
}
