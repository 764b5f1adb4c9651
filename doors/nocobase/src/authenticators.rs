//! Ways to sign in, by name. All of them are a name or address and a password here; they differ in what they let
//! strangers do, and never open what the operator has shut. For who may change the server itself.

mod way;

use domain::decision::Allowed;
use serde_json::{Map, Value, json};

pub use way::{PASSWORD_TYPE, Way};

use crate::{
    answer::Answer,
    auth, cookies,
    failure::Failure,
    memory,
    request::{Request, text_property},
    state::Inner,
};

/// Under which name the server keeps them.
const SETTING: &str = "nocobase.authenticators";
const WAYS_MAX: usize = 32;

/// All there are, in their order. At least one is enabled.
pub async fn all(inner: &Inner) -> Result<Vec<Way>, Failure> {
    let kept = inner.keys.setting(SETTING).await?;
    let ways: Option<Vec<Way>> = kept.and_then(|text| serde_json::from_str(&text).ok());
    Ok(ways.filter(|ways| ways.iter().any(|way| way.enabled)).unwrap_or_else(|| vec![Way::basic()]))
}

/// The way a request names, or the first there is: a name nobody knows is none.
pub async fn chosen(request: &Request) -> Result<Way, Failure> {
    let header = request.headers.get("x-authenticator").and_then(|value| value.to_str().ok());
    let named = header.filter(|name| !name.is_empty());
    let named = named.or_else(|| cookies::authenticator(&request.inner, &request.headers));
    let enabled: Vec<Way> = all(&request.inner).await?.into_iter().filter(|way| way.enabled).collect();
    let first = enabled.first().cloned();
    let found = enabled.into_iter().find(|way| Some(way.name.as_str()) == named);
    Ok(found.or(first).unwrap_or_else(Way::basic))
}

/// `authenticators:publicList`: what a page for signing in shows.
pub async fn public_list(request: &Request) -> Result<Answer, Failure> {
    let inner = &request.inner;
    let ways = all(inner).await?.into_iter().filter(|way| way.enabled);
    Ok(Answer::Data(
        ways.map(|way| way.public(inner.keys.signup_open(), inner.settings.mail.is_some())).collect(),
    ))
}

/// `authenticators:listTypes`.
pub async fn list_types(_: &Request, _: &Allowed) -> Result<Answer, Failure> {
    Ok(Answer::Data(json!([{ "name": PASSWORD_TYPE, "title": "Password" }])))
}

pub async fn list(request: &Request, _: &Allowed) -> Result<Answer, Failure> {
    let rows: Vec<_> = all(&request.inner).await?.iter().map(Way::shown).collect();
    memory::known(request, &rows)?;
    memory::list(request, rows)
}

pub async fn get(request: &Request, _: &Allowed) -> Result<Answer, Failure> {
    let ways = all(&request.inner).await?;
    let Some(key) = request.params.target_key()? else {
        return memory::first(request, ways.iter().map(Way::shown).collect());
    };
    let found = ways.iter().find(|way| way.id.to_string() == key);
    Ok(Answer::Data(found.map_or(Value::Null, |way| Value::Object(way.shown()))))
}

pub async fn create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let values = request.values()?;
    let by = auth::me(request, allowed).await?.map(|user| user.num);
    let _editing = request.inner.editing.lock().await;
    let mut ways = all(&request.inner).await?;
    if ways.len() >= WAYS_MAX {
        return Err(Failure::bad(format!("there can be at most {WAYS_MAX} authenticators")));
    }
    let last = |number: fn(&Way) -> i64| ways.iter().map(number).max().unwrap_or(0);
    let now = request.inner.clock.now().rfc3339();
    let mut way = Way { id: last(|way| way.id) + 1, sort: last(|way| way.sort) + 1, ..Way::new(now, by) };
    change(&mut way, &values)?;
    if way.name.is_empty() {
        return Err(Failure::bad("name is required"));
    }
    if way.auth_type.is_empty() {
        return Err(Failure::bad("authType is required"));
    }
    let shown = way.shown();
    ways.push(way);
    keep(request, allowed, &ways).await?;
    Ok(Answer::Data(Value::Object(shown)))
}

pub async fn update(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let key = request.key()?;
    let values = request.values()?;
    let by = auth::me(request, allowed).await?.map(|user| user.num);
    let _editing = request.inner.editing.lock().await;
    let mut ways = all(&request.inner).await?;
    let Some(way) = ways.iter_mut().find(|way| way.id.to_string() == key) else {
        return Ok(Answer::Data(json!([])));
    };
    change(way, &values)?;
    way.updated_at = request.inner.clock.now().rfc3339();
    way.updated_by = by;
    let shown = way.shown();
    keep(request, allowed, &ways).await?;
    Ok(Answer::Data(json!([shown])))
}

pub async fn destroy(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let keys = request.params.target_keys()?.ok_or_else(|| request.needs_a_target())?;
    let named = |way: &Way| keys.iter().any(|key| key.as_str() == Some(way.id.to_string().as_str()));
    let _editing = request.inner.editing.lock().await;
    let ways = all(&request.inner).await?;
    let (gone, left): (Vec<Way>, Vec<Way>) = ways.into_iter().partition(named);
    if !gone.is_empty() {
        keep(request, allowed, &left).await?;
    }
    Ok(Answer::Data(json!(gone.len())))
}

/// What the values say of a way to sign in. Nothing is kept here.
fn change(way: &mut Way, values: &Map<String, Value>) -> Result<(), Failure> {
    if let Some(name) = text_property(values, "name")? {
        way.name = name.filter(|name| way::is_name(name)).ok_or_else(|| {
            Failure::bad("name must be 1 to 64 letters, digits and the characters - _ . only")
        })?;
    }
    if let Some(auth_type) = text_property(values, "authType")? {
        way.auth_type = auth_type.unwrap_or_default();
        way::check_type(&way.auth_type)?;
    }
    if let Some(title) = text_property(values, "title")? {
        way.title = title.map(|title| way::line("title", title)).transpose()?;
    }
    if let Some(description) = text_property(values, "description")? {
        way.description = way::line("description", description.unwrap_or_default())?;
    }
    match values.get("enabled") {
        None => {}
        Some(Value::Bool(enabled)) => way.enabled = *enabled,
        Some(Value::Null) => way.enabled = false,
        Some(_) => return Err(Failure::bad("enabled must be true or false")),
    }
    match values.get("options") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Object(options)) => {
            way.options = way::checked_options(options)?;
            Ok(())
        }
        Some(_) => Err(Failure::bad("options must be an object")),
    }
}

/// Nobody can shut everybody out, by mistake or on purpose.
async fn keep(request: &Request, allowed: &Allowed, ways: &[Way]) -> Result<(), Failure> {
    if !ways.iter().any(|way| way.enabled) {
        return Err(Failure::bad("Please keep and enable at least one authenticator"));
    }
    let mut names: Vec<&str> = ways.iter().map(|way| way.name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(Failure::bad("name already exists"));
    }
    let text = serde_json::to_string(ways).map_err(|_| Failure::bad("options cannot be kept"))?;
    Ok(request.inner.keys.set_server_setting(allowed, SETTING, &text).await?)
}
