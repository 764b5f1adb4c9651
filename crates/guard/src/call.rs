//! What a door hands in: a credential and a call, in common words and still unresolved. Names are as the
//! client wrote them; the guard resolves them after it knows who is asking.

use std::net::IpAddr;

use domain::{access::Op, decision::Profile, key::Permissions, secret::Secret};

use crate::profile;

/// What the client presented.
#[derive(Clone, Debug)]
pub enum Credential {
    None,
    /// Something came that cannot be a credential of this door.
    Malformed,
    Key(Secret),
    Session(Secret),
    /// The door cannot tell which: a key is looked up first, then a session.
    Either(Secret),
    /// Nothing came, and the dialect lets such callers act in the role of this name, if there is one.
    Stranger(&'static str),
}

/// Where a call goes, as the client named it (id or name).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlaceName<'a> {
    #[default]
    Server,
    Base(&'a str),
    Table {
        base: &'a str,
        table: &'a str,
    },
}

/// What a request wants.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// `None`: the call only needs to know who is asking.
    pub op: Option<Op>,
    pub place: PlaceName<'a>,
    /// The role (id or name) a session chose to act in. A key that is bound to a role ignores it.
    pub role: Option<&'a str>,
    /// When no role is chosen: act in one role (the user's default, else the first held) instead of all.
    pub single_role: bool,
    /// Uses taken from the key's quota; 0 takes nothing and passes.
    pub cost: i64,
}

impl Default for Call<'_> {
    fn default() -> Self {
        Self { op: None, place: PlaceName::Server, role: None, single_role: false, cost: 1 }
    }
}

impl<'a> Call<'a> {
    /// Who is asking, and nothing more.
    pub fn who() -> Self {
        Self::default()
    }

    pub fn new(op: Op, place: PlaceName<'a>) -> Self {
        Self { op: Some(op), place, ..Self::default() }
    }
}

/// A question about somebody else's secret: may it do this?
#[derive(Clone, Copy, Debug)]
pub struct VerifyCall<'a> {
    pub secret: &'a Secret,
    /// All of these must be held; `None`: not asked.
    pub permissions: Option<&'a Permissions>,
    pub op: Option<Op>,
    pub place: PlaceName<'a>,
    /// The address of the client the caller is serving; compared with the key's allowed hosts.
    pub ip: Option<IpAddr>,
    pub cost: i64,
    /// Only for the log.
    pub tags: &'a [String],
    pub profile: &'static Profile,
}

impl<'a> VerifyCall<'a> {
    /// With nothing asked but whether the secret is good; costs 1.
    pub fn new(secret: &'a Secret) -> Self {
        Self {
            secret,
            permissions: None,
            op: None,
            place: PlaceName::Server,
            ip: None,
            cost: 1,
            tags: &[],
            profile: &profile::VERIFY,
        }
    }
}
