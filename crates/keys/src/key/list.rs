//! Reading keys: one or many, own ones or, for operators, everybody's.

use domain::{
    KeyId, Millis, RoleId, UserId,
    decision::Allowed,
    key::{Key, KeyKind, Owner},
};

use store::{KeyList, KeySort, OwnerScope};

use crate::{Keys, KeysError, Page, PageRequest, rights::scope_of};

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
        self.store().key(scope_of(allowed), id).await?.ok_or(KeysError::NotFound)
    }

    /// The same by the small number some dialects use.
    pub async fn get_by_num(&self, allowed: &Allowed, num: i64) -> Result<Key, KeysError> {
        self.store().key_by_num(scope_of(allowed), num).await?.ok_or(KeysError::NotFound)
    }

    pub async fn list(&self, allowed: &Allowed, query: KeyQuery) -> Result<Page<Key>, KeysError> {
        let scope = match (scope_of(allowed), query.owner) {
            (scope, None) => scope,
            (OwnerScope::All, Some(owner)) => OwnerScope::Of(owner),
            (OwnerScope::Of(own), Some(owner)) if own == owner => OwnerScope::Of(own),
            // Somebody else's keys do not exist.
            (OwnerScope::Of(_), Some(_)) => return Ok(Page::empty()),
        };
        let limit = query.page.size();
        let list = KeyList {
            kind: query.kind,
            role: query.role,
            created_by: query.created_by,
            door: query.door,
            enabled: query.enabled,
            name_contains: query.name_contains,
            expired: query.expired,
            created_from: query.created_from,
            created_before: query.created_before,
            gone: query.gone,
            sort: query.order.into(),
            descending: query.descending,
            after: query.page.cursor()?,
            offset: query.page.offset,
            limit,
            count: true,
        };
        let listed = self.store().keys(scope, list).await?;
        Ok(Page::of(listed, limit, |key| key.id.to_string()))
    }
}

impl From<KeyOrder> for KeySort {
    fn from(order: KeyOrder) -> Self {
        match order {
            KeyOrder::CreatedAt => Self::CreatedAt,
            KeyOrder::UpdatedAt => Self::UpdatedAt,
            KeyOrder::LastUsedAt => Self::LastUsedAt,
            KeyOrder::ExpiresAt => Self::ExpiresAt,
            KeyOrder::Name => Self::Name,
            KeyOrder::Num => Self::Num,
        }
    }
}
