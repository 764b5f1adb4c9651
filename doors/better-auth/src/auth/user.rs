//! What people change about themselves: name, image, password. Never through a key.

use domain::{limits::SESSION_LIFE_MS, secret::Secret};
use keys::{KeysError, UserChange};
use serde_json::{Value, json};

use super::{sessions::done, sign_up::check_password};
use crate::{
    answer::Answer,
    check::Fields,
    failure::{self, Failure},
    kept::with_part,
    record,
    request::{Request, user_of},
};

pub async fn update(request: &Request) -> Result<Answer, Failure> {
    let mut fields = Fields::record(request.body.as_ref());
    let name = fields.maybe_text("name");
    let image = fields.text_or_null("image");
    let email = fields.any("email").is_some();
    fields.finish()?;
    let (allowed, token) = request.in_person()?;
    if email {
        return Err(failure::EMAIL_CAN_NOT_BE_UPDATED.into());
    }
    if name.is_none() && image.is_none() {
        return Err(Failure::words(400, "No fields to update", None));
    }
    let keys = &request.inner.keys;
    let extra = match image {
        None => None,
        Some(image) => {
            let user = keys.me(allowed).await?;
            let mut part = record::user_part(user.extra.as_deref());
            part.insert("image".to_owned(), image.map_or(Value::Null, Value::from));
            Some(with_part(user.extra.as_deref(), Some(Value::Object(part))))
        }
    };
    let name = name.map(|name| Some(name.to_owned()).filter(|name| !name.trim().is_empty()));
    let change = UserChange { name, extra, ..UserChange::default() };
    keys.update_user(allowed, user_of(allowed)?, change).await?;
    // The original carries user data in the cookie and sends it anew; here it is the same one again.
    let forgets = request.inner.signer.forgets(&request.headers);
    let max_age_s = (!forgets).then_some(SESSION_LIFE_MS / 1_000);
    Ok(done().headers(request.inner.signer.begin(token, max_age_s)))
}

pub async fn change_password(request: &Request) -> Result<Answer, Failure> {
    let mut fields = request.body();
    let new = Secret::new(fields.text("newPassword"));
    let old = Secret::new(fields.text("currentPassword"));
    let revoke_others = fields.flag("revokeOtherSessions").unwrap_or(false);
    fields.finish()?;
    let (allowed, _) = request.in_person()?;
    check_password(&new)?;
    let keys = &request.inner.keys;
    let changed = match revoke_others {
        true => keys.change_password(allowed, old, new).await,
        false => keys.change_password_only(allowed, old, new).await,
    };
    changed.map_err(|error| match error {
        KeysError::WrongCredentials => failure::INVALID_PASSWORD.into(),
        other => Failure::from(other),
    })?;
    let user = keys.me(allowed).await?;
    if !revoke_others {
        return Ok(Answer::new(json!({ "token": null, "user": record::user(&user) })));
    }
    // All sessions have ended, this one too: go on in a new one.
    let signed_in = keys.another_session(allowed, request.user_agent()).await?;
    let token = &signed_in.token;
    let body = json!({ "token": token.expose(), "user": record::user(&user) });
    Ok(Answer::new(body).headers(request.inner.signer.begin(token, Some(SESSION_LIFE_MS / 1_000))))
}

/// Nobody deletes their account here, as in the original unless it is told otherwise: who is signed in finds nothing.
pub async fn delete(request: &Request) -> Result<Answer, Failure> {
    let mut fields = request.body();
    for name in ["callbackURL", "password", "token"] {
        fields.maybe_text(name);
    }
    fields.finish()?;
    request.signed_in()?;
    Err(Failure::nothing_here())
}
