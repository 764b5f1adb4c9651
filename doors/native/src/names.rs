//! Names of roles by id. A role's name never changes and its id is never reused, so what was learnt once
//! stays true; nothing here decides anything.

use std::{collections::HashMap, sync::Arc};

use ::keys::Keys;
use domain::{RoleId, decision::Allowed};
use parking_lot::RwLock;

#[derive(Default)]
pub struct RoleNames(RwLock<HashMap<RoleId, Arc<str>>>);

impl RoleNames {
    /// Without waiting; `None`: not learnt yet.
    pub fn known(&self, id: RoleId) -> Option<Arc<str>> {
        self.0.read().get(&id).cloned()
    }

    /// The name, or the id as text when the caller may not read the role or it is gone.
    pub async fn name(&self, keys: &Keys, allowed: &Allowed, id: RoleId) -> Arc<str> {
        if let Some(name) = self.known(id) {
            return name;
        }
        match keys.role(allowed, &id.to_string()).await {
            Ok(role) => {
                let name: Arc<str> = role.name.into();
                self.0.write().insert(id, name.clone());
                name
            }
            Err(_) => id.to_string().into(),
        }
    }

    /// For roles just read or made.
    pub fn learn(&self, id: RoleId, name: &str) {
        if self.known(id).is_none() {
            self.0.write().insert(id, name.into());
        }
    }
}
