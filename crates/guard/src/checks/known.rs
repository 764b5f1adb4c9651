//! A live key or session has this digest. Unknown, disabled and foreign keys cost the same: one digest, one
//! look-up; a second one of each only while secrets of an older recipe are alive.

use std::sync::Arc;

use domain::{
    Millis,
    decision::Reason,
    secret::{Digest, Secret},
};

use crate::{
    cache::LiveSession,
    ctx::{Ctx, Presented, Who},
};

pub(super) fn ask(ctx: &mut Ctx<'_>) -> Result<(), Reason> {
    let found = match ctx.presented {
        Presented::Nothing | Presented::Garbage | Presented::UnknownKey => None,
        Presented::Text { secret, key, session } => by_secret(ctx, secret, key, session),
        Presented::Key(key) => Some(Who::Key(key.clone())),
        Presented::Stranger(role) => ctx.access().stranger(role).map(|role| Who::Key(Arc::new(role))),
        Presented::User(user) => ctx.cache.user(user).map(|_| {
            let (created_at, updated_at, expires_at) = (Millis(i64::MAX), Millis(i64::MAX), Millis(i64::MAX));
            Who::Session(LiveSession { user, created_at, updated_at, expires_at })
        }),
    };
    ctx.who = found.ok_or(Reason::Unknown)?;
    Ok(())
}

fn by_secret(ctx: &Ctx<'_>, secret: &Secret, key: bool, session: bool) -> Option<Who> {
    let text = secret.expose();
    let first = by_digest(ctx, &ctx.digester.digest(text), key, session);
    first.or_else(|| {
        let other = ctx.cache.other_recipe()?;
        by_digest(ctx, &ctx.digester.digest_as(other, text)?, key, session)
    })
}

fn by_digest(ctx: &Ctx<'_>, digest: &Digest, key: bool, session: bool) -> Option<Who> {
    let found = if key { ctx.cache.key(digest, ctx.now).map(Who::Key) } else { None };
    found.or_else(|| if session { live_session(ctx, digest) } else { None })
}

/// A session that its user did not end all at once.
fn live_session(ctx: &Ctx<'_>, digest: &Digest) -> Option<Who> {
    let session = ctx.cache.session(digest)?;
    let valid_from = ctx.cache.with_user(session.user, |user| user.map(|u| u.user.sessions_valid_from));
    let ended = valid_from.is_some_and(|from| session.created_at < from);
    (!ended).then_some(Who::Session(session))
}
