//! Small settings a dialect keeps with the server, by name. What they mean is the dialect's business.

use domain::{
    access::{Op, Place},
    decision::Allowed,
};

use crate::{Keys, KeysError, check};

const VALUE_CHARS_MAX: usize = 1_000;
/// Of one that says how the server is used, and not by whom.
const LONG_VALUE_CHARS_MAX: usize = 100_000;

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
        self.keep_setting(allowed, name, value).await
    }

    /// A longer one, for who holds every right and may change the server itself.
    pub async fn set_server_setting(
        &self,
        allowed: &Allowed,
        name: &str,
        value: &str,
    ) -> Result<(), KeysError> {
        if !allowed.also(Op::Settings, &Place::SERVER) {
            return Err(KeysError::not_allowed("this setting is for who may change the server"));
        }
        check::line("value", value, LONG_VALUE_CHARS_MAX)?;
        self.keep_setting(allowed, name, value).await
    }

    async fn keep_setting(&self, allowed: &Allowed, name: &str, value: &str) -> Result<(), KeysError> {
        self.store().set_meta(&stored(name), value).await?;
        self.note(allowed, "setting.update", format!("setting/{name}")).await
    }
}

/// Apart from what the server keeps for itself.
fn stored(name: &str) -> String {
    format!("setting.{name}")
}
