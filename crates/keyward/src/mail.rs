//! Brings letters to the configured mail server (SMTP). One conversation per letter; the way there is protected as
//! configured or not used at all. Logs no letter itself; an error says what the mail server answered.

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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
        net::TcpListener,
    };

    /// A mail server for one conversation: what it was told, line by line.
    async fn sink(listener: TcpListener) -> Vec<String> {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let (mut said, mut in_letter) = (Vec::new(), false);
        write.write_all(b"220 sink\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            let answer = match line.split(' ').next().unwrap_or_default() {
                "." if in_letter => {
                    in_letter = false;
                    "250 taken"
                }
                _ if in_letter => "",
                "EHLO" => "250-sink\r\n250 AUTH PLAIN",
                "DATA" => {
                    in_letter = true;
                    "354 go on"
                }
                "AUTH" => "235 welcome",
                "QUIT" => "221 bye",
                "STARTTLS" => "502 never heard of it",
                _ => "250 fine",
            };
            said.push(line);
            if !answer.is_empty() {
                write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
            }
        }
        said
    }

    fn mail(port: u16, security: Security) -> Mail {
        Mail {
            host: "127.0.0.1".to_owned(),
            port,
            security,
            user: Some("keyward".to_owned()),
            password: Some(MailPassword::Given(Secret::new("mail password"))),
            from: "Keyward <keys@example.com>".parse().unwrap(),
            links: door_nocobase::ResetPage::Application("https://app.example".to_owned()),
        }
    }

    fn letter(to: &str) -> Letter {
        let text = "Hello,\n.\nhttps://app.example/reset-password?resetToken=kwp_x&name=basic\n";
        Letter { to: to.to_owned(), subject: "为您的帐户".to_owned(), text: text.to_owned() }
    }

    async fn told(security: Security, to: &str) -> (Result<(), String>, Vec<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let smtp = Smtp::new(&mail(listener.local_addr().unwrap().port(), security)).unwrap();
        let server = tokio::spawn(sink(listener));
        let sent = smtp.send(letter(to)).await;
        drop(smtp);
        (sent, server.await.unwrap())
    }

    #[tokio::test]
    async fn a_letter_is_handed_over_to_the_mail_server_with_name_and_password() {
        let (sent, said) = told(Security::None, "bob@example.org").await;
        sent.unwrap();
        let has = |start: &str| said.iter().any(|line| line.starts_with(start));
        assert!(
            has("AUTH PLAIN ") && has("MAIL FROM:<keys@example.com>") && has("RCPT TO:<bob@example.org>")
        );
        assert!(has("Subject: =?utf-8?") && has("To: bob@example.org"));
        assert_eq!(said.iter().filter(|line| line.starts_with("RCPT")).count(), 1);
    }

    #[tokio::test]
    async fn nothing_is_told_to_a_mail_server_that_cannot_protect_the_way() {
        let (sent, said) = told(Security::Starttls, "bob@example.org").await;
        assert!(sent.is_err());
        assert!(
            said.iter().all(|line| ["EHLO", "QUIT", "STARTTLS"].iter().any(|word| line.starts_with(word))),
            "{said:?}"
        );
    }

    #[tokio::test]
    async fn an_address_that_is_more_than_one_is_not_written_to() {
        let smtp = Smtp::new(&mail(9, Security::None)).unwrap();
        for to in ["a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example", "a b@c.example", ""] {
            assert!(smtp.send(letter(to)).await.is_err(), "{to}");
        }
    }
}
