//! Sessions of imported users: who is signed in there stays signed in here, until the session ends as it would have.
//! They are written together with their user, so that no later run brings back what was ended here.

use domain::{
    Millis, SessionId, UserId, limits,
    secret::{Shape, shape},
    user::Session,
};

use super::{
    ImportSession, ImportUser, Line, Outcome,
    apply::{Became, Run},
    origin,
};
use crate::KeysError;

/// The table of the lines.
const TABLE: &str = "session";

/// Those of a user who is not active open nothing, and are none when the user comes back.
pub(super) fn take(user: &mut ImportUser) -> Vec<ImportSession> {
    let mut sessions = std::mem::take(&mut user.sessions);
    if !user.active {
        sessions.iter_mut().for_each(|session| session.expires_at = None);
    }
    sessions
}

impl Run<'_> {
    /// A line for each session of the user whose line was the last one.
    pub(super) async fn sessions(
        &mut self,
        user: &str,
        sessions: Vec<ImportSession>,
    ) -> Result<(), KeysError> {
        let outcome = self.lines.last().map_or(Outcome::Refused, |line| line.outcome);
        let owner = self.users.get(user).copied();
        for session in sessions {
            let mut notes = Vec::new();
            let became = match owner {
                Some(owner) => self.session(&session, owner, outcome, &mut notes).await?,
                None => Became::refused("its user is not imported"),
            };
            let Became { outcome, reason, here } = became;
            let (table, label) = (TABLE.to_owned(), session.user_agent);
            self.lines.push(Line { table, id: session.id, label, outcome, reason, notes, here });
        }
        Ok(())
    }

    async fn session(
        &mut self,
        session: &ImportSession,
        owner: UserId,
        user: Outcome,
        notes: &mut Vec<String>,
    ) -> Result<Became, KeysError> {
        let now = self.allowed.at();
        let Some(end) = session.expires_at.filter(|end| *end > now) else {
            return Ok(dead("it is over"));
        };
        if shape(session.token.expose()) != Shape::Foreign {
            return Ok(Became::refused("its token is none"));
        }
        let digest = self.keys.inner.digester.digest(session.token.expose());
        let there = self.keys.store().session(digest).await?.filter(|found| found.user == owner);
        match (user, there) {
            (Outcome::There, Some(found)) => return Ok(Became::of(Outcome::There, found.id)),
            (Outcome::There, None) => {
                return Ok(dead("its user came with an earlier import; what ended here since stays ended"));
            }
            // The account here may be able to do more than the one there.
            (Outcome::Linked, _) => {
                return Ok(Became::refused("its user was here before: they sign in here themselves"));
            }
            _ => {}
        }
        if self.taken.digests.insert(digest, session.id.clone()).is_some()
            || self.keys.store().key_with_digest(digest).await?.is_some()
            || self.keys.store().session(digest).await?.is_some()
        {
            return Ok(Became::refused("something else has the same token"));
        }
        let furthest = now.plus(limits::SESSION_LIFE_MS);
        if end > furthest {
            notes.push("it ends when a session begun now would".to_owned());
        }
        let (at, entropy) = origin(&self.source, TABLE, &session.id, session.created_at);
        let made = Session {
            id: SessionId::new(at, &entropy),
            digest,
            user: owner,
            created_at: session.created_at.unwrap_or(Millis::ZERO).min(now),
            updated_at: session.updated_at.or(session.created_at).unwrap_or(Millis::ZERO).min(now),
            expires_at: end.min(furthest),
            ip: session.ip.clone().filter(|ip| !ip.is_empty()),
            user_agent: session.user_agent.clone().filter(|agent| !agent.is_empty()),
            organization: session.organization.as_deref().and_then(|id| self.organization_id(id)),
        };
        let id = made.id;
        self.begun.entry(owner).or_default().push(made);
        Ok(Became::of(Outcome::New, id))
    }

    /// The user of this line could not be written, and so no session of theirs.
    pub(super) fn not_signed_in(&mut self, at: usize) {
        let theirs = self.lines.iter_mut().skip(at + 1).take_while(|line| line.table == TABLE);
        for line in theirs.filter(|line| line.outcome == Outcome::New) {
            line.outcome = Outcome::Refused;
            line.reason = Some("its user is not imported".to_owned());
            line.here = None;
        }
    }
}

fn dead(why: &str) -> Became {
    Became { outcome: Outcome::Dead, reason: Some(why.to_owned()), here: None }
}
