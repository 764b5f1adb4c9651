//! Keys: one file per verb, the rules they share beside them.

mod create;
mod list;
mod rank;
mod reveal;
mod revoke;
mod rotate;
mod seal;
mod update;

pub use create::{Expires, NewKey};
pub use list::{KeyOrder, KeyQuery};
pub use rotate::Rotate;
pub use seal::Sealer;
pub use update::{KeyChange, Remaining};
