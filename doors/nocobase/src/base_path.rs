//! The door's own base path. At `/api/`, which it shares with other interfaces, only addresses that say what
//! they are (`todos:list`) are its; below a path of its own every address is, also those that leave the action
//! to the method. Looks nothing up.

/// Where the door always answers, together with others.
pub const SHARED: &str = "/api/";

/// Paths of other interfaces.
const TAKEN: [&str; 3] = ["/v1/", "/docs/", "/api/auth/"];

/// A path that begins and ends with a slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    /// `None`: no path, or one that belongs to another interface.
    pub fn parse(text: &str) -> Option<Self> {
        let inner = text.strip_prefix('/')?.trim_end_matches('/');
        let plain = |segment: &str| {
            !segment.is_empty()
                && segment != "."
                && segment != ".."
                && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
        };
        let path = format!("/{inner}/");
        let free = !TAKEN.iter().any(|taken| path.starts_with(taken));
        (inner.split('/').all(plain) && free).then_some(Self(path))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_shared(&self) -> bool {
        self.0 == SHARED
    }
}
