//! The NocoBase door: where it answers besides `/api/`, how long a sign-in lasts, how much one answer may hold.

use domain::limits;
use door_nocobase::{BasePath, PageSettings, TokenPolicy};

use super::{ConfigError, Key, Section, Values, access::choice};

pub const SECTION: Section = Section {
    title: "NocoBase clients",
    keys: &[
        Key::new(
            "nocobase_base_path",
            "\"/api/\"",
            "Where NocoBase clients find their API. /api/ is shared with other interfaces; a path of its own (it then \
             answers at both) also serves addresses without an action, such as GET /nocobase/todos (alias: \
             API_BASE_PATH).",
        ),
        Key::new(
            "nocobase_unpaged_rows_max",
            "10000",
            "Records a list with paginate=false may answer, 1 to 100000; beyond, it is refused rather than cut.",
        ),
        Key::new(
            "nocobase_query_token",
            "\"off\"",
            "Read ?token= when there is no Authorization header: \"on\" or \"off\". Addresses end up in logs.",
        ),
        Key::new(
            "nocobase_token_minutes",
            "1440",
            "How long a sign-in token is good before it is exchanged for a new one (header x-new-token).",
        ),
        Key::new("nocobase_renewal_minutes", "1440", "How long after that the exchange is still possible."),
        Key::new(
            "nocobase_session_minutes",
            "10080",
            "How long a sign-in lasts at most, however often its token is exchanged.",
        ),
        Key::new(
            "nocobase_cookies",
            "\"off\"",
            "Let signing in also set cookies, for pages of this server and of origins named in cors_origins, and read \
             them: \"on\" or \"off\". What came by cookie writes only with the header X-CSRF-Token.",
        ),
        Key::new("nocobase_page", "\"on\"", "Serve the web page below /nocobase/: \"on\" or \"off\"."),
        Key::new(
            "nocobase_module_base",
            "\"/nocobase/modules/\"",
            "What JS blocks put short names of modules behind (axios@1/axios.min.js); another host must be among \
             nocobase_module_hosts.",
        ),
        Key::new(
            "nocobase_module_hosts",
            "[]",
            "Hosts JS blocks may load scripts and styles from, besides the server's own modules: https://esm.sh. What is \
             loaded acts with the rights of whoever looks at the page.",
        ),
        Key::new(
            "nocobase_connect_hosts",
            "[]",
            "Hosts JS blocks may send requests to and show images from, besides this server. What viewers may read can be \
             sent there.",
        ),
    ],
};

/// A year.
const MINUTES_MAX: i64 = 525_600;
const MINUTE_MS: i64 = 60_000;

#[derive(Clone, Debug)]
pub struct Nocobase {
    /// `None`: only the shared `/api/`.
    pub base_path: Option<BasePath>,
    pub unpaged_rows_max: u64,
    pub query_token: bool,
    pub tokens: TokenPolicy,
    pub cookies: bool,
    pub page: PageSettings,
}

impl Nocobase {
    pub fn read(values: &Values) -> Result<Self, ConfigError> {
        let expected =
            "a path such as /nocobase/, of letters, digits, - . _ and /, apart from /v1, /docs and /api/auth";
        let base_path = values.checked("nocobase_base_path", expected, BasePath::parse)?;
        let rows =
            |text: &str| text.parse().ok().filter(|rows| (1..=limits::UNPAGED_ROWS_MAX).contains(rows));
        let rows_rule = format!("a whole number from 1 to {}", limits::UNPAGED_ROWS_MAX);
        let unpaged = values.checked("nocobase_unpaged_rows_max", &rows_rule, rows)?;
        Ok(Self {
            base_path: base_path.filter(|path| !path.is_shared()),
            unpaged_rows_max: unpaged.unwrap_or(limits::UNPAGED_ROWS_DEFAULT),
            query_token: choice(values, "nocobase_query_token", "on", "off")?,
            tokens: TokenPolicy {
                token_ms: minutes_ms(values, "nocobase_token_minutes", 1)?,
                renewal_ms: minutes_ms(values, "nocobase_renewal_minutes", 0)?,
                session_ms: minutes_ms(values, "nocobase_session_minutes", 1)?,
            },
            cookies: choice(values, "nocobase_cookies", "on", "off")?,
            page: page(values)?,
        })
    }
}

fn page(values: &Values) -> Result<PageSettings, ConfigError> {
    let base = "a path such as /nocobase/modules/, or an address such as https://esm.sh/";
    let page = PageSettings {
        on: choice(values, "nocobase_page", "on", "off")?,
        module_base: values
            .checked("nocobase_module_base", base, PageSettings::base)?
            .unwrap_or_else(|| PageSettings::default().module_base),
        module_hosts: hosts(values, "nocobase_module_hosts")?,
        connect_hosts: hosts(values, "nocobase_connect_hosts")?,
    };
    Ok(page)
}

fn hosts(values: &Values, name: &'static str) -> Result<Vec<String>, ConfigError> {
    let expected = "addresses such as https://esm.sh, separated by commas";
    let read = values.checked(name, expected, |text| {
        text.split(',').map(str::trim).filter(|one| !one.is_empty()).map(PageSettings::host).collect()
    })?;
    Ok(read.unwrap_or_default())
}

fn minutes_ms(values: &Values, name: &'static str, least: i64) -> Result<i64, ConfigError> {
    let minutes: i64 = values
        .checked(name, &format!("a whole number of minutes from {least} to {MINUTES_MAX}"), |text| {
            text.parse().ok().filter(|minutes| (least..=MINUTES_MAX).contains(minutes))
        })?
        .unwrap_or(least);
    Ok(minutes * MINUTE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &'static str, value: &str) -> Result<Nocobase, ConfigError> {
        let mut values = Values::with_defaults();
        values.add_flag(name, Some(&value.to_owned()));
        Nocobase::read(&values)
    }

    #[test]
    fn defaults_are_those_of_the_original_and_nonsense_stops_the_start() {
        let defaults = Nocobase::read(&Values::with_defaults()).unwrap();
        assert!(defaults.base_path.is_none() && !defaults.query_token && !defaults.cookies);
        assert_eq!(defaults.unpaged_rows_max, limits::UNPAGED_ROWS_DEFAULT);
        assert_eq!(defaults.tokens, TokenPolicy::default());
        assert_eq!(defaults.page, PageSettings::default());
        assert!(!read("nocobase_page", "off").unwrap().page.on);
        let hosts = read("nocobase_module_hosts", "https://esm.sh, https://cdn.example/npm/").unwrap();
        assert_eq!(hosts.page.module_hosts, ["https://esm.sh", "https://cdn.example/npm/"]);
        let own = read("nocobase_base_path", "/nocobase/api").unwrap().base_path.unwrap();
        assert_eq!(own.as_str(), "/nocobase/api/");
        for (name, bad) in [
            ("nocobase_base_path", "/"),
            ("nocobase_base_path", "nocobase"),
            ("nocobase_base_path", "/v1/"),
            ("nocobase_base_path", "/api/auth/"),
            ("nocobase_base_path", "/a//b/"),
            ("nocobase_base_path", "/a/{b}/"),
            ("nocobase_unpaged_rows_max", "0"),
            ("nocobase_unpaged_rows_max", "100001"),
            ("nocobase_query_token", "yes"),
            ("nocobase_page", "perhaps"),
            ("nocobase_module_base", "modules"),
            ("nocobase_module_hosts", "*"),
            ("nocobase_connect_hosts", "https://a; script-src *"),
            ("nocobase_token_minutes", "0"),
            ("nocobase_renewal_minutes", "-1"),
            ("nocobase_session_minutes", "525601"),
            ("nocobase_cookies", "lax"),
        ] {
            assert!(read(name, bad).is_err(), "{name} {bad}");
        }
    }
}
