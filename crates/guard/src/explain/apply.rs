//! Suggestions in words, and applied to records in memory.

use domain::{
    Millis,
    access::{Entry, Grants, Op, Reach, Scopes},
    key::Quota,
    limit::{Refill, refill_due},
};

use super::{Records, Suggestion};

impl Suggestion {
    /// Stable name: part of the public API.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Enable { .. } => "enable",
            Self::ExtendExpiry { .. } => "extend_expiry",
            Self::ActivateOwner { .. } => "activate_owner",
            Self::MakeOwnerRoot { .. } => "make_owner_root",
            Self::AddHost { .. } => "add_host",
            Self::RaiseRate { .. } => "raise_rate",
            Self::AddScope { .. } => "add_scope",
            Self::GrantRole { .. } => "grant_role",
            Self::AssignRole { .. } => "assign_role",
            Self::BindRole { .. } => "bind_role",
            Self::GrantPermissions { .. } => "grant_permissions",
            Self::TopUp { .. } => "top_up",
            Self::RaiseRefill { .. } => "raise_refill",
        }
    }

    /// One English sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Enable { .. } => "enable the key".to_owned(),
            Self::ExtendExpiry { until, .. } => format!("let the key expire at {} or later", until.rfc3339()),
            Self::ActivateOwner { user } => format!("activate the user {user}"),
            Self::MakeOwnerRoot { user } => format!("make the user {user} an administrator (root)"),
            Self::AddHost { ip, .. } => format!("add {ip} to the key's allowed hosts"),
            Self::RaiseRate { max, .. } => format!("raise the key's rate limit to {max} per window"),
            Self::AddScope { scope, .. } => format!("add a scope to the key: {}", scope_text(scope)),
            Self::GrantRole { role, op, base, table } => {
                let place = match (base, table) {
                    (_, Some(table)) => format!("the table {table}"),
                    (Some(base), None) => format!("the base {base}"),
                    (None, None) => "the server".to_owned(),
                };
                format!("grant {} on {place} to the role {role}", op.name())
            }
            Self::AssignRole { user, role } => format!("give the role {role} to the user {user}"),
            Self::BindRole { role, .. } => format!("bind the key to the role {role}"),
            Self::GrantPermissions { missing, .. } => {
                format!("add to the key's permissions: {}", json(missing))
            }
            Self::TopUp { by, .. } => format!("add {by} to the key's remaining uses"),
            Self::RaiseRefill { amount, .. } => format!("raise the key's refill amount to {amount}"),
        }
    }

    /// Makes the change in records held in memory; for tests and previews.
    pub fn apply(&self, records: &mut Records, now: Millis) {
        match self {
            Self::ActivateOwner { user } => {
                records.users.iter_mut().filter(|u| u.id == *user).for_each(|u| u.active = true);
            }
            Self::MakeOwnerRoot { user } => {
                records.users.iter_mut().filter(|u| u.id == *user).for_each(|u| u.root = true);
            }
            Self::AssignRole { user, role } => {
                records.users.iter_mut().filter(|u| u.id == *user).for_each(|u| u.roles.push(*role));
            }
            Self::GrantRole { role, op, .. } => {
                let reach = self.reach(records);
                let granted = records.roles.iter_mut().filter(|r| r.id == *role);
                granted.for_each(|r| add_entry(&mut r.grants, reach.clone(), *op));
            }
            _ => self.apply_to_key(records, now),
        }
    }

    fn reach(&self, records: &Records) -> Reach {
        match self {
            Self::GrantRole { table: Some(table), base, .. } => {
                let base = records.catalog.tables.get(table).map(|t| t.base).or(*base);
                let base = base.map(|b| b.to_string()).unwrap_or_default();
                Reach::Table { base, table: table.to_string() }
            }
            Self::GrantRole { base: Some(base), .. } => Reach::Base(base.to_string()),
            _ => Reach::Everywhere,
        }
    }

    fn apply_to_key(&self, records: &mut Records, now: Millis) {
        let Some(key) = &mut records.key else { return };
        match self {
            Self::Enable { .. } => key.enabled = true,
            Self::ExtendExpiry { until, .. } => key.expires_at = Some(*until),
            Self::AddHost { ip, .. } => key.hosts = key.hosts.with(*ip),
            Self::RaiseRate { max, .. } => key.rate_limit.iter_mut().for_each(|limit| limit.max = *max),
            Self::AddScope { scope, .. } => {
                key.scopes.get_or_insert_with(Scopes::default).0.push(scope.clone());
            }
            Self::BindRole { role, .. } => key.role = Some(*role),
            Self::GrantPermissions { missing, .. } => {
                key.permissions = Some(key.permissions.take().unwrap_or_default().union(missing));
            }
            Self::TopUp { by, .. } => key.quota.iter_mut().for_each(|quota| top_up(quota, *by, now)),
            Self::RaiseRefill { amount, .. } => {
                key.quota.iter_mut().filter_map(|q| q.refill.as_mut()).for_each(|r| r.amount = *amount);
            }
            Self::ActivateOwner { .. }
            | Self::MakeOwnerRoot { .. }
            | Self::AssignRole { .. }
            | Self::GrantRole { .. } => {}
        }
    }
}

fn add_entry(grants: &mut Grants, reach: Reach, op: Op) {
    grants.0.push(Entry { reach, set: None, allow: op.bit(), limits: Vec::new() });
}

/// A refill that is due comes first, as it would in the ledger.
fn top_up(quota: &mut Quota, by: i64, now: Millis) {
    let due = |refill: &Refill| refill_due(quota.balance, refill, now);
    let mut balance = quota.refill.as_ref().and_then(due).unwrap_or(quota.balance);
    balance.remaining = balance.remaining.saturating_add(by);
    quota.balance = balance;
}

fn scope_text(scope: &domain::access::Scope) -> String {
    let ops = scope.ops().names().join(", ");
    match (&scope.base, &scope.table) {
        (Some(base), Some(table)) => format!("{ops} on the table {table} of the base {base}"),
        (Some(base), None) => format!("{ops} on the base {base}"),
        _ => format!("{ops} everywhere"),
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
