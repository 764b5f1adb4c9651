//! Keys of an installation: rows of `apiKeys`, each judged by its token, which is there in plain. Only digests leave
//! this file, never a token; and a token without a row is never made a key.

use std::collections::{HashMap, HashSet};

use domain::{Millis, limit::WindowState, secret::Digester, time::SECOND_MS};
use keys::{
    Foreign, ForeignRow, StoreError,
    import::{Import, ImportKey, ImportOwner, Item, What},
};
use serde_json::json;

use super::{SOURCE, TokenSecret, Tokens};
use crate::token::{self, Claims, Signer};

pub(super) fn read(foreign: &Foreign, tokens: &Tokens<'_>, import: &mut Import) -> Result<(), StoreError> {
    let mut blocked: HashSet<String> = HashSet::new();
    let mut listed_dead: Vec<(String, String)> = Vec::new();
    let reader = Reader::new(tokens);
    foreign.for_each("tokenBlacklist", &mut |row| {
        let Some(token) = row.text("token") else { return };
        // Ids of sign-ins are no tokens; nor are the tokens of sign-ins keys.
        if reader.signer.claims(&token).is_some_and(|claims| !claims.temp) {
            listed_dead.push((row.text("id").unwrap_or_else(|| "?".to_owned()), token.clone()));
        }
        blocked.insert(token);
    })?;
    let mut listed = HashSet::new();
    foreign.for_each("apiKeys", &mut |row| {
        let token = row.text("token").unwrap_or_default();
        import.push(reader.item(&row, &token, &blocked));
        listed.insert(token);
    })?;
    sign_ins(foreign, import)?;
    for (id, _) in listed_dead.iter().filter(|(_, token)| !listed.contains(token)) {
        let reason = "deleted there: only its token is left on the blacklist, and nothing here accepts it";
        import.push(Item::new("tokenBlacklist", id.clone(), None, What::Dead(reason.to_owned())));
    }
    Ok(())
}

/// They are no keys, and nothing here reads them.
fn sign_ins(foreign: &Foreign, import: &mut Import) -> Result<(), StoreError> {
    let mut count = 0;
    foreign.for_each("issuedTokens", &mut |_| count += 1)?;
    if count > 0 {
        let reason =
            format!("{count} sign-ins end with the move: people sign in once more, with their password");
        import.push(Item::new("issuedTokens", "all", None, What::Dead(reason)));
    }
    Ok(())
}

/// Whether the secret is one the installation signed a key with; `None` when it has no keys.
pub fn opens_any(foreign: &Foreign, theirs: &TokenSecret) -> Result<Option<bool>, StoreError> {
    let signer = Signer::of_bytes(theirs.bytes());
    let mut any = None;
    foreign.for_each("apiKeys", &mut |row| {
        if let Some(token) = row.text("token").filter(|token| token::looks_like_one(token)) {
            any = Some(any == Some(true) || signer.claims(&token).is_some());
        }
    })?;
    Ok(any)
}

/// What would become of a token somebody uses, in the order they were given.
pub fn verdicts(
    foreign: &Foreign,
    tokens: &Tokens<'_>,
    given: &[String],
) -> Result<Vec<Verdict>, StoreError> {
    let mut rows: HashMap<String, String> = HashMap::new();
    foreign.for_each("apiKeys", &mut |row| {
        if let (Some(id), Some(token)) = (row.text("id"), row.text("token")) {
            rows.insert(token, id);
        }
    })?;
    let reader = Reader::new(tokens);
    Ok(given.iter().map(|token| reader.verdict(token, rows.get(token))).collect())
}

/// What is to be said of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the one of this row of `apiKeys`, which says what becomes of it.
    Row(String),
    /// It ends with the import; why, and what to do.
    Ends(String),
    /// It opened nothing there either.
    Nothing(String),
}

struct Reader {
    signer: Signer,
    /// Whether this server's door accepts what is signed with their secret.
    accepted: bool,
    /// Whether everybody knows that secret.
    public: bool,
}

impl Reader {
    fn new(tokens: &Tokens<'_>) -> Self {
        Self {
            signer: Signer::of_bytes(tokens.theirs.bytes()),
            accepted: tokens.ours.iter().any(|ours| ours.bytes() == tokens.theirs.bytes()),
            public: tokens.theirs.is_public(),
        }
    }

    fn verdict(&self, token: &str, row: Option<&String>) -> Verdict {
        let Some(claims) = self.signer.claims(token) else {
            return Verdict::Nothing("its signature does not verify with this secret".to_owned());
        };
        if let Some(id) = row {
            return Verdict::Row(id.clone());
        }
        if claims.temp {
            return Verdict::Ends("a sign-in, not a key: its person signs in once more".to_owned());
        }
        let user = claims.user.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string);
        let role = claims.role.as_deref().unwrap_or("no role");
        Verdict::Ends(format!(
            "well signed, for user {user} and {role}, but no row names it: the original accepts it, nothing here will; \
             make a key for whoever uses it"
        ))
    }

    fn item(&self, row: &ForeignRow, token: &str, blocked: &HashSet<String>) -> Item {
        let id = row.text("id").unwrap_or_else(|| "?".to_owned());
        let label = row.text("name");
        match self.key(row, token, blocked) {
            Ok(key) => Item::new("apiKeys", id, label, What::Key(key)),
            Err(reason) => Item::refused("apiKeys", id, label, reason),
        }
    }

    fn key(&self, row: &ForeignRow, token: &str, blocked: &HashSet<String>) -> Result<ImportKey, String> {
        if self.public {
            return Err("it is signed with a key NocoBase is delivered with, which everybody knows, so everybody can \
                        make such tokens; newer releases sign with storage/apps/main/jwt_secret.dat instead: give \
                        that with --jwt-secret-file"
                .to_owned());
        }
        if !token::looks_like_one(token) {
            return Err("what is stored is no token".to_owned());
        }
        let claims = self.signer.claims(token).ok_or(
            "its signature does not verify with this secret: give the installation's APP_KEY with --app-key, or \
             its storage/apps/main/jwt_secret.dat with --jwt-secret-file",
        )?;
        if !self.accepted {
            return Err("this server signs with another key and would refuse the token: set KEYWARD_APP_KEY to the \
                        APP_KEY of the installation (for a jwt_secret.dat: KEYWARD_JWT_SECRET_FILE) and import again"
                .to_owned());
        }
        let (owner, role) = said(row, &claims)?;
        // The list names a token by its id where it has one.
        let jti =
            claims.jti.as_ref().and_then(serde_json::Value::as_str).is_some_and(|jti| blocked.contains(jti));
        let dead = jti || blocked.contains(token);
        let ends = claims.exp.as_ref().and_then(serde_json::Number::as_f64);
        let expires_at = ends.map(|seconds| Millis((seconds.floor() as i64).saturating_mul(SECOND_MS)));
        let created_at = row.date("createdAt");
        Ok(ImportKey {
            num: row.int("id"),
            owner: ImportOwner::User(owner),
            role: Some(role),
            name: row.text("name"),
            permissions: None,
            scopes: None,
            enabled: true,
            expires_at,
            rate_limit: None,
            window: WindowState::default(),
            quota: None,
            metadata: None,
            prefix: None,
            start: None,
            door: SOURCE.to_owned(),
            extra: Some(json!({ SOURCE: { "expiresIn": row.get("expiresIn") } }).to_string()),
            created_at,
            updated_at: created_at,
            last_used_at: None,
            digest: (!dead).then(|| Digester::default().digest(token)),
        })
    }
}

/// Owner and role of the token, when the row does not say otherwise. A key from the command line has no owner in
/// its row.
fn said(row: &ForeignRow, claims: &Claims) -> Result<(String, String), String> {
    if claims.temp {
        return Err("the token is one of a sign-in, not of a key".to_owned());
    }
    let owner = claims.user.as_ref().map(ToString::to_string).ok_or("the token names no user")?;
    if let Some(listed) = row.text("createdById").filter(|listed| *listed != owner) {
        return Err(format!("the token is one of user {owner}, the row says user {listed}"));
    }
    let role = claims.role.clone().ok_or("the token names no role")?;
    match row.text("roleName") {
        Some(listed) if listed != role => {
            Err(format!("the token is for role {role:?}, the row says {listed:?}"))
        }
        _ => Ok((owner, role)),
    }
}

#[cfg(test)]
mod tests {
    use domain::{Entropy, secret::Secret};
    use serde_json::Value;

    use super::*;

    struct Count(std::sync::atomic::AtomicU8);
    impl Entropy for Count {
        fn fill(&self, into: &mut [u8]) {
            for b in into {
                *b = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
    }

    const KEY: &str = "the-app-key-of-an-installation";

    fn reader(theirs: &str, ours: &str) -> Reader {
        let secret = |text: &str| TokenSecret::AppKey(Secret::new(text));
        Reader::new(&Tokens { theirs: &secret(theirs), ours: &[secret(ours)] })
    }

    fn token(key: &str) -> String {
        let signer = Signer::new(&Secret::new(key));
        signer.issue(2, "r", Millis(1_795_327_855_000), 60, &Count(0.into())).unwrap().expose().to_owned()
    }

    fn row(token: &str) -> ForeignRow {
        let row = json!({ "id": 7, "name": "n", "roleName": "r", "createdById": 2, "token": token });
        ForeignRow(row.as_object().cloned().unwrap_or_default())
    }

    #[test]
    fn a_token_is_dead_when_the_list_names_it_whole_or_by_its_id() {
        let (reader, token) = (reader(KEY, KEY), token(KEY));
        let dead = |blocked: &[&str]| {
            let blocked = blocked.iter().map(|text| (*text).to_owned()).collect();
            reader.key(&row(&token), &token, &blocked).unwrap().digest.is_none()
        };
        let jti = reader.signer.claims(&token).unwrap().jti.unwrap();
        assert!(!dead(&["another", "2"]));
        assert!(dead(&[&token]));
        assert!(dead(&[jti.as_str().unwrap()]));
    }

    #[test]
    fn only_a_secret_this_server_reads_and_nobody_else_knows_makes_keys() {
        let none = HashSet::new();
        let key = |theirs: &str, ours: &str| {
            reader(theirs, ours).key(&row(&token(theirs)), &token(theirs), &none).map(|key| key.num)
        };
        assert_eq!(key(KEY, KEY), Ok(Some(7)));
        assert!(key(KEY, "another").unwrap_err().contains("KEYWARD_APP_KEY"));
        assert!(key("your-secret-key", "your-secret-key").unwrap_err().contains("everybody knows"));
        let forged = reader(KEY, KEY).key(&row(&token("another")), &token("another"), &none);
        assert!(forged.unwrap_err().contains("--jwt-secret-file"));
    }

    #[test]
    fn a_row_that_says_something_else_than_its_token_is_no_key() {
        let (reader, token) = (reader(KEY, KEY), token(KEY));
        for (name, value) in [("createdById", Value::from(3)), ("roleName", Value::from("root"))] {
            let mut row = row(&token);
            row.0.insert(name.to_owned(), value);
            assert!(reader.key(&row, &token, &HashSet::new()).is_err(), "{name}");
        }
        // Made on the command line: without an owner in the row.
        let mut row = row(&token);
        row.0.insert("createdById".to_owned(), Value::Null);
        assert_eq!(
            reader.key(&row, &token, &HashSet::new()).unwrap().owner,
            ImportOwner::User("2".to_owned())
        );
    }
}
