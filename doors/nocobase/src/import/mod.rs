//! A live installation's tables, in common words: users, roles (compiled here, as everywhere in this door), keys by
//! the digest of their tokens. Reads rows it is handed; writes nothing and decides no rule of the house.

mod collections;
mod fields;
mod keys_of;
mod people;
mod records;
mod roles;

use std::collections::HashMap;

use domain::{catalog::Catalog, secret::Secret};
use keys::{
    Foreign, ForeignRow, ForeignTable, ScryptHash, StoreError,
    import::{Import, ImportUser, Item, What},
};
use serde_json::{Map, json};

pub use collections::{Collection, Unfit, collections};
pub use keys_of::{Verdict, opens_any, verdicts};
pub use people::Person;
pub use records::Read;

use people::Strangers;

/// The name of this source.
pub const SOURCE: &str = "nocobase";

/// Tables of the product: read as what they are or not at all, never as somebody's data.
const PRODUCT_TABLES: [&str; 14] = [
    "users",
    "roles",
    "rolesUsers",
    "apiKeys",
    "tokenBlacklist",
    "issuedTokens",
    "tokenControlConfig",
    "authenticators",
    "usersAuthenticators",
    "systemSettings",
    "dataSources",
    "environmentVariables",
    "collections",
    "fields",
];

/// What a NocoBase is delivered with: whoever knows these can make every token it would have signed.
const SHIPPED_KEYS: [&str; 2] = ["your-secret-key", "test-key"];

/// What the tokens of the installation are signed with.
#[derive(Clone)]
pub enum TokenSecret {
    /// APP_KEY, as the string stands.
    AppKey(Secret),
    /// The raw bytes of `jwt_secret.dat`.
    File(Vec<u8>),
}

impl TokenSecret {
    /// Whether everybody knows it.
    pub fn is_public(&self) -> bool {
        SHIPPED_KEYS.iter().any(|key| key.as_bytes() == self.bytes())
    }

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

/// Whether a table of the file is one of the product's own.
pub fn is_product_table(foreign: &Foreign, table: &ForeignTable) -> bool {
    PRODUCT_TABLES.iter().any(|name| foreign.is_product_table(table, name))
}

/// What is here already.
pub struct Here<'a> {
    pub catalog: &'a Catalog,
    pub people: &'a [Person],
}

/// What roles are read against.
struct Around<'a> {
    catalog: &'a Catalog,
    strangers: &'a Strangers,
}

/// Everything but collections and their records.
pub fn import(foreign: &Foreign, tokens: &Tokens<'_>, here: &Here<'_>) -> Result<Import, StoreError> {
    let mut import = Import::new(SOURCE);
    let own = collections::own_tables(foreign, here.catalog)?;
    let strangers = Strangers::of(here.people, foreign)?;
    let around = Around { catalog: here.catalog, strangers: &strangers };
    roles::read(foreign, &around, &own, &mut import)?;
    users(foreign, &strangers, &mut import)?;
    keys_of::read(foreign, tokens, &mut import)?;
    Ok(import)
}

fn users(foreign: &Foreign, strangers: &Strangers, import: &mut Import) -> Result<(), StoreError> {
    let mut held: HashMap<String, Vec<(String, bool)>> = HashMap::new();
    foreign.for_each("rolesUsers", &mut |row| {
        if let (Some(user), Some(role)) = (row.text("userId"), row.text("roleName")) {
            held.entry(user).or_default().push((role, row.flag("default").unwrap_or(false)));
        }
    })?;
    let mut last = 0;
    let mut renumbered = Vec::new();
    foreign.for_each("users", &mut |row| {
        let Some(id) = row.text("id") else {
            import.push(Item::refused("users", "?", None, "a user without an id"));
            return;
        };
        let mut notes = Vec::new();
        let roles = held.remove(&id).unwrap_or_default();
        let num = row.int("id");
        last = last.max(num.unwrap_or(0));
        let taken = num.is_some_and(|num| strangers.have(num));
        let user = ImportUser {
            id: id.clone(),
            num,
            email: row.text("email"),
            username: row.text("username"),
            name: row.text("nickname"),
            active: true,
            password: password(&row, &mut notes),
            default_role: roles.iter().find(|(_, default)| *default).map(|(role, _)| role.clone()),
            roles: roles.into_iter().map(|(role, _)| role).collect(),
            extra: user_notes(&row),
            created_at: row.date("createdAt"),
            ..ImportUser::default()
        };
        let label = user.username.clone().or_else(|| user.email.clone());
        let item = (id, label, user, notes);
        if taken { renumbered.push(item) } else { import.push(user_item(item)) }
    })?;
    // Behind all others, so that no number given anew is one that comes with somebody.
    for (id, label, mut user, mut notes) in renumbered {
        last += 1;
        user.num = Some(last);
        notes.push("its id is somebody else's here: it gets another one, and its records with it".to_owned());
        import.push(user_item((id, label, user, notes)));
    }
    Ok(())
}

fn user_item((id, label, user, notes): (String, Option<String>, ImportUser, Vec<String>)) -> Item {
    Item::new("users", id, label, What::User(user)).noted(notes)
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
