//! Signing in and out, and who one is.

use axum::http::StatusCode;
use domain::{
    decision::Allowed,
    secret::Secret,
    user::{Role, User},
};
use keys::{KeysError, NewUser, SignIn};
use serde_json::{Map, Value, json};

use crate::{
    answer::Answer,
    authenticators::{self, Way},
    cookies,
    failure::Failure,
    request::{Request, text_property},
    users,
};

/// Open to everybody.
pub async fn sign_in(request: &Request) -> Result<Answer, Failure> {
    let values = request.values()?;
    let mut account = None;
    for name in ["account", "email", "username"] {
        account = account.or(text_property(&values, name)?.flatten());
    }
    let account = account
        .filter(|a| !a.trim().is_empty())
        .ok_or_else(|| Failure::bad("Please enter your username or email"))?;
    let password = text_property(&values, "password")?.flatten().unwrap_or_default();
    let user_agent = request.headers.get("user-agent").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let sign_in = SignIn {
        account: account.trim().to_owned(),
        password: Secret::new(password),
        ip: request.ip,
        user_agent,
    };
    let way = authenticators::chosen(request).await?;
    let policy = &request.inner.settings.tokens;
    let life_ms = policy.session_ms.min(policy.token_ms + policy.renewal_ms);
    let signed_in = request.inner.keys.sign_in_for(sign_in, life_ms).await?;
    let cookies = cookies::begun(request, &signed_in.user, &signed_in.token, &way.name);
    let answer = Answer::Data(json!({
        "user": users::shown(&signed_in.user),
        "token": signed_in.token.expose(),
    }));
    Ok(Answer::With(Box::new(answer), cookies))
}

/// `auth:syncCookies`: the cookies of a sign-in that has none yet. A key never gets any.
pub async fn sync_cookies(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let cookies = match (&request.session, me(request, allowed).await?) {
        (Some(token), Some(user)) => {
            let way = authenticators::chosen(request).await?;
            cookies::begun(request, &user, token, &way.name)
        }
        _ => Vec::new(),
    };
    let answer = Answer::Data(json!({ "synced": !cookies.is_empty() }));
    Ok(Answer::With(Box::new(answer), cookies))
}

/// Open to everybody, and closed by default.
pub async fn sign_up(request: &Request) -> Result<Answer, Failure> {
    let values = request.values()?;
    let password = text_property(&values, "password")?.flatten();
    if let Some(again) = text_property(&values, "confirm_password")?.flatten()
        && Some(again) != password
    {
        return Err(Failure::bad("The password is inconsistent, please re-enter"));
    }
    let shut = || Failure { errors: Failure::bad("Not allowed to sign up").errors, ..Failure::forbidden() };
    let way = authenticators::chosen(request).await?;
    if !way.allows_sign_up(request.inner.keys.signup_open()) {
        return Err(shut());
    }
    let values = filled_form(&way, values)?;
    let new = NewUser {
        email: text_property(&values, "email")?.flatten(),
        username: text_property(&values, "username")?.flatten(),
        name: text_property(&values, "nickname")?.flatten(),
        password: password.map(Secret::new),
        ..NewUser::default()
    };
    match request.inner.keys.sign_up(new).await {
        Ok(_) => Ok(Answer::Empty),
        Err(KeysError::NotAllowed(_)) => Err(shut()),
        Err(error) => Err(error.into()),
    }
}

/// What the form of this way to sign in asks for, all that it must have, and nothing else.
fn filled_form(way: &Way, mut values: Map<String, Value>) -> Result<Map<String, Value>, Failure> {
    if !way.has_form() {
        return Ok(values);
    }
    let form = way.form();
    for (name, _) in form.iter().filter(|(_, required)| *required) {
        if text_property(&values, name)?.flatten().is_none_or(|text| text.trim().is_empty()) {
            return Err(Failure::bad(match *name {
                "username" => "Please enter a valid username".to_owned(),
                "email" => "Please enter a valid email address".to_owned(),
                other => format!("Please enter {other}"),
            }));
        }
    }
    values.retain(|name, _| form.iter().any(|(asked, _)| asked == name));
    Ok(values)
}

/// Ends the session; with a key as the credential, that key.
pub async fn sign_out(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let ended = if allowed.principal().key.is_some() {
        request.inner.keys.revoke_self(allowed).await
    } else {
        let token = request.session.clone().unwrap_or(Secret::new(""));
        request.inner.keys.sign_out(allowed, &token).await
    };
    match ended {
        // It was over already, or is a credential that no record stands behind.
        Ok(()) | Err(KeysError::NotFound) => {
            let cookies = cookies::ended(&request.inner, &request.headers);
            Ok(Answer::With(Box::new(Answer::Empty), cookies))
        }
        Err(error) => Err(error.into()),
    }
}

pub async fn check(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let Some(user) = me(request, allowed).await? else {
        // A key of nobody in particular.
        return Ok(Answer::Data(json!({})));
    };
    let held = held_roles(request, allowed, &user).await?;
    let mut shown = users::shown(&user);
    shown.insert(
        "roles".to_owned(),
        held.iter().map(|role| Value::Object(users::held_by(&user, role))).collect(),
    );
    Ok(Answer::Data(Value::Object(shown)))
}

pub async fn change_password(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    if allowed.principal().key.is_some() {
        return Err(Failure::forbidden());
    }
    let values = request.values()?;
    let text = |name| text_property(&values, name).map(|t| t.flatten().unwrap_or_default());
    let (old, new, again) = (text("oldPassword")?, text("newPassword")?, text("confirmPassword")?);
    if new != again {
        return Err(Failure::bad("The password is inconsistent, please re-enter"));
    }
    match request.inner.keys.change_password(allowed, Secret::new(old), Secret::new(new)).await {
        Ok(()) => Ok(Answer::Data(Value::Object(users_shown(request, allowed).await?))),
        Err(KeysError::WrongCredentials) => {
            let message = "The password is incorrect, please re-enter";
            Err(Failure::new(StatusCode::UNAUTHORIZED, message, None))
        }
        Err(error) => Err(error.into()),
    }
}

async fn users_shown(request: &Request, allowed: &Allowed) -> Result<Map<String, Value>, Failure> {
    Ok(me(request, allowed).await?.as_ref().map(users::shown).unwrap_or_default())
}

/// The user the request acts as.
pub async fn me(request: &Request, allowed: &Allowed) -> Result<Option<User>, Failure> {
    match request.inner.keys.me(allowed).await {
        Ok(user) => Ok(Some(user)),
        Err(KeysError::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

pub async fn held_roles(request: &Request, allowed: &Allowed, user: &User) -> Result<Vec<Role>, Failure> {
    let all = request.inner.keys.roles(allowed).await?;
    Ok(all.into_iter().filter(|role| user.roles.contains(&role.id)).collect())
}
