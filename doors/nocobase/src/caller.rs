//! Asks the guard whether a call may pass: in which role a session acts, and what callers without credentials
//! may do where somebody made a role for them. Never words a refusal itself.

use domain::{
    access::Op,
    decision::{Allowed, Denied, Reason},
};
use guard::{Call, Credential, PlaceName};

use crate::{
    auth,
    credential::Kind,
    denied::{self, Presented},
    failure::Failure,
    profile::NOCOBASE,
    renewal,
    request::Request,
    role_mode::{self, ANONYMOUS, Acting},
};

/// What is asked, and who asks.
pub struct Asked<'r> {
    pub request: &'r Request,
    pub credential: &'r Credential,
    pub kind: Kind,
    pub op: Option<Op>,
    pub place: PlaceName<'r>,
    /// About records: the only thing strangers can be let do.
    pub records: bool,
}

pub async fn admitted(asked: &Asked<'_>) -> Result<Allowed, Failure> {
    let chosen = role_header(asked);
    if chosen == Some(ANONYMOUS) && asked.op.is_some() {
        return as_anonymous(asked).await;
    }
    if asked.kind == Kind::Nothing && asked.records {
        return as_stranger(asked).await;
    }
    let acting = match asked.kind {
        Kind::Session => role_mode::current(&asked.request.inner).await?.choice(chosen),
        Kind::Nothing | Kind::Malformed | Kind::Token | Kind::OtherKey => Acting::One(None),
    };
    let (role, single_role) = match acting {
        // The anonymous role is nobody's: who only asks who they are is who they are.
        Acting::One(role) => (role.filter(|role| *role != ANONYMOUS), true),
        Acting::All => (None, false),
    };
    let call = Call { op: asked.op, place: asked.place, role, single_role, ..Call::default() };
    match ask(asked, asked.credential, &call).await {
        Ok(allowed) => {
            check_holds_a_role(asked, &allowed).await?;
            Ok(allowed)
        }
        Err(denied) => {
            let chose_role = role.is_some();
            let presented = Presented { kind: asked.kind, chose_role };
            Err(refusal(asked, denied, presented).await)
        }
    }
}

/// Where no right is needed the guard asks for no role, but whoever holds none gets nowhere in this dialect except
/// out again.
async fn check_holds_a_role(asked: &Asked<'_>, allowed: &Allowed) -> Result<(), Failure> {
    let in_no_role = asked.kind == Kind::Session && allowed.principal().role.is_none();
    if asked.op.is_some() || !in_no_role || asked.request.target.resource == "auth" {
        return Ok(());
    }
    match auth::me(asked.request, allowed).await? {
        Some(user) if user.roles.is_empty() && !user.root => {
            Err(Failure { decision: Some(allowed.id()), ..denied::no_roles() })
        }
        _ => Ok(()),
    }
}

/// Two refusals are told apart by what the credential itself proves: a session whose token was exchanged, and a
/// key whose user is gone, and the key with them.
async fn refusal(asked: &Asked<'_>, denied: Denied, presented: Presented) -> Failure {
    let inner = &asked.request.inner;
    match (asked.credential, denied.reason) {
        (Credential::Session(token), Reason::Expired) => {
            renewal::over(inner, token, denied::render(&denied, presented)).await
        }
        (Credential::Key(token), Reason::Unknown) if asked.kind == Kind::Token => {
            let user = inner.signer.claims(token.expose()).and_then(|claims| claims.user?.as_i64());
            let gone = match user {
                Some(user) => matches!(inner.keys.user_is_there(user).await, Ok(false)),
                None => false,
            };
            let reason = if gone { Reason::OwnerInactive } else { denied.reason };
            denied::render(&Denied { reason, ..denied }, presented)
        }
        _ => denied::render(&denied, presented),
    }
}

/// No credential, and no wish: what strangers may not do, signing in may help with.
async fn as_stranger(asked: &Asked<'_>) -> Result<Allowed, Failure> {
    let checked = ask(asked, &Credential::Stranger(ANONYMOUS), &call(asked)).await;
    checked.map_err(|denied| said(Denied { reason: Reason::Missing, ..denied }))
}

/// `X-Role: anonymous`. Who is signed in must be so still; beyond that nothing of theirs counts.
async fn as_anonymous(asked: &Asked<'_>) -> Result<Allowed, Failure> {
    if asked.kind == Kind::Session {
        let who = Call { single_role: true, ..Call::who() };
        let checked = ask(asked, asked.credential, &who).await;
        checked
            .map_err(|denied| denied::render(&denied, Presented { kind: asked.kind, chose_role: false }))?;
    }
    let refused = match asked.records {
        false => None,
        true => match ask(asked, &Credential::Stranger(ANONYMOUS), &call(asked)).await {
            Ok(allowed) => return Ok(allowed),
            Err(denied) => Some(denied),
        },
    };
    match (asked.kind, refused) {
        (Kind::Nothing, Some(denied)) => Err(said(denied)),
        (Kind::Nothing, None) => match ask(asked, asked.credential, &call(asked)).await {
            Ok(_) => Err(Failure::forbidden()),
            Err(denied) => Err(said(denied)),
        },
        (_, Some(denied)) if denied.reason == Reason::NotFound => Err(said(denied)),
        (_, denied) => Err(Failure { decision: denied.map(|d| d.id), ..Failure::forbidden() }),
    }
}

fn call<'r>(asked: &Asked<'r>) -> Call<'r> {
    Call { op: asked.op, place: asked.place, single_role: true, ..Call::default() }
}

async fn ask(asked: &Asked<'_>, credential: &Credential, call: &Call<'_>) -> Result<Allowed, Denied> {
    asked.request.inner.guard.check(&NOCOBASE, credential, asked.request.ip, call).await
}

fn said(denied: Denied) -> Failure {
    denied::render(&denied, Presented { kind: Kind::Nothing, chose_role: false })
}

/// `X-Role`, which a session may send, and who has no credential. A key always acts in its own role.
fn role_header<'r>(asked: &Asked<'r>) -> Option<&'r str> {
    if !matches!(asked.kind, Kind::Session | Kind::Nothing) {
        return None;
    }
    let header = asked.request.headers.get("x-role")?;
    header.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
}
