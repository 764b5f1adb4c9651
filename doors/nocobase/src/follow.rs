//! Which associations an answer is to hold: `appends`, and the dotted names in `fields` and `except`. Only
//! shapes; what may be read behind an association is found out when it is followed.

use data::Follow;
use domain::{
    catalog::{FieldKind, Table},
    query::Select,
};

use crate::{failure::Failure, request::Request};

/// What to select of the records themselves, and which associations to follow.
pub struct Asked {
    pub select: Select,
    pub follow: Vec<Follow>,
}

/// Reads the parameters for records of `table`; `None`: of a kind without fields of its own.
pub fn asked(request: &Request, table: Option<&Table>) -> Result<Asked, Failure> {
    let is_link = |name: &str| table.and_then(|t| t.field(name)).is_some_and(|f| f.kind == FieldKind::Link);
    let params = &request.params;
    let mut tree: Vec<Node> = Vec::new();
    for path in params.names("appends")?.unwrap_or_default() {
        // `comments(recursively=true)` is how trees are asked for; one level is answered.
        let path = path.split_once('(').map_or(path.as_str(), |(front, _)| front);
        Node::at(&mut tree, path, |node| node.whole = true);
    }
    let mut select = params.select()?;
    if let Select::Only(names) = &mut select {
        names.retain(|name| match name.rsplit_once('.') {
            Some((path, field)) if is_link(first(name)) => {
                Node::at(&mut tree, path, |node| node.only.push(field.to_owned()));
                false
            }
            None if is_link(name) => {
                Node::at(&mut tree, name, |node| node.whole = true);
                false
            }
            _ => true,
        });
    }
    for name in params.names("except")?.unwrap_or_default() {
        match name.rsplit_once('.') {
            Some((path, field)) if is_link(first(&name)) => {
                if let Some(node) = Node::find(&mut tree, path) {
                    node.except.push(field.to_owned());
                }
            }
            None if is_link(&name) => tree.retain(|node| node.name != name),
            _ => {}
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

#[derive(Default)]
struct Node {
    name: String,
    /// Appended as a whole, whatever single fields are named besides.
    whole: bool,
    only: Vec<String>,
    except: Vec<String>,
    then: Vec<Node>,
}

impl Node {
    /// Changes the node at a dotted path, which is made if it is not there.
    fn at(tree: &mut Vec<Self>, path: &str, change: impl FnOnce(&mut Self)) {
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        if !tree.iter().any(|node| node.name == name) {
            tree.push(Self { name: name.to_owned(), ..Self::default() });
        }
        let Some(node) = tree.iter_mut().find(|node| node.name == name) else { return };
        match rest {
            // Of the way there, nothing but the way is asked for.
            Some(rest) => Self::walk(node, rest, Box::new(change)),
            None => change(node),
        }
    }

    fn walk(node: &mut Self, rest: &str, change: Box<dyn FnOnce(&mut Self) + '_>) {
        Self::at(&mut node.then, rest, change);
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
        let select = match (whole || only.is_empty(), except.is_empty()) {
            (true, true) => Select::All,
            (true, false) => Select::Except(except),
            (false, _) => Select::Only(only.into_iter().filter(|name| !except.contains(name)).collect()),
        };
        Follow { link: name, select, then: then.into_iter().map(Self::follow).collect() }
    }
}
