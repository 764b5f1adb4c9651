//! `list?tree=true` of a collection made as a tree: a page of roots, each with everything below it. With a
//! filter: what matches, and the way up from there. Whoever may not read a record does not see its branch.

use std::collections::{HashMap, HashSet};

use data::Records;
use domain::{
    catalog::{LinkKind, LinkTarget, Table},
    decision::Allowed,
    limits,
    query::{Filter, Page, Query, Select},
    value::Value as Typed,
};
use serde_json::Value;

use crate::{
    answer::{Answer, Meta, PageMeta},
    collections::options_of,
    failure::Failure,
    follow::{self, Asked},
    params::PageAsked,
    records::{filter_of, said},
    render,
    request::Request,
    target::among,
};

/// Records in one answer; a page of fewer roots has fewer.
const NODES_MAX: usize = limits::FILTER_LIST_MAX;

/// How records of a collection are each other's children.
struct Tree {
    key: String,
    /// The field that holds the key of the parent.
    parent: String,
    /// The association children are shown under.
    children: String,
}

impl Tree {
    fn of(table: &Table) -> Option<Self> {
        let kept = table.extra.as_deref().filter(|text| text.contains("\"tree\""))?;
        options_of(Some(kept)).get("tree").filter(|tree| tree.is_string())?;
        let own = |kind| {
            table.fields.iter().filter_map(move |field| {
                let link = field.link.as_ref().filter(|link| link.kind == kind)?;
                matches!(&link.target, LinkTarget::Table(name) if *name == table.name)
                    .then_some((field, link))
            })
        };
        let named = |field: &domain::catalog::Field, flag: &str, name: &str| {
            options_of(field.extra.as_deref()).get(flag) == Some(&Value::Bool(true)) || field.name == name
        };
        let (_, up) = own(LinkKind::Here).find(|(field, _)| named(field, "treeParent", "parent"))?;
        let down = own(LinkKind::ManyThere).find(|(field, _)| named(field, "treeChildren", "children"));
        let key = table.primary().filter(|field| field.name == up.target_key)?.name.clone();
        let children = down.map_or_else(|| "children".to_owned(), |(field, _)| field.name.clone());
        Some(Self { key, parent: up.key.clone(), children })
    }
}

/// `None`: this was not asked for, or the collection is no tree.
pub async fn list(request: &Request, allowed: &Allowed) -> Result<Option<Answer>, Failure> {
    if !matches!(request.params.text("tree"), Some("true" | "1")) {
        return Ok(None);
    }
    let Some(tree) = allowed.table().and_then(|table| Tree::of(table)) else { return Ok(None) };
    let asked = request.params.page()?;
    let walk = Walk { request, allowed, tree };
    let (keys, total) = match filter_of(request, allowed)? {
        None => walk.down(asked).await?,
        Some(filter) => (walk.up(filter).await?, None),
    };
    let records = walk.records(keys).await?;
    let (children, mut roots) = walk.shape(&records);
    let count = total.unwrap_or(roots.len() as u64);
    if let (None, Some(asked)) = (total, asked) {
        let page = asked.page();
        let size = usize::try_from(page.limit).unwrap_or(usize::MAX);
        roots =
            roots.into_iter().skip(usize::try_from(page.offset).unwrap_or(usize::MAX)).take(size).collect();
    }
    let meta = asked.map(|asked| Meta::Counted(PageMeta { count, page: asked.page, page_size: asked.size }));
    let label = &walk.tree.children;
    Ok(Some(Answer::Written(render::tree(&records, &render::Branches { roots, children, label }, meta))))
}

/// One record's own key and its parent's.
type Node = (String, Value, Option<Value>);

struct Walk<'a> {
    request: &'a Request,
    allowed: &'a Allowed,
    tree: Tree,
}

impl Walk<'_> {
    /// A page of roots and all that is below them; how many roots there are.
    async fn down(&self, asked: Option<PageAsked>) -> Result<(Vec<Value>, Option<u64>), Failure> {
        let roots = Filter::eq(&self.tree.parent, Value::Null);
        let page = asked.map(PageAsked::page);
        let (mut level, total) = self.nodes(roots, page, true).await?;
        let mut keys: Vec<Value> = Vec::new();
        for _ in 0..=limits::JSON_DEPTH_MAX {
            let parents: Vec<Value> = level.into_iter().map(|(_, key, _)| key).collect();
            keys.extend(parents.iter().cloned());
            if keys.len() > NODES_MAX {
                return Err(too_large());
            }
            if parents.is_empty() {
                return Ok((keys, total));
            }
            (level, _) = self.nodes(among(&self.tree.parent, parents), None, false).await?;
        }
        Err(too_deep())
    }

    /// What matches, and all that is above it.
    async fn up(&self, filter: Filter) -> Result<Vec<Value>, Failure> {
        let (mut level, _) = self.nodes(filter, None, false).await?;
        let (mut seen, mut keys) = (HashSet::new(), Vec::new());
        for _ in 0..limits::JSON_DEPTH_MAX {
            let mut above: Vec<(String, Value)> = Vec::new();
            for (text, key, parent) in level {
                if seen.insert(text) {
                    keys.push(key);
                    above.extend(parent.map(|parent| (parent.to_string(), parent)));
                }
            }
            if keys.len() > NODES_MAX {
                return Err(too_large());
            }
            above.retain(|(text, _)| !seen.contains(text));
            above.sort_by(|a, b| a.0.cmp(&b.0));
            above.dedup_by(|a, b| a.0 == b.0);
            if above.is_empty() {
                return Ok(keys);
            }
            let parents = above.into_iter().map(|(_, parent)| parent).collect();
            (level, _) = self.nodes(among(&self.tree.key, parents), None, false).await?;
        }
        Err(too_deep())
    }

    async fn nodes(
        &self,
        filter: Filter,
        page: Option<Page>,
        count: bool,
    ) -> Result<(Vec<Node>, Option<u64>), Failure> {
        let select = Select::Only(vec![self.tree.key.clone(), self.tree.parent.clone()]);
        let sort = self.request.params.sort()?;
        let ceiling = Some(NODES_MAX as u64 + 1);
        let query = Query { filter, sort, nulls_last: true, select, page, ceiling, count, strict: true };
        let found = self.request.inner.data.list(self.allowed, &query).await;
        let records = found.map_err(|e| said(self.allowed, e))?;
        let total = records.total;
        let (own, parent) = self.columns(&records);
        let node = |row: &data::Row| {
            let own = own(row)?;
            Some((own.to_string(), own, parent(row)))
        };
        let nodes: Vec<Node> = records.rows.iter().filter_map(node).collect();
        if nodes.len() > NODES_MAX { Err(too_large()) } else { Ok((nodes, total)) }
    }

    /// The records themselves, as they were asked for.
    async fn records(&self, keys: Vec<Value>) -> Result<Records, Failure> {
        let (request, table) = (self.request, self.allowed.table());
        let Asked { mut select, mut follow } = follow::asked(request, self.allowed, table)?;
        // Children come as the tree has them, whole.
        follow.retain(|one| one.link != self.tree.children);
        let mut beside = Vec::new();
        // The key is answered even if nobody asked: without it, nobody could name what they see.
        if let Select::Only(names) = &mut select {
            names.push(self.tree.key.clone());
        }
        for name in [&self.tree.key, &self.tree.parent] {
            let added = match &mut select {
                Select::All => false,
                Select::Only(names) if names.contains(name) => false,
                Select::Only(names) => {
                    names.push(name.clone());
                    true
                }
                Select::Except(names) => {
                    let before = names.len();
                    names.retain(|n| n != name);
                    names.len() < before
                }
            };
            beside.extend(added.then(|| table.and_then(|t| t.field(name)).map(|f| f.no)).flatten());
        }
        let filter = among(&self.tree.key, keys);
        let ceiling = Some(NODES_MAX as u64);
        let sort = request.params.sort()?;
        let query = Query { filter, sort, nulls_last: true, select, ceiling, ..Query::default() };
        let found = request.inner.data.list_following(self.allowed, &query, &follow).await;
        let mut records = found.map_err(|e| said(self.allowed, e))?;
        records.beside.extend(beside);
        Ok(records)
    }

    /// Of each record its children, and which records are roots; in the order of the list.
    fn shape(&self, records: &Records) -> (Vec<Vec<usize>>, Vec<usize>) {
        let (own, parent) = self.columns(records);
        let mut at = HashMap::new();
        for (row, values) in records.rows.iter().enumerate() {
            own(values).map(|key| at.insert(key.to_string(), row));
        }
        let (mut children, mut roots) = (vec![Vec::new(); records.rows.len()], Vec::new());
        for (row, values) in records.rows.iter().enumerate() {
            match parent(values) {
                None => roots.push(row),
                Some(parent) => {
                    let above = at.get(&parent.to_string()).and_then(|above| children.get_mut(*above));
                    above.into_iter().for_each(|children| children.push(row));
                }
            }
        }
        (children, roots)
    }

    /// How to read a record's own key and its parent's.
    fn columns(
        &self,
        records: &Records,
    ) -> (impl Fn(&data::Row) -> Option<Value> + use<>, impl Fn(&data::Row) -> Option<Value> + use<>) {
        let column = |name: &str| {
            let no = records.table.field(name).map(|field| field.no);
            records.select.iter().position(|n| Some(*n) == no)
        };
        let read = |at: Option<usize>| {
            move |row: &data::Row| match row.get(at?)?.as_ref()? {
                Typed::Int(n) => Some(Value::from(*n)),
                Typed::Text(text) => Some(Value::from(text.clone())),
                _ => None,
            }
        };
        (read(column(&self.tree.key)), read(column(&self.tree.parent)))
    }
}

fn too_deep() -> Failure {
    Failure::bad(format!("the tree is deeper than {} levels", limits::JSON_DEPTH_MAX))
}

fn too_large() -> Failure {
    Failure::bad(format!("the tree has more than {NODES_MAX} records; ask for fewer roots at a time"))
}
