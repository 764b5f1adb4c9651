//! Sessions: signing in with a password, and what ends it.

mod list;
mod password;
mod renew;
mod scrypt;
mod sign_in;
mod sign_out;
mod throttle;

use domain::{
    UserId,
    access::{Op, Place},
    decision::Allowed,
};

use crate::KeysError;

pub use password::PasswordCost;
pub use renew::Renewed;
pub use scrypt::ScryptHash;
pub use sign_in::{SESSION_PREFIX, SignIn, SignedIn};

pub(crate) use password::Passwords;
pub(crate) use throttle::{Account, LETTERS, SIGN_INS, Throttle};

/// Whose sessions a call is about: the caller's own, or, for who may manage users, another's. To everybody
/// else, others have none, and a key that may not manage users has none even of its owner's.
fn whose(allowed: &Allowed, asked: Option<UserId>) -> Result<UserId, KeysError> {
    let own = allowed.principal().user;
    check_in_person(allowed)?;
    let user = asked.or(own).ok_or(KeysError::NotFound)?;
    if Some(user) == own || may_manage_users(allowed) { Ok(user) } else { Err(KeysError::NotFound) }
}

/// Sessions are the person's: a key sees and ends them only where it may manage users.
fn check_in_person(allowed: &Allowed) -> Result<(), KeysError> {
    if allowed.principal().key_kind.is_none() || may_manage_users(allowed) {
        return Ok(());
    }
    Err(KeysError::not_allowed("a key needs the right to manage users for the sessions of its owner"))
}

fn may_manage_users(allowed: &Allowed) -> bool {
    allowed.also(Op::UserManage, &Place::SERVER)
}
