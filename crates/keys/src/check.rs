//! What values are acceptable: lengths, numbers, characters. Every limit comes from `domain::limits`.
//! Nothing here asks who is calling.

use domain::{
    Millis,
    access::Scopes,
    host::AllowedHosts,
    key::Permissions,
    limit::{RateLimit, Refill},
    limits,
    secret::{Secret, valid_label},
};

use crate::KeysError;

type Checked = Result<(), KeysError>;

/// The longest address that can be mailed to (RFC 5321).
const EMAIL_BYTES_MAX: usize = 254;

/// 9999-12-31T23:59:59.999Z: the last moment RFC 3339 can write.
const LAST_MOMENT: Millis = Millis(253_402_300_799_999);

/// One line of text for people: 1 to `max` characters, no control characters, not only blanks.
pub(crate) fn line(field: &'static str, text: &str, max: usize) -> Checked {
    if text.chars().any(char::is_control) {
        return Err(KeysError::invalid(field, "must not contain control characters"));
    }
    length(field, text, max)
}

/// Like [`line`], but several lines may be written.
pub(crate) fn lines(field: &'static str, text: &str, max: usize) -> Checked {
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(KeysError::invalid(field, "must not contain control characters"));
    }
    length(field, text, max)
}

fn length(field: &'static str, text: &str, max: usize) -> Checked {
    let chars = text.chars().count();
    if text.trim().is_empty() || chars > max {
        return Err(KeysError::invalid(field, format!("must be 1 to {max} characters long")));
    }
    Ok(())
}

/// Any JSON value as text of at most `max` bytes.
pub(crate) fn json(field: &'static str, text: &str, max: usize) -> Checked {
    if text.len() > max {
        return Err(KeysError::invalid(field, format!("must be at most {max} bytes of JSON")));
    }
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) if depth(&value) <= limits::JSON_DEPTH_MAX => Ok(()),
        Ok(_) => Err(KeysError::invalid(field, format!("is nested deeper than {}", limits::JSON_DEPTH_MAX))),
        Err(_) => Err(KeysError::invalid(field, "must be JSON")),
    }
}

fn depth(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        serde_json::Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

pub(crate) fn permissions(wanted: &Permissions) -> Checked {
    const FIELD: &str = "permissions";
    if wanted.0.len() > limits::PERMISSION_RESOURCES_MAX {
        return Err(KeysError::TooMany { what: "resources", max: limits::PERMISSION_RESOURCES_MAX });
    }
    for (resource, actions) in &wanted.0 {
        line(FIELD, resource, limits::PERMISSION_NAME_CHARS_MAX)?;
        if actions.len() > limits::PERMISSION_ACTIONS_MAX {
            return Err(KeysError::TooMany {
                what: "actions per resource",
                max: limits::PERMISSION_ACTIONS_MAX,
            });
        }
        for action in actions {
            line(FIELD, action, limits::PERMISSION_NAME_CHARS_MAX)?;
        }
    }
    Ok(())
}

pub(crate) fn scopes(wanted: &Scopes) -> Checked {
    const FIELD: &str = "scopes";
    if wanted.0.len() > limits::KEY_SCOPES_MAX {
        return Err(KeysError::TooMany { what: "scopes", max: limits::KEY_SCOPES_MAX });
    }
    for scope in &wanted.0 {
        for name in [&scope.workspace, &scope.base, &scope.table].into_iter().flatten() {
            line(FIELD, name, limits::NAME_CHARS_MAX)?;
        }
        if scope.table.is_some() && scope.base.is_none() {
            return Err(KeysError::invalid(FIELD, "a table needs its base"));
        }
        if scope.workspace.is_some() && scope.base.is_some() {
            return Err(KeysError::invalid(FIELD, "name either a workspace or a base"));
        }
    }
    Ok(())
}

pub(crate) fn hosts(entries: &[String]) -> Result<AllowedHosts, KeysError> {
    if entries.len() > limits::KEY_HOSTS_MAX {
        return Err(KeysError::TooMany { what: "allowed hosts", max: limits::KEY_HOSTS_MAX });
    }
    AllowedHosts::parse(entries).map_err(|bad| KeysError::invalid("allowed_hosts", bad.to_string()))
}

pub(crate) fn rate_limit(limit: &RateLimit) -> Checked {
    const FIELD: &str = "rate_limit";
    if u64::from(limit.max) > limits::RATE_LIMIT_MAX {
        return Err(KeysError::invalid(FIELD, format!("max must be at most {}", limits::RATE_LIMIT_MAX)));
    }
    if !(1..=limits::RATE_WINDOW_MS_MAX).contains(&limit.window_ms) {
        let max = limits::RATE_WINDOW_MS_MAX;
        return Err(KeysError::invalid(FIELD, format!("window_ms must be 1 to {max}")));
    }
    Ok(())
}

pub(crate) fn remaining(units: i64) -> Checked {
    if !(0..=limits::QUOTA_MAX).contains(&units) {
        return Err(KeysError::invalid("remaining", format!("must be 0 to {}", limits::QUOTA_MAX)));
    }
    Ok(())
}

pub(crate) fn refill(refill: &Refill, has_quota: bool) -> Checked {
    const FIELD: &str = "refill";
    if !has_quota {
        return Err(KeysError::invalid(
            FIELD,
            "needs remaining: a key without a quota has nothing to refill",
        ));
    }
    if !(1..=limits::QUOTA_MAX).contains(&refill.amount) {
        return Err(KeysError::invalid(FIELD, format!("amount must be 1 to {}", limits::QUOTA_MAX)));
    }
    if !(1..=limits::RATE_WINDOW_MS_MAX).contains(&refill.interval_ms) {
        let max = limits::RATE_WINDOW_MS_MAX;
        return Err(KeysError::invalid(FIELD, format!("interval_ms must be 1 to {max}")));
    }
    Ok(())
}

/// `field`: what the caller wrote, a date or a number of seconds.
pub(crate) fn end(field: &'static str, at: Millis, now: Millis) -> Checked {
    if at <= now {
        return Err(KeysError::invalid(field, "must lie in the future"));
    }
    if at > LAST_MOMENT {
        return Err(KeysError::invalid(field, "must lie before the year 10000"));
    }
    Ok(())
}

/// The label of a native secret.
pub(crate) fn label(text: &str) -> Checked {
    if !valid_label(text) {
        let max = limits::KEY_PREFIX_CHARS_MAX;
        let message = format!("must be 1 to {max} letters, digits or _, and neither begin nor end with _");
        return Err(KeysError::invalid("prefix", message));
    }
    Ok(())
}

/// The prefix of a secret in a door's own format.
pub(crate) fn foreign_prefix(text: &str) -> Checked {
    let max = limits::KEY_PREFIX_CHARS_MAX;
    if text.len() > max || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(KeysError::invalid(
            "prefix",
            format!("must be at most {max} printable ASCII characters"),
        ));
    }
    Ok(())
}

/// In lower case, which is how it is kept and compared.
pub(crate) fn email(text: &str) -> Result<String, KeysError> {
    let wrong = || KeysError::invalid("email", "must be an email address");
    let (local, host) = text.rsplit_once('@').ok_or_else(wrong)?;
    let clean = text.chars().all(|c| !c.is_control() && !c.is_whitespace());
    if !clean || local.is_empty() || local.contains('@') || host.is_empty() || text.len() > EMAIL_BYTES_MAX {
        return Err(wrong());
    }
    Ok(text.to_lowercase())
}

/// No `@`, so that an account is either an email address or a username.
pub(crate) fn username(text: &str) -> Checked {
    line("username", text, limits::NAME_CHARS_MAX)?;
    if text.chars().any(|c| c == '@' || c.is_whitespace()) {
        return Err(KeysError::invalid("username", "must not contain blanks or @"));
    }
    Ok(())
}

pub(crate) fn password(secret: &Secret) -> Checked {
    let (min, max) = (limits::PASSWORD_CHARS_MIN, limits::PASSWORD_CHARS_MAX);
    if !(min..=max).contains(&secret.expose().chars().count()) {
        return Err(KeysError::invalid("password", format!("must be {min} to {max} characters long")));
    }
    Ok(())
}

/// The name of a role, table-like: no blanks around it.
pub(crate) fn name(field: &'static str, text: &str) -> Checked {
    line(field, text, limits::NAME_CHARS_MAX)?;
    if text.trim() != text {
        return Err(KeysError::invalid(field, "must not begin or end with a blank"));
    }
    Ok(())
}
