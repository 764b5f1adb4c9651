//! Cookies: reading one by name, writing one with the attributes sessions need. Nothing is encoded here;
//! session tokens are plain ASCII.

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};

/// The first cookie of that name.
pub fn get<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value.trim_matches('"'))
    })
}

/// A cookie of a sign-in: `HttpOnly`, `SameSite=Lax`, for the whole site.
#[derive(Clone, Copy, Debug)]
pub struct SessionCookie<'a> {
    pub name: &'a str,
    pub secure: bool,
}

impl SessionCookie<'_> {
    /// The `Set-Cookie` value; `None` when `value` is not a legal cookie value.
    pub fn set(&self, value: &str, max_age_s: i64) -> Option<HeaderValue> {
        self.written(value, max_age_s, "; HttpOnly")
    }

    /// The same for what scripts of the page are to read: never the token itself.
    pub fn set_for_scripts(&self, value: &str, max_age_s: i64) -> Option<HeaderValue> {
        self.written(value, max_age_s, "")
    }

    fn written(&self, value: &str, max_age_s: i64, reach: &str) -> Option<HeaderValue> {
        let legal = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b',' | b';' | b'\\');
        if !value.bytes().all(legal) {
            return None;
        }
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!("{}={value}; Path=/; Max-Age={max_age_s}{reach}; SameSite=Lax{secure}", self.name);
        let mut header = HeaderValue::try_from(text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    /// The `Set-Cookie` value that removes it.
    pub fn clear(&self) -> Option<HeaderValue> {
        self.set("", 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_and_written_out_of_reach_of_scripts() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; kw=two; kw=three"));
        assert_eq!(get(&headers, "kw"), Some("two"));
        assert_eq!(get(&headers, "k"), None);
        let cookie = SessionCookie { name: "kw", secure: true };
        let text = cookie.set("tok", 60).unwrap();
        assert_eq!(text, "kw=tok; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
        let text = cookie.set_for_scripts("tok", 60).unwrap();
        assert_eq!(text, "kw=tok; Path=/; Max-Age=60; SameSite=Lax; Secure");
        assert!(cookie.set("a;b", 60).is_none());
    }
}
