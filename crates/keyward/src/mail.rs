//! Brings letters to the configured mail server (SMTP). One conversation per letter; the way there is protected as
//! configured or not used at all. Never logs a letter or an address.

use std::time::Duration;

use domain::secret::Secret;
use http_kit::mail::{Letter, Postman, Sent};
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};

use crate::{
    config::{Mail, MailPassword, Security},
    error::Failure,
};

/// Of one step of the conversation.
const TIMEOUT: Duration = Duration::from_secs(20);

pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    /// Opens no connection yet: a mail server that is away for a while must not keep this one from starting.
    pub fn new(mail: &Mail) -> Result<Self, Failure> {
        let tls = || {
            TlsParameters::new(mail.host.clone())
                .map_err(|e| Failure::new(format!("mail_host cannot be reached with TLS: {e}")))
        };
        let tls = match mail.security {
            Security::Starttls => Tls::Required(tls()?),
            Security::Tls => Tls::Wrapper(tls()?),
            Security::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(mail.host.clone())
            .port(mail.port)
            .tls(tls)
            .timeout(Some(TIMEOUT));
        if let (Some(user), Some(password)) = (&mail.user, &mail.password) {
            let password = read(password)?;
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(Self { transport: builder.build(), from: mail.from.clone() })
    }
}

fn read(password: &MailPassword) -> Result<Secret, Failure> {
    let path = match password {
        MailPassword::Given(password) => return Ok(password.clone()),
        MailPassword::InFile(path) => path,
    };
    let text = std::fs::read_to_string(path)
        .map_err(|e| Failure::new(format!("cannot read mail_password_file {}: {e}", path.display())))?;
    match text.lines().next().filter(|line| !line.is_empty()) {
        Some(line) => Ok(Secret::new(line)),
        None => Err(Failure::new(format!("mail_password_file {} is empty", path.display()))),
    }
}

impl Postman for Smtp {
    fn send(&self, letter: Letter) -> Sent<'_> {
        Box::pin(async move {
            let to = letter.to.parse::<lettre::Address>().map_err(|_| "the address cannot be mailed to")?;
            let message = Message::builder()
                .from(self.from.clone())
                .to(Mailbox::new(None, to))
                .subject(letter.subject)
                .header(ContentType::TEXT_PLAIN)
                .body(letter.text)
                .map_err(|e| e.to_string())?;
            self.transport.send(message).await.map(|_| ()).map_err(|e| e.to_string())
        })
    }
}
