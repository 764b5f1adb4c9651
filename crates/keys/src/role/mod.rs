//! Roles: named sets of grants. Nobody saves or gives away a role that allows more than they may do, nor takes
//! anything from one: who holds it would be at their mercy.

mod create;
mod delete;
mod list;
mod update;

use domain::{
    access::{Grants, Layer},
    limits,
    user::Role,
};

use crate::{KeysError, check, rights::Caller};

pub use create::NewRole;
pub use update::RoleChange;

/// Refuses grants nobody could use, and grants above the caller.
fn check_grants(caller: &Caller<'_>, grants: &Grants) -> Result<(), KeysError> {
    let layer = Layer::from_grants(grants, caller.allowed.catalog());
    layer.check_size().map_err(|error| KeysError::invalid("grants", error.to_string()))?;
    if !caller.root && !caller.can_grant(grants) {
        return Err(KeysError::not_allowed("the role would allow more than you may do"));
    }
    Ok(())
}

impl Caller<'_> {
    /// Refuses to meddle with a role that allows more than the caller may do.
    fn check_above(&self, role: &Role) -> Result<(), KeysError> {
        if self.can_give(role) {
            return Ok(());
        }
        Err(KeysError::NotAllowed(format!("the role {:?} allows more than you may do", role.name)))
    }
}

fn check_texts(title: Option<&str>, description: Option<&str>, extra: Option<&str>) -> Result<(), KeysError> {
    if let Some(text) = title {
        check::line("title", text, limits::NAME_CHARS_MAX)?;
    }
    if let Some(text) = description {
        check::lines("description", text, limits::KEY_NAME_CHARS_MAX)?;
    }
    extra.map_or(Ok(()), |text| check::json("extra", text, limits::TEXT_VALUE_BYTES_MAX))
}
