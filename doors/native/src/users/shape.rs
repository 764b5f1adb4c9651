//! A user on the wire. The password goes in and never comes out.

use std::sync::Arc;

use domain::{UserId, user::User};
use serde::Serialize;
use utoipa::ToSchema;

use crate::NativeState;

/// A person or a service account. Times are RFC 3339 in UTC.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserView {
    #[schema(value_type = String, format = "uuid")]
    pub id: UserId,
    pub email: Option<String>,
    pub username: Option<String>,
    /// Name to show.
    pub name: Option<String>,
    pub active: bool,
    /// Holds every right everywhere.
    pub root: bool,
    /// Names of the roles held.
    #[schema(value_type = Vec<String>)]
    pub roles: Vec<Arc<str>>,
    #[schema(value_type = Option<String>)]
    pub default_role: Option<Arc<str>>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
}

pub fn view(state: &NativeState, user: &User) -> UserView {
    UserView {
        id: user.id,
        email: user.email.clone(),
        username: user.username.clone(),
        name: user.name.clone(),
        active: user.active,
        root: user.root,
        roles: user.roles.iter().map(|id| state.role_name(*id)).collect(),
        default_role: user.default_role.map(|id| state.role_name(id)),
        created_at: user.created_at.rfc3339(),
        updated_at: user.updated_at.rfc3339(),
    }
}
