//! Several roles as one document, for screens that show what somebody may do in all of them at once. It is for
//! showing alone: what is allowed is decided by the roles themselves, each with its own rows and fields.

use std::collections::BTreeSet;

use super::{ActionEntry, ResourceEntry, RoleDoc, Strategy, canonical};

pub fn merged(docs: &[RoleDoc]) -> RoleDoc {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for doc in docs {
        names.extend(configured(doc).map(|entry| entry.name.as_str()));
    }
    RoleDoc {
        strategy: Some(Strategy { actions: strategies(docs), ..Strategy::default() }),
        snippets: snippets(docs),
        hidden: false,
        allow_configure: Some(docs.iter().any(|doc| doc.allow_configure == Some(true))),
        resources: names.into_iter().map(|name| resource(docs, name)).collect(),
        ..RoleDoc::default()
    }
}

fn configured(doc: &RoleDoc) -> impl Iterator<Item = &ResourceEntry> {
    doc.resources.iter().filter(|entry| entry.using_actions_config)
}

fn strategies(docs: &[RoleDoc]) -> Vec<String> {
    let mut all = Vec::new();
    for action in docs.iter().flat_map(|doc| &doc.strategy).flat_map(|strategy| &strategy.actions) {
        if !all.contains(action) {
            all.push(action.clone());
        }
    }
    all
}

/// What any role allows; a rejection only where every role rejects.
fn snippets(docs: &[RoleDoc]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for rule in docs.iter().flat_map(|doc| &doc.snippets) {
        let rejects = rule.starts_with('!');
        let kept = !rejects || docs.iter().all(|doc| doc.snippets.contains(rule));
        if kept && !all.contains(rule) {
            all.push(rule.clone());
        }
    }
    all
}

/// The actions of one collection: of roles with an entry for it what that lists, of others their strategy.
fn resource(docs: &[RoleDoc], name: &str) -> ResourceEntry {
    let mut actions: Vec<ActionEntry> = Vec::new();
    for doc in docs {
        match configured(doc).find(|entry| entry.name == name) {
            Some(entry) => entry.actions.iter().cloned().for_each(|action| add(&mut actions, action)),
            None => {
                for listed in doc.strategy.iter().flat_map(|strategy| &strategy.actions) {
                    let plain = listed.split(':').next().unwrap_or_default();
                    add(
                        &mut actions,
                        ActionEntry { name: canonical(plain).to_owned(), ..Default::default() },
                    );
                }
            }
        }
    }
    ResourceEntry { name: name.to_owned(), using_actions_config: true, actions, ..ResourceEntry::default() }
}

fn add(actions: &mut Vec<ActionEntry>, action: ActionEntry) {
    let Some(known) = actions.iter_mut().find(|known| known.name == action.name) else {
        return actions.push(action);
    };
    known.fields = match (known.fields.take(), action.fields) {
        (Some(mut known), Some(more)) => {
            known.extend(more.into_iter().filter(|field| !known.contains(field)).collect::<Vec<_>>());
            Some(known)
        }
        _ => None,
    };
    if known.scope != action.scope {
        known.scope = None;
    }
}
