//! The URL grammar: `/{resource}:{action}`, `/{resource}/{sourceId}/{assoc}:{action}`, each with an
//! optional `/{targetKey}`. Works on the raw path, because an encoded `/` or `:` inside an id is data.
//! Never looks anything up.

/// A path, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub resource: String,
    /// `None` also for `_`, by which clients say "any".
    pub source: Option<String>,
    pub assoc: Option<String>,
    pub action: String,
    /// The key behind the action: the same as `filterByTk`.
    pub key: Option<String>,
}

/// `path` is what follows the base path, without a leading slash and still percent-encoded. `None`: not a
/// path of this door.
pub fn parse(path: &str) -> Option<Target> {
    let mut parts: Vec<&str> = path.split('/').collect();
    // One trailing slash is forgiven.
    if parts.len() > 1 && parts.last() == Some(&"") {
        parts.pop();
    }
    match parts.as_slice() {
        [last] => target(None, last, None),
        [last, key] if last.contains(':') => target(None, last, Some(key)),
        [resource, source, last] => target(Some((resource, source)), last, None),
        [resource, source, last, key] => target(Some((resource, source)), last, Some(key)),
        _ => None,
    }
}

/// The forms that leave the action to the method (`GET /todos`, `PUT /todos/1`), and an older spelling of the
/// others (`/resourcer/todos:list`, `/resourcer/posts.comments:list?associatedIndex=1`). They collide with the addresses of other interfaces, so they are only read
/// below a base path of the door's own.
pub fn by_method(path: &str, method: &str, query: &str) -> Option<Target> {
    if let Some(rest) = path.strip_prefix("resourcer/") {
        return older(rest, query);
    }
    let path = path.strip_suffix('/').unwrap_or(path);
    let parts: Vec<&str> = path.split('/').collect();
    if parts.iter().any(|part| part.is_empty() || part.contains(':')) {
        return None;
    }
    let (parent, last, key) = match parts.as_slice() {
        [last] => (None, last, None),
        [last, key] => (None, last, Some(*key)),
        [resource, source, last] => (Some((*resource, *source)), last, None),
        [resource, source, last, key] => (Some((*resource, *source)), last, Some(*key)),
        _ => return None,
    };
    let action = match (method, key) {
        ("GET" | "HEAD", None) => "list",
        ("GET" | "HEAD", Some(_)) => "get",
        ("POST", None) => "create",
        ("PUT" | "PATCH", Some(_)) => "update",
        ("DELETE", _) => "destroy",
        _ => return None,
    };
    target(parent, &format!("{last}:{action}"), key)
}

/// The older spelling names an association with a dot, and the record it belongs to in the query.
fn older(path: &str, query: &str) -> Option<Target> {
    let names = path.split(':').next().unwrap_or(path);
    let Some((resource, assoc)) = names.split_once('.') else { return parse(path) };
    let rest = path.strip_prefix(names)?;
    let found = parse(&format!("{resource}/_/{assoc}{rest}"))?;
    let params = crate::qs::parse(query).ok()?;
    let source = ["associatedIndex", "resourceOf"].into_iter().find_map(|name| params.get(name)?.as_str());
    Some(Target { source: source.filter(|text| *text != "_").map(str::to_owned), ..found })
}

fn target(parent: Option<(&str, &str)>, last: &str, key: Option<&str>) -> Option<Target> {
    let last = decode(last)?;
    let (name, action) = last.split_once(':')?;
    let named = valid_name(name) && valid_name(action);
    let key = match key {
        None => None,
        Some(raw) => Some(decode(raw)?),
    };
    let (resource, source, assoc) = match parent {
        None => (name.to_owned(), None, None),
        Some((resource, source)) => {
            let source = Some(decode(source)?).filter(|s| s != "_");
            (decode(resource)?, source, Some(name.to_owned()))
        }
    };
    (named && valid_name(&resource)).then(|| Target {
        resource,
        source,
        assoc,
        action: action.to_owned(),
        key,
    })
}

/// A collection, field or action name as the grammar allows it.
pub fn valid_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        && name.len() <= domain::limits::NAME_CHARS_MAX
}

/// Percent-decodes; `None` for a broken escape or for what is not UTF-8. A `+` stays a `+`.
pub fn decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let (high, low) = (hex(bytes.next()?)?, hex(bytes.next()?)?);
            out.push(high << 4 | low);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str) -> Option<String> {
        parse(path).map(|t| {
            let name = t.assoc.map_or(t.resource.clone(), |assoc| format!("{}.{assoc}", t.resource));
            format!("{name}|{}|{}|{}", t.source.unwrap_or_default(), t.action, t.key.unwrap_or_default())
        })
    }

    #[test]
    fn the_four_forms_of_a_path_are_understood() {
        for (path, want) in [
            ("todos:list", "todos||list|"),
            ("todos:get/1", "todos||get|1"),
            ("users/2/roles:add", "users.roles|2|add|"),
            ("users/2/roles:add/x%2Fy", "users.roles|2|add|x/y"),
            ("users/_/roles:list", "users.roles||list|"),
            ("collections/my%5Fc/fields:create", "collections.fields|my_c|create|"),
            ("todos%3Alist", "todos||list|"),
            ("todos:list/", "todos||list|"),
        ] {
            assert_eq!(shown(path).as_deref(), Some(want), "{path}");
        }
    }

    #[test]
    fn a_path_of_another_door_is_not_claimed() {
        for path in [
            "",
            "/",
            "todos",
            "v3/meta/bases",
            "auth/api-key/create",
            "todos/1:get",
            ":list",
            "todos:",
            "a/b/c/d/e:list",
            "todos:list:x",
            "to dos:list",
            "t%ff:list",
            "t%2:list",
            "1todos:list",
            "todos:li%00st",
        ] {
            assert_eq!(parse(path), None, "{path}");
        }
    }

    #[test]
    fn the_method_says_what_a_path_without_an_action_means() {
        for (method, path, want) in [
            ("GET", "todos", Some("todos:list|")),
            ("GET", "todos/", Some("todos:list|")),
            ("POST", "todos", Some("todos:create|")),
            ("GET", "todos/1", Some("todos:get|1")),
            ("PUT", "todos/1", Some("todos:update|1")),
            ("PATCH", "todos/a%2Fb", Some("todos:update|a/b")),
            ("DELETE", "todos/1", Some("todos:destroy|1")),
            ("DELETE", "todos", Some("todos:destroy|")),
            ("GET", "users/2/roles", Some("users.roles:list|")),
            ("DELETE", "users/2/roles/x", Some("users.roles:destroy|x")),
            ("GET", "resourcer/todos:list", Some("todos:list|")),
            ("GET", "resourcer/users/2/roles:list", Some("users.roles:list|")),
            ("GET", "resourcer/users.roles:list", Some("users.roles:list|a/b")),
            ("GET", "resourcer/users.roles:get/x", Some("users.roles:get|x")),
            ("GET", "resourcer/a.b.c:list", None),
            ("GET", "resourcer/a.:list", None),
            ("GET", "resourcer/.b:list", None),
            ("GET", "resourcer/a/b.c:list", None),
            ("POST", "todos/1", None),
            ("PUT", "todos", None),
            ("GET", "todos/1:get", None),
            ("GET", "a/b/c/d/e", None),
            ("GET", "a//c", None),
            ("GET", "", None),
        ] {
            let found = by_method(path, method, "associatedIndex=a%2Fb").map(|t| {
                let name = t.assoc.map_or(t.resource.clone(), |assoc| format!("{}.{assoc}", t.resource));
                let key = t.key.or(t.source.filter(|source| source == "a/b")).unwrap_or_default();
                format!("{name}:{}|{key}", t.action)
            });
            assert_eq!(found.as_deref(), want, "{method} {path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_path_makes_the_parser_panic(path in "\\PC{0,80}") {
            let _ = parse(&path);
            let _ = by_method(&path, "GET", &path);
        }

        #[test]
        fn near_miss_paths_do_not_panic(path in "[a-z:/%0-9_.]{0,40}") {
            let _ = parse(&path);
        }
    }
}
