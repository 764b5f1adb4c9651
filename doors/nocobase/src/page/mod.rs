//! The web page of this door, below `/nocobase/`: files that are part of the program, and the document blocks of code
//! run in. Never looks at who asks: everything here is public; what the page shows it asks the API for.

mod file;
mod files;
mod frame;
mod settings;

use axum::{
    Router,
    http::{HeaderMap, HeaderName, HeaderValue, Uri, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};

pub use settings::PageSettings;

use crate::{NocobaseState, failure::Failure};
use file::Served;

/// Where the page is.
pub const ROOT: &str = "/nocobase/";

/// What every document of the page may do: load what belongs to it, call the API beside it, frame its own blocks.
/// Markup never comes from a text.
const PAGE_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
     trusted-types 'none'";

/// One route for each file: a collection of the same address below a base path of the door's own stays reachable.
pub fn router(state: NocobaseState) -> Router {
    if !state.inner.settings.page.on {
        return Router::new();
    }
    let mut router = Router::new()
        .route(ROOT.trim_end_matches('/'), get(|| async { Redirect::permanent(ROOT) }))
        .fallback(|| async { Failure::not_found().into_response() });
    for one in files::FILES {
        let served = Served::new(one);
        let path = if one.path == files::INDEX { "" } else { one.path };
        router = router.route(
            &format!("{ROOT}{path}"),
            get(move |headers: HeaderMap| async move { served.answer(&headers) }),
        );
    }
    router.route(
        &format!("{ROOT}block/frame.html"),
        get(move |uri: Uri, headers: HeaderMap| async move { frame::document(&state, &uri, &headers) }),
    )
}

/// Nobody's camera, nobody's place: neither the page nor a block needs any of it.
const NO_FEATURES: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), \
     midi=(), display-capture=(), clipboard-read=(), browsing-topics=()";

fn html(body: String, csp: &str) -> Response {
    let mut response = ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], body).into_response();
    let headers = response.headers_mut();
    if let Ok(csp) = HeaderValue::from_str(csp) {
        headers.insert(header::CONTENT_SECURITY_POLICY, csp);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(HeaderName::from_static("permissions-policy"), HeaderValue::from_static(NO_FEATURES));
    headers.insert(HeaderName::from_static("x-dns-prefetch-control"), HeaderValue::from_static("off"));
    response
}

#[cfg(test)]
mod tests {
    use crate::collections::RESERVED;

    #[test]
    fn the_page_knows_every_resource_that_is_no_collection() {
        let policy = include_str!("../../page/block/policy.js");
        for name in RESERVED {
            assert!(policy.contains(&format!("'{name}'")), "{name}");
        }
    }
}
