//! Which associations an answer is to hold: `appends`, and the dotted names in `fields` and `except`. Only
//! shapes; what may be read behind an association is found out when it is followed.

use std::sync::Arc;

use data::Follow;
use domain::{
    catalog::{FieldKind, Table},
    decision::Allowed,
    query::Select,
};

use crate::{failure::Failure, request::Request};

/// What to select of the records themselves, and which associations to follow.
pub struct Asked {
    pub select: Select,
    pub follow: Vec<Follow>,
}

/// Reads the parameters for records of `table`; `None`: of a kind without fields of its own.
pub fn asked(request: &Request, allowed: &Allowed, table: Option<&Arc<Table>>) -> Result<Asked, Failure> {
    let is_link = |name: &str| table.and_then(|t| t.field(name)).is_some_and(|f| f.kind == FieldKind::Link);
    let params = &request.params;
    let behind = |from: &Arc<Table>, name: &str| request.inner.data.linked_table(allowed, from, name).ok();
    let mut root = Node::default();
    for path in params.names("appends")?.unwrap_or_default() {
        // `comments(recursively=true)` is how trees are asked for; one level is answered.
        let path = path.split_once('(').map_or(path.as_str(), |(front, _)| front);
        root.append(path, table, &behind, Unknown::LeftOut);
    }
    let mut select = params.select()?;
    if let Select::Only(names) = &mut select {
        names.retain(|name| {
            let link = is_link(first(name));
            if link {
                root.append(name, table, &behind, Unknown::Named);
            }
            !link
        });
    }
    let mut tree = root.then;
    for name in params.names("except")?.unwrap_or_default() {
        if let Some((path, field)) = name.rsplit_once('.')
            && let Some(node) = Node::find(&mut tree, path)
        {
            node.except.push(field.to_owned());
        }
    }
    if let Select::Except(names) = &mut select {
        names.retain(|name| !name.contains('.'));
    }
    tree.retain(|node| is_link(&node.name));
    Ok(Asked { select, follow: tree.into_iter().map(Node::follow).collect() })
}

fn first(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// What becomes of a name the end of an association does not know.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unknown {
    LeftOut,
    /// It is asked for, and so refused.
    Named,
}

/// Where an association leads.
type Behind<'b> = &'b dyn Fn(&Arc<Table>, &str) -> Option<Arc<Table>>;

#[derive(Default)]
struct Node {
    name: String,
    /// Named by itself, and so wanted as a whole, whatever single fields are named besides.
    whole: bool,
    only: Vec<String>,
    except: Vec<String>,
    then: Vec<Node>,
}

impl Node {
    /// Adds what a dotted path from this end names: an association, a field at the end of one, or a part of either.
    /// Of the way there nothing but the way is asked for.
    fn append(&mut self, path: &str, table: Option<&Arc<Table>>, behind: Behind<'_>, unknown: Unknown) {
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let field = table.and_then(|table| table.field(name));
        let is_value = field.is_some_and(|field| field.kind != FieldKind::Link);
        if rest.is_none() && (is_value || (field.is_none() && unknown == Unknown::Named)) {
            return self.only.push(name.to_owned());
        }
        if !self.then.iter().any(|node| node.name == name) {
            self.then.push(Self { name: name.to_owned(), ..Self::default() });
        }
        let Some(node) = self.then.iter_mut().find(|node| node.name == name) else { return };
        match rest {
            None => node.whole = true,
            Some(rest) => {
                let target = table.and_then(|table| behind(table, name));
                node.append(rest, target.as_ref(), behind, unknown);
            }
        }
    }

    fn find<'n>(tree: &'n mut [Self], path: &str) -> Option<&'n mut Self> {
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let node = tree.iter_mut().find(|node| node.name == name)?;
        match rest {
            Some(rest) => Self::find(&mut node.then, rest),
            None => Some(node),
        }
    }

    fn follow(self) -> Follow {
        let Self { name, whole, only, except, then } = self;
        let select = match (whole, except.is_empty()) {
            (true, true) => Select::All,
            (true, false) => Select::Except(except),
            (false, _) => Select::Only(only.into_iter().filter(|name| !except.contains(name)).collect()),
        };
        Follow { link: name, select, pair: whole, then: then.into_iter().map(Self::follow).collect() }
    }
}
