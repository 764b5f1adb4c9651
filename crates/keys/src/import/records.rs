//! What an import brings, in common words: a dialect's rows are mapped to these by its door. Things name each other
//! by their foreign ids; which records those become is decided when they are applied.

use domain::{
    Millis,
    access::{Grants, Scopes},
    key::{Permissions, Quota},
    limit::{RateLimit, WindowState},
    secret::{Digest, Secret},
};

use crate::ScryptHash;

/// Everything that is to come, in the order in which it is applied: what is named comes before who names it.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// Where it is from (`nocobase`); part of the ids of what is made, and of names that are taken.
    pub source: String,
    pub items: Vec<Item>,
}

impl Import {
    pub fn new(source: &str) -> Self {
        Self { source: source.to_owned(), items: Vec::new() }
    }

    pub fn push(&mut self, item: Item) {
        self.items.push(item);
    }
}

/// One row, and what becomes of it.
#[derive(Clone, Debug)]
pub struct Item {
    /// The table it is from.
    pub table: &'static str,
    pub id: String,
    /// What people call it; never a secret.
    pub label: Option<String>,
    /// What was left out or changed on the way.
    pub notes: Vec<String>,
    pub what: What,
}

impl Item {
    pub fn new(table: &'static str, id: impl Into<String>, label: Option<String>, what: What) -> Self {
        Self { table, id: id.into(), label, notes: Vec::new(), what }
    }

    /// A row that cannot come, and why.
    pub fn refused(
        table: &'static str,
        id: impl Into<String>,
        label: Option<String>,
        reason: impl Into<String>,
    ) -> Self {
        Self::new(table, id, label, What::Refused(reason.into()))
    }

    #[must_use]
    pub fn noted(mut self, notes: Vec<String>) -> Self {
        self.notes.extend(notes);
        self
    }
}

#[derive(Clone, Debug)]
pub enum What {
    Role(ImportRole),
    User(ImportUser),
    Organization(ImportOrganization),
    Member(ImportMember),
    Key(ImportKey),
    /// Not in our words, or not to be had: with the reason.
    Refused(String),
    /// Dead there and nothing to bury here: with the reason.
    Dead(String),
}

/// A role. Found by its foreign name.
#[derive(Clone, Debug)]
pub struct ImportRole {
    pub name: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub grants: Grants,
    /// As its dialect wrote it, as JSON text.
    pub extra: Option<String>,
    pub created_at: Option<Millis>,
}

#[derive(Clone, Debug, Default)]
pub struct ImportUser {
    pub id: String,
    /// The number it is known by on the wire, kept where it was never given out here.
    pub num: Option<i64>,
    pub email: Option<String>,
    pub username: Option<String>,
    pub name: Option<String>,
    pub active: bool,
    pub password: Option<ScryptHash>,
    /// Foreign names.
    pub roles: Vec<String>,
    pub default_role: Option<String>,
    pub extra: Option<String>,
    pub created_at: Option<Millis>,
    /// Sessions and everything begun before this moment are void.
    pub valid_from: Option<Millis>,
    /// Where they are signed in. They come with the user or never: what ended here since stays ended.
    pub sessions: Vec<ImportSession>,
}

/// A live session. The table it is reported under is `session`.
#[derive(Clone, Debug)]
pub struct ImportSession {
    pub id: String,
    pub token: Secret,
    pub created_at: Option<Millis>,
    pub updated_at: Option<Millis>,
    pub expires_at: Option<Millis>,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    /// Foreign id of the one it is about.
    pub organization: Option<String>,
}

#[derive(Clone, Debug)]
pub struct ImportOrganization {
    pub id: String,
    pub name: String,
    pub slug: String,
    pub extra: Option<String>,
    pub created_at: Option<Millis>,
}

#[derive(Clone, Debug)]
pub struct ImportMember {
    pub organization: String,
    pub user: String,
    pub role: String,
    pub created_at: Option<Millis>,
}

/// Whose an imported key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportOwner {
    /// The user with this id, who must be there.
    User(String),
    /// A user or an organization; nobody at all when there is none with this id.
    Anybody(String),
}

#[derive(Clone, Debug)]
pub struct ImportKey {
    /// The number it is known by on the wire, kept where it was never given out here.
    pub num: Option<i64>,
    pub owner: ImportOwner,
    /// Foreign name of the one role it acts in.
    pub role: Option<String>,
    pub name: Option<String>,
    pub permissions: Option<Permissions>,
    pub scopes: Option<Scopes>,
    pub enabled: bool,
    pub expires_at: Option<Millis>,
    pub rate_limit: Option<RateLimit>,
    /// What of its window is used.
    pub window: WindowState,
    pub quota: Option<Quota>,
    /// JSON text.
    pub metadata: Option<String>,
    pub prefix: Option<String>,
    pub start: Option<String>,
    pub door: String,
    pub extra: Option<String>,
    pub created_at: Option<Millis>,
    pub updated_at: Option<Millis>,
    pub last_used_at: Option<Millis>,
    /// SHA-256 of the whole secret. `None`: it is dead there, and comes as a tombstone that no secret opens.
    pub digest: Option<Digest>,
}
