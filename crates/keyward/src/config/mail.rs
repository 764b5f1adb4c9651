//! Letters to people who lost their password: the mail server they leave by, and the page their links open. Nothing
//! is sent where no mail server is named.

use std::path::PathBuf;

use domain::secret::Secret;
use door_nocobase::{PageSettings, ResetPage};
use lettre::message::Mailbox;

use super::{ConfigError, Key, Section, Server, Values};

pub const SECTION: Section = Section {
    title: "Mail",
    keys: &[
        Key::unset(
            "mail_host",
            "\"smtp.example.com\"",
            "Mail server (SMTP) that takes letters about lost passwords; without it there are none.",
        ),
        Key::unset("mail_port", "587", "Its port; default: 587 with starttls, 465 with tls, 25 with none."),
        Key::new(
            "mail_security",
            "\"starttls\"",
            "How the way there is protected: \"starttls\" (required, not merely tried), \"tls\" from the first byte, or \
             \"none\" (only a mail server of this machine gets a password that way).",
        ),
        Key::unset("mail_user", "\"keyward\"", "Name to sign in at the mail server with; default: none."),
        Key::secret("mail_password", "The password for it; better given by environment or file."),
        Key::unset(
            "mail_password_file",
            "\"/etc/keyward/mail.password\"",
            "File whose first line is that password.",
        ),
        Key::unset(
            "mail_from",
            "\"Keyward <keys@example.com>\"",
            "Whom letters are from; needed where mail_host is set.",
        ),
        Key::unset(
            "mail_link_url",
            "\"https://app.example.com\"",
            "The application whose page /reset-password links to set a new password open, those in letters and those of \
             `keyward users reset-link`; default: the server's own page, which for letters takes a base_url and \
             nocobase_page.",
        ),
    ],
};

const LINK_RULE: &str = "a URL that begins with http:// or https://, without ? and #";
const LINK_NEEDED: &str = "set, because mail_host is; or set base_url and leave nocobase_page on: letters then lead to the \
     server's own page";

#[derive(Clone, Debug)]
pub struct Mail {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub user: Option<String>,
    pub password: Option<Password>,
    pub from: Mailbox,
    pub links: ResetPage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    Starttls,
    Tls,
    None,
}

#[derive(Clone, Debug)]
pub enum Password {
    Given(Secret),
    InFile(PathBuf),
}

impl Mail {
    /// `None` when no mail server is named; half a configuration is an error.
    pub fn read(values: &Values, server: &Server, page: &PageSettings) -> Result<Option<Self>, ConfigError> {
        let security = security(values)?;
        let port = values.checked("mail_port", "a port from 1 to 65535", |text| {
            text.parse().ok().filter(|port| *port > 0)
        })?;
        let from = values.checked("mail_from", "an e-mail address, with or without a name", |text| {
            text.parse::<Mailbox>().ok()
        })?;
        let application = link_application(values)?;
        let host =
            values.checked("mail_host", "the name or address of a server, without a port", |text| {
                let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_');
                (!text.is_empty() && text.chars().all(plain)).then(|| text.to_owned())
            })?;
        let Some(host) = host else { return Ok(None) };
        let needed = |name| move || values.invalid(name, "set, because mail_host is");
        let (user, password) = credentials(values, &host, security)?;
        let standard = match security {
            Security::Starttls => 587,
            Security::Tls => 465,
            Security::None => 25,
        };
        Ok(Some(Self {
            host,
            port: port.unwrap_or(standard),
            security,
            user,
            password,
            from: from.ok_or_else(needed("mail_from"))?,
            links: links(application, server, page)
                .ok_or_else(|| values.invalid("mail_link_url", LINK_NEEDED))?,
        }))
    }
}

/// What letters link to. Nobody who is sent one could use the address this server merely listens on.
fn links(application: Option<String>, server: &Server, page: &PageSettings) -> Option<ResetPage> {
    let own = || server.base_url.clone().filter(|_| page.on).map(ResetPage::Own);
    application.map(ResetPage::Application).or_else(own)
}

/// The application that links open, whether there is mail or not. Without a slash at the end.
pub fn link_application(values: &Values) -> Result<Option<String>, ConfigError> {
    values.checked("mail_link_url", LINK_RULE, |text| {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
        let fine = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '"' | '<' | '>' | '\\');
        let there = !rest.is_empty() && !rest.starts_with('/') && rest.chars().all(fine);
        there.then(|| text.trim_end_matches('/').to_owned())
    })
}

fn security(values: &Values) -> Result<Security, ConfigError> {
    let parsed = values.checked("mail_security", "\"starttls\", \"tls\" or \"none\"", |text| {
        match text.to_ascii_lowercase().as_str() {
            "starttls" => Some(Security::Starttls),
            "tls" => Some(Security::Tls),
            "none" => Some(Security::None),
            _ => None,
        }
    })?;
    Ok(parsed.unwrap_or(Security::Starttls))
}

fn credentials(
    values: &Values,
    host: &str,
    security: Security,
) -> Result<(Option<String>, Option<Password>), ConfigError> {
    let user = values.text("mail_user").map(str::to_owned);
    let given = values.text("mail_password").map(|text| Password::Given(Secret::new(text)));
    let in_file = values.text("mail_password_file").map(|text| Password::InFile(PathBuf::from(text)));
    if given.is_some() && in_file.is_some() {
        return Err(values.invalid("mail_password_file", "left out where mail_password is set"));
    }
    let password = given.or(in_file);
    match (&user, &password) {
        (Some(_), None) => return Err(values.invalid("mail_password", "set, because mail_user is")),
        (None, Some(_)) => return Err(values.invalid("mail_user", "set, because there is a password")),
        _ => {}
    }
    let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if password.is_some() && security == Security::None && !here {
        let rule = "\"starttls\" or \"tls\": the password would travel in the clear";
        return Err(values.invalid("mail_security", rule));
    }
    Ok((user, password))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&'static str, &str)]) -> Result<Option<Mail>, ConfigError> {
        let mut values = Values::with_defaults();
        pairs.iter().for_each(|(name, value)| values.add_flag(name, Some(&(*value).to_owned())));
        let server = Server::read(&values)?;
        let page =
            PageSettings { on: values.text("nocobase_page") != Some("off"), ..PageSettings::default() };
        Mail::read(&values, &server, &page)
    }

    const WHOLE: [(&str, &str); 3] = [
        ("mail_host", "smtp.example.com"),
        ("mail_from", "Keyward <keys@example.com>"),
        ("mail_link_url", "https://app.example.com/"),
    ];

    #[test]
    fn a_whole_configuration_is_read_and_half_of_one_stops_the_start() {
        assert!(read(&[]).unwrap().is_none());
        let mail = read(&WHOLE).unwrap().unwrap();
        assert_eq!(
            (mail.port, mail.security, mail.links),
            (587, Security::Starttls, ResetPage::Application("https://app.example.com".to_owned()))
        );
        for missing in 1..WHOLE.len() {
            let mut half = WHOLE.to_vec();
            half.remove(missing);
            assert!(read(&half).is_err());
        }
        for more in [
            ("mail_user", "keyward"),
            ("mail_password", "secret"),
            ("mail_port", "0"),
            ("mail_security", "maybe"),
            ("mail_host", "smtp.example.com/x"),
            ("mail_from", "nobody"),
            ("mail_link_url", "app.example.com"),
            ("mail_link_url", "https://app.example.com/?x"),
        ] {
            assert!(read(&[&WHOLE[..], &[more]].concat()).is_err(), "{more:?}");
        }
    }

    #[test]
    fn letters_lead_to_an_application_or_to_the_own_page_under_a_configured_address() {
        let own = [&WHOLE[..2], &[("base_url", "https://keys.example.com/behind/")]].concat();
        let links = |pairs: &[(&'static str, &str)]| read(pairs).map(|mail| mail.unwrap().links);
        let here = "https://keys.example.com/behind".to_owned();
        assert_eq!(links(&own), Ok(ResetPage::Own(here)));
        let both = [&own[..], &WHOLE[2..]].concat();
        assert_eq!(links(&both), Ok(ResetPage::Application("https://app.example.com".to_owned())));
        let off = [&own[..], &[("nocobase_page", "off")]].concat();
        let refused = links(&off).unwrap_err().to_string();
        assert!(refused.contains("mail_link_url") && refused.contains("nocobase_page"), "{refused}");
    }

    #[test]
    fn a_password_never_travels_in_the_clear_to_another_machine() {
        let plain = [("mail_user", "u"), ("mail_password", "p"), ("mail_security", "none")];
        assert!(read(&[&WHOLE[..], &plain].concat()).is_err());
        let here = [&WHOLE[..], &plain, &[("mail_host", "127.0.0.1")]].concat();
        assert_eq!(read(&here).unwrap().unwrap().port, 25);
    }
}
