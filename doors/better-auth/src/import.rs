//! A live installation's tables, in common words: users with their passwords, organizations, keys by their digest.
//! Reads rows it is handed; writes nothing and decides no rule of the house.

use std::collections::{BTreeMap, HashMap, HashSet};

use ::keys::{
    Foreign, ForeignRow, StoreError,
    import::{
        Import, ImportKey, ImportMember, ImportOrganization, ImportOwner, ImportSession, ImportUser, Item,
        What,
    },
};
use domain::{
    access::Scopes,
    key::Quota,
    limit::{Balance, WindowRule, WindowState},
    secret::Secret,
};
use serde_json::{Map, Value};

use crate::{
    Configurations,
    config::DEFAULT,
    kept::{DOOR, Kept, with_part},
    keys::{DOOR_PREFIX, scopes_of},
};

mod storage;
mod values;

pub use storage::Storage;
use values::{banned, check_limits, decoded, digest, permissions, scrypt};

/// The name of this source.
pub const SOURCE: &str = DOOR;

/// What only the installation's own configuration knows, and what it keeps beside its database.
#[derive(Debug, Default)]
pub struct ImportSettings {
    /// `disableKeyHashing`: the column holds the keys themselves.
    pub plain_keys: bool,
    /// Keys and sessions that are not in its database, or not only.
    pub storage: Storage,
}

/// `ours`: the configurations of this server, for the rule of their windows.
pub fn import(
    foreign: &Foreign,
    settings: &ImportSettings,
    ours: &Configurations,
) -> Result<Import, StoreError> {
    let mut import = Import::new(SOURCE);
    // Before the users: their sessions name them.
    organizations(foreign, &mut import)?;
    users(foreign, &settings.storage, &mut import)?;
    members(foreign, ours, &mut import)?;
    keys(foreign, settings, ours, &mut import)?;
    Ok(import)
}

fn keys(
    foreign: &Foreign,
    settings: &ImportSettings,
    ours: &Configurations,
    import: &mut Import,
) -> Result<(), StoreError> {
    let (mut unknown, mut ids) = (HashSet::new(), HashSet::new());
    foreign.for_each("apikey", &mut |row| {
        ids.extend(row.text("id").filter(|_| !settings.storage.is_empty()));
        import.push(item(&row, settings, ours, &mut unknown));
    })?;
    for (name, record) in settings.storage.keys() {
        match record {
            // A copy of a row, for quick look-ups: the row is what counts.
            Some(row) if row.text("id").is_some_and(|id| ids.contains(&id)) => {}
            Some(row) => import.push(item(&row, settings, ours, &mut unknown)),
            None => import.push(Item::refused("apikey", name, None, "its record cannot be read")),
        }
    }
    Ok(())
}

fn users(foreign: &Foreign, storage: &Storage, import: &mut Import) -> Result<(), StoreError> {
    let mut passwords: HashMap<String, String> = HashMap::new();
    foreign.for_each("account", &mut |row| {
        let credential = row.text("providerId").is_some_and(|provider| provider == "credential");
        if let (true, Some(user), Some(hash)) = (credential, row.text("userId"), row.text("password")) {
            passwords.insert(user, hash);
        }
    })?;
    let mut sessions = sessions(foreign, storage, import)?;
    for row in foreign.rows("user")? {
        let Some(id) = row.text("id") else {
            import.push(Item::refused("user", "?", None, "a user without an id"));
            continue;
        };
        let mut notes = Vec::new();
        let password = passwords.remove(&id).and_then(|stored| {
            let hash = scrypt(&stored);
            if hash.is_none() {
                notes.push("the password is hashed in a way nobody knows: it has to be set anew".to_owned());
            }
            hash
        });
        let banned = banned(&row);
        if banned {
            notes.push("banned there, so not active here".to_owned());
        }
        let image = row.text("image").filter(|image| !image.is_empty());
        let part = image.map(|image| Value::Object(Map::from_iter([("image".to_owned(), image.into())])));
        let user = ImportUser {
            id: id.clone(),
            email: row.text("email"),
            name: row.text("name"),
            active: !banned,
            password,
            extra: with_part(None, part),
            created_at: row.date("createdAt"),
            sessions: sessions.remove(&id).unwrap_or_default(),
            ..ImportUser::default()
        };
        let label = user.email.clone();
        import.push(Item::new("user", id, label, What::User(user)).noted(notes));
    }
    for session in sessions.into_values().flatten() {
        import.push(Item::refused("session", session.id, session.user_agent, "a session of nobody"));
    }
    Ok(())
}

/// By the user they are of.
fn sessions(
    foreign: &Foreign,
    storage: &Storage,
    import: &mut Import,
) -> Result<BTreeMap<String, Vec<ImportSession>>, StoreError> {
    let mut all: BTreeMap<String, Vec<ImportSession>> = BTreeMap::new();
    let mut tokens = HashSet::new();
    let mut take = |row: ForeignRow| {
        let id = row.text("id").unwrap_or_else(|| "?".to_owned());
        let agent = row.text("userAgent");
        let (Some(user), Some(token)) = (row.text("userId"), row.text("token")) else {
            import.push(Item::refused("session", id, agent, "a session without a token or a user"));
            return;
        };
        if row.text("impersonatedBy").is_some_and(|by| !by.is_empty()) {
            import.push(Item::refused("session", id, agent, "somebody else acts in it; that ends here"));
            return;
        }
        all.entry(user).or_default().push(ImportSession {
            id,
            token: Secret::new(token),
            created_at: row.date("createdAt"),
            updated_at: row.date("updatedAt"),
            expires_at: row.date("expiresAt"),
            ip: row.text("ipAddress"),
            user_agent: agent,
            organization: row.text("activeOrganizationId"),
        });
    };
    foreign.for_each("session", &mut |row| {
        tokens.extend(row.text("token").filter(|_| !storage.is_empty()));
        take(row);
    })?;
    // Those that are in both are the same.
    let beside =
        storage.sessions().filter(|row| row.text("token").is_none_or(|token| !tokens.contains(&token)));
    beside.for_each(take);
    Ok(all)
}

fn organizations(foreign: &Foreign, import: &mut Import) -> Result<(), StoreError> {
    for row in foreign.rows("organization")? {
        let (Some(id), Some(slug)) = (row.text("id"), row.text("slug")) else {
            let id = row.text("id").unwrap_or_else(|| "?".to_owned());
            import.push(Item::refused(
                "organization",
                id,
                row.text("name"),
                "an organization without a slug",
            ));
            continue;
        };
        let mut part = Map::new();
        if let Some(logo) = row.text("logo") {
            part.insert("logo".to_owned(), logo.into());
        }
        if let Some(metadata) = decoded(&row, "metadata") {
            part.insert("metadata".to_owned(), metadata);
        }
        let part = (!part.is_empty()).then_some(Value::Object(part));
        let organization = ImportOrganization {
            id: id.clone(),
            name: row.text("name").unwrap_or_else(|| slug.clone()),
            slug: slug.clone(),
            extra: with_part(None, part),
            created_at: row.date("createdAt"),
        };
        import.push(Item::new("organization", id, Some(slug), What::Organization(organization)));
    }
    Ok(())
}

fn members(foreign: &Foreign, ours: &Configurations, import: &mut Import) -> Result<(), StoreError> {
    let known = ours.roles().names();
    let mut unknown = HashSet::new();
    for row in foreign.rows("member")? {
        let id = row.text("id").unwrap_or_else(|| "?".to_owned());
        let (Some(organization), Some(user)) = (row.text("organizationId"), row.text("userId")) else {
            import.push(Item::refused("member", id, None, "a membership of nobody or in nothing"));
            continue;
        };
        let role = row.text("role").unwrap_or_else(|| "member".to_owned());
        let label = Some(role.clone());
        let mut notes = Vec::new();
        for role in role.split(',').map(str::trim).filter(|role| !known.contains(role)) {
            if unknown.insert(role.to_owned()) {
                notes.push(format!(
                    "the role {role:?} may do nothing here: add it to the roles in KEYWARD_BETTER_AUTH_CONFIGS"
                ));
            }
        }
        let member = ImportMember { organization, user, role, created_at: row.date("createdAt") };
        import.push(Item::new("member", id, label, What::Member(member)).noted(notes));
    }
    Ok(())
}

fn item(
    row: &ForeignRow,
    settings: &ImportSettings,
    ours: &Configurations,
    unknown: &mut HashSet<String>,
) -> Item {
    let id = row.text("id").unwrap_or_else(|| "?".to_owned());
    let label = row.text("name");
    let mut notes = Vec::new();
    let config = row.text("configId").filter(|id| !id.is_empty()).unwrap_or_else(|| DEFAULT.to_owned());
    if ours.get(&config).is_none() && unknown.insert(config.clone()) {
        notes.push(format!(
            "the configuration {config:?} is not one of this server: add it to KEYWARD_BETTER_AUTH_CONFIGS"
        ));
    }
    match key(row, &config, settings, ours, &mut notes) {
        Ok(key) => Item::new("apikey", id, label, What::Key(key)).noted(notes),
        Err(reason) => Item::refused("apikey", id, label, reason).noted(notes),
    }
}

fn key(
    row: &ForeignRow,
    config: &str,
    settings: &ImportSettings,
    ours: &Configurations,
    notes: &mut Vec<String>,
) -> Result<ImportKey, String> {
    let digest = digest(row, settings, notes)?;
    check_limits(row)?;
    // Releases up to 1.4 knew users only.
    let reference = row.text("referenceId").or_else(|| row.text("userId"));
    let reference = reference.filter(|id| !id.is_empty()).ok_or("it names no owner")?;
    let (amount, interval) = (row.int("refillAmount"), row.int("refillInterval"));
    let mut kept = Kept {
        refill_amount: amount,
        refill_interval: interval,
        // What the old owner's id was is what programs around the keys know.
        reference_id: Some(reference.clone()),
        ..Kept::default()
    };
    let written = permissions(row, notes);
    let permissions = kept.keep_permissions(written.as_ref());
    if !scopes_of(permissions.as_ref()).0.is_empty() {
        notes.push(
            "names like record:… in its permissions open no tables here: they did not there".to_owned(),
        );
    }
    let rule = ours.get(config).map_or(WindowRule::SinceLastAccepted, |config| config.rate.rule);
    let rate_limit = row.int("rateLimitTimeWindow").zip(row.int("rateLimitMax")).map(|(window_ms, max)| {
        kept.keep_rate(row.flag("rateLimitEnabled").unwrap_or(true), window_ms, max, rule)
    });
    let last_request = row.date("lastRequest");
    let created_at = row.date("createdAt");
    let last_refill_at = row.date("lastRefillAt").or(created_at).unwrap_or_default();
    let quota = row.int("remaining").map(|remaining| Quota {
        balance: Balance { remaining: remaining.clamp(0, domain::limits::QUOTA_MAX), last_refill_at },
        refill: kept.core_refill(),
    });
    Ok(ImportKey {
        num: None,
        owner: ImportOwner::Anybody(reference),
        role: None,
        name: kept.keep_name(row.text("name").as_deref()),
        permissions,
        // Nothing at the other doors: there were none.
        scopes: Some(Scopes::default()),
        enabled: row.flag("enabled").unwrap_or(true),
        expires_at: row.date("expiresAt"),
        rate_limit,
        window: WindowState {
            mark: last_request.unwrap_or_default(),
            count: last_request
                .and(row.int("requestCount"))
                .and_then(|count| u32::try_from(count).ok())
                .unwrap_or_default(),
        },
        quota,
        metadata: decoded(row, "metadata").map(|value| value.to_string()),
        prefix: row.text("prefix").filter(|prefix| !prefix.is_empty()),
        start: row.text("start").filter(|start| !start.is_empty()),
        door: format!("{DOOR_PREFIX}{config}"),
        extra: kept.write(None),
        created_at,
        updated_at: row.date("updatedAt"),
        last_used_at: last_request,
        digest: Some(digest),
    })
}
