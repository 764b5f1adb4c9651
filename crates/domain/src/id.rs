//! Identifiers: UUIDv7 newtypes, so that two kinds of id cannot be mixed up and new rows sort by age.
//! Doors that promise integers or prefixes keep those beside these; the core only knows these.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::{Entropy, Millis};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id: 48 bits of `now`, the rest from `entropy`.
            pub fn new(now: Millis, entropy: &dyn Entropy) -> Self {
                let mut random = [0u8; 10];
                entropy.fill(&mut random);
                Self(uuid::Builder::from_unix_timestamp_millis(now.0.max(0) as u64, &random).into_uuid())
            }

            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// A key: the record, never the secret.
    KeyId;
    /// One of the 1–3 live secrets of a key.
    SecretId;
    UserId;
    /// An organization that can own keys.
    OrgId;
    SessionId;
    RoleId;
    WorkspaceId;
    BaseId;
    TableId;
    /// One answer of the guard; sent back in a header, usable to look a refusal up.
    DecisionId;
    AuditId;
}

/// A field's number inside its table: small, never reused, so that field sets stay compact.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldNo(pub u32);
