//! Users: people and service accounts, the roles they hold, and their passwords.

mod create;
mod delete;
mod list;
mod password;
mod password_link;
mod roles;
mod update;

pub use create::NewUser;
pub use list::UserQuery;
pub use password_link::PasswordLink;
pub use update::UserChange;

pub(crate) use roles::check_combination;
