//! A dump of the secondary storage of an installation (Redis and the like): one JSON object of names and values. Reads
//! what keys and sessions are in it, as rows; never asks a Redis, and what else is in there is nobody's business.

use keys::ForeignRow;
use serde_json::{Map, Value};

/// Before the hash of a key, whose record it names.
const KEY: &str = "api-key:";

/// Names and values, as they were stored: texts of JSON, or the JSON itself.
#[derive(Debug, Default)]
pub struct Storage(Map<String, Value>);

impl Storage {
    /// `Err`: what is wrong with it, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        match serde_json::from_str(text) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            Ok(_) => Err("must be one JSON object of names and values".to_owned()),
            Err(error) => Err(format!("is not JSON: {error}")),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The record of each key by the name that finds it; `None`: it cannot be read. Other names of the same
    /// records (by id, by owner) open nothing and are passed over.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&str, Option<ForeignRow>)> {
        self.0.iter().filter_map(|(name, value)| {
            let hash = name.strip_prefix(KEY).filter(|rest| !rest.contains(':'))?;
            let record = object(value).map(|mut record| {
                // A key is looked up by its name: that is what its hash is, whatever the record says.
                record.insert("key".to_owned(), Value::from(hash));
                ForeignRow(record)
            });
            Some((name.as_str(), record))
        })
    }

    /// Sessions: `{"session", "user"}`, by their token.
    pub(super) fn sessions(&self) -> impl Iterator<Item = ForeignRow> {
        self.0.iter().filter(|(name, _)| !name.starts_with(KEY)).filter_map(|(name, value)| {
            let Value::Object(mut session) = object(value)?.remove("session")? else { return None };
            session.insert("token".to_owned(), Value::from(name.as_str()));
            Some(ForeignRow(session))
        })
    }
}

fn object(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(map) => Some(map.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_their_hash_names_and_nothing_else_is_taken_for_one() {
        let storage = Storage::parse(
            r#"{"api-key:HASH": "{\"id\":\"k\",\"key\":\"other\"}", "api-key:by-id:k": "{\"id\":\"k\"}",
                "api-key:by-ref:u": "[\"k\"]", "api-key:broken": "{oops", "api-key:list": "[]",
                "token": "{\"session\":{\"id\":\"s\"},\"user\":{}}", "active-sessions-u": "[]", "n": 1}"#,
        )
        .unwrap();
        let found: Vec<_> =
            storage.keys().map(|(name, row)| (name, row.and_then(|r| r.text("key")))).collect();
        let want =
            [("api-key:HASH", Some("HASH".to_owned())), ("api-key:broken", None), ("api-key:list", None)];
        assert_eq!(found, want);
        let sessions: Vec<_> = storage.sessions().map(|row| (row.text("id"), row.text("token"))).collect();
        assert_eq!(sessions, [(Some("s".to_owned()), Some("token".to_owned()))]);
        assert!(Storage::parse("[]").is_err() && Storage::parse("{").is_err());
    }
}
