//! Reading users.

use domain::{UserId, decision::Allowed, user::User};
use store::UserList;

use crate::{Keys, KeysError, Page, PageRequest};

/// Every named part must match.
#[derive(Clone, Debug, Default)]
pub struct UserQuery {
    /// In email, username or name, the case does not matter.
    pub contains: Option<String>,
    /// Id or name of a role they hold.
    pub role: Option<String>,
    pub active: Option<bool>,
    pub page: PageRequest,
}

impl Keys {
    pub async fn user(&self, _allowed: &Allowed, id: UserId) -> Result<User, KeysError> {
        self.store().user(id).await?.ok_or(KeysError::NotFound)
    }

    /// Whether there is (still) a user of this number. For telling why a credential is refused that proves by
    /// itself whose it was.
    pub async fn user_is_there(&self, num: i64) -> Result<bool, KeysError> {
        Ok(self.store().user_by_num(num).await?.is_some())
    }

    pub async fn user_by_num(&self, _allowed: &Allowed, num: i64) -> Result<User, KeysError> {
        self.store().user_by_num(num).await?.ok_or(KeysError::NotFound)
    }

    /// The user the caller acts as; `NotFound` when there is none.
    pub async fn me(&self, allowed: &Allowed) -> Result<User, KeysError> {
        let id = allowed.principal().user.ok_or(KeysError::NotFound)?;
        self.store().user(id).await?.ok_or(KeysError::NotFound)
    }

    /// Oldest first. Paged by offset; a cursor is an offset in disguise.
    pub async fn users(&self, _allowed: &Allowed, query: UserQuery) -> Result<Page<User>, KeysError> {
        let role = match &query.role {
            None => None,
            Some(text) => match self.find_role(text).await? {
                Some(role) => Some(role.id),
                None => return Ok(Page::empty()),
            },
        };
        let limit = query.page.size();
        let offset = query.page.cursor()?.unwrap_or(query.page.offset);
        let list = UserList {
            search: query.contains,
            role,
            active: query.active,
            offset,
            limit,
            count: true,
            ..UserList::default()
        };
        let listed = self.store().users(list).await?;
        let next = offset.saturating_add(listed.items.len() as u64);
        let mut page = Page::of(listed, limit, |_| next.to_string());
        page.next = page.next.filter(|_| next < page.total);
        Ok(page)
    }
}
