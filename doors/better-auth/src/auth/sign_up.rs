//! A new account, signed in at once. Where strangers may not make one, a root key can.

use axum::http::HeaderName;
use domain::{access::Op, limits, secret::Secret};
use keys::{KeysError, NewUser, SignIn, SignedIn};
use serde_json::{Map, Value, json};

use crate::{
    answer::Answer,
    check::{self, Fields},
    failure::{self, Failure},
    kept::with_part,
    origin, record,
    request::Request,
};

pub async fn sign_up(request: &Request) -> Result<Answer, Failure> {
    let (email, password, new, remember) = read(Fields::body_and_record(request.body.as_ref()))?;
    let inner = &request.inner;
    origin::check_sign_in(&request.headers, &inner.settings)?;
    check_password(&password)?;
    let operator = request.operator(Op::UserManage).await;
    let signed_in = match operator {
        None if !inner.settings.signup_open => return Err(failure::EMAIL_PASSWORD_SIGN_UP_DISABLED.into()),
        None => inner.keys.sign_up_and_in(new, request.ip, request.user_agent()).await.map_err(refused)?,
        Some(allowed) => {
            inner.keys.create_user(&allowed, new).await.map_err(refused)?;
            let (ip, user_agent) = (request.ip, request.user_agent());
            inner.keys.sign_in(SignIn { account: email, password, ip, user_agent }).await?
        }
    };
    answer(request, signed_in, remember, |token, user| json!({ "token": token, "user": user })).await
}

fn read(mut fields: Fields<'_>) -> Result<(String, Secret, NewUser, bool), Failure> {
    let name = fields.text("name");
    let email = fields.text("email");
    if fields.any("email").is_some_and(Value::is_string) && !check::is_email(email) {
        fields.refuse("email", "Invalid email address");
    }
    let password = Secret::new(fields.text_of_some("password"));
    let image = fields.maybe_text("image");
    fields.maybe_text("callbackURL");
    let remember = fields.flag("rememberMe").unwrap_or(true);
    if name.chars().count() > limits::NAME_CHARS_MAX {
        fields.refuse(
            "name",
            &format!("Too big: expected string to have <={} characters", limits::NAME_CHARS_MAX),
        );
    }
    fields.finish()?;
    let part = image.map(|image| Value::Object(Map::from_iter([("image".to_owned(), Value::from(image))])));
    let new = NewUser {
        email: Some(email.to_owned()),
        name: Some(name.to_owned()).filter(|name| !name.trim().is_empty()),
        password: Some(password.clone()),
        extra: with_part(None, part),
        ..NewUser::default()
    };
    Ok((email.to_owned(), password, new, remember))
}

/// The original's words for passwords that cannot be.
pub fn check_password(password: &Secret) -> Result<(), Failure> {
    match password.expose().chars().count() {
        n if n < limits::PASSWORD_CHARS_MIN => Err(failure::PASSWORD_TOO_SHORT.into()),
        n if n > limits::PASSWORD_CHARS_MAX => Err(failure::PASSWORD_TOO_LONG.into()),
        _ => Ok(()),
    }
}

fn refused(error: KeysError) -> Failure {
    match error {
        KeysError::NotAllowed(_) => failure::EMAIL_PASSWORD_SIGN_UP_DISABLED.into(),
        other => other.into(),
    }
}

const ONE_DAY_S: i64 = 86_400;

/// The answer to who has just signed in, with cookie and token.
pub async fn answer(
    request: &Request,
    signed_in: SignedIn,
    remember: bool,
    body: impl FnOnce(&str, Value) -> Value,
) -> Result<Answer, Failure> {
    let SignedIn { session, user, token } = signed_in;
    if !remember {
        // Not remembered: a day, and no longer than the browser is open.
        let allowed = super::sessions::proof(request, &token).await?;
        let end = session.created_at.plus(ONE_DAY_S * 1_000);
        request.inner.keys.set_session_end(&allowed, session.id, end).await?;
    }
    let max_age_s = remember.then_some(limits::SESSION_LIFE_MS / 1_000);
    let answer = Answer::new(body(token.expose(), record::user(&user)));
    Ok(answer.headers(request.inner.signer.begin(&token, max_age_s)))
}

pub const LOCATION: HeaderName = axum::http::header::LOCATION;
