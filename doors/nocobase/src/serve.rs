//! One request on its way: path → guard → body → action → envelope, the same for every action of the table in
//! `router.rs`. Never words a refusal itself.

use std::sync::Arc;

use axum::{
    extract::{Request as HttpRequest, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{ACCESS_CONTROL_EXPOSE_HEADERS, CONTENT_TYPE, ORIGIN, SET_COOKIE},
        request::Parts,
    },
    response::Response,
};
use domain::{access::Op, decision::Allowed, limits, secret::Secret};
use guard::PlaceName;
use http_kit::{
    body,
    edge::{DECISION_ID, set_decision_id},
    peer,
};
use serde_json::Value;

use crate::{
    NocobaseState, acl_meta,
    answer::Answer,
    base_path,
    caller::{self, Asked},
    collections, cookies,
    credential::{self, Kind, Source},
    failure::Failure,
    locale,
    params::Params,
    path::{self, Target},
    qs, renewal,
    request::Request,
    router::{Action, At, Need, Run, Verb, find},
    state::Inner,
    xlsx::upload,
};

pub async fn answer(State(state): State<NocobaseState>, request: HttpRequest) -> Response {
    let (parts, body) = request.into_parts();
    let of_page = parts.headers.contains_key(ORIGIN);
    let inner = state.inner;
    let mut beside = Beside::default();
    let language = locale::of_raw(&parts.headers, parts.uri.query());
    let request_headers = inner.settings.cookies.then(|| parts.headers.clone());
    let mut response = match serve(&inner, parts, body, &mut beside).await {
        Ok(answer) => answer.into_response(),
        Err(failure) => {
            beside.decision = failure.decision.or(beside.decision);
            beside.over = failure.errors.iter().any(|e| e.code.is_some_and(|code| OVER.contains(&code)));
            failure.told_in(language).into_response()
        }
    };
    let headers = response.headers_mut();
    if of_page {
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
    for cookie in request_headers.map(|asked| beside.cookies(&inner, &asked)).unwrap_or_default() {
        headers.append(SET_COOKIE, cookie);
    }
    // What a cookie keeps from scripts is told to none.
    let told = beside.new_token.as_ref().filter(|_| !beside.by_cookie);
    if let Some(token) = told.and_then(renewal::header) {
        headers.insert(renewal::NEW_TOKEN, token);
    }
    set_decision_id(headers, beside.decision.unwrap_or_else(|| inner.guard.next_id()));
    if let Some(id) = headers.get(DECISION_ID).cloned() {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// What an answer carries besides its body, whether the action succeeds or not.
#[derive(Default)]
struct Beside {
    decision: Option<domain::DecisionId>,
    new_token: Option<Secret>,
    by_cookie: bool,
    /// The sign-in that came opens nothing any more.
    over: bool,
}

/// Refusals that will be the same the next time, whatever is asked.
const OVER: [&str; 4] = ["BLOCKED_TOKEN", "EXPIRED_SESSION", "INVALID_TOKEN", "NOT_EXIST_USER"];

impl Beside {
    /// Those of a renewed token; or, where the one that came by cookie is over, what removes it.
    fn cookies(&self, inner: &Inner, asked: &HeaderMap) -> Vec<HeaderValue> {
        match &self.new_token {
            Some(token) => cookies::renewed(inner, asked, token),
            None if self.by_cookie && self.over => cookies::ended(inner, asked),
            None => Vec::new(),
        }
    }
}

/// What pages may read of this door's answers, besides what they may of all.
const EXPOSED: &str = "content-disposition,x-new-token,x-request-id";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

async fn serve(
    inner: &Arc<Inner>,
    parts: Parts,
    body: axum::body::Body,
    beside: &mut Beside,
) -> Result<Answer, Failure> {
    let target = target_of(inner, &parts).ok_or_else(Failure::not_found)?;
    let action = find(&target).ok_or_else(Failure::not_found)?;
    check_method(&parts.method, action.verb)?;
    let map = qs::parse(parts.uri.query().unwrap_or_default())?;
    let ip = peer::client_ip(&parts, &inner.settings.trusted);
    let (credential, kind, source) = credential::read(inner, &parts.headers, &map, inner.clock.now());
    let by_cookie = source == Source::Cookie;
    let params = Params { map, key: target.key.clone() };
    let session = match &credential {
        guard::Credential::Session(token) => Some(token.clone()),
        _ => None,
    };
    let (headers, method) = (parts.headers, parts.method);
    let inner = inner.clone();
    let mut request = Request { inner, target, params, body: None, file: None, headers, ip, session };
    // A place named by the body needs the body first; everybody else proves who they are before it is read.
    let early = action.need == Need::Op(Op::RoleManage, At::Body);
    let mut body = Some(body);
    if early {
        request.body = read_body(&request.headers, body.take()).await?;
    }
    let run = match &action.run {
        Run::Open(run) => {
            request.body = read_body(&request.headers, body.take()).await?;
            return run(&request).await;
        }
        Run::Guarded(run) => run,
    };
    if let Some(token) = request.session.as_ref().filter(|_| by_cookie) {
        cookies::check_meant(&method, &request.headers, token)?;
        beside.by_cookie = true;
    }
    let allowed = check(&request, action, &credential, kind).await?;
    beside.decision = Some(allowed.id());
    // None gets a token whose cookies nobody would set, nor who follows a link of a foreign page: the old one would be over.
    let kept = !by_cookie || cookies::is_own_page(&request.inner, &request.headers);
    if kept && !matches!(action.action, "signOut" | "syncCookies") {
        beside.new_token = renewal::renew(&request, &allowed).await?;
    }
    // Questions of this size do not fit into an address.
    let asks = matches!(action.action, "query" | "export" | "downloadXlsxTemplate");
    if action.action == "importXlsx"
        && let Some(from) = body.take()
    {
        let upload = upload::read(&request.headers, from).await?;
        (request.body, request.file) = (Some(upload.values), upload.file);
    } else if (action.verb == Verb::Writes && !early) || asks {
        request.body = read_body(&request.headers, body.take()).await?;
    }
    // A read that came by POST may have brought one all the same.
    if let Some(body) = body {
        body::discard(body, limits::BODY_BYTES_MAX).await;
    }
    let answer = run(&request, &allowed).await?;
    // Of records; elsewhere nobody asks for it.
    let records = action.resource == "*" && matches!(action.action, "list" | "get");
    match records && acl_meta::is_asked(&request.headers) {
        true => acl_meta::beside(&request, &allowed, answer).await,
        false => Ok(answer),
    }
}

/// Asks the guard.
async fn check(
    request: &Request,
    action: &Action,
    credential: &guard::Credential,
    kind: Kind,
) -> Result<Allowed, Failure> {
    let (op, at) = match action.need {
        Need::Nobody => (None, At::Server),
        Need::SignedIn(at) => (None, at),
        Need::Op(op, at) => (Some(op), at),
    };
    // What is wrong with the name is said only to who might have used it.
    let named = name_of(request, at);
    let place = match (&named, at) {
        (_, At::Server) => PlaceName::Server,
        (Ok(Some(table)), _) => PlaceName::Table { base: request.base(), table },
        _ => PlaceName::Base(request.base()),
    };
    let records = action.resource.starts_with('*');
    let allowed = caller::admitted(&Asked { request, credential, kind, op, place, records }).await?;
    named?;
    Ok(allowed)
}

/// The collection an operation is about, as the client named it.
fn name_of(request: &Request, at: At) -> Result<Option<String>, Failure> {
    match at {
        At::Server | At::Base => Ok(None),
        At::Resource => Ok(Some(request.target.resource.clone())),
        At::Source => {
            let name = request.source()?;
            let described = matches!(request.target.action.as_str(), "list" | "get");
            // Of what is not there, and of people, only the base can be asked for.
            let missing = collections::people::is_one(name) || collections::there(request, name).is_none();
            Ok((!(described && missing)).then(|| name.to_owned()))
        }
        At::Key => {
            let mut names = collections::named(request)?;
            let reserved = |name: &String| collections::RESERVED.contains(&name.as_str());
            // These are no collections that could be changed or removed.
            if request.target.action != "get" && names.iter().any(reserved) {
                return Err(Failure::forbidden());
            }
            // Several, or one that is not there, are a matter of the base.
            let one = if names.len() == 1 { names.pop() } else { None };
            Ok(one.filter(|name| collections::there(request, name).is_some()))
        }
        At::Body => {
            let name = request.body.as_ref().and_then(|b| b.get("resourceName")).and_then(Value::as_str);
            name.map(|n| Some(n.to_owned())).ok_or_else(|| Failure::bad("resourceName is required"))
        }
    }
}

/// What the path names, and below the door's own base path also what path and method name together.
fn target_of(inner: &Inner, parts: &Parts) -> Option<Target> {
    let path = parts.uri.path();
    let own = inner.settings.base_path.as_ref().and_then(|own| path.strip_prefix(own.as_str()));
    match own {
        Some(rest) => {
            let query = parts.uri.query().unwrap_or_default();
            path::parse(rest).or_else(|| path::by_method(rest, parts.method.as_str(), query))
        }
        None => path::parse(path.strip_prefix(base_path::SHARED)?),
    }
}

/// A GET never writes; what reads may also be posted.
fn check_method(method: &Method, verb: Verb) -> Result<(), Failure> {
    let safe = method == Method::GET || method == Method::HEAD;
    let known = safe || [Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(method);
    if !known || (safe && verb == Verb::Writes) {
        return Err(Failure::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed", None));
    }
    Ok(())
}

/// JSON, or a form; anything else is no body.
async fn read_body(headers: &HeaderMap, from: Option<axum::body::Body>) -> Result<Option<Value>, Failure> {
    let Some(from) = from else { return Ok(None) };
    let form = headers
        .get(CONTENT_TYPE)
        .is_some_and(|v| v.as_bytes().to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded"));
    let json = body::says_json(headers);
    if !form && !json {
        body::discard(from, limits::BODY_BYTES_MAX).await;
        return Ok(None);
    }
    let bytes = body::read(from, limits::BODY_BYTES_MAX).await?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    if json {
        return Ok(Some(body::parse(&bytes)?));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| Failure::bad("the body is not UTF-8"))?;
    Ok(Some(Value::Object(qs::parse(text)?)))
}
