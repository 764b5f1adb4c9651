//! Snippets: globs over named bundles of actions on the server and on collections' structure. What a
//! snippet list allows is what an allow rule matches and no reject rule (`!…`) does.

use domain::access::{Op, Ops};

/// A bundle's name, what it grants on the server, and what it grants in the base.
const BUNDLES: &[(&str, Ops, Ops)] = &[
    ("pm", Ops::NONE, Ops::NONE),
    ("pm.api-keys.configuration", Op::KeyManage.bit(), Ops::NONE),
    ("pm.acl.roles", Op::RoleManage.bit(), Ops::NONE),
    ("pm.users", Op::UserManage.bit(), Ops::NONE),
    ("pm.logger", Op::AuditRead.bit(), Ops::NONE),
    ("pm.api-doc.documentation", Ops::NONE, Ops::NONE),
    (
        "pm.data-source-manager.data-source-main",
        Ops::NONE,
        Ops::of(&[
            Op::TableRead,
            Op::TableCreate,
            Op::TableUpdate,
            Op::TableDelete,
            Op::FieldRead,
            Op::FieldCreate,
            Op::FieldUpdate,
            Op::FieldDelete,
        ]),
    ),
    ("ui.uiSchemas", Ops::NONE, Ops::of(&[Op::ViewRead, Op::ViewCreate, Op::ViewUpdate, Op::ViewDelete])),
];

/// Whether the rules allow one bundle.
pub fn allows(rules: &[String], bundle: &str) -> bool {
    let allowed = rules.iter().any(|rule| !rule.starts_with('!') && glob(rule, bundle));
    allowed && !rules.iter().filter_map(|rule| rule.strip_prefix('!')).any(|rule| glob(rule, bundle))
}

/// What the rules grant: on the server, and in the base.
pub fn grants(rules: &[String]) -> (Ops, Ops) {
    let allowed = BUNDLES.iter().filter(|(name, _, _)| allows(rules, name));
    allowed.fold((Ops::NONE, Ops::NONE), |(server, base), (_, s, b)| (server.or(*s), base.or(*b)))
}

/// `*` stands for any characters, dots too.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(middle) = last.replace(part) {
            let Some((_, after)) = rest.split_once(middle) else { return false };
            rest = after;
        }
    }
    match last {
        None => rest.is_empty(),
        Some(end) => rest.ends_with(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(rules: &[&str], bundle: &str) -> bool {
        allows(&rules.iter().map(|r| (*r).to_owned()).collect::<Vec<_>>(), bundle)
    }

    #[test]
    fn a_reject_rule_wins_whatever_allows() {
        assert!(allowed(&["pm.*"], "pm.acl.roles"));
        assert!(!allowed(&["pm.*"], "pm"));
        assert!(allowed(&["pm", "pm.*"], "pm"));
        assert!(allowed(&["!ui.*", "pm.api-keys.configuration"], "pm.api-keys.configuration"));
        assert!(!allowed(&["!pm.*", "pm.api-keys.configuration"], "pm.api-keys.configuration"));
        assert!(!allowed(&[], "pm"));
        assert!(allowed(&["pm.*.roles"], "pm.acl.roles"));
        assert!(allowed(&["*"], "ui.uiSchemas"));
    }

    #[test]
    fn the_snippets_of_an_administrator_manage_everything_but_the_server_itself() {
        let rules = ["ui.*", "pm", "pm.*"].map(str::to_owned);
        let (server, base) = grants(&rules);
        assert!(server.has(Op::KeyManage) && server.has(Op::RoleManage) && server.has(Op::UserManage));
        assert!(!server.has(Op::Settings) && !server.has(Op::KeyReveal));
        assert!(base.has(Op::TableDelete) && base.has(Op::ViewCreate) && !base.has(Op::BaseDelete));
    }

    proptest::proptest! {
        #[test]
        fn no_rule_makes_the_glob_panic(rule in "[!a-c*.]{0,12}", text in "[a-c.]{0,12}") {
            let _ = allows(&[rule], &text);
        }
    }
}
