//! The first administrator, made at the first start when an address and a password are given.
//! There is no default password, and a later start never changes an existing user.

use domain::secret::Secret;

use super::{ConfigError, Key, Section, Values};

pub const SECTION: Section = Section {
    title: "First administrator",
    keys: &[
        Key::unset(
            "admin_email",
            "\"admin@example.com\"",
            "E-mail address of the administrator made at the first start (alias: INIT_ROOT_EMAIL).",
        ),
        Key::secret(
            "admin_password",
            "Password of that administrator; better given by environment (alias: INIT_ROOT_PASSWORD).",
        ),
        Key::unset(
            "admin_username",
            "\"nocobase\"",
            "User name of that administrator; default: the part of the address before the @ (alias: INIT_ROOT_USERNAME).",
        ),
        Key::unset(
            "admin_name",
            "\"Super Admin\"",
            "Name to show for that administrator (alias: INIT_ROOT_NICKNAME).",
        ),
    ],
};

/// Variables another product's installations already set, and the key each one stands for.
pub const ALIASES: &[(&str, &str)] = &[
    ("INIT_ROOT_EMAIL", "admin_email"),
    ("INIT_ROOT_PASSWORD", "admin_password"),
    ("INIT_ROOT_USERNAME", "admin_username"),
    ("INIT_ROOT_NICKNAME", "admin_name"),
    ("API_BASE_PATH", "nocobase_base_path"),
];

#[derive(Clone, Debug)]
pub struct Administrator {
    pub email: String,
    pub password: Secret,
    pub username: String,
    pub name: Option<String>,
}

impl Administrator {
    /// `None` when nothing is configured; half a configuration is an error.
    pub fn read(values: &Values) -> Result<Option<Self>, ConfigError> {
        let email = values.checked("admin_email", "an e-mail address", |text| {
            let (user, host) = text.split_once('@')?;
            (!user.is_empty() && !host.is_empty() && !host.contains('@')).then(|| text.to_owned())
        })?;
        match (email, values.text("admin_password")) {
            (None, None) => Ok(None),
            (Some(_), None) => Err(ConfigError::Incomplete { have: "admin_email", need: "admin_password" }),
            (None, Some(_)) => Err(ConfigError::Incomplete { have: "admin_password", need: "admin_email" }),
            (Some(email), Some(password)) => {
                check_password(values, password)?;
                let before_at = email.split('@').next().unwrap_or_default().to_owned();
                Ok(Some(Self {
                    username: values.text("admin_username").map_or(before_at, str::to_owned),
                    name: values.text("admin_name").map(str::to_owned),
                    password: Secret::new(password),
                    email,
                }))
            }
        }
    }
}

fn check_password(values: &Values, password: &str) -> Result<(), ConfigError> {
    use domain::limits::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN};
    if (PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&password.chars().count()) {
        return Ok(());
    }
    Err(values.invalid("admin_password", &format!("{PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters")))
}
