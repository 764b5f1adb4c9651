//! Role modes: whether people act in one of their roles at a time, or in all of them at once. All at once means
//! that what any one role allows is allowed, each role with its own rows and fields; rights of two roles are
//! never mixed into what neither of them gives. Keys always act in their own role.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use domain::decision::Allowed;
use serde_json::json;

use crate::{
    answer::Answer,
    failure::Failure,
    request::{Request, text_property},
    state::Inner,
};

/// What `X-Role` says for all roles at once.
pub const UNION: &str = "__union__";
/// The role of callers without credentials, if somebody makes one of this name.
pub const ANONYMOUS: &str = "anonymous";

/// Under which name the server keeps the mode.
const SETTING: &str = "nocobase.role_mode";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleMode {
    /// One role at a time.
    OneRole,
    /// One at a time, or all for who asks for it.
    AllowUnion,
    OnlyUnion,
}

impl RoleMode {
    const ALL: [Self; 3] = [Self::OneRole, Self::AllowUnion, Self::OnlyUnion];

    pub fn name(self) -> &'static str {
        match self {
            Self::OneRole => "default",
            Self::AllowUnion => "allow-use-union",
            Self::OnlyUnion => "only-use-union",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    /// What a session that sends this header acts in: a role by name (`None`: its main one), or all at once.
    pub fn choice(self, header: Option<&str>) -> Acting<'_> {
        match (self, header) {
            (Self::OnlyUnion, _) | (Self::AllowUnion, Some(UNION)) => Acting::All,
            (Self::OneRole, Some(UNION)) | (_, None) => Acting::One(None),
            (_, Some(role)) => Acting::One(Some(role)),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acting<'a> {
    One(Option<&'a str>),
    All,
}

/// The mode as it was last read or set; nothing but this door changes it.
pub struct Kept(AtomicU8);

impl Kept {
    fn of(mode: RoleMode) -> Self {
        Self(AtomicU8::new(mode as u8))
    }

    fn get(&self) -> RoleMode {
        let kept = self.0.load(Relaxed);
        RoleMode::ALL.into_iter().find(|mode| *mode as u8 == kept).unwrap_or(RoleMode::OneRole)
    }
}

/// `X-Role: anonymous`, which counts for people and not for keys.
pub fn wants_anonymous(request: &Request, allowed: &Allowed) -> bool {
    let header = request.headers.get("x-role").and_then(|value| value.to_str().ok());
    allowed.principal().session.is_some() && header.is_some_and(|role| role.trim() == ANONYMOUS)
}

pub async fn current(inner: &Inner) -> Result<RoleMode, Failure> {
    Ok(kept(inner).await?.get())
}

/// `roles:setSystemRoleMode`.
pub async fn set(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let values = request.values()?;
    let name = text_property(&values, "roleMode")?.flatten();
    let mode = name.as_deref().and_then(RoleMode::parse).ok_or_else(|| Failure::bad("Invalid role mode"))?;
    let kept = kept(&request.inner).await?;
    request.inner.keys.set_setting(allowed, SETTING, mode.name()).await?;
    kept.0.store(mode as u8, Relaxed);
    Ok(Answer::Data(json!("ok")))
}

async fn kept(inner: &Inner) -> Result<&Kept, Failure> {
    let read = || async {
        let name = inner.keys.setting(SETTING).await?;
        Ok::<_, Failure>(Kept::of(name.as_deref().and_then(RoleMode::parse).unwrap_or(RoleMode::OneRole)))
    };
    inner.role_mode.get_or_try_init(read).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_decides_whether_the_header_counts() {
        let role = Some("worker");
        for (mode, header, want) in [
            (RoleMode::OneRole, None, Acting::One(None)),
            (RoleMode::OneRole, role, Acting::One(role)),
            (RoleMode::OneRole, Some(UNION), Acting::One(None)),
            (RoleMode::AllowUnion, None, Acting::One(None)),
            (RoleMode::AllowUnion, role, Acting::One(role)),
            (RoleMode::AllowUnion, Some(UNION), Acting::All),
            (RoleMode::OnlyUnion, None, Acting::All),
            (RoleMode::OnlyUnion, role, Acting::All),
        ] {
            assert_eq!(mode.choice(header), want, "{mode:?} {header:?}");
        }
    }
}
