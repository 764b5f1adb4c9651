//! The first start: builtin roles, and the first administrator when there is none yet.

use domain::{secret::Secret, user::User};

use crate::{Keys, KeysError};

pub const ROLE_ROOT: &str = "root";
pub const ROLE_ADMIN: &str = "admin";
pub const ROLE_MEMBER: &str = "member";

impl Keys {
    /// Creates the builtin roles that are missing: `root` (everything), `admin` (every operation), `member`
    /// (default; reads own records). Changes none that exist.
    pub async fn ensure_builtin_roles(&self) -> Result<(), KeysError> {
        todo!()
    }

    /// Whether somebody can administer this server.
    pub async fn has_administrator(&self) -> Result<bool, KeysError> {
        todo!()
    }

    /// Makes the first root user, with the builtin roles. `None`: there is one already, nothing changed.
    pub async fn first_administrator(
        &self,
        email: Option<String>,
        username: Option<String>,
        password: Secret,
    ) -> Result<Option<User>, KeysError> {
        let _ = (email, username, password);
        todo!()
    }
}
