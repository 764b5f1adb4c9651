//! The token of an API key: an HS256 JWT of the shape people decode, signed with APP_KEY as the string
//! stands. The signature only proves that we (or the NocoBase we took over) made it; whether the key is
//! alive is the guard's look-up by digest. Reads no clock: `exp` is judged by the `now` it is given.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Entropy, Millis,
    secret::{Secret, random_text},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation, crypto};
use serde::{Deserialize, Serialize};

/// The beginning people know tokens by: the order of the members is part of the shape.
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
/// 22 characters of 62 are 130 bits.
const JTI_CHARS: usize = 22;
const JTI_ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Signs and checks tokens.
#[derive(Clone)]
pub struct Signer {
    encoding: EncodingKey,
    decoding: DecodingKey,
    /// Of somebody whose tokens are read besides our own.
    other: Option<DecodingKey>,
    validation: Validation,
}

/// What an issued token says. Field order is the order on the wire.
#[derive(Debug, Serialize)]
struct Issued<'a> {
    #[serde(rename = "userId")]
    user_id: i64,
    #[serde(rename = "roleName")]
    role_name: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
}

/// What of a presented token is looked at. Other claims are the business of whoever made it.
#[derive(Clone, Debug, Deserialize)]
struct Presented {
    exp: Option<serde_json::Number>,
    nbf: Option<serde_json::Number>,
}

/// What a token says about itself; for imports, which judge it once.
#[derive(Clone, Debug, Deserialize)]
pub struct Claims {
    #[serde(rename = "userId")]
    pub user: Option<serde_json::Number>,
    #[serde(rename = "roleName")]
    pub role: Option<String>,
    pub exp: Option<serde_json::Number>,
    pub jti: Option<serde_json::Value>,
    /// Of a sign-in, not of a key.
    #[serde(default)]
    pub temp: bool,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token could not be signed")]
pub struct NotSigned;

impl Signer {
    /// The bytes of `app_key` as they stand: what looks like base64 is not decoded.
    pub fn new(app_key: &Secret) -> Self {
        Self::of_bytes(app_key.expose().as_bytes())
    }

    /// A secret that need not be text.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Self {
            encoding: EncodingKey::from_secret(bytes),
            decoding: DecodingKey::from_secret(bytes),
            other: None,
            validation,
        }
    }

    /// Also reads (and never makes) tokens that are signed with these bytes.
    pub fn reading(self, other: Option<&[u8]>) -> Self {
        Self { other: other.map(DecodingKey::from_secret), ..self }
    }

    /// A token that is unlike every other one, even for the same user, role and second.
    pub fn issue(
        &self,
        user_num: i64,
        role: &str,
        now: Millis,
        expires_in_s: i64,
        entropy: &dyn Entropy,
    ) -> Result<Secret, NotSigned> {
        let iat = now.0.div_euclid(1_000);
        let claims = Issued {
            user_id: user_num,
            role_name: role,
            iat,
            exp: iat.saturating_add(expires_in_s),
            jti: random_text(JTI_CHARS, JTI_ALPHABET, entropy),
        };
        let claims = serde_json::to_vec(&claims).map_err(|_| NotSigned)?;
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(claims));
        let signature =
            crypto::sign(message.as_bytes(), &self.encoding, Algorithm::HS256).map_err(|_| NotSigned)?;
        Ok(Secret::new(format!("{message}.{signature}")))
    }

    /// What a token says whose signature holds, whenever that is.
    pub fn claims(&self, text: &str) -> Option<Claims> {
        self.decoded(text)
    }

    /// Whether the signature holds (HS256 only) and the token is neither over nor before its time.
    pub fn holds(&self, text: &str, now: Millis) -> bool {
        let Some(claims) = self.decoded::<Presented>(text) else { return false };
        let now_s = now.0.div_euclid(1_000) as f64;
        let over = claims.exp.and_then(|n| n.as_f64()).is_some_and(|exp| exp <= now_s);
        let early = claims.nbf.and_then(|n| n.as_f64()).is_some_and(|nbf| nbf > now_s);
        !over && !early
    }

    fn decoded<C: serde::de::DeserializeOwned + Clone>(&self, text: &str) -> Option<C> {
        let read =
            |key| jsonwebtoken::decode::<C>(text, key, &self.validation).ok().map(|token| token.claims);
        read(&self.decoding).or_else(|| self.other.as_ref().and_then(read))
    }
}

/// Whether a bearer text is a token of this kind rather than a secret of another make.
pub fn looks_like_one(text: &str) -> bool {
    text.starts_with("ey") && text.bytes().filter(|b| *b == b'.').count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::Header;

    struct Zero;
    impl Entropy for Zero {
        fn fill(&self, into: &mut [u8]) {
            into.fill(0);
        }
    }

    struct Count(std::sync::atomic::AtomicU8);
    impl Entropy for Count {
        fn fill(&self, into: &mut [u8]) {
            for b in into {
                *b = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
    }

    const NOW: Millis = Millis(1_795_327_855_000);

    fn signer() -> Signer {
        Signer::new(&Secret::new("dGVzdC1hcHAta2V5LWZvci1rZXl3YXJkLXRlc3Rz"))
    }

    /// A token as some other server with the same APP_KEY would make it.
    fn foreign(alg: Algorithm, claims: serde_json::Value) -> String {
        let key = EncodingKey::from_secret(b"dGVzdC1hcHAta2V5LWZvci1rZXl3YXJkLXRlc3Rz");
        jsonwebtoken::encode(&Header::new(alg), &claims, &key).unwrap()
    }

    #[test]
    fn the_token_has_the_shape_people_decode() {
        let token = signer().issue(2, "todosApi", NOW, 315_360_000, &Zero).unwrap();
        let header = token.expose().split('.').next().unwrap();
        assert!(signer().holds(token.expose(), NOW));
        assert_eq!(header, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9");
        let seen: serde_json::Value =
            jsonwebtoken::dangerous::insecure_decode_claims(token.expose()).unwrap();
        assert_eq!(
            seen.to_string(),
            r#"{"userId":2,"roleName":"todosApi","iat":1795327855,"exp":2110687855,"jti":"0000000000000000000000"}"#
        );
    }

    #[test]
    fn two_keys_made_in_the_same_second_have_different_tokens() {
        let chance = Count(0.into());
        let make = || signer().issue(2, "r", NOW, 60, &chance).unwrap().expose().to_owned();
        assert_ne!(make(), make());
    }

    #[test]
    fn only_hs256_with_the_right_key_in_its_time_holds() {
        let live = serde_json::json!({"userId": 2, "roleName": "r", "iat": 1, "exp": 1_795_327_856});
        assert!(signer().holds(&foreign(Algorithm::HS256, live.clone()), NOW));
        assert!(!signer().holds(&foreign(Algorithm::HS384, live.clone()), NOW));
        assert!(!signer().holds(&foreign(Algorithm::HS512, live.clone()), NOW));
        assert!(!Signer::new(&Secret::new("other")).holds(&foreign(Algorithm::HS256, live), NOW));
        for late in [serde_json::json!({"exp": 1_795_327_855}), serde_json::json!({"nbf": 1_795_327_856})] {
            assert!(!signer().holds(&foreign(Algorithm::HS256, late), NOW));
        }
        assert!(
            signer().holds(&foreign(Algorithm::HS256, serde_json::json!({})), NOW),
            "no exp means no end"
        );
        // alg none
        assert!(!signer().holds("eyJhbGciOiJub25lIn0.eyJ1c2VySWQiOjF9.", NOW));
    }

    #[test]
    fn a_token_of_an_imported_installation_is_read_and_never_made() {
        let both =
            Signer::new(&Secret::new("ours")).reading(Some(b"dGVzdC1hcHAta2V5LWZvci1rZXl3YXJkLXRlc3Rz"));
        assert!(both.holds(&foreign(Algorithm::HS256, serde_json::json!({"userId": 2})), NOW));
        let made = both.issue(2, "r", NOW, 60, &Zero).unwrap();
        assert!(both.holds(made.expose(), NOW) && !signer().holds(made.expose(), NOW));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_check_panic(text in "\\PC{0,60}", more in "[A-Za-z0-9_.-]{0,80}") {
            let _ = signer().holds(&text, NOW);
            let _ = signer().holds(&format!("ey{more}"), NOW);
        }
    }
}
