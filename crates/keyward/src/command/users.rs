//! `users …`: people and service accounts. Passwords come from a prompt, standard input or KEYWARD_PASSWORD.

use std::process::ExitCode;

use axum::http::Method;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::{done, put, show, show_page};
use crate::{
    cli::Global,
    client::{Client, Target, query, segment},
    error::Failure,
    input,
};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  keyward users create --root --email me@example.com          an administrator; asks for a password
  keyward users create --username robot --no-password --role editor
  keyward users update 0193… --role editor --role reader      exactly these roles from now on
  keyward users password 0193…                                ends all sessions of the user")]
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
        /// The user's id
        id: String,
    },
    /// Change a user; what is not named stays
    Update {
        /// The user's id
        id: String,
        #[command(flatten)]
        fields: UserFields,
        /// Whether the user holds every right
        #[arg(long, value_name = "TRUE|FALSE")]
        root: Option<bool>,
    },
    /// Set a new password; ends all sessions of the user
    Password {
        /// The user's id
        id: String,
    },
    /// Lock a user out: no sign-in, and the user's keys stop working
    Disable {
        /// The user's id
        id: String,
    },
    /// Let a user in again
    Enable {
        /// The user's id
        id: String,
    },
    /// Remove a user and revoke the user's keys
    Delete {
        /// The user's id
        id: String,
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
    let mut client = Client::open(global, &args.target).await?;
    let code = act(global, &mut client, args.command, password).await;
    client.close().await?;
    code
}

async fn act(
    global: &Global,
    client: &mut Client,
    command: UsersCommand,
    password: Option<domain::secret::Secret>,
) -> Result<ExitCode, Failure> {
    let at = |id: &str| format!("/v1/users/{}", segment(id));
    match command {
        UsersCommand::Create { fields, root, no_password: _ } => {
            let mut body = fields.body();
            put(&mut body, "root", root.then_some(true));
            put(&mut body, "password", password.as_ref().map(|password| password.expose()));
            Ok(show(global, &client.post("/v1/users", &Value::Object(body)).await?))
        }
        UsersCommand::List { search, role, limit, cursor } => {
            let limit = limit.map(|n| n.to_string());
            let pairs = [("search", search), ("role", role), ("limit", limit), ("cursor", cursor)];
            let page = client.get(&format!("/v1/users{}", query(&pairs))).await?;
            let nothing = "no users yet; make one with: keyward users create --root --email you@example.com";
            Ok(show_page(global, &page, COLUMNS, nothing))
        }
        UsersCommand::Show { id } => Ok(show(global, &client.get(&at(&id)).await?)),
        UsersCommand::Update { id, fields, root } => {
            let mut body = fields.body();
            put(&mut body, "root", root);
            Ok(show(global, &patch(client, &at(&id), body.into()).await?))
        }
        UsersCommand::Password { id } => {
            let body = json!({ "password": password.as_ref().map(|password| password.expose()) });
            let user = patch(client, &at(&id), body).await?;
            Ok(done(global, &user, "the password is set; all sessions of the user have ended"))
        }
        UsersCommand::Disable { id } => {
            Ok(done(global, &patch(client, &at(&id), json!({ "active": false })).await?, "disabled"))
        }
        UsersCommand::Enable { id } => {
            Ok(done(global, &patch(client, &at(&id), json!({ "active": true })).await?, "enabled"))
        }
        UsersCommand::Delete { id } => {
            Ok(done(global, &client.call(Method::DELETE, &at(&id), None).await?, "deleted"))
        }
    }
}

async fn patch(client: &mut Client, path: &str, body: Value) -> Result<Value, Failure> {
    client.call(Method::PATCH, path, Some(&body)).await
}
