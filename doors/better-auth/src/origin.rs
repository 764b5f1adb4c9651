//! Which pages may act: a cookie must come from a trusted origin, and so must a sign-in from a browser.

use axum::http::{
    HeaderMap, HeaderName, Method,
    header::{COOKIE, HOST, ORIGIN, REFERER},
};

use http_kit::origin;

use crate::{
    failure::{self, Failure},
    state::BetterAuthSettings,
};

const FETCH: [HeaderName; 3] = [
    HeaderName::from_static("sec-fetch-site"),
    HeaderName::from_static("sec-fetch-mode"),
    HeaderName::from_static("sec-fetch-dest"),
];

/// A browser sends cookies along for any page: with one, the page must be ours.
pub fn check_cookie(
    method: &Method,
    headers: &HeaderMap,
    settings: &BetterAuthSettings,
) -> Result<(), Failure> {
    if method.is_safe() || !headers.contains_key(COOKIE) {
        return Ok(());
    }
    require(headers, settings)
}

/// Signing in by a foreign page would make its visitors act in somebody else's account.
pub fn check_sign_in(headers: &HeaderMap, settings: &BetterAuthSettings) -> Result<(), Failure> {
    // With a cookie it has been asked already.
    if headers.contains_key(COOKIE) {
        return Ok(());
    }
    let is =
        |name: &HeaderName, value: &str| headers.get(name).is_some_and(|v| v.as_bytes() == value.as_bytes());
    let [site, mode, _] = &FETCH;
    if FETCH.iter().any(|name| headers.contains_key(name)) {
        if is(site, "cross-site") && is(mode, "navigate") {
            return Err(failure::CROSS_SITE_NAVIGATION_LOGIN_BLOCKED.into());
        }
        return require(headers, settings);
    }
    match headers.contains_key(ORIGIN) || headers.contains_key(REFERER) {
        true => require(headers, settings),
        false => Ok(()),
    }
}

/// `callbackURL`: a path of this server, or a page that is trusted.
pub fn check_callback(url: &str, headers: &HeaderMap, settings: &BetterAuthSettings) -> Result<(), Failure> {
    let lower = url.to_ascii_lowercase();
    // Browsers read a backslash as a slash, and some servers what is written for either.
    let elsewhere = ["//", "/%2f", "/%5c"].iter().any(|start| lower.starts_with(start)) || url.contains('\\');
    let path = url.starts_with('/') && !elsewhere;
    let clean = url.bytes().all(|b| b.is_ascii_graphic());
    match clean && (path || origin_of(url).is_some_and(|origin| trusted(&origin, headers, settings))) {
        true => Ok(()),
        false => Err(failure::INVALID_CALLBACK_URL.into()),
    }
}

fn require(headers: &HeaderMap, settings: &BetterAuthSettings) -> Result<(), Failure> {
    let origin = headers.get(ORIGIN).or_else(|| headers.get(REFERER));
    let text =
        origin.and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty() && *text != "null");
    let Some(text) = text else { return Err(failure::MISSING_OR_NULL_ORIGIN.into()) };
    match origin_of(text).is_some_and(|origin| trusted(&origin, headers, settings)) {
        true => Ok(()),
        false => Err(failure::INVALID_ORIGIN.into()),
    }
}

/// Scheme, host and port of an address, in lower case.
fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty() && !host.contains('@'))?;
    matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https")
        .then(|| format!("{scheme}://{host}").to_ascii_lowercase())
}

fn trusted(origin: &str, headers: &HeaderMap, settings: &BetterAuthSettings) -> bool {
    let own = origin_of(&settings.base_url).is_some_and(|own| own == origin);
    // Reached under another name: a page of that name is this server's own.
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let same =
        origin.split_once("://").zip(host).is_some_and(|((_, at), host)| at.eq_ignore_ascii_case(host));
    own || same || settings.trusted_origins.iter().any(|pattern| origin::fits(pattern, origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::secret::Secret;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.insert(HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        map
    }

    fn settings() -> BetterAuthSettings {
        let mut settings = BetterAuthSettings::new("https://keys.example", Secret::new("s"));
        settings.trusted_origins = vec!["https://*.app.example".to_owned(), "localhost:*".to_owned()];
        settings
    }

    fn code(outcome: Result<(), Failure>) -> String {
        match outcome {
            Ok(()) => "ok".to_owned(),
            Err(failure) => failure.body().unwrap()["code"].as_str().unwrap().to_owned(),
        }
    }

    #[test]
    fn a_cookie_changes_things_only_from_a_trusted_origin() {
        for (more, want) in [
            (&[("origin", "https://keys.example")][..], "ok"),
            (&[("referer", "https://keys.example/a/b?c")], "ok"),
            (&[("origin", "https://a.app.example")], "ok"),
            (&[("origin", "http://localhost:3000")], "ok"),
            (&[("origin", "http://10.0.0.1:7420"), ("host", "10.0.0.1:7420")], "ok"),
            (&[], "MISSING_OR_NULL_ORIGIN"),
            (&[("origin", "null")], "MISSING_OR_NULL_ORIGIN"),
            (&[("origin", "http://keys.example")], "INVALID_ORIGIN"),
            (&[("origin", "https://app.example.evil.example")], "INVALID_ORIGIN"),
            (&[("origin", "https://keys.example.evil.example")], "INVALID_ORIGIN"),
            (&[("origin", "https://keys.example@evil.example")], "INVALID_ORIGIN"),
        ] {
            let mut all = vec![("cookie", "any=1")];
            all.extend_from_slice(more);
            assert_eq!(code(check_cookie(&Method::POST, &headers(&all), &settings())), want, "{more:?}");
            assert_eq!(code(check_cookie(&Method::GET, &headers(&all), &settings())), "ok");
        }
        assert_eq!(code(check_cookie(&Method::POST, &headers(&[]), &settings())), "ok");
    }

    #[test]
    fn a_browser_signs_in_only_from_a_trusted_page_and_programs_need_no_page() {
        for (all, want) in [
            (&[][..], "ok"),
            (&[("sec-fetch-mode", "cors")], "MISSING_OR_NULL_ORIGIN"),
            (&[("sec-fetch-mode", "cors"), ("origin", "https://keys.example")], "ok"),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("sec-fetch-mode", "navigate"),
                    ("origin", "https://keys.example"),
                ],
                "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED",
            ),
            (&[("origin", "https://evil.example")], "INVALID_ORIGIN"),
        ] {
            assert_eq!(code(check_sign_in(&headers(all), &settings())), want, "{all:?}");
        }
    }

    #[test]
    fn a_callback_is_a_path_or_a_trusted_page() {
        for (url, want) in [
            ("/dashboard", "ok"),
            ("https://keys.example/x", "ok"),
            ("//evil.example", "INVALID_CALLBACK_URL"),
            ("/\\evil.example", "INVALID_CALLBACK_URL"),
            ("/%5cevil.example", "INVALID_CALLBACK_URL"),
            ("/%2Fevil.example", "INVALID_CALLBACK_URL"),
            ("https://evil.example/", "INVALID_CALLBACK_URL"),
            ("javascript:alert(1)", "INVALID_CALLBACK_URL"),
        ] {
            assert_eq!(code(check_callback(url, &headers(&[]), &settings())), want, "{url}");
        }
    }
}
