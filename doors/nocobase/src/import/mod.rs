//! A live installation's tables, in common words: users, roles (compiled here, as everywhere in this door), keys by
//! the digest of their tokens. Reads rows it is handed; writes nothing and decides no rule of the house.

mod collections;
mod roles;

use std::collections::{HashMap, HashSet};

use domain::{
    Millis,
    catalog::Catalog,
    limit::WindowState,
    secret::{Digester, Secret},
    time::SECOND_MS,
};
use keys::{
    Foreign, ForeignRow, ScryptHash, StoreError,
    import::{Import, ImportKey, ImportOwner, ImportUser, Item, What},
};
use serde_json::{Map, json};

pub use collections::{Collection, Unfit, collections};

use crate::token::{self, Claims, Signer};

/// The name of this source.
pub const SOURCE: &str = "nocobase";

/// What the tokens of the installation are signed with.
#[derive(Clone)]
pub enum TokenSecret {
    /// APP_KEY, as the string stands.
    AppKey(Secret),
    /// The raw bytes of `jwt_secret.dat`.
    File(Vec<u8>),
}

impl TokenSecret {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::AppKey(text) => text.expose().as_bytes(),
            Self::File(bytes) => bytes,
        }
    }
}

/// What an import of keys needs to know.
pub struct Tokens<'a> {
    /// The installation's.
    pub theirs: &'a TokenSecret,
    /// This server's: what its door accepts.
    pub ours: &'a [TokenSecret],
}

/// Everything but collections and their records.
pub fn import(foreign: &Foreign, tokens: &Tokens<'_>, catalog: &Catalog) -> Result<Import, StoreError> {
    let mut import = Import::new(SOURCE);
    let own = collections::own_tables(foreign, catalog)?;
    roles::read(foreign, catalog, &own, &mut import)?;
    users(foreign, &mut import)?;
    keys(foreign, tokens, &mut import)?;
    Ok(import)
}

fn users(foreign: &Foreign, import: &mut Import) -> Result<(), StoreError> {
    let mut held: HashMap<String, Vec<(String, bool)>> = HashMap::new();
    foreign.for_each("rolesUsers", &mut |row| {
        if let (Some(user), Some(role)) = (row.text("userId"), row.text("roleName")) {
            held.entry(user).or_default().push((role, row.flag("default").unwrap_or(false)));
        }
    })?;
    for row in foreign.rows("users")? {
        let Some(id) = row.text("id") else {
            import.push(Item::refused("users", "?", None, "a user without an id"));
            continue;
        };
        let mut notes = Vec::new();
        let roles = held.remove(&id).unwrap_or_default();
        let user = ImportUser {
            id: id.clone(),
            email: row.text("email"),
            username: row.text("username"),
            name: row.text("nickname"),
            active: true,
            password: password(&row, &mut notes),
            default_role: roles.iter().find(|(_, default)| *default).map(|(role, _)| role.clone()),
            roles: roles.into_iter().map(|(role, _)| role).collect(),
            extra: user_notes(&row),
            created_at: row.date("createdAt"),
            valid_from: None,
        };
        let label = user.username.clone().or_else(|| user.email.clone());
        import.push(Item::new("users", id, label, What::User(user)).noted(notes));
    }
    Ok(())
}

/// 16 hex characters of salt, fed to scrypt as they stand, and 48 of its output.
fn password(row: &ForeignRow, notes: &mut Vec<String>) -> Option<ScryptHash> {
    let stored = row.text("password").filter(|text| !text.is_empty())?;
    let parts = stored.split_at_checked(16);
    let hash = parts.and_then(|(salt, output)| {
        let output = unhex(output).filter(|bytes| bytes.len() == 24)?;
        unhex(salt)?;
        Some(ScryptHash { log_n: 14, r: 8, p: 1, nfkc: false, salt: salt.as_bytes().to_vec(), output })
    });
    if hash.is_none() {
        notes.push("the password is hashed in a way nobody knows: it has to be set anew".to_owned());
    }
    hash
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.chars().map(|c| c.to_digit(16)).collect::<Option<Vec<u32>>>()?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    });
    pairs.collect()
}

fn user_notes(row: &ForeignRow) -> Option<String> {
    let mut notes = Map::new();
    for name in ["phone", "appLang"] {
        if let Some(text) = row.text(name) {
            notes.insert(name.to_owned(), text.into());
        }
    }
    if let Some(settings) =
        row.json("systemSettings").filter(|v| v.as_object().is_some_and(|m| !m.is_empty()))
    {
        notes.insert("systemSettings".to_owned(), settings);
    }
    (!notes.is_empty()).then(|| json!({ SOURCE: notes }).to_string())
}

fn keys(foreign: &Foreign, tokens: &Tokens<'_>, import: &mut Import) -> Result<(), StoreError> {
    let mut blocked: HashSet<String> = HashSet::new();
    foreign.for_each("tokenBlacklist", &mut |row| blocked.extend(row.text("token")))?;
    let reader = Reader {
        signer: Signer::of_bytes(tokens.theirs.bytes()),
        accepted: tokens.ours.iter().any(|ours| ours.bytes() == tokens.theirs.bytes()),
    };
    let mut listed = HashSet::new();
    for row in foreign.rows("apiKeys")? {
        let token = row.text("token").unwrap_or_default();
        listed.insert(token.clone());
        import.push(reader.item(&row, &token, blocked.contains(&token)));
    }
    for (at, token) in blocked.difference(&listed).enumerate() {
        // Ids of sign-ins are no tokens; nor are the tokens of sign-ins keys.
        if reader.signer.claims(token).is_some_and(|claims| !claims.temp) {
            let reason =
                "deleted there: only its token is left on the blacklist, and nothing here accepts it";
            import.push(Item::new(
                "tokenBlacklist",
                (at + 1).to_string(),
                None,
                What::Dead(reason.to_owned()),
            ));
        }
    }
    Ok(())
}

struct Reader {
    signer: Signer,
    /// Whether this server's door accepts what is signed with their secret.
    accepted: bool,
}

impl Reader {
    fn item(&self, row: &ForeignRow, token: &str, blocked: bool) -> Item {
        let id = row.text("id").unwrap_or_else(|| "?".to_owned());
        let label = row.text("name");
        match self.key(row, token, blocked) {
            Ok(key) => Item::new("apiKeys", id, label, What::Key(key)),
            Err(reason) => Item::refused("apiKeys", id, label, reason),
        }
    }

    fn key(&self, row: &ForeignRow, token: &str, blocked: bool) -> Result<ImportKey, String> {
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
        let ends = claims.exp.as_ref().and_then(serde_json::Number::as_f64);
        let expires_at = ends.map(|seconds| Millis((seconds.floor() as i64).saturating_mul(SECOND_MS)));
        let created_at = row.date("createdAt");
        Ok(ImportKey {
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
            digest: (!blocked).then(|| Digester::default().digest(token)),
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
