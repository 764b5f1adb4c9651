//! What imported records were called where they came from: programs know them by that name, and go on using it.
//! A name opens nothing: what it leads to is asked for like anything else.

use domain::{KeyId, OrgId, UserId, decision::Allowed};
use serde_json::{Map, Value};

use crate::{Keys, KeysError};

/// The id a record had in `source`, when it was imported from there.
pub fn foreign_id(extra: Option<&str>, source: &str) -> Option<String> {
    foreign_id_in(&serde_json::from_str(extra?).ok()?, source)
}

/// [`foreign_id`] for who has read `extra` already.
pub fn foreign_id_in(extra: &Map<String, Value>, source: &str) -> Option<String> {
    let mark = extra.get("import")?.as_object()?;
    let text = |name: &str| mark.get(name).and_then(Value::as_str);
    (text("source") == Some(source)).then(|| text("id").map(str::to_owned)).flatten()
}

impl Keys {
    pub async fn imported_user(
        &self,
        _allowed: &Allowed,
        source: &str,
        id: &str,
    ) -> Result<Option<UserId>, KeysError> {
        Ok(self.store().imported_user(source, id).await?)
    }

    pub async fn imported_organization(
        &self,
        _allowed: &Allowed,
        source: &str,
        id: &str,
    ) -> Result<Option<OrgId>, KeysError> {
        Ok(self.store().imported_organization(source, id).await?)
    }

    pub async fn imported_key(
        &self,
        _allowed: &Allowed,
        source: &str,
        id: &str,
    ) -> Result<Option<KeyId>, KeysError> {
        Ok(self.store().imported_key(source, id).await?)
    }
}
