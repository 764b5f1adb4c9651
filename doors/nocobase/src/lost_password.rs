//! A new password for who lost the old one: `auth:lostPassword`, `auth:checkResetToken`, `auth:resetPassword`. Open
//! to everybody, and so it tells nobody who has an account: whatever address is named, the answer is the same, comes
//! before anything is looked up, and a letter, if there is one to send, goes its way afterwards.

use std::sync::Arc;

use axum::http::StatusCode;
use domain::{secret::Secret, user::User};
use http_kit::mail::{Letter, SharedPostman};
use keys::{KeysError, PasswordLink};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::{
    answer::Answer,
    authenticators,
    failure::Failure,
    locale::{self, Language},
    page,
    request::{Request, text_property},
    state::Inner,
};

/// Letters on their way at once; who asks for more of them is asked to come back.
pub const LETTERS_MAX: usize = 32;
const RETRY_AFTER_MS: i64 = 10_000;

/// How letters leave, and the page a link in them opens.
#[derive(Clone)]
pub struct Mail {
    pub postman: SharedPostman,
    pub links: ResetPage,
}

/// The page a link opens. Never what a request says: a link to another page would hand the password to it. Addresses
/// have no slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResetPage {
    /// Of an application with a page of its own for it: `https://app.example`.
    Application(String),
    /// Ours, of the server with this address.
    Own(String),
}

impl ResetPage {
    /// What opens it with this token. Our page takes it from the part of the address no server is sent.
    pub fn link(&self, token: &Secret, way: &str) -> String {
        let page = match self {
            Self::Application(base) => format!("{base}/"),
            Self::Own(base) => format!("{base}{}#/", page::ROOT),
        };
        format!("{page}reset-password?resetToken={}&name={way}", token.expose())
    }
}

/// `auth:lostPassword`.
pub async fn lost(request: &Request) -> Result<Answer, Failure> {
    let inner = &request.inner;
    let Some(mail) = &inner.settings.mail else {
        return Err(Failure::bad(
            "Passwords cannot be reset by email here. Please ask an administrator for a new one",
        ));
    };
    let email = text_property(&request.values()?, "email")?.flatten().unwrap_or_default();
    let email = email.trim().to_owned();
    if email.is_empty() {
        return Err(Failure::bad("Please fill in your email address"));
    }
    if !looks_like_address(&email) {
        return Err(Failure::bad("Incorrect email format"));
    }
    let way = authenticators::chosen(request).await?;
    if !way.allows_reset(true) {
        return Err(Failure::new(StatusCode::FORBIDDEN, "Not allowed to reset password", None));
    }
    let busy = || KeysError::TooManyAttempts { retry_after_ms: RETRY_AFTER_MS };
    let turn = Arc::clone(&inner.letters).try_acquire_owned().map_err(|_| busy())?;
    inner.keys.count_lost_password(&email, request.ip)?;
    let asked = Asked {
        inner: Arc::clone(inner),
        mail: mail.clone(),
        email,
        way: way.name,
        language: request.language(),
    };
    tokio::spawn(async move {
        asked.write_and_send().await;
        drop(turn);
    });
    Ok(Answer::Data(Value::Null))
}

/// `auth:checkResetToken`: whether a link is still good for something.
pub async fn check(request: &Request) -> Result<Answer, Failure> {
    match request.inner.keys.password_link_holds(&token(request)?).await? {
        true => Ok(Answer::Data(json!(true))),
        false => Err(over()),
    }
}

/// `auth:resetPassword`.
pub async fn reset(request: &Request) -> Result<Answer, Failure> {
    let token = token(request)?;
    let values = request.values()?;
    let password = text_property(&values, "password")?.flatten().unwrap_or_default();
    match request.inner.keys.use_password_link(&token, Secret::new(password)).await {
        Ok(_) => Ok(Answer::Data(Value::Null)),
        Err(KeysError::WrongCredentials) => Err(over()),
        Err(error) => Err(error.into()),
    }
}

fn token(request: &Request) -> Result<Secret, Failure> {
    let text = text_property(&request.values()?, "resetToken")?.flatten().unwrap_or_default();
    Ok(Secret::new(text))
}

fn over() -> Failure {
    Failure::new(StatusCode::UNAUTHORIZED, "Token expired", None)
}

/// Enough of one to be looked for; the letter goes to what the account says, not to this.
fn looks_like_address(text: &str) -> bool {
    let parts = text.split_once('@');
    let plain = text.len() <= 254 && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    plain && parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
}

/// What remains to be done when the answer is on its way.
struct Asked {
    inner: Arc<Inner>,
    mail: Mail,
    email: String,
    way: String,
    language: Language,
}

impl Asked {
    async fn write_and_send(&self) {
        let (user, link) = match self.inner.keys.password_link_for(&self.email).await {
            Ok(Some(found)) => found,
            Ok(None) => return tracing::info!("a letter was asked for that nobody gets"),
            Err(error) => return tracing::warn!(%error, "a letter about a lost password was not written"),
        };
        let Some(letter) = self.letter(&user, &link) else { return };
        match self.mail.postman.send(letter).await {
            Ok(()) => tracing::info!(user = %user.id, "sent a letter about a lost password"),
            Err(error) => {
                tracing::warn!(user = %user.id, %error, "a letter about a lost password was not sent")
            }
        }
    }

    fn letter(&self, user: &User, link: &PasswordLink) -> Option<Letter> {
        let words = locale::letter(self.language);
        let address = self.mail.links.link(&link.token, &self.way);
        let to = user.email.clone()?;
        // Nothing an account says of itself: a stranger may have made it for this address, and would be writing here.
        let text = words.text.replace("{link}", &address);
        Some(Letter { to, subject: words.subject.to_owned(), text })
    }
}

pub fn letters() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(LETTERS_MAX))
}
