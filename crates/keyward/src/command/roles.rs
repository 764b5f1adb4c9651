//! `roles …`: named sets of grants. Grants are given as the API takes them, in JSON.

use std::process::ExitCode;

use axum::http::Method;
use clap::{Args, Subcommand};
use serde_json::{Map, Value};

use super::{body_from, done, names, put, show, show_page};
use crate::{
    cli::Global,
    client::{Client, Target, segment},
    error::Failure,
    input,
};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  keyward roles list
  keyward roles show member --json > role.json
  keyward roles create reader --from role.json --title Reader
  keyward roles delete reader")]
pub struct RolesArgs {
    #[command(flatten)]
    target: Target,
    #[command(subcommand)]
    command: RolesCommand,
}

#[derive(Subcommand, Debug)]
enum RolesCommand {
    /// Make a role
    Create {
        /// Unique name
        name: String,
        #[command(flatten)]
        fields: RoleFields,
    },
    /// List roles
    List,
    /// Show one role
    Show {
        /// Name or id
        role: String,
    },
    /// Change a role; running keys follow at once
    Update {
        /// Name or id
        role: String,
        #[command(flatten)]
        fields: RoleFields,
    },
    /// Delete a role; keys bound to it stop working
    Delete {
        /// Name or id
        role: String,
    },
}

#[derive(Args, Debug, Default)]
struct RoleFields {
    /// Title to show
    #[arg(long)]
    title: Option<String>,
    /// What the role is for
    #[arg(long)]
    description: Option<String>,
    /// What it allows, as JSON; see the API page for the shape
    #[arg(long, value_name = "JSON")]
    grants: Option<String>,
    /// JSON object with further fields of the API; flags win over it (- is standard input)
    #[arg(long, value_name = "FILE")]
    from: Option<String>,
}

impl RoleFields {
    fn body(self) -> Result<Map<String, Value>, Failure> {
        let mut body = body_from(self.from.as_deref())?;
        // What the server says about a role but nobody can set: so that `show --json` can be edited and sent back.
        for told in ["id", "root", "builtin", "created_at", "updated_at"] {
            body.shift_remove(told);
        }
        put(&mut body, "title", self.title);
        put(&mut body, "description", self.description);
        put(&mut body, "grants", self.grants.map(|text| input::inline("grants", &text)).transpose()?);
        Ok(body)
    }
}

pub async fn run(global: &Global, args: RolesArgs) -> Result<ExitCode, Failure> {
    let creates = matches!(args.command, RolesCommand::Create { .. });
    let client = Client::open(global, &args.target, creates).await?;
    let code = act(global, &client, args.command).await;
    client.close().await?;
    code
}

async fn act(global: &Global, client: &Client, command: RolesCommand) -> Result<ExitCode, Failure> {
    match command {
        RolesCommand::Create { name, fields } => {
            let mut body = fields.body()?;
            put(&mut body, "name", Some(name));
            Ok(show(global, &client.post("/v1/roles", &Value::Object(body)).await?))
        }
        RolesCommand::List => {
            let page = client.get("/v1/roles").await?;
            Ok(show_page(global, &page, &["id", "name", "title", "builtin", "default"], "no roles"))
        }
        RolesCommand::Show { role } => Ok(show(global, &client.get(&at(client, &role).await?).await?)),
        RolesCommand::Update { role, fields } => {
            let mut body = fields.body()?;
            // For life, so it cannot be part of a change.
            body.shift_remove("name");
            let body = Value::Object(body);
            Ok(show(global, &client.call(Method::PATCH, &at(client, &role).await?, Some(&body)).await?))
        }
        RolesCommand::Delete { role } => {
            Ok(done(global, &client.call(Method::DELETE, &at(client, &role).await?, None).await?, "deleted"))
        }
    }
}

/// The path of a role named by people.
async fn at(client: &Client, role: &str) -> Result<String, Failure> {
    Ok(format!("/v1/roles/{}", segment(&names::role(client, role).await?)))
}
