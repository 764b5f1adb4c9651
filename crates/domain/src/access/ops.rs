//! Operations: what a request wants to do, one bit each.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

macro_rules! ops {
    ($($name:ident = $bit:literal, $text:literal;)*) => {
        /// One operation. The number is its bit and part of the stored format: never reuse one.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Op { $($name = $bit,)* }

        impl Op {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable name: `record.read`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

ops! {
    RecordRead = 0, "record.read";
    RecordCreate = 1, "record.create";
    RecordUpdate = 2, "record.update";
    RecordDelete = 3, "record.delete";
    RecordExport = 4, "record.export";
    RecordImport = 5, "record.import";
    RecordAggregate = 6, "record.aggregate";
    CommentRead = 7, "comment.read";
    CommentCreate = 8, "comment.create";
    CommentUpdate = 9, "comment.update";
    CommentDelete = 10, "comment.delete";
    TableRead = 11, "table.read";
    TableCreate = 12, "table.create";
    TableUpdate = 13, "table.update";
    TableDelete = 14, "table.delete";
    FieldRead = 15, "field.read";
    FieldCreate = 16, "field.create";
    FieldUpdate = 17, "field.update";
    FieldDelete = 18, "field.delete";
    ViewRead = 19, "view.read";
    ViewCreate = 20, "view.create";
    ViewUpdate = 21, "view.update";
    ViewDelete = 22, "view.delete";
    WebhookRead = 23, "webhook.read";
    WebhookCreate = 24, "webhook.create";
    WebhookUpdate = 25, "webhook.update";
    WebhookDelete = 26, "webhook.delete";
    WebhookTest = 27, "webhook.test";
    BaseRead = 28, "base.read";
    BaseUpdate = 29, "base.update";
    BaseDelete = 30, "base.delete";
    BaseSources = 31, "base.sources";
    BaseJobs = 32, "base.jobs";
    BaseShare = 33, "base.share";
    MemberRead = 34, "member.read";
    MemberInvite = 35, "member.invite";
    MemberUpdate = 36, "member.update";
    MemberRemove = 37, "member.remove";
    FunctionExecute = 38, "function.execute";
    KeyManage = 39, "key.manage";
    KeyReveal = 40, "key.reveal";
    KeyVerify = 41, "key.verify";
    RoleManage = 42, "role.manage";
    UserManage = 43, "user.manage";
    AuditRead = 44, "audit.read";
    Settings = 45, "settings";
}

impl Op {
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|op| op.name() == text)
    }

    pub const fn bit(self) -> Ops {
        Ops(1 << self as u8)
    }
}

impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Op {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Op {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("unknown operation {text:?}")))
    }
}

/// A set of operations. Written as a list of names; `"*"` is every operation there is or will be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Ops(pub u64);

impl Ops {
    pub const NONE: Self = Self(0);
    pub const ALL: Self = Self(u64::MAX);
    /// Operations on records: the ones that rows and fields can limit.
    pub const RECORD: Self = Self::of(&[
        Op::RecordRead,
        Op::RecordCreate,
        Op::RecordUpdate,
        Op::RecordDelete,
        Op::RecordExport,
        Op::RecordImport,
        Op::RecordAggregate,
    ]);
    /// Operations on the server itself, no matter which base.
    pub const SERVER: Self = Self::of(&[
        Op::KeyManage,
        Op::KeyReveal,
        Op::KeyVerify,
        Op::RoleManage,
        Op::UserManage,
        Op::AuditRead,
        Op::Settings,
    ]);

    pub const fn of(ops: &[Op]) -> Self {
        let mut bits = 0;
        let mut i = 0;
        while i < ops.len() {
            #[expect(clippy::indexing_slicing, reason = "bounded by the loop; iterators are not const")]
            let op = ops[i];
            bits |= op.bit().0;
            i += 1;
        }
        Self(bits)
    }

    pub const fn has(self, op: Op) -> bool {
        self.0 & op.bit().0 != 0
    }

    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Op> {
        Op::ALL.iter().copied().filter(move |op| self.has(*op))
    }

    pub fn names(self) -> Vec<&'static str> {
        if self == Self::ALL { vec!["*"] } else { self.iter().map(Op::name).collect() }
    }
}

impl FromIterator<Op> for Ops {
    fn from_iter<T: IntoIterator<Item = Op>>(ops: T) -> Self {
        ops.into_iter().fold(Self::NONE, |all, op| all.or(op.bit()))
    }
}

impl fmt::Debug for Ops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ops({})", self.names().join(" "))
    }
}

impl Serialize for Ops {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.names())
    }
}

impl<'de> Deserialize<'de> for Ops {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(from)?;
        if names.iter().any(|n| n == "*") {
            return Ok(Self::ALL);
        }
        names
            .iter()
            .map(|n| Op::parse(n).ok_or_else(|| D::Error::custom(format!("unknown operation {n:?}"))))
            .collect()
    }
}
