//! One run over all rows. What earlier rows became is remembered here, in a dry run too, so that both say the same.

use std::collections::{HashMap, HashSet};

use domain::{
    OrgId, RoleId, UserId,
    access::Layer,
    decision::Allowed,
    secret::Digest,
    user::{Organization, Role, Session},
};

use super::{
    ImportOptions, ImportOrganization, ImportRole, Item, Line, Outcome, Report, What, fit, marked, origin,
    records::ImportMember, sessions,
};
use crate::{Keys, KeysError, Member, check, rights::layer_of};

/// Keys, or users, written together.
const ROWS_PER_WRITE: usize = 256;

pub(super) struct Run<'a> {
    pub keys: &'a Keys,
    pub allowed: &'a Allowed,
    pub source: String,
    pub options: &'a ImportOptions,
    pub roles: HashMap<String, Role>,
    pub users: HashMap<String, UserId>,
    /// Users made or linked in this run, as they will be: whose roles are known without being stored.
    pub held: HashMap<UserId, Vec<RoleId>>,
    /// Roles somebody may hold together, as far as that was asked.
    pub combined: HashSet<Vec<RoleId>>,
    organizations: HashMap<String, OrgId>,
    /// Foreign ids of users and organizations that did not come: nor does what is theirs.
    pub stayed: HashSet<String>,
    pub taken: Taken,
    /// Not yet written, each with the place of its line.
    pub pending: Vec<(store::NewKey, usize)>,
    pub people: Vec<(store::NewUser, usize)>,
    /// Their sessions.
    pub begun: HashMap<UserId, Vec<Session>>,
    pub lines: Vec<Line>,
}

/// What rows of this run have taken for themselves.
#[derive(Default)]
pub(super) struct Taken {
    pub emails: HashSet<String>,
    pub usernames: HashSet<String>,
    pub digests: HashMap<Digest, String>,
    role_names: HashSet<String>,
    slugs: HashSet<String>,
}

/// What became of a row: the outcome, why, and the id here.
pub(super) struct Became {
    pub outcome: Outcome,
    pub reason: Option<String>,
    pub here: Option<String>,
}

impl Became {
    pub fn of(outcome: Outcome, here: impl ToString) -> Self {
        Self { outcome, reason: None, here: Some(here.to_string()) }
    }

    pub fn refused(reason: impl Into<String>) -> Self {
        Self { outcome: Outcome::Refused, reason: Some(reason.into()), here: None }
    }

    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}

impl<'a> Run<'a> {
    pub fn new(keys: &'a Keys, allowed: &'a Allowed, source: String, options: &'a ImportOptions) -> Self {
        Self {
            keys,
            allowed,
            source,
            options,
            roles: HashMap::new(),
            users: HashMap::new(),
            held: HashMap::new(),
            combined: HashSet::new(),
            organizations: HashMap::new(),
            stayed: HashSet::new(),
            taken: Taken::default(),
            pending: Vec::new(),
            people: Vec::new(),
            begun: HashMap::new(),
            lines: Vec::new(),
        }
    }

    pub async fn item(&mut self, item: Item) -> Result<(), KeysError> {
        let Item { table, id, label, mut notes, mut what } = item;
        let begun = if let What::User(user) = &mut what { sessions::take(user) } else { Vec::new() };
        let is_owner = matches!(what, What::User(_) | What::Organization(_));
        if !matches!(what, What::User(_)) {
            // What comes now may name them.
            self.flush_users().await?;
        }
        let became = match what {
            What::Refused(reason) => Became::refused(reason),
            What::Dead(reason) => Became { outcome: Outcome::Dead, reason: Some(reason), here: None },
            What::Role(role) => self.role(table, role, &mut notes).await?,
            What::User(user) => self.user(table, user, &mut notes).await?,
            What::Organization(organization) => self.organization(table, organization, &mut notes).await?,
            What::Member(member) => self.member(member).await?,
            What::Key(key) => self.key(table, &id, key, &mut notes).await?,
        };
        let Became { outcome, reason, here } = became;
        if is_owner && outcome == Outcome::Refused {
            self.stayed.insert(id.clone());
        }
        let foreign = id.clone();
        self.lines.push(Line { table: table.to_owned(), id, label, outcome, reason, notes, here });
        self.sessions(&foreign, begun).await?;
        let full = self.pending.len().max(self.people.len()) >= ROWS_PER_WRITE;
        if full { self.flush().await } else { Ok(()) }
    }

    pub async fn finish(mut self) -> Result<Report, KeysError> {
        self.flush().await?;
        Ok(Report { lines: self.lines })
    }

    /// A role of the same name takes its place only when it means the same. Another one keeps its name, and this
    /// one gets a name of its own: neither the users here nor those who come get more by it.
    async fn role(
        &mut self,
        table: &str,
        role: ImportRole,
        notes: &mut Vec<String>,
    ) -> Result<Became, KeysError> {
        let foreign = role.name.clone();
        if let Some(here) = self.options.roles.get(&foreign) {
            let Some(found) = self.keys.find_role(here).await? else {
                return Ok(Became::refused(format!("there is no role {here:?} here to stand for it")));
            };
            let line =
                Became::of(Outcome::Linked, found.id).because(format!("{here:?} stands for it, as asked"));
            self.roles.insert(foreign, found);
            return Ok(line);
        }
        let (at, entropy) = origin(&self.source, table, &foreign, role.created_at);
        let id = RoleId::new(at, &entropy);
        if let Some(found) = self.keys.store().role(id).await? {
            self.roles.insert(foreign, found);
            return Ok(Became::of(Outcome::There, id));
        }
        let catalog = self.allowed.catalog().clone();
        let layer = Layer::from_grants(&role.grants, &catalog);
        if let Err(error) = layer.check_size() {
            return Ok(Became::refused(error.to_string()));
        }
        let mut name = foreign.clone();
        if let Some(same) = self.keys.store().role_by_name(&name).await? {
            let known = layer_of(&same, &catalog);
            if !same.root && known.within(&layer, &catalog) && layer.within(&known, &catalog) {
                let line =
                    Became::of(Outcome::Linked, same.id).because("the role of that name allows the same");
                self.roles.insert(foreign, same);
                return Ok(line);
            }
            name = format!("{}-{name}", self.source);
            notes.push(format!("the role {foreign:?} here means something else; imported as {name:?}"));
        }
        let free = self.keys.store().role_by_name(&name).await?.is_none();
        if check::name("name", &name).is_err() || !free || !self.taken.role_names.insert(name.clone()) {
            return Ok(Became::refused(format!("the name {name:?} cannot be used here or is taken")));
        }
        let role = Role {
            id,
            name,
            title: fit("title", role.title, domain::limits::NAME_CHARS_MAX, notes),
            description: role.description,
            root: false,
            builtin: false,
            // Whom the roles of this server are for is not theirs to say.
            default: false,
            grants: role.grants,
            extra: marked(role.extra, &self.source, &foreign),
            created_at: role.created_at.unwrap_or(self.allowed.at()),
            updated_at: self.allowed.at(),
        };
        if self.options.apply {
            self.keys.store().create_role(&self.allowed.actor(), role.clone()).await?;
        }
        self.roles.insert(foreign, role);
        Ok(Became::of(Outcome::New, id))
    }

    async fn organization(
        &mut self,
        table: &str,
        organization: ImportOrganization,
        notes: &mut Vec<String>,
    ) -> Result<Became, KeysError> {
        let (at, entropy) = origin(&self.source, table, &organization.id, organization.created_at);
        let id = OrgId::new(at, &entropy);
        if self.keys.store().organization(id).await?.is_some() {
            self.organizations.insert(organization.id, id);
            return Ok(Became::of(Outcome::There, id));
        }
        let all = self.keys.store().organizations(None).await?;
        let slug = organization.slug;
        if all.iter().any(|known| known.slug == slug) || !self.taken.slugs.insert(slug.clone()) {
            return Ok(Became::refused(format!("an organization with the slug {slug:?} is here already")));
        }
        let name = fit("name", Some(organization.name), domain::limits::NAME_CHARS_MAX, notes);
        let made = Organization {
            id,
            name: name.unwrap_or_else(|| slug.clone()),
            slug,
            extra: marked(organization.extra, &self.source, &organization.id),
            created_at: organization.created_at.unwrap_or(self.allowed.at()),
        };
        if self.options.apply {
            self.keys.store().create_organization(&self.allowed.actor(), made, None).await?;
        }
        self.organizations.insert(organization.id, id);
        Ok(Became::of(Outcome::New, id))
    }

    async fn member(&mut self, member: ImportMember) -> Result<Became, KeysError> {
        let Some(organization) = self.organizations.get(&member.organization).copied() else {
            return Ok(Became::refused("its organization is not imported"));
        };
        let Some(user) = self.users.get(&member.user).copied() else {
            return Ok(Became::refused("its user is not imported"));
        };
        let here = format!("{organization}/{user}");
        if self.keys.store().member(organization, user).await?.is_some() {
            return Ok(Became::of(Outcome::There, here));
        }
        if check::name("role", &member.role).is_err() {
            return Ok(Became::refused("the membership names no role"));
        }
        let created_at = member.created_at.unwrap_or(self.allowed.at());
        let member = Member { organization, user, role: member.role, created_at };
        if self.options.apply {
            self.keys.store().put_member(&self.allowed.actor(), member).await?;
        }
        Ok(Became::of(Outcome::New, here))
    }

    pub fn organization_id(&self, id: &str) -> Option<OrgId> {
        self.organizations.get(id).copied()
    }
}
