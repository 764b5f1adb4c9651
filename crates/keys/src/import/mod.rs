//! Taking over another installation: users, roles, organizations and keys, in common words.
//!
//! The rules: nothing that is here is changed; nothing grows (a name that means more here is not given, a key gets
//! no right it did not have); what is dead stays dead; every row that does not come says why. Ids are made of where
//! a row is from, so that a second run finds what the first one made and an interrupted one can simply go on.
//! This room knows no dialect and reads no foreign file.

mod apply;
mod keys;
mod known;
mod people;
mod records;
mod report;
mod sessions;

use std::collections::HashMap;

use domain::{Entropy, Millis, decision::Allowed, secret::Digester};

use crate::{Keys, KeysError};

pub use known::{foreign_id, foreign_id_in};
pub use records::{
    Import, ImportKey, ImportMember, ImportOrganization, ImportOwner, ImportRole, ImportSession, ImportUser,
    Item, What,
};
pub use report::{Line, Outcome, Report};

#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Write it. Otherwise nothing is, and the report says what would be.
    pub apply: bool,
    /// Give what belongs to an imported user to the user here with the same email or username. Otherwise such a
    /// user is refused: a name alone does not make two accounts one person.
    pub link_users: bool,
    /// Foreign role names that stand for roles here, on the operator's word.
    pub roles: HashMap<String, String>,
}

impl Keys {
    /// For operators. The same twice makes the same state as once.
    pub async fn import(
        &self,
        allowed: &Allowed,
        import: Import,
        options: &ImportOptions,
    ) -> Result<Report, KeysError> {
        if !allowed.principal().operator {
            return Err(KeysError::not_allowed("only operators import"));
        }
        let mut run = apply::Run::new(self, allowed, import.source, options);
        for item in import.items {
            run.item(item).await?;
        }
        let report = run.finish().await?;
        if options.apply {
            self.note(allowed, "import.apply", "server".to_owned()).await?;
        }
        Ok(report)
    }
}

/// Chance that is none: bytes made of a text. Ids made with it are the same in every run.
struct Derived(Digester, String);

impl Entropy for Derived {
    fn fill(&self, into: &mut [u8]) {
        let digest = self.0.digest(&self.1);
        for (to, from) in into.iter_mut().zip(digest.0.iter().cycle()) {
            *to = *from;
        }
    }
}

/// Where a row is from, as the entropy of its id; and the moment the id begins with.
fn origin(source: &str, table: &str, id: &str, created_at: Option<Millis>) -> (Millis, Derived) {
    let at = created_at.unwrap_or(Millis::ZERO);
    // Plain SHA-256, whatever is configured: the pepper can change.
    (at, Derived(Digester::default(), format!("import {source} {table} {} {id}", at.0)))
}

/// A number from elsewhere, if numbers given out after it still have room; otherwise 0: the next one is given.
fn num(wanted: Option<i64>) -> i64 {
    const WANTED_MAX: i64 = 1 << 53;
    wanted.filter(|num| (1..WANTED_MAX).contains(num)).unwrap_or(0)
}

/// What a dialect keeps with a record, and where the record is from.
fn marked(extra: Option<String>, source: &str, id: &str) -> Option<String> {
    let mut all: serde_json::Map<String, serde_json::Value> =
        extra.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    all.insert("import".to_owned(), serde_json::json!({ "source": source, "id": id }));
    Some(serde_json::Value::Object(all).to_string())
}

/// A text that fits, and a note when it had to be cut.
fn fit(what: &str, text: Option<String>, chars_max: usize, notes: &mut Vec<String>) -> Option<String> {
    let text = text.filter(|text| !text.trim().is_empty())?;
    let clean: String = text.chars().filter(|c| !c.is_control()).take(chars_max).collect();
    if clean != text {
        notes.push(format!("the {what} was shortened to {chars_max} plain characters"));
    }
    Some(clean).filter(|text| !text.trim().is_empty())
}
