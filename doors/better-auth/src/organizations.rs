//! Organizations, as far as keys need them: making one, naming one's own, choosing one, adding members.

use domain::{OrgId, UserId, access::Op, decision::Allowed, limits::SESSION_LIFE_MS, user::Organization};
use keys::{KeysError, Member, NewOrganization, ORGANIZATION_OWNER};
use serde_json::{Map, Value, json};

use crate::{
    answer::Answer,
    caller::Who,
    failure::{self, Failure},
    kept::{DOOR, with_part},
    record,
    request::{Request, user_of},
    router::only_server,
};

/// Roles of members.
const ROLES: [&str; 3] = [ORGANIZATION_OWNER, "admin", "member"];

pub async fn create(request: &Request) -> Result<Answer, Failure> {
    let mut fields = request.body();
    let name = fields.text("name");
    let slug = fields.text("slug");
    let logo = fields.maybe_text("logo");
    let metadata = fields.any("metadata").filter(|value| !value.is_null());
    if metadata.is_some_and(|value| !value.is_object()) {
        fields.refuse("metadata", "Invalid input: expected record");
    }
    fields.finish()?;
    let allowed = in_person(request)?;
    let mut part = Map::new();
    part.extend(logo.map(|logo| ("logo".to_owned(), Value::from(logo))));
    part.extend(metadata.map(|metadata| ("metadata".to_owned(), metadata.clone())));
    let extra =
        (!part.is_empty()).then_some(Value::Object(part)).and_then(|part| with_part(None, Some(part)));
    let new = NewOrganization { name: name.to_owned(), slug: slug.to_owned(), extra };
    let keys = &request.inner.keys;
    let organization = keys.create_organization(allowed, new).await.map_err(|error| match error {
        KeysError::Conflict { .. } => failure::ORGANIZATION_ALREADY_EXISTS.into(),
        other => Failure::from(other),
    })?;
    choose(request, Some(organization.id)).await?;
    let members = keys.members(allowed, organization.id).await?;
    let mut shown = shown(&organization);
    shown.insert("members".to_owned(), members.iter().map(member).collect());
    Ok(Answer::new(Value::Object(shown)))
}

pub async fn list(request: &Request) -> Result<Answer, Failure> {
    let allowed = request.signed_in()?;
    // An operator could see all of them; here everybody sees their own.
    let mine = mine(request, allowed).await?;
    Ok(Answer::new(mine.iter().map(|organization| Value::Object(self::shown(organization))).collect()))
}

pub async fn set_active(request: &Request) -> Result<Answer, Failure> {
    let mut fields = request.body();
    let id = fields.text_or_null("organizationId");
    fields.finish()?;
    let (allowed, token) = request.in_person()?;
    let chosen = match id.flatten() {
        None => Value::Null,
        Some(id) => {
            let mine = mine(request, allowed).await?;
            let found = mine.iter().find(|organization| organization.id.to_string() == id);
            let not_member = || Failure::from(failure::USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION);
            Value::Object(shown(found.ok_or_else(not_member)?))
        }
    };
    let id = chosen.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    choose(request, id).await?;
    let signer = &request.inner.signer;
    let max_age_s = (!signer.forgets(&request.headers)).then_some(SESSION_LIFE_MS / 1_000);
    Ok(Answer::new(chosen).headers(signer.begin(token, max_age_s)))
}

/// By root key: the original has this inside its own process only.
pub async fn add_member(request: &Request) -> Result<Answer, Failure> {
    let allowed = only_server(request, Op::UserManage).await?;
    let mut fields = request.body();
    let user = fields.coerced("userId").unwrap_or_default();
    if user.is_empty() {
        fields.refuse("userId", "Invalid input: expected string, received undefined");
    }
    let organization = fields.text("organizationId");
    let role = match fields.any("role") {
        Some(Value::Array(roles)) => roles.first().and_then(Value::as_str).unwrap_or_default(),
        _ => fields.text("role"),
    };
    fields.finish()?;
    if !ROLES.contains(&role) {
        return Err(Failure::field("role", "Invalid option: expected one of \"owner\"|\"admin\"|\"member\""));
    }
    let organization: OrgId =
        organization.parse().map_err(|_| Failure::from(failure::ORGANIZATION_NOT_FOUND))?;
    let user: UserId = user.parse().map_err(|_| Failure::from(failure::USER_NOT_FOUND))?;
    let keys = &request.inner.keys;
    let known = keys.members(&allowed, organization).await.map_err(|error| match error {
        KeysError::NotFound => failure::ORGANIZATION_NOT_FOUND.into(),
        other => Failure::from(other),
    })?;
    if known.iter().any(|member| member.user == user) {
        return Err(failure::USER_IS_ALREADY_A_MEMBER_OF_THIS_ORGANIZATION.into());
    }
    let added = keys.put_member(&allowed, organization, user, role).await.map_err(|error| match error {
        KeysError::NotFound => failure::USER_NOT_FOUND.into(),
        other => Failure::from(other),
    })?;
    Ok(Answer::new(member(&added)))
}

fn in_person(request: &Request) -> Result<&Allowed, Failure> {
    match &request.caller.who {
        Who::Nobody => Err(Failure::bare_unauthorized()),
        _ => Ok(request.in_person()?.0),
    }
}

async fn mine(request: &Request, allowed: &Allowed) -> Result<Vec<Organization>, Failure> {
    let keys = &request.inner.keys;
    let user = user_of(allowed)?;
    let mut mine = Vec::new();
    for organization in keys.organizations(allowed).await? {
        let member = !allowed.principal().operator
            || keys.members(allowed, organization.id).await?.iter().any(|member| member.user == user);
        if member {
            mine.push(organization);
        }
    }
    Ok(mine)
}

/// What the session is about from now on.
async fn choose(request: &Request, organization: Option<OrgId>) -> Result<(), Failure> {
    let (allowed, token) = request.in_person()?;
    let keys = &request.inner.keys;
    let session = keys.session(allowed, token).await?;
    keys.set_session_organization(allowed, session.id, organization).await?;
    Ok(())
}

fn shown(organization: &Organization) -> Map<String, Value> {
    let all: Option<Map<String, Value>> =
        organization.extra.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let part = all.and_then(|all| all.get(DOOR).cloned()).unwrap_or_default();
    let value = json!({
        "id": organization.id.to_string(),
        "name": organization.name,
        "slug": organization.slug,
        "logo": part.get("logo").cloned().unwrap_or_default(),
        "metadata": part.get("metadata").cloned().unwrap_or_default(),
        "createdAt": record::date(organization.created_at),
    });
    value.as_object().cloned().unwrap_or_default()
}

fn member(member: &Member) -> Value {
    json!({
        // A member has no id of its own here: the pair is one.
        "id": format!("{}:{}", member.organization, member.user),
        "organizationId": member.organization.to_string(),
        "userId": member.user.to_string(),
        "role": member.role,
        "createdAt": record::date(member.created_at),
    })
}
