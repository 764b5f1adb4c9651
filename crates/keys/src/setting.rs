//! Small settings a dialect keeps with the server, by name. What they mean is the dialect's business.

use domain::{
    access::{Op, Place},
    decision::Allowed,
};

use crate::{Keys, KeysError, check};

const VALUE_CHARS_MAX: usize = 1_000;

impl Keys {
    pub async fn setting(&self, name: &str) -> Result<Option<String>, KeysError> {
        Ok(self.store().meta(&stored(name)).await?)
    }

    /// For who manages roles. The change is in the audit.
    pub async fn set_setting(&self, allowed: &Allowed, name: &str, value: &str) -> Result<(), KeysError> {
        if !allowed.also(Op::RoleManage, &Place::SERVER) {
            return Err(KeysError::not_allowed("this setting is for who manages roles"));
        }
        check::line("value", value, VALUE_CHARS_MAX)?;
        self.store().set_meta(&stored(name), value).await?;
        self.note(allowed, "setting.update", format!("setting/{name}")).await
    }
}

/// Apart from what the server keeps for itself.
fn stored(name: &str) -> String {
    format!("setting.{name}")
}
