//! Signing in and out. An unknown account and a wrong password are the same answer after the same work.

use domain::secret::Secret;
use keys::{KeysError, SignIn};
use serde_json::{Map, Value, json};

use super::sign_up::{self, LOCATION};
use crate::{
    answer::Answer,
    caller::Who,
    check,
    failure::{self, Failure},
    origin,
    request::Request,
};

pub async fn sign_in(request: &Request) -> Result<Answer, Failure> {
    let mut fields = request.body();
    let email = fields.text("email");
    let password = Secret::new(fields.text("password"));
    let callback = fields.maybe_text("callbackURL");
    let remember = fields.flag("rememberMe").unwrap_or(true);
    fields.finish()?;
    origin::check_sign_in(&request.headers, &request.inner.settings)?;
    if !check::is_email(email) {
        return Err(failure::INVALID_EMAIL.into());
    }
    let sign_in =
        SignIn { account: email.to_owned(), password, ip: request.ip, user_agent: request.user_agent() };
    let signed_in = request.inner.keys.sign_in(sign_in).await.map_err(|error| match error {
        KeysError::WrongCredentials | KeysError::Invalid { .. } => failure::INVALID_EMAIL_OR_PASSWORD.into(),
        other => Failure::from(other),
    })?;
    let leads_on = callback.filter(|url| !url.is_empty());
    let answer = sign_up::answer(request, signed_in, remember, |token, user| {
        let mut body = Map::new();
        body.insert("redirect".to_owned(), Value::Bool(leads_on.is_some()));
        body.insert("token".to_owned(), Value::from(token));
        if let Some(url) = callback {
            body.insert("url".to_owned(), Value::from(url));
        }
        body.insert("user".to_owned(), user);
        Value::Object(body)
    })
    .await?;
    Ok(match leads_on {
        Some(url) => answer.header(LOCATION, url),
        None => answer,
    })
}

/// Also for who was not signed in; a body may be missing, but is an object.
pub async fn sign_out(request: &Request) -> Result<Answer, Failure> {
    if request.body.is_some() {
        request.body().finish()?;
    }
    if let Who::Session { allowed, token } = &request.caller.who {
        match request.inner.keys.sign_out(allowed, token).await {
            Ok(()) | Err(KeysError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Answer::new(json!({ "success": true })).headers(request.inner.signer.end()))
}
