//! The signed session cookie: `<token>.<base64 HMAC-SHA-256>`, URL-encoded. A signature that does not hold is
//! no credential; it is never an error.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCESS_CONTROL_EXPOSE_HEADERS, SET_COOKIE},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::transport::{percent_decode, percent_encode};

const SET_AUTH_TOKEN: HeaderName = HeaderName::from_static("set-auth-token");

const SESSION: &str = "session_token";
const CACHE: &str = "session_data";
const DONT_REMEMBER: &str = "dont_remember";
/// Beginning of all cookie names, unless another one is set.
pub const PREFIX: &str = "better-auth";

/// Signs and reads the cookies of one server.
#[derive(Clone)]
pub struct Signer {
    keyed: Option<Hmac<Sha256>>,
    /// Beginning of the cookies' names.
    prefix: String,
    secure: bool,
    /// A bearer without a signature is none.
    signed_only: bool,
}

impl Signer {
    /// `secure`: people reach the server over https.
    pub fn new(secret: &Secret, secure: bool) -> Self {
        // HMAC takes keys of any length, so this is never `None`.
        let keyed = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).ok();
        Self { keyed, prefix: PREFIX.to_owned(), secure, signed_only: false }
    }

    pub fn named(self, prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..self }
    }

    pub fn signed_only(self, signed_only: bool) -> Self {
        Self { signed_only, ..self }
    }

    /// `<token>.<signature>`.
    pub fn sign(&self, token: &str) -> String {
        let signature = self.keyed.clone().map(|mut mac| {
            mac.update(token.as_bytes());
            STANDARD.encode(mac.finalize().into_bytes())
        });
        format!("{token}.{}", signature.unwrap_or_default())
    }

    /// The token of a signed value, when the signature holds.
    pub fn open(&self, signed: &str) -> Option<Secret> {
        let (token, signature) = signed.rsplit_once('.')?;
        let bytes = STANDARD.decode(signature).ok()?;
        let mut mac = self.keyed.clone()?;
        mac.update(token.as_bytes());
        // In constant time.
        mac.verify_slice(&bytes).ok()?;
        Some(Secret::new(token))
    }

    /// A bearer: the signed form, plain or URL-encoded, or else the token alone where that is enough.
    pub fn bearer(&self, text: &str) -> Option<Secret> {
        if !text.contains('.') {
            return Some(Secret::new(text)).filter(|_| !self.signed_only);
        }
        self.open(text).or_else(|| self.open(&percent_decode(text)))
    }

    /// The token of the session cookie.
    pub fn session(&self, headers: &HeaderMap) -> Option<Secret> {
        let value = http_kit::cookie::get(headers, &self.name(SESSION))?;
        self.open(&percent_decode(value))
    }

    /// Whether the session was begun without being remembered.
    pub fn forgets(&self, headers: &HeaderMap) -> bool {
        let value = http_kit::cookie::get(headers, &self.name(DONT_REMEMBER));
        value.and_then(|value| self.open(&percent_decode(value))).is_some_and(|said| said.expose() == "true")
    }

    /// What goes with a new or a prolonged session. `max_age_s: None`: until the browser is closed.
    pub fn begin(&self, token: &Secret, max_age_s: Option<i64>) -> Vec<(HeaderName, HeaderValue)> {
        let signed = self.sign(token.expose());
        let mut out = vec![self.set(SESSION, &percent_encode(&signed), max_age_s)];
        if max_age_s.is_none() {
            out.push(self.set(DONT_REMEMBER, &percent_encode(&self.sign("true")), None));
        }
        let mut headers: Vec<_> = out.into_iter().flatten().map(|value| (SET_COOKIE, value)).collect();
        if let Ok(mut value) = HeaderValue::from_str(&signed) {
            value.set_sensitive(true);
            headers.push((SET_AUTH_TOKEN, value));
            headers.push((ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("set-auth-token")));
        }
        headers
    }

    /// Three cookies that are over.
    pub fn end(&self) -> Vec<(HeaderName, HeaderValue)> {
        let names = [SESSION, CACHE, DONT_REMEMBER];
        names.iter().filter_map(|name| self.set(name, "", Some(0))).map(|value| (SET_COOKIE, value)).collect()
    }

    fn name(&self, name: &str) -> String {
        let secure = if self.secure { "__Secure-" } else { "" };
        format!("{secure}{}.{name}", self.prefix)
    }

    fn set(&self, name: &str, value: &str, max_age_s: Option<i64>) -> Option<HeaderValue> {
        let age = max_age_s.map(|s| format!("Max-Age={s}; ")).unwrap_or_default();
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!("{}={value}; {age}Path=/; HttpOnly{secure}; SameSite=Lax", self.name(name));
        let mut header = HeaderValue::try_from(text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "DRMe1Hi8yoXT2jBC0y8gxYM27aeFf2i7";

    fn signer() -> Signer {
        Signer::new(&Secret::new("a-secret-of-sufficient-length-0123456789"), false)
    }

    #[test]
    fn the_cookie_is_the_one_the_original_makes() {
        let headers = signer().begin(&Secret::new(TOKEN), Some(604_800));
        let want = "better-auth.session_token=DRMe1Hi8yoXT2jBC0y8gxYM27aeFf2i7.\
                    eLLS5uNzALEaTBG9w8b1wnHYAXpbyt%2B6Ma%2Filje9KXw%3D; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax";
        assert_eq!(headers[0].1.to_str().unwrap(), want);
        assert_eq!(headers[1].1.to_str().unwrap(), signer().sign(TOKEN));
    }

    #[test]
    fn a_signature_that_does_not_hold_opens_nothing() {
        let signed = signer().sign(TOKEN);
        assert_eq!(signer().open(&signed).unwrap().expose(), TOKEN);
        for broken in [signed.replace("eLLS", "eLLT"), format!("x{signed}"), TOKEN.to_owned(), String::new()]
        {
            assert!(signer().open(&broken).is_none(), "{broken}");
        }
        assert_eq!(signer().bearer(&percent_encode(&signed)).unwrap().expose(), TOKEN);
        assert_eq!(signer().bearer(TOKEN).unwrap().expose(), TOKEN);
        assert!(signer().bearer(&format!("{signed}x")).is_none());
    }

    #[test]
    fn where_signatures_are_asked_for_a_token_alone_is_nothing() {
        let signer = signer().signed_only(true);
        assert!(signer.bearer(TOKEN).is_none());
        assert_eq!(signer.bearer(&signer.sign(TOKEN)).unwrap().expose(), TOKEN);
    }

    #[test]
    fn cookies_have_the_names_they_are_given() {
        let signer = signer().named("shop");
        let headers = signer.begin(&Secret::new(TOKEN), None);
        let cookie = headers[0].1.to_str().unwrap().split(';').next().unwrap();
        assert!(cookie.starts_with("shop.session_token="), "{cookie}");
        let mut sent = HeaderMap::new();
        sent.insert("cookie", cookie.parse().unwrap());
        assert_eq!(signer.session(&sent).unwrap().expose(), TOKEN);
        sent.insert("cookie", cookie.replace("shop.", "better-auth.").parse().unwrap());
        assert!(signer.session(&sent).is_none());
    }

    #[test]
    fn over_https_the_names_say_so_and_the_cookies_are_secure() {
        let signer = Signer::new(&Secret::new("s"), true);
        let text = signer.begin(&Secret::new("t"), None);
        let first = text[0].1.to_str().unwrap();
        assert!(first.starts_with("__Secure-better-auth.session_token=t."), "{first}");
        assert!(first.contains("; Secure") && !first.contains("Max-Age"));
        assert!(text[1].1.to_str().unwrap().starts_with("__Secure-better-auth.dont_remember=true."));
    }
}
