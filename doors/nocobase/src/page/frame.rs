//! The document a block of code runs in. It has no origin of its own, so that nothing of the page, its cookies or its
//! storage is in reach, and its policy says with whom the code may speak: this server, and whom the operator names.
//! Opened by itself it is an empty document.

use axum::{
    http::{HeaderMap, HeaderValue, Uri, header},
    response::Response,
};

use super::{PageSettings, ROOT, html, settings::OWN_MODULES};
use crate::NocobaseState;

pub fn document(state: &NocobaseState, uri: &Uri, headers: &HeaderMap) -> Response {
    let settings = &state.inner.settings;
    let own = own_origins(&settings.base_url, uri, headers);
    let mut response = html(body(&settings.page), &policy(&own, &settings.page));
    // The policy names who may frame it; this is for browsers that look here first.
    response.headers_mut().insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    response
}

/// The code is made into a function, therefore `unsafe-eval`. There is no nonce: what the code imports would inherit it,
/// and could then come from anywhere.
fn policy(own: &[String], page: &PageSettings) -> String {
    let below = |path: &str| own.iter().map(|origin| format!("{origin}{path}")).collect::<Vec<_>>().join(" ");
    let runtime = below(&format!("{ROOT}block/frame/"));
    let (modules, origins) = (below(OWN_MODULES), own.join(" "));
    let (module_hosts, connect_hosts) = (page.module_hosts.join(" "), page.connect_hosts.join(" "));
    let scripts = format!("'unsafe-eval' {runtime} {modules} {module_hosts}");
    let directives = [
        ("default-src", "'none'".to_owned()),
        ("script-src", scripts),
        ("style-src", format!("'unsafe-inline' {runtime} {modules} {module_hosts}")),
        ("font-src", format!("data: {module_hosts}")),
        ("img-src", format!("data: blob: {origins} {module_hosts} {connect_hosts}")),
        ("connect-src", format!("{origins} {connect_hosts}")),
        ("base-uri", "'none'".to_owned()),
        ("form-action", "'none'".to_owned()),
        ("frame-ancestors", "'self'".to_owned()),
        ("sandbox", "allow-scripts".to_owned()),
    ];
    directives.iter().map(|(name, value)| format!("{name} {}", value.trim())).collect::<Vec<_>>().join("; ")
}

/// What is written here was checked when the settings were read: it holds nothing that could leave an attribute.
fn body(page: &PageSettings) -> String {
    let PageSettings { module_base, module_hosts, connect_hosts, .. } = page;
    let (scripts, calls) = (module_hosts.join(" "), connect_hosts.join(" "));
    format!(
        r#"<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="block" data-modules="{module_base}" data-scripts="{scripts}" data-calls="{calls}">
    <title>Block</title>
    <link rel="stylesheet" href="frame/frame.css">
    <script src="../modules/axios@1/axios.min.js"></script>
    <script type="module" src="frame/main.js"></script>
  </head>
  <body></body>
</html>
"#
    )
}

/// How clients call this server: as it is configured, and as this one just did. A name that is none is left out.
fn own_origins(base_url: &str, uri: &Uri, headers: &HeaderMap) -> Vec<String> {
    let configured = base_url
        .split_once("://")
        .map(|(scheme, rest)| format!("{scheme}://{}", rest.split('/').next().unwrap_or_default()));
    let called = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let called = called.or_else(|| uri.authority().map(|authority| authority.as_str())).unwrap_or_default();
    // A policy's `http:` is also good for `https:`.
    let mut origins: Vec<String> = [format!("http://{called}"), format!("https://{called}")]
        .into_iter()
        .chain(configured)
        .filter_map(|origin| PageSettings::host(&origin).filter(|origin| !origin.ends_with('/')))
        .filter(|origin| origin.matches('/').count() == 2)
        .collect();
    origins.sort();
    origins.dedup();
    origins
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(host: &'static str) -> Vec<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        own_origins("https://keys.example/behind", &Uri::from_static("/"), &headers)
    }

    #[test]
    fn what_calls_itself_a_host_and_is_none_does_not_get_into_the_policy() {
        assert_eq!(
            origins("localhost:7420"),
            ["http://localhost:7420", "https://keys.example", "https://localhost:7420"]
        );
        for odd in ["a;script-src *", "a b", "a/b", "*", "'self'", ""] {
            assert_eq!(origins(odd), ["https://keys.example"], "{odd}");
        }
    }

    #[test]
    fn by_default_a_block_speaks_with_this_server_and_nobody_else() {
        let text = policy(&["http://h:1".to_owned()], &PageSettings::default());
        for part in [
            "default-src 'none'",
            "connect-src http://h:1;",
            "img-src data: blob: http://h:1;",
            "sandbox allow-scripts",
            "script-src 'unsafe-eval' http://h:1/nocobase/block/frame/ http://h:1/nocobase/modules/;",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("allow-same-origin") && !text.contains('*'));
    }
}
