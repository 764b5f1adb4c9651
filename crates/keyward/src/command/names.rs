//! People write names, the API wants ids: looks up which record is meant. Exact matches only, so that a command
//! never acts on somebody who merely looks similar.

use domain::{RoleId, UserId};
use serde_json::Value;

use crate::{
    client::{Client, query},
    error::Failure,
};

/// The id of a role, by id or name.
pub async fn role(client: &Client, text: &str) -> Result<String, Failure> {
    if text.parse::<RoleId>().is_ok() {
        return Ok(text.to_owned());
    }
    let page = client.get("/v1/roles").await?;
    exactly(&page, |role| is(role, "name", text)).ok_or_else(|| {
        Failure::new(format!("there is no role {text}")).help("keyward roles list shows them all")
    })
}

/// The id of a user, by id, e-mail address or user name.
pub async fn user(client: &Client, text: &str) -> Result<String, Failure> {
    if text.parse::<UserId>().is_ok() {
        return Ok(text.to_owned());
    }
    let search = query(&[("name", Some(text.to_owned())), ("limit", Some("1000".to_owned()))]);
    let page = client.get(&format!("/v1/users{search}")).await?;
    exactly(&page, |user| is(user, "email", text) || is(user, "username", text)).ok_or_else(|| {
        Failure::new(format!("there is no user {text}")).help("keyward users list shows them all")
    })
}

/// An owner as the API writes it; a user may be named by address or name.
pub async fn owner(client: &Client, text: &str) -> Result<String, Failure> {
    if text == "server" || text.starts_with("organization:") {
        return Ok(text.to_owned());
    }
    let named = text.strip_prefix("user:").unwrap_or(text);
    Ok(format!("user:{}", user(client, named).await?))
}

fn exactly(page: &Value, wanted: impl Fn(&Value) -> bool) -> Option<String> {
    let items = page.get("items")?.as_array()?;
    let mut found = items.iter().filter(|item| wanted(item));
    let id = found.next()?.get("id")?.as_str()?.to_owned();
    found.next().is_none().then_some(id)
}

fn is(item: &Value, field: &str, text: &str) -> bool {
    item.get(field).and_then(Value::as_str).is_some_and(|value| value.eq_ignore_ascii_case(text))
}
