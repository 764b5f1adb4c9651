//! Compiling: grants or scopes, resolved against one catalog, become a layer that answers any place with
//! a few look-ups. Done when something changed, never per request.

use std::collections::{BTreeMap, HashMap};

use crate::{
    BaseId, FieldNo, TableId, WorkspaceId,
    catalog::{Catalog, LinkKind, Table},
};

use super::{Alt, Cell, Entry, Fields, Grants, Limit, Op, Ops, Reach, Scope, Scopes, TooManyAlternatives};

/// Where a request goes, resolved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Place {
    pub workspace: Option<WorkspaceId>,
    pub base: Option<BaseId>,
    pub table: Option<TableId>,
}

impl Place {
    pub const SERVER: Self = Self { workspace: None, base: None, table: None };

    pub fn of(table: &Table) -> Self {
        Self { workspace: Some(table.workspace), base: Some(table.base), table: Some(table.id) }
    }
}

/// What one subject or one limit allows, everywhere. Immutable; shared behind an `Arc`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Layer {
    everywhere: Cell,
    workspaces: HashMap<WorkspaceId, Cell>,
    bases: HashMap<BaseId, Cell>,
    tables: HashMap<TableId, Cell>,
}

impl Layer {
    /// Allows everything: the neutral element of meet.
    pub fn top() -> Self {
        Self { everywhere: Cell::EVERYTHING, ..Self::default() }
    }

    pub fn cell(&self, place: &Place) -> &Cell {
        place
            .table
            .and_then(|id| self.tables.get(&id))
            .or_else(|| place.base.and_then(|id| self.bases.get(&id)))
            .or_else(|| place.workspace.and_then(|id| self.workspaces.get(&id)))
            .unwrap_or(&self.everywhere)
    }

    /// Whether anything at all is allowed at or below `place`: the question of gate "scope".
    pub fn reaches(&self, place: &Place, catalog: &Catalog) -> bool {
        if !self.cell(place).ops().is_empty() {
            return true;
        }
        match (place.table, place.base) {
            (Some(_), _) => false,
            (None, Some(base)) => self
                .tables
                .iter()
                .any(|(id, c)| !c.ops().is_empty() && catalog.tables.get(id).is_some_and(|t| t.base == base)),
            (None, None) => true,
        }
    }

    /// The role layer: levels replace downwards, entries of the same place add up.
    pub fn from_grants(grants: &Grants, catalog: &Catalog) -> Self {
        let mut levels = Levels::default();
        for entry in &grants.0 {
            levels.add(entry, catalog);
        }
        levels.compile(catalog)
    }

    /// The key layer: every entry is a wider or narrower place; they add up.
    pub fn from_scopes(scopes: &Scopes, catalog: &Catalog) -> Self {
        let mut layer = Self::default();
        for scope in &scopes.0 {
            layer = layer.join(&Self::from_scope(scope, catalog), catalog);
        }
        layer
    }

    /// A place that cannot be found is no place: such an entry allows nothing.
    fn from_scope(scope: &Scope, catalog: &Catalog) -> Self {
        Self::from_scope_at(scope, catalog).unwrap_or_default()
    }

    fn from_scope_at(scope: &Scope, catalog: &Catalog) -> Option<Self> {
        let cell = Cell::unlimited(scope.ops());
        let mut layer = Self::default();
        let workspace = match &scope.workspace {
            Some(name) => Some(catalog.workspace(name)?.id),
            None => None,
        };
        match (&scope.base, &scope.table) {
            (Some(base), Some(table)) => {
                let table = catalog.table(catalog.base_in(workspace, base)?.id, table)?;
                layer.tables.insert(table.id, cell);
            }
            (Some(base), None) => {
                layer.bases.insert(catalog.base_in(workspace, base)?.id, cell);
            }
            // A table without its base names nothing.
            (None, Some(_)) => return None,
            (None, None) => match workspace {
                Some(id) => {
                    layer.workspaces.insert(id, cell);
                }
                None => layer.everywhere = cell,
            },
        }
        Some(layer)
    }

    /// What either allows, place by place.
    pub fn join(&self, other: &Self, catalog: &Catalog) -> Self {
        let both = |place: &Place| self.cell(place).join(other.cell(place));
        let in_base = |id: &BaseId| Place {
            workspace: catalog.bases.get(id).map(|b| b.workspace),
            base: Some(*id),
            table: None,
        };
        let in_table = |id: &TableId| {
            catalog.tables.get(id).map_or(Place { table: Some(*id), ..Place::SERVER }, |t| Place::of(t))
        };
        Self {
            everywhere: self.everywhere.join(&other.everywhere),
            workspaces: keys(&self.workspaces, &other.workspaces)
                .map(|id| (id, both(&Place { workspace: Some(id), ..Place::SERVER })))
                .collect(),
            bases: keys(&self.bases, &other.bases).map(|id| (id, both(&in_base(&id)))).collect(),
            tables: keys(&self.tables, &other.tables).map(|id| (id, both(&in_table(&id)))).collect(),
        }
    }

    /// Nothing is allowed anywhere in `catalog` that `other` does not allow there.
    pub fn within(&self, other: &Self, catalog: &Catalog) -> bool {
        let fits = |place: &Place| self.cell(place).within(other.cell(place));
        self.everywhere.within(&other.everywhere)
            && keys(&self.workspaces, &other.workspaces)
                .all(|id| fits(&Place { workspace: Some(id), ..Place::SERVER }))
            && keys(&self.bases, &other.bases).all(|id| {
                let workspace = catalog.bases.get(&id).map(|b| b.workspace);
                fits(&Place { workspace, base: Some(id), table: None })
            })
            && keys(&self.tables, &other.tables).all(|id| {
                fits(
                    &catalog
                        .tables
                        .get(&id)
                        .map_or(Place { table: Some(id), ..Place::SERVER }, |t| Place::of(t)),
                )
            })
    }

    /// Refuses a layer no query could carry.
    pub fn check_size(&self) -> Result<(), TooManyAlternatives> {
        std::iter::once(&self.everywhere)
            .chain(self.workspaces.values())
            .chain(self.bases.values())
            .chain(self.tables.values())
            .try_for_each(Cell::check_size)
    }
}

fn keys<K: Copy + Eq + std::hash::Hash, V>(a: &HashMap<K, V>, b: &HashMap<K, V>) -> impl Iterator<Item = K> {
    let mut all: std::collections::HashSet<K> = a.keys().copied().collect();
    all.extend(b.keys().copied());
    all.into_iter()
}

/// What the entries of one place say together.
#[derive(Default)]
struct Said {
    set: Ops,
    allow: Ops,
    limits: BTreeMap<Op, Vec<Alt>>,
}

impl Said {
    fn add(&mut self, entry: &Entry, table: Option<&Table>) {
        let allow = entry.allow.and(entry.set());
        for op in allow.and(Ops::RECORD).iter() {
            let mut alts: Vec<Alt> =
                entry.limits.iter().filter(|l| l.ops.has(op)).map(|l| alternative(l, table)).collect();
            if alts.is_empty() {
                alts.push(Alt::FULL);
            }
            self.limits.entry(op).or_default().extend(alts);
        }
        self.set = self.set.or(entry.set());
        self.allow = self.allow.or(allow);
    }

    fn apply(&self, parent: &Cell) -> Cell {
        parent.replace(self.set, self.allow, &self.limits)
    }
}

fn alternative(limit: &Limit, table: Option<&Table>) -> Alt {
    let rows = limit.rows.iter().cloned().collect();
    let fields = match &limit.fields {
        None => Fields::All,
        // Field names mean something only at a table; elsewhere, and where unknown, they grant nothing.
        Some(names) => {
            Fields::Only(table.into_iter().flat_map(|t| names.iter().flat_map(|n| named(t, n))).collect())
        }
    };
    Alt { rows, fields }
}

/// A link whose key its own row holds is that key, in other words: whoever has the one has the other. (Not
/// the other way round: a key alone tells nothing of the row it names.)
fn named(table: &Table, name: &str) -> Vec<FieldNo> {
    let Some(field) = table.field(name) else { return Vec::new() };
    let link = field.link.as_ref().filter(|link| link.kind == LinkKind::Here);
    let key = link.and_then(|link| table.field(&link.key)).map(|key| key.no);
    std::iter::once(field.no).chain(key).collect()
}

#[derive(Default)]
struct Levels {
    everywhere: Said,
    workspaces: HashMap<WorkspaceId, Said>,
    bases: HashMap<BaseId, Said>,
    tables: HashMap<TableId, Said>,
}

impl Levels {
    fn add(&mut self, entry: &Entry, catalog: &Catalog) {
        match &entry.reach {
            Reach::Everywhere => self.everywhere.add(entry, None),
            Reach::Workspace(name) => {
                if let Some(workspace) = catalog.workspace(name) {
                    self.workspaces.entry(workspace.id).or_default().add(entry, None);
                }
            }
            Reach::Base(name) => {
                if let Some(base) = catalog.base(name) {
                    self.bases.entry(base.id).or_default().add(entry, None);
                }
            }
            Reach::Table { base, table } => {
                if let Some(t) = catalog.base(base).and_then(|b| catalog.table(b.id, table)) {
                    self.tables.entry(t.id).or_default().add(entry, Some(t));
                }
            }
        }
    }

    fn compile(self, catalog: &Catalog) -> Layer {
        let mut layer = Layer { everywhere: self.everywhere.apply(&Cell::NOTHING), ..Layer::default() };
        for (id, said) in &self.workspaces {
            layer.workspaces.insert(*id, said.apply(&layer.everywhere));
        }
        for (id, said) in &self.bases {
            let place = Place { workspace: catalog.bases.get(id).map(|b| b.workspace), ..Place::SERVER };
            let cell = said.apply(layer.cell(&place));
            layer.bases.insert(*id, cell);
        }
        for (id, said) in &self.tables {
            if let Some(table) = catalog.tables.get(id) {
                let place = Place { table: None, ..Place::of(table) };
                let cell = said.apply(layer.cell(&place));
                layer.tables.insert(*id, cell);
            }
        }
        layer
    }
}
