//! What the operator says about the page: whether it is there, and which other hosts blocks of code may reach.

/// By default nothing but this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageSettings {
    pub on: bool,
    /// What short names of modules (`axios@1/axios.min.js`) are put behind; ends with a slash.
    pub module_base: String,
    /// Where blocks may load scripts and styles from, besides our own modules.
    pub module_hosts: Vec<String>,
    /// Where blocks may send requests to and take images from, besides this server.
    pub connect_hosts: Vec<String>,
}

/// Our own modules.
pub const OWN_MODULES: &str = "/nocobase/modules/";

impl Default for PageSettings {
    fn default() -> Self {
        Self {
            on: true,
            module_base: OWN_MODULES.to_owned(),
            module_hosts: Vec::new(),
            connect_hosts: Vec::new(),
        }
    }
}

impl PageSettings {
    /// A host as it may stand in a policy: `https://esm.sh`, with a path if only part of it is meant.
    pub fn host(text: &str) -> Option<String> {
        let (scheme, rest) = text.split_once("://")?;
        let name = rest.split('/').next().unwrap_or_default();
        let plain = |text: &str, more: &[u8]| {
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
        };
        let good = matches!(scheme, "https" | "http")
            && name.bytes().any(|byte| byte.is_ascii_alphanumeric())
            && plain(name, b".-:[]")
            && plain(rest, b".-:[]/_@~+%");
        good.then(|| text.to_owned())
    }

    /// An address modules are found below: on this server, or on another.
    pub fn base(text: &str) -> Option<String> {
        let own = text.starts_with('/')
            && !text.starts_with("//")
            && Self::host(&format!("http://own{text}")).is_some();
        let known = own || Self::host(text).is_some();
        known.then(|| format!("{}/", text.trim_end_matches('/')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_cannot_smuggle_anything_into_a_policy() {
        for good in
            ["https://esm.sh", "https://cdn.example.com/npm/", "http://localhost:3000", "http://[::1]:80"]
        {
            assert_eq!(PageSettings::host(good).as_deref(), Some(good));
        }
        for bad in [
            "",
            "*",
            "https://",
            "https://*",
            "esm.sh",
            "https://a;script-src *",
            "https://a b",
            "https://a,b",
            "https://'self'",
            "data://x",
            "https:///path",
            "https://a\"",
            "https://a\n",
        ] {
            assert_eq!(PageSettings::host(bad), None, "{bad}");
        }
        assert_eq!(PageSettings::base("/nocobase/modules").as_deref(), Some(OWN_MODULES));
        assert_eq!(PageSettings::base("https://esm.sh").as_deref(), Some("https://esm.sh/"));
        for bad in ["//evil.example", "modules", "", "/a b"] {
            assert_eq!(PageSettings::base(bad), None, "{bad}");
        }
    }
}
