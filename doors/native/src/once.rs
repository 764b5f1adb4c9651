//! `Idempotency-Key` on creates: the mark, its fingerprint, and the answers that are not a first one.

use ::keys::{KeysError, Once};
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode},
    response::Response,
};
use domain::{decision::Allowed, limits};

use crate::{
    NativeState, answer,
    problem::{AfterCheck, Problem},
    replay::Begun,
};

const HEADER: &str = "idempotency-key";
const REPLAYED: &str = "idempotency-replayed";

/// The mark of a request, when it has one. `what` is method and path; the body is part of the fingerprint.
pub fn mark(
    headers: &HeaderMap,
    state: &NativeState,
    what: &str,
    body: &[u8],
) -> Result<Option<Once>, Problem> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let key = value.to_str().ok().map(str::trim).unwrap_or_default();
    if key.is_empty()
        || key.len() > limits::IDEMPOTENCY_KEY_CHARS_MAX
        || headers.get_all(HEADER).iter().count() > 1
    {
        let message =
            format!("must be one value of 1 to {} ASCII characters", limits::IDEMPOTENCY_KEY_CHARS_MAX);
        return Err(Problem::field(HEADER, message));
    }
    let text = format!("{what}\n{}", String::from_utf8_lossy(body));
    Ok(Some(Once { key: key.to_owned(), fingerprint: state.guard.digester().digest(&text) }))
}

/// Makes something, once per mark. `make` answers the id of what it made and the body; `again` reads what an
/// earlier request made, for retries that come when the answer is no longer in memory.
pub async fn create(
    state: &NativeState,
    allowed: &Allowed,
    what: &str,
    mark: Option<Once>,
    make: impl Future<Output = Result<(String, Vec<u8>), KeysError>>,
    again: impl AsyncFnOnce(String) -> Result<Vec<u8>, KeysError>,
) -> Result<Response, Problem> {
    let Some(mark) = mark else {
        let (_, body) = make.await.after(allowed)?;
        return Ok(answer::bytes(StatusCode::CREATED, allowed.id(), body));
    };
    let flight = match begin(state, allowed, what, &mark)? {
        Begun::Done(body) => return Ok(replayed(allowed, body)),
        Begun::Fresh(flight) => flight,
        Begun::Busy => return Err(busy().after(allowed)),
        Begun::Different => return Err(different().after(allowed)),
    };
    if let Some(id) = state.keys.earlier(allowed, what, &mark).await.after(allowed)? {
        return Ok(replayed(allowed, again(id).await.after(allowed)?));
    }
    let (id, body) = make.await.after(allowed)?;
    // It is made: a mark that cannot be kept only means that a late retry would be told "is already taken".
    if let Err(error) = state.keys.remember(allowed, what, mark, id).await {
        tracing::warn!(%error, what, "an idempotency mark could not be kept");
    }
    flight.done(&body);
    Ok(answer::bytes(StatusCode::CREATED, allowed.id(), body))
}

/// Looks the mark up among the answers in memory; marks of two callers are two marks.
pub fn begin(state: &NativeState, allowed: &Allowed, what: &str, once: &Once) -> Result<Begun, Problem> {
    let who = allowed.principal();
    let mark = format!("{what}\n{:?}\n{:?}\n{}", who.key, who.user, once.key);
    Ok(state.replays.begin(&mark, once.fingerprint, allowed.at()))
}

pub fn replayed(allowed: &Allowed, body: Vec<u8>) -> Response {
    let mut response = answer::bytes(StatusCode::CREATED, allowed.id(), body);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

pub fn busy() -> Problem {
    let detail = "The first request with this Idempotency-Key is still at work; repeat yours in a moment.";
    Problem::conflict("idempotency_key_busy", detail).retry_after(Some(1_000))
}

pub fn different() -> Problem {
    Problem::conflict("idempotency_key_reused", "This Idempotency-Key was used for another request.")
}
