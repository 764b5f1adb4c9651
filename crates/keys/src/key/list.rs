//! Reading keys: one or many, own ones or, for operators, everybody's.

use domain::{
    KeyId, Millis, RoleId, UserId,
    decision::Allowed,
    key::{Key, KeyKind, Owner},
};

use crate::{Keys, KeysError, Page, PageRequest};

/// What a list of keys is sorted by; the age of the key settles ties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyOrder {
    #[default]
    CreatedAt,
    UpdatedAt,
    LastUsedAt,
    ExpiresAt,
    Name,
    Num,
}

/// Every named part must match.
#[derive(Clone, Debug, Default)]
pub struct KeyQuery {
    /// Only within what the caller may see anyway.
    pub owner: Option<Owner>,
    pub kind: Option<KeyKind>,
    pub role: Option<RoleId>,
    pub enabled: Option<bool>,
    /// Made under this dialect configuration.
    pub door: Option<String>,
    pub created_by: Option<UserId>,
    /// Expired by now, or not.
    pub expired: Option<bool>,
    pub created_from: Option<Millis>,
    /// Exclusive.
    pub created_before: Option<Millis>,
    /// Keys that were revoked, instead of those that were not.
    pub gone: bool,
    /// In the name, the case does not matter.
    pub name_contains: Option<String>,
    pub order: KeyOrder,
    pub descending: bool,
    pub page: PageRequest,
}

impl Keys {
    pub async fn get(&self, allowed: &Allowed, id: KeyId) -> Result<Key, KeysError> {
        let _ = (allowed, id);
        todo!()
    }

    /// The same by the small number some dialects use.
    pub async fn get_by_num(&self, allowed: &Allowed, num: i64) -> Result<Key, KeysError> {
        let _ = (allowed, num);
        todo!()
    }

    pub async fn list(&self, allowed: &Allowed, query: KeyQuery) -> Result<Page<Key>, KeysError> {
        let _ = (allowed, query);
        todo!()
    }
}
