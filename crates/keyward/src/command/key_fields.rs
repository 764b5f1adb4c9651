//! The flags that describe a key, shared by `keys create` and `keys update`, and the body they become.
//! Values are checked by the server; here only their shape is.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::{
    command::{body_from, put},
    error::Failure,
    input,
};

#[derive(Args, Debug, Default)]
pub struct KeyFields {
    /// Name, 1 to 255 characters
    #[arg(long)]
    name: Option<String>,
    /// Description, 1 to 255 characters
    #[arg(long)]
    description: Option<String>,
    /// The one role the key acts in (name or id)
    #[arg(long)]
    role: Option<String>,
    /// Permission for your own API: resource=action,action (repeatable)
    #[arg(long = "permission", value_name = "RESOURCE=ACTIONS")]
    permissions: Vec<String>,
    /// What the key may touch, as JSON: [{"base":"main","table":"todos","operations":["record.create"]}]
    #[arg(long, value_name = "JSON")]
    scopes: Option<String>,
    /// Address or network the key may be used from (repeatable)
    #[arg(long = "allow-host", value_name = "HOST")]
    allowed_hosts: Vec<String>,
    /// Ends after: 90s, 15m, 12h, 30d, 1y [default for new keys: 90d]
    #[arg(long, value_name = "DURATION", value_parser = input::duration_ms, conflicts_with_all = ["expires_at", "never_expires"])]
    expires_in: Option<i64>,
    /// Ends at this moment, for example 2027-01-31T00:00:00Z
    #[arg(long, value_name = "RFC 3339", conflicts_with = "never_expires")]
    expires_at: Option<String>,
    /// Does not end by itself
    #[arg(long)]
    never_expires: bool,
    /// Requests per window: 100/1m, 5000/1h
    #[arg(long, value_name = "MAX/WINDOW", value_parser = per_interval)]
    rate_limit: Option<(i64, i64)>,
    /// Uses left
    #[arg(long, value_name = "NUMBER")]
    remaining: Option<i64>,
    /// Uses given anew: 1000/30d
    #[arg(long, value_name = "AMOUNT/INTERVAL", value_parser = per_interval)]
    refill: Option<(i64, i64)>,
    /// Free JSON kept with the key
    #[arg(long, value_name = "JSON")]
    metadata: Option<String>,
    /// JSON object with further fields of the API; flags win over it (- is standard input)
    #[arg(long, value_name = "FILE")]
    from: Option<String>,
}

impl KeyFields {
    pub fn body(&self) -> Result<Map<String, Value>, Failure> {
        let mut body = body_from(self.from.as_deref())?;
        put(&mut body, "name", self.name.clone());
        put(&mut body, "description", self.description.clone());
        put(&mut body, "role", self.role.clone());
        put(&mut body, "permissions", permissions(&self.permissions)?);
        put(
            &mut body,
            "scopes",
            self.scopes.as_deref().map(|text| input::inline("scopes", text)).transpose()?,
        );
        put(&mut body, "allowed_hosts", (!self.allowed_hosts.is_empty()).then(|| json!(self.allowed_hosts)));
        put(&mut body, "expires_in", self.expires_in.map(|ms| ms / 1_000));
        put(&mut body, "expires_at", self.expires_at.clone());
        put(&mut body, "expires_at", self.never_expires.then_some(Value::Null));
        put(&mut body, "rate_limit", self.rate_limit.map(|(max, ms)| json!({ "max": max, "window_ms": ms })));
        put(&mut body, "remaining", self.remaining);
        put(
            &mut body,
            "refill",
            self.refill.map(|(amount, ms)| json!({ "amount": amount, "interval_ms": ms })),
        );
        put(
            &mut body,
            "metadata",
            self.metadata.as_deref().map(|text| input::inline("metadata", text)).transpose()?,
        );
        Ok(body)
    }
}

/// `files=read,write` to `{"files":["read","write"]}`; `None` when nothing is given.
pub fn permissions(items: &[String]) -> Result<Option<Value>, Failure> {
    let mut map = Map::new();
    for item in items {
        let (resource, actions) = item
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("--permission {item} must look like files=read,write")))?;
        let actions: Vec<&str> =
            actions.split(',').map(str::trim).filter(|action| !action.is_empty()).collect();
        map.insert(resource.to_owned(), json!(actions));
    }
    Ok((!map.is_empty()).then_some(Value::Object(map)))
}

/// `100/1m` to (100, 60 000).
fn per_interval(text: &str) -> Result<(i64, i64), String> {
    let wrong = || format!("{text:?} must look like 100/1m");
    let (count, interval) = text.split_once('/').ok_or_else(wrong)?;
    let bare_unit = interval.starts_with(|c: char| c.is_ascii_alphabetic());
    let interval = if bare_unit { format!("1{interval}") } else { interval.to_owned() };
    Ok((count.parse().map_err(|_| wrong())?, input::duration_ms(&interval)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_per_duration() {
        assert_eq!(per_interval("100/1m"), Ok((100, 60_000)));
        assert_eq!(per_interval("5/h"), Ok((5, 3_600_000)));
        assert!(per_interval("100").is_err() && per_interval("x/1m").is_err());
    }

    #[test]
    fn permissions_collect_into_one_map() {
        let items = ["files=read,write".to_owned(), "mail=send".to_owned()];
        assert_eq!(
            permissions(&items).unwrap(),
            Some(json!({ "files": ["read", "write"], "mail": ["send"] }))
        );
        assert!(permissions(&["files".to_owned()]).is_err());
        assert_eq!(permissions(&[]).unwrap(), None);
    }
}
