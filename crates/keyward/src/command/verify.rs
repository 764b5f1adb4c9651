//! `verify`: is this key good, and for what? The key comes from a prompt, standard input or KEYWARD_SECRET.
//! Verifying counts: it spends a use of a key that has a quota, as any other verification does.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Map, Value, json};

use super::{key_fields::permissions, put, show};
use crate::{
    cli::Global,
    client::{Client, Target},
    error::Failure,
    input,
};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  keyward verify                                     asks for the key
  echo $KEY | keyward verify --permission files=read
  KEYWARD_SECRET=$KEY keyward verify --operation record.read --resource main/todos

Exit code 0: valid. 1: not valid, the answer says why. A use of the key is spent, as by any verification.")]
pub struct VerifyArgs {
    #[command(flatten)]
    target: Target,
    /// Ask for a permission of your own API: resource=action,action (repeatable)
    #[arg(long = "permission", value_name = "RESOURCE=ACTIONS")]
    permissions: Vec<String>,
    /// Ask for an operation of Keyward, for example record.read
    #[arg(long)]
    operation: Option<String>,
    /// Where: base or base/table
    #[arg(long)]
    resource: Option<String>,
    /// Address of the client the key came from
    #[arg(long, value_name = "ADDRESS")]
    client_ip: Option<String>,
    /// Uses to spend
    #[arg(long)]
    cost: Option<i64>,
    /// Word kept with the usage (repeatable)
    #[arg(long = "tag", value_name = "WORD")]
    tags: Vec<String>,
}

pub async fn run(global: &Global, args: &VerifyArgs) -> Result<ExitCode, Failure> {
    let mut body = Map::new();
    put(&mut body, "permissions", permissions(&args.permissions)?);
    put(&mut body, "operation", args.operation.clone());
    put(&mut body, "resource", args.resource.clone());
    put(&mut body, "client_ip", args.client_ip.clone());
    put(&mut body, "cost", args.cost);
    put(&mut body, "tags", (!args.tags.is_empty()).then(|| json!(args.tags)));
    let secret = input::secret("KEYWARD_SECRET", "key")?;
    put(&mut body, "key", Some(secret.expose()));
    let client = Client::open(global, &args.target, false).await?;
    let verdict = client.post("/v1/keys/verify", &Value::Object(body)).await;
    client.close().await?;
    let verdict = verdict?;
    show(global, &verdict);
    let valid = verdict.get("valid").and_then(Value::as_bool) == Some(true);
    Ok(if valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
