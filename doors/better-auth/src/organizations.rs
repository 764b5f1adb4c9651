//! Organizations, as far as keys need them: making one, naming one's own, choosing one, adding members.

use domain::{
    OrgId,
    access::Op,
    decision::Allowed,
    limits::SESSION_LIFE_MS,
    user::{Organization, User},
};
use keys::{KeysError, Member, NewOrganization};
use serde_json::{Map, Value, json};

use crate::{
    answer::Answer,
    caller::Who,
    check::Fields,
    failure::{self, Failure},
    ids,
    kept::{DOOR, with_part},
    record,
    request::{Request, user_of},
    router::only_server,
    state::Inner,
};

pub async fn create(request: &Request) -> Result<Answer, Failure> {
    let mut fields = request.body();
    let name = fields.text_of_some("name");
    let slug = fields.text_of_some("slug");
    let logo = fields.maybe_text("logo");
    let metadata = fields.map("metadata");
    let stay = fields.flag("keepCurrentActiveOrganization").unwrap_or(false);
    fields.finish()?;
    let allowed = in_person(request)?;
    let mut part = Map::new();
    part.extend(logo.map(|logo| ("logo".to_owned(), Value::from(logo))));
    part.extend(metadata.map(|metadata| ("metadata".to_owned(), Value::from(metadata.clone()))));
    let extra =
        (!part.is_empty()).then_some(Value::Object(part)).and_then(|part| with_part(None, Some(part)));
    let new = NewOrganization { name: name.to_owned(), slug: slug.to_owned(), extra };
    let keys = &request.inner.keys;
    let organization = keys.create_organization(allowed, new).await.map_err(|error| match error {
        KeysError::Conflict { .. } => failure::ORGANIZATION_ALREADY_EXISTS.into(),
        other => Failure::from(other),
    })?;
    if !stay {
        choose(request, Some(organization.id)).await?;
    }
    let (me, members) = (keys.me(allowed).await?, keys.members(allowed, organization.id).await?);
    let mut shown = shown(&organization);
    if metadata.is_none() {
        shown.remove("metadata");
    }
    shown.insert("members".to_owned(), members.iter().map(|one| member(one, &organization, &me)).collect());
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
    let slug = fields.maybe_text("organizationSlug").filter(|slug| !slug.is_empty());
    fields.finish()?;
    let (allowed, token) = request.in_person()?;
    let now = request.inner.keys.session(allowed, token).await?.organization;
    let chosen = chosen(request, allowed, now, id, slug).await?;
    if chosen.is_none() && now.is_none() {
        return Ok(Answer::new(Value::Null));
    }
    choose(request, chosen.as_ref().map(|organization| organization.id)).await?;
    let signer = &request.inner.signer;
    let max_age_s = (!signer.forgets(&request.headers)).then_some(SESSION_LIFE_MS / 1_000);
    let shown = chosen.as_ref().map_or(Value::Null, |organization| Value::Object(shown(organization)));
    Ok(Answer::new(shown).headers(signer.begin(token, max_age_s)))
}

/// The named one, if it is the caller's: by id, else by slug. Null takes the choice back; nothing leaves it.
async fn chosen(
    request: &Request,
    allowed: &Allowed,
    now: Option<OrgId>,
    id: Option<Option<&str>>,
    slug: Option<&str>,
) -> Result<Option<Organization>, Failure> {
    let mine = mine(request, allowed).await?;
    let not_member = || Failure::from(failure::USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION);
    if id == Some(None) {
        return Ok(None);
    }
    if let Some(id) = id.flatten().filter(|id| !id.is_empty()) {
        let is = |organization: &Organization| {
            record::organization_id(organization) == id || organization.id.to_string() == id
        };
        return mine.into_iter().find(is).ok_or_else(not_member).map(Some);
    }
    if let Some(slug) = slug {
        let found = mine.into_iter().find(|organization| organization.slug == slug);
        return found.ok_or_else(|| failure::ORGANIZATION_NOT_FOUND.into()).map(Some);
    }
    Ok(mine.into_iter().find(|organization| Some(organization.id) == now))
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
    let role = roles(request, &mut fields);
    fields.finish()?;
    let role = role.join(",");
    let (inner, keys) = (&request.inner, &request.inner.keys);
    let no_organization = || Failure::from(failure::ORGANIZATION_NOT_FOUND);
    let organization = ids::organization(inner, &allowed, organization).await?.ok_or_else(no_organization)?;
    let user = ids::user(inner, &allowed, &user).await?;
    let user = user.ok_or_else(|| Failure::from(failure::USER_NOT_FOUND))?;
    let known = keys.members(&allowed, organization.id).await?;
    if known.iter().any(|member| member.user == user.id) {
        return Err(failure::USER_IS_ALREADY_A_MEMBER_OF_THIS_ORGANIZATION.into());
    }
    let added = keys.put_member(&allowed, organization.id, user.id, &role).await?;
    Ok(Answer::new(member(&added, &organization, &user)))
}

/// One role or a list of them, each one that there is.
fn roles<'v>(request: &Request, fields: &mut Fields<'v>) -> Vec<&'v str> {
    let held: Vec<&str> = match fields.any("role") {
        Some(Value::Array(roles)) => roles.iter().map(|role| role.as_str().unwrap_or_default()).collect(),
        _ => vec![fields.text("role")],
    };
    let known = request.inner.settings.configurations.roles().names();
    if fields.any("role").is_some() && (held.is_empty() || !held.iter().all(|role| known.contains(role))) {
        let listed: Vec<String> = known.iter().map(|role| format!("\"{role}\"")).collect();
        fields.refuse("role", &format!("Invalid option: expected one of {}", listed.join("|")));
    }
    held
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
        "id": record::organization_id(organization),
        "name": organization.name,
        "slug": organization.slug,
        "logo": part.get("logo").cloned().unwrap_or_default(),
        "metadata": part.get("metadata").cloned().unwrap_or_default(),
        "createdAt": record::date(organization.created_at),
    });
    value.as_object().cloned().unwrap_or_default()
}

/// What the organization a session is about is called.
pub async fn called(
    inner: &Inner,
    allowed: &Allowed,
    organization: Option<OrgId>,
) -> Result<Option<String>, Failure> {
    let Some(id) = organization else { return Ok(None) };
    match inner.keys.organization(allowed, id).await {
        Ok(organization) => Ok(Some(record::organization_id(&organization))),
        // One the person has left since.
        Err(KeysError::NotFound) => Ok(Some(id.to_string())),
        Err(error) => Err(error.into()),
    }
}

fn member(member: &Member, organization: &Organization, user: &User) -> Value {
    json!({
        // A member has no id of its own here: the pair is one.
        "id": format!("{}:{}", member.organization, member.user),
        "organizationId": record::organization_id(organization),
        "userId": record::user_id(user),
        "role": member.role,
        "createdAt": record::date(member.created_at),
    })
}
