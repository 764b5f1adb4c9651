//! The first start: builtin roles, and the first administrator when there is none yet. The server itself
//! does this, so nobody is asked and the audit names nobody.

use domain::{
    RoleId,
    access::{Cond, Entry, Grants, Limit, Op, Ops, Reach},
    audit::Actor,
    secret::Secret,
    user::{Role, User},
};
use store::StoreError;

use crate::{Keys, KeysError, NewUser};

pub const ROLE_ROOT: &str = "root";
pub const ROLE_ADMIN: &str = "admin";
pub const ROLE_MEMBER: &str = "member";

/// What a builtin role allows as long as nobody changed it.
pub fn builtin_grants(name: &str) -> Grants {
    match name {
        ROLE_ADMIN => Grants(vec![everywhere(Ops::ALL, Vec::new())]),
        ROLE_MEMBER => Grants(vec![own_records()]),
        _ => Grants::default(),
    }
}

impl Keys {
    /// Creates the builtin roles that are missing: `root` (everything), `admin` (every operation), `member`
    /// (default; reads own records). Changes none that exist.
    pub async fn ensure_builtin_roles(&self) -> Result<(), KeysError> {
        for role in [self.builtin(ROLE_ROOT), self.builtin(ROLE_ADMIN), self.builtin(ROLE_MEMBER)] {
            if self.store().role_by_name(&role.name).await?.is_some() {
                continue;
            }
            match self.store().create_role(&Actor::default(), role).await {
                // Somebody was faster: it is there.
                Ok(_) | Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Whether somebody can administer this server.
    pub async fn has_administrator(&self) -> Result<bool, KeysError> {
        self.another_root(None).await
    }

    /// Makes the first root user, with the builtin roles. `None`: there is one already, nothing changed.
    pub async fn first_administrator(
        &self,
        email: Option<String>,
        username: Option<String>,
        password: Secret,
    ) -> Result<Option<User>, KeysError> {
        self.ensure_builtin_roles().await?;
        let _decided = self.inner.last_root.lock().await;
        if self.has_administrator().await? {
            return Ok(None);
        }
        let mut roles = Vec::new();
        for name in [ROLE_ROOT, ROLE_ADMIN, ROLE_MEMBER] {
            roles.extend(self.store().role_by_name(name).await?);
        }
        let new = NewUser { email, username, password: Some(password), root: true, ..NewUser::default() };
        let now = self.inner.clock.now();
        Ok(Some(self.insert_user(&Actor::default(), now, new, roles).await?))
    }

    fn builtin(&self, name: &str) -> Role {
        let now = self.inner.clock.now();
        let title = match name {
            ROLE_ADMIN => "Administrator",
            ROLE_MEMBER => "Member",
            _ => "Root",
        };
        Role {
            id: RoleId::new(now, self.entropy()),
            name: name.to_owned(),
            title: Some(title.to_owned()),
            description: None,
            root: name == ROLE_ROOT,
            builtin: true,
            default: name == ROLE_MEMBER,
            grants: builtin_grants(name),
            extra: None,
            created_at: now,
            updated_at: now,
        }
    }
}

fn everywhere(allow: Ops, limits: Vec<Limit>) -> Entry {
    Entry { reach: Reach::Everywhere, set: None, allow, limits }
}

fn own_records() -> Entry {
    let read = Op::RecordRead.bit();
    everywhere(read, vec![Limit { ops: read, rows: vec![Cond::Own], fields: None }])
}
