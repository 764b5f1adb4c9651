//! The eight permission categories of a fine-grained key, each at one of two levels.

use serde::{Deserialize, Serialize};

use super::{Op, Ops};

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Records,
    Comments,
    Tables,
    Fields,
    Views,
    Webhooks,
    Base,
    Users,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Read,
    ReadWrite,
}

impl Category {
    pub const ALL: [Self; 8] = [
        Self::Records,
        Self::Comments,
        Self::Tables,
        Self::Fields,
        Self::Views,
        Self::Webhooks,
        Self::Base,
        Self::Users,
    ];

    /// The operations of this category at `level`; read-write includes read.
    pub const fn ops(self, level: Level) -> Ops {
        let (read, write) = self.pair();
        match level {
            Level::Read => read,
            Level::ReadWrite => read.or(write),
        }
    }

    const fn pair(self) -> (Ops, Ops) {
        use Op::*;
        match self {
            Self::Records => (
                Ops::of(&[RecordRead, RecordExport, RecordAggregate]),
                Ops::of(&[RecordCreate, RecordUpdate, RecordDelete, RecordImport]),
            ),
            Self::Comments => {
                (Ops::of(&[CommentRead]), Ops::of(&[CommentCreate, CommentUpdate, CommentDelete]))
            }
            Self::Tables => (Ops::of(&[TableRead]), Ops::of(&[TableCreate, TableUpdate, TableDelete])),
            Self::Fields => (Ops::of(&[FieldRead]), Ops::of(&[FieldCreate, FieldUpdate, FieldDelete])),
            Self::Views => (Ops::of(&[ViewRead]), Ops::of(&[ViewCreate, ViewUpdate, ViewDelete])),
            Self::Webhooks => (
                Ops::of(&[WebhookRead]),
                Ops::of(&[WebhookCreate, WebhookUpdate, WebhookDelete, WebhookTest]),
            ),
            Self::Base => (Ops::of(&[BaseRead, BaseJobs]), Ops::of(&[BaseSources, BaseUpdate, BaseDelete])),
            Self::Users => (Ops::of(&[MemberRead]), Ops::of(&[MemberInvite, MemberUpdate, MemberRemove])),
        }
    }
}
