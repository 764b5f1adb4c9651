//! `users …`: people and service accounts. Passwords come from a prompt, standard input or KEYWARD_PASSWORD.

use std::process::ExitCode;

use axum::http::Method;
use clap::{Args, Subcommand};
use domain::secret::Secret;
use door_nocobase::ResetPage;
use serde_json::{Map, Value, json};

use super::{done, names, put, settings, show, show_page};
use crate::{
    cli::Global,
    client::{Client, Target, query, segment},
    config::{self, Config},
    error::Failure,
    input, output,
};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  keyward users create --root --email me@example.com          an administrator; asks for a password
  keyward users create --username robot --no-password --role editor
  keyward users update robot --role editor --role reader      exactly these roles from now on
  keyward users password me@example.com                       ends all sessions of the user
  keyward users reset-link me@example.com                     prints a link to set a new password, once")]
pub struct UsersArgs {
    #[command(flatten)]
    target: Target,
    #[command(subcommand)]
    command: UsersCommand,
}

#[derive(Subcommand, Debug)]
enum UsersCommand {
    /// Make a user; asks for the password
    Create {
        #[command(flatten)]
        fields: UserFields,
        /// Holds every right and may administer this server
        #[arg(long)]
        root: bool,
        /// Cannot sign in with a password (a service account)
        #[arg(long)]
        no_password: bool,
    },
    /// List users
    List {
        /// Only users whose name or address contains this
        #[arg(long)]
        search: Option<String>,
        /// Only users with this role
        #[arg(long)]
        role: Option<String>,
        /// Users per page
        #[arg(long)]
        limit: Option<u32>,
        /// Next page, from the previous answer
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Show one user
    Show {
        /// E-mail address, user name or id
        user: String,
    },
    /// Change a user; what is not named stays
    Update {
        /// E-mail address, user name or id
        user: String,
        #[command(flatten)]
        fields: UserFields,
        /// Whether the user holds every right
        #[arg(long, value_name = "TRUE|FALSE")]
        root: Option<bool>,
    },
    /// Set a new password; ends all sessions of the user
    Password {
        /// E-mail address, user name or id
        user: String,
    },
    /// Print a link with which the user sets a new password, once and within an hour
    ResetLink {
        /// E-mail address, user name or id
        user: String,
    },
    /// Lock a user out: no sign-in, and the user's keys stop working
    Disable {
        /// E-mail address, user name or id
        user: String,
    },
    /// Let a user in again
    Enable {
        /// E-mail address, user name or id
        user: String,
    },
    /// Remove a user and revoke the user's keys
    Delete {
        /// E-mail address, user name or id
        user: String,
    },
}

#[derive(Args, Debug, Default)]
struct UserFields {
    /// E-mail address
    #[arg(long)]
    email: Option<String>,
    /// User name
    #[arg(long)]
    username: Option<String>,
    /// Name to show
    #[arg(long)]
    name: Option<String>,
    /// Role by name or id (repeatable)
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
}

impl UserFields {
    fn body(self) -> Map<String, Value> {
        let mut body = Map::new();
        put(&mut body, "email", self.email);
        put(&mut body, "username", self.username);
        put(&mut body, "name", self.name);
        put(&mut body, "roles", (!self.roles.is_empty()).then(|| json!(self.roles)));
        body
    }
}

const COLUMNS: &[&str] = &["id", "email", "username", "name", "active", "root", "roles"];

pub async fn run(global: &Global, args: UsersArgs) -> Result<ExitCode, Failure> {
    // Asked before anything is opened, so that nobody waits on a lock while somebody types.
    let password = match &args.command {
        UsersCommand::Create { no_password: false, .. } | UsersCommand::Password { .. } => {
            Some(input::new_password()?)
        }
        _ => None,
    };
    let links = match &args.command {
        UsersCommand::ResetLink { .. } => Some(reset_page(global, &args.target)?),
        _ => None,
    };
    let creates = matches!(args.command, UsersCommand::Create { .. });
    let client = Client::open(global, &args.target, creates).await?;
    let code = act(global, &client, args.command, password, links).await;
    client.close().await?;
    code
}

async fn act(
    global: &Global,
    client: &Client,
    command: UsersCommand,
    password: Option<Secret>,
    links: Option<ResetPage>,
) -> Result<ExitCode, Failure> {
    match command {
        UsersCommand::Create { fields, root, no_password: _ } => {
            let mut body = fields.body();
            put(&mut body, "root", root.then_some(true));
            put(&mut body, "password", password.as_ref().map(|password| password.expose()));
            Ok(show(global, &client.post("/v1/users", &Value::Object(body)).await?))
        }
        UsersCommand::List { search, role, limit, cursor } => {
            let limit = limit.map(|n| n.to_string());
            let pairs = [("name", search), ("role", role), ("limit", limit), ("cursor", cursor)];
            let page = client.get(&format!("/v1/users{}", query(&pairs))).await?;
            let nothing = "no users yet; make one with: keyward users create --root --email you@example.com";
            Ok(show_page(global, &page, COLUMNS, nothing))
        }
        UsersCommand::Show { user } => Ok(show(global, &client.get(&at(client, &user).await?).await?)),
        UsersCommand::Update { user, fields, root } => {
            let mut body = fields.body();
            put(&mut body, "root", root);
            Ok(show(global, &patch(client, &at(client, &user).await?, body.into()).await?))
        }
        UsersCommand::Password { user } => {
            let body = json!({ "password": password.as_ref().map(|password| password.expose()) });
            let user = patch(client, &at(client, &user).await?, body).await?;
            Ok(done(global, &user, "the password is set; all sessions of the user have ended"))
        }
        UsersCommand::ResetLink { user } => {
            let path = format!("{}/password-links", at(client, &user).await?);
            let made = client.post(&path, &json!({})).await?;
            Ok(show_link(global, made, links))
        }
        UsersCommand::Disable { user } => Ok(done(
            global,
            &patch(client, &at(client, &user).await?, json!({ "active": false })).await?,
            "disabled",
        )),
        UsersCommand::Enable { user } => Ok(done(
            global,
            &patch(client, &at(client, &user).await?, json!({ "active": true })).await?,
            "enabled",
        )),
        UsersCommand::Delete { user } => {
            Ok(done(global, &client.call(Method::DELETE, &at(client, &user).await?, None).await?, "deleted"))
        }
    }
}

/// The application whose page a link opens; the server's own page where none is set.
fn reset_page(global: &Global, target: &Target) -> Result<ResetPage, Failure> {
    let values = settings(global)?;
    if let Some(base) = config::link_application(&values)? {
        return Ok(ResetPage::Application(base));
    }
    let config = Config::read(&values)?;
    let named = config.server.base_url.clone().or_else(|| target.server());
    let base = named.unwrap_or_else(|| config.server.url(config.server.listen));
    let base = base.trim_end_matches('/').to_owned();
    // Without a page there is only the API, and whoever is given the link has to know what to do with it.
    Ok(if config.nocobase.page.on { ResetPage::Own(base) } else { ResetPage::Application(base) })
}

fn show_link(global: &Global, made: Value, page: Option<ResetPage>) -> ExitCode {
    let page = page.unwrap_or_else(|| ResetPage::Own(String::new()));
    let text = |name: &str| made.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let token = Secret::new(text("token"));
    let link = page.link(&token, "basic");
    if global.json {
        output::json(&json!({ "link": link, "token": token.expose(), "expires_at": text("expires_at") }));
        return ExitCode::SUCCESS;
    }
    output::say(&link);
    let how = match page {
        ResetPage::Own(_) => "",
        ResetPage::Application(_) => {
            " An application without a page for it posts\n\
             {\"resetToken\": \"…\", \"password\": \"…\"} to /api/auth:resetPassword"
        }
    };
    let until = text("expires_at");
    output::complain(&format!("good once, until {until}; whoever has it sets the password.{how}"));
    ExitCode::SUCCESS
}

/// The path of a user named by people.
async fn at(client: &Client, user: &str) -> Result<String, Failure> {
    Ok(format!("/v1/users/{}", segment(&names::user(client, user).await?)))
}

async fn patch(client: &Client, path: &str, body: Value) -> Result<Value, Failure> {
    client.call(Method::PATCH, path, Some(&body)).await
}
