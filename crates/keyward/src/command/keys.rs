//! `keys …`: the life of a key from the command line. The secret is printed once, alone on its line.

use std::process::ExitCode;

use axum::http::Method;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{done, key_fields::KeyFields, names, put, show, show_page};
use crate::{
    cli::Global,
    client::{Client, Target, query, segment},
    error::Failure,
    input, output,
};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  keyward keys create --name backend --role editor --expires-in 30d
  keyward keys create --name partner --permission files=read --rate-limit 100/1m --remaining 10000
  keyward keys list --json
  keyward keys rotate 0193… --overlap 24h      the old secret works one more day
  keyward keys revoke 0193…")]
pub struct KeysArgs {
    #[command(flatten)]
    target: Target,
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Subcommand, Debug)]
enum KeysCommand {
    /// Make a key; its secret is shown once
    Create {
        /// standard, administration, legacy or root
        #[arg(long = "type", value_name = "TYPE", default_value = "standard")]
        kind: String,
        /// Owner: a user's e-mail address, name or id, organization:<id> or server [default: the server]
        #[arg(long)]
        owner: Option<String>,
        /// Made, but not yet usable
        #[arg(long)]
        disabled: bool,
        /// Label in the secret: kw_LABEL_…
        #[arg(long, value_name = "LABEL")]
        prefix: Option<String>,
        /// Can be shown again later (sealed under the master key)
        #[arg(long)]
        revealable: bool,
        /// Print the secret alone, for scripts
        #[arg(long)]
        quiet: bool,
        #[command(flatten)]
        fields: KeyFields,
    },
    /// List keys
    List {
        /// Only keys of this owner: a user's e-mail address, name or id, organization:<id> or server
        #[arg(long)]
        owner: Option<String>,
        /// Only keys bound to this role (name or id)
        #[arg(long)]
        role: Option<String>,
        /// Only keys that are switched on (true) or off (false)
        #[arg(long, value_name = "TRUE|FALSE")]
        enabled: Option<bool>,
        /// Only keys whose end has passed (true) or not (false)
        #[arg(long, value_name = "TRUE|FALSE")]
        expired: Option<bool>,
        /// Revoked keys instead of live ones
        #[arg(long)]
        revoked: bool,
        /// Only keys of this type
        #[arg(long = "type", value_name = "TYPE")]
        kind: Option<String>,
        /// Only keys whose name contains this
        #[arg(long)]
        name: Option<String>,
        /// Order, for example -created_at
        #[arg(long)]
        sort: Option<String>,
        /// Keys per page
        #[arg(long)]
        limit: Option<u32>,
        /// Next page, from the previous answer
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Show one key
    Show {
        /// The key's id
        id: String,
    },
    /// Change a key; what is not named stays
    Update {
        /// The key's id
        id: String,
        /// Field to clear, for example rate_limit (repeatable)
        #[arg(long = "clear", value_name = "FIELD")]
        clear: Vec<String>,
        /// Adds to the uses left (a negative number takes away)
        #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, conflicts_with = "remaining")]
        add_remaining: Option<i64>,
        #[command(flatten)]
        fields: KeyFields,
    },
    /// Give the key a new secret; the old one ends now or after an overlap
    Rotate {
        /// The key's id
        id: String,
        /// How long the old secret goes on working: 15m, 24h
        #[arg(long, value_name = "DURATION", value_parser = input::duration_ms)]
        overlap: Option<i64>,
        /// Print the secret alone, for scripts
        #[arg(long)]
        quiet: bool,
    },
    /// Show the secret of a revealable key again
    Reveal {
        /// The key's id
        id: String,
    },
    /// Switch a key off
    Disable {
        /// The key's id
        id: String,
    },
    /// Switch a key on again
    Enable {
        /// The key's id
        id: String,
    },
    /// End a key for ever
    Revoke {
        /// The key's id
        id: String,
    },
}

const COLUMNS: &[&str] =
    &["id", "name", "type", "start", "enabled", "expires_at", "remaining", "last_used_at"];

pub async fn run(global: &Global, args: KeysArgs) -> Result<ExitCode, Failure> {
    let creates = matches!(args.command, KeysCommand::Create { .. });
    let client = Client::open(global, &args.target, creates).await?;
    let code = act(global, &client, args.command).await;
    client.close().await?;
    code
}

async fn act(global: &Global, client: &Client, command: KeysCommand) -> Result<ExitCode, Failure> {
    let at = |id: &str, action: &str| format!("/v1/keys/{}{action}", segment(id));
    match command {
        KeysCommand::Create { kind, owner, disabled, prefix, revealable, quiet, fields } => {
            let mut body = fields.body()?;
            body.entry("type").or_insert(kind.into());
            put(&mut body, "owner", owner_id(client, owner).await?);
            put(&mut body, "enabled", disabled.then_some(false));
            put(&mut body, "prefix", prefix);
            put(&mut body, "revealable", revealable.then_some(true));
            let made = client.post("/v1/keys", &Value::Object(body)).await?;
            Ok(show_secret(global, &made, quiet))
        }
        KeysCommand::List { owner, role, enabled, expired, revoked, kind, name, sort, limit, cursor } => {
            let pairs = [
                ("owner", owner_id(client, owner).await?),
                ("role", role),
                ("enabled", enabled.map(|on| on.to_string())),
                ("expired", expired.map(|over| over.to_string())),
                ("revoked", revoked.then(|| "true".to_owned())),
                ("type", kind),
                ("name", name),
                ("sort", sort),
                ("limit", limit.map(|n| n.to_string())),
                ("cursor", cursor),
            ];
            let page = client.get(&format!("/v1/keys{}", query(&pairs))).await?;
            Ok(show_page(
                global,
                &page,
                COLUMNS,
                "no keys yet; make one with: keyward keys create --name first",
            ))
        }
        KeysCommand::Show { id } => Ok(show(global, &client.get(&at(&id, "")).await?)),
        KeysCommand::Update { id, clear, add_remaining, fields } => {
            let mut body = fields.body()?;
            put(&mut body, "remaining_add", add_remaining);
            body.extend(clear.into_iter().map(|field| (field, Value::Null)));
            let body = Value::Object(body);
            Ok(show(global, &client.call(Method::PATCH, &at(&id, ""), Some(&body)).await?))
        }
        KeysCommand::Rotate { id, overlap, quiet } => {
            let body = overlap.map_or_else(|| json!({}), |ms| json!({ "overlap_ms": ms }));
            Ok(show_secret(global, &client.post(&at(&id, "/rotate"), &body).await?, quiet))
        }
        KeysCommand::Reveal { id } => {
            Ok(show_secret(global, &client.post(&at(&id, "/reveal"), &json!({})).await?, true))
        }
        KeysCommand::Disable { id } => {
            Ok(done(global, &client.post(&at(&id, "/disable"), &json!({})).await?, "disabled"))
        }
        KeysCommand::Enable { id } => {
            Ok(done(global, &client.post(&at(&id, "/enable"), &json!({})).await?, "enabled"))
        }
        KeysCommand::Revoke { id } => {
            Ok(done(global, &client.call(Method::DELETE, &at(&id, ""), None).await?, "revoked"))
        }
    }
}

async fn owner_id(client: &Client, owner: Option<String>) -> Result<Option<String>, Failure> {
    match owner {
        Some(text) => names::owner(client, &text).await.map(Some),
        None => Ok(None),
    }
}

fn show_secret(global: &Global, made: &Value, quiet: bool) -> ExitCode {
    let secret = made.get("key").and_then(Value::as_str).unwrap_or_default();
    if global.json {
        output::json(made);
    } else if quiet {
        output::say(secret);
    } else {
        let mut rest = made.clone();
        if let Some(map) = rest.as_object_mut() {
            map.shift_remove("key");
        }
        output::record(&rest);
        output::say(&format!("\n{secret}\n\nThis is the only time the secret is shown. Keep it now."));
    }
    ExitCode::SUCCESS
}
