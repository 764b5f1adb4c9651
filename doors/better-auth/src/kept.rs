//! What the dialect keeps with a key and the core does not understand: the order actions were written in, a
//! refill without a quota, numbers beyond the core's range, names of nothing but blanks. Shown only while the
//! core's own record still says the same: what somebody changed through another door wins.

use domain::{
    key::Permissions,
    limit::{RateLimit, Refill, RefillMode, WindowRule},
    limits,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The name of this door in `extra`.
pub const DOOR: &str = "better-auth";

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Kept {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refill_amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refill_interval: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit_max: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit_time_window: Option<i64>,
    /// When the key got a quota, if that was after it was made: until then it was never refilled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota_from: Option<i64>,
    /// Whose key it is, when that is nobody this server knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_id: Option<String>,
    /// What an imported key was called where it came from. Not written: the import keeps it.
    #[serde(skip)]
    pub old_id: Option<String>,
}

impl Kept {
    pub fn read(extra: Option<&str>) -> Self {
        let all = extra.and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok());
        let Some(mut all) = all else { return Self::default() };
        let kept: Self =
            all.remove(DOOR).and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
        Self { old_id: keys::import::foreign_id_in(&all, DOOR), ..kept }
    }

    /// `extra` with this instead of what was there; other doors' parts stay.
    pub fn write(&self, extra: Option<&str>) -> Option<String> {
        let part =
            serde_json::to_value(self).ok().filter(|value| value.as_object().is_some_and(|m| !m.is_empty()));
        with_part(extra, part)
    }

    pub fn shown_name<'k>(&'k self, core: Option<&'k str>) -> Option<&'k str> {
        core.or(self.name.as_deref())
    }

    pub fn shown_permissions(&self, core: Option<&Permissions>) -> Value {
        let Some(core) = core else { return Value::Null };
        let same =
            |kept: &&Value| serde_json::from_value::<Permissions>((*kept).clone()).is_ok_and(|p| p == *core);
        match self.permissions.as_ref().filter(same) {
            Some(kept) => kept.clone(),
            None => serde_json::to_value(core).unwrap_or_default(),
        }
    }

    /// Amount and interval.
    pub fn shown_refill(&self, core: Option<&Refill>, has_quota: bool) -> (Option<i64>, Option<i64>) {
        let kept = (self.refill_amount, self.refill_interval);
        let meant = if has_quota { self.core_refill() } else { None };
        let same = match (core, &meant) {
            (Some(core), Some(meant)) => (core.amount, core.interval_ms) == (meant.amount, meant.interval_ms),
            (None, None) => true,
            _ => false,
        };
        if same { kept } else { (core.map(|r| r.amount), core.map(|r| r.interval_ms)) }
    }

    /// The pair as the core can do it; `None` when it has no effect.
    pub fn core_refill(&self) -> Option<Refill> {
        let (amount, interval_ms) = self.refill_amount.zip(self.refill_interval)?;
        (amount > 0 && interval_ms > 0).then(|| Refill {
            amount: amount.min(limits::QUOTA_MAX),
            interval_ms: interval_ms.min(limits::RATE_WINDOW_MS_MAX),
            mode: RefillMode::Reset,
        })
    }

    pub fn has_refill(&self, core: Option<&Refill>) -> bool {
        core.is_some() || self.refill_amount.is_some()
    }

    /// Window and maximum.
    pub fn shown_rate(&self, core: &RateLimit) -> (i64, i64) {
        let window = self.rate_limit_time_window.filter(|w| core_window(*w) == core.window_ms);
        let max = self.rate_limit_max.filter(|m| core_max(*m) == core.max);
        (window.unwrap_or(core.window_ms), max.unwrap_or(i64::from(core.max)))
    }

    /// The limit as the core can do it; what it cannot is kept.
    pub fn keep_rate(&mut self, enabled: bool, window_ms: i64, max: i64, rule: WindowRule) -> RateLimit {
        let core = RateLimit { max: core_max(max), window_ms: core_window(window_ms), rule, enabled };
        self.rate_limit_time_window = Some(window_ms).filter(|w| *w != core.window_ms);
        self.rate_limit_max = Some(max).filter(|m| *m != i64::from(core.max));
        core
    }

    /// The map as the core takes it; the way it was written is kept when that differs.
    pub fn keep_permissions(&mut self, written: Option<&Value>) -> Option<Permissions> {
        let core = written.and_then(|value| serde_json::from_value::<Permissions>(value.clone()).ok());
        let canonical = core.as_ref().and_then(|p| serde_json::to_value(p).ok());
        self.permissions =
            written.filter(|value| canonical.as_ref() != Some(value) || differs(value)).cloned();
        core
    }

    /// The name as the core takes it.
    pub fn keep_name(&mut self, name: Option<&str>) -> Option<String> {
        let blank = name.filter(|text| text.trim().is_empty());
        self.name = blank.map(str::to_owned);
        name.filter(|text| !text.trim().is_empty()).map(str::to_owned)
    }
}

/// Resources in another order than the core keeps them: objects are compared without their order.
fn differs(value: &Value) -> bool {
    value.as_object().is_some_and(|map| !map.keys().is_sorted())
}

fn core_window(window_ms: i64) -> i64 {
    window_ms.clamp(1, limits::RATE_WINDOW_MS_MAX)
}

fn core_max(max: i64) -> u32 {
    u32::try_from(max.clamp(0, limits::RATE_LIMIT_MAX as i64)).unwrap_or_default()
}

/// `extra` with another part of this door, or without one.
pub fn with_part(extra: Option<&str>, part: Option<Value>) -> Option<String> {
    let mut all: Map<String, Value> =
        extra.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    match part {
        Some(part) => all.insert(DOOR.to_owned(), part),
        None => all.remove(DOOR),
    };
    (!all.is_empty()).then(|| Value::Object(all).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_changed_elsewhere_wins_over_what_was_kept() {
        let mut kept = Kept::default();
        let core = kept.keep_rate(true, 0, 1_000_000_000, WindowRule::SinceLastAccepted);
        assert_eq!(kept.shown_rate(&core), (0, 1_000_000_000));
        assert_eq!(kept.shown_rate(&RateLimit { max: 5, window_ms: 60_000, ..core }), (60_000, 5));
        let written = json!({"files": ["write", "read"]});
        let core = kept.keep_permissions(Some(&written));
        assert_eq!(kept.shown_permissions(core.as_ref()), written);
        assert_eq!(kept.shown_permissions(Some(&Permissions::default())), json!({}));
    }

    #[test]
    fn a_refill_without_a_quota_is_remembered_until_there_is_one() {
        let kept = Kept { refill_amount: Some(5), refill_interval: Some(1_000), ..Kept::default() };
        assert_eq!(kept.shown_refill(None, false), (Some(5), Some(1_000)));
        assert_eq!(kept.shown_refill(None, true), (None, None), "somebody took it away");
        assert_eq!(kept.shown_refill(kept.core_refill().as_ref(), true), (Some(5), Some(1_000)));
    }

    #[test]
    fn other_doors_keep_their_part() {
        let extra = r#"{"nocobase":{"expiresIn":"1d"}}"#;
        let kept = Kept { name: Some(String::new()), ..Kept::default() };
        let both = kept.write(Some(extra)).unwrap();
        assert_eq!(Kept::read(Some(&both)), kept);
        assert_eq!(Kept::default().write(Some(&both)).as_deref(), Some(extra));
        assert_eq!(Kept::default().write(None), None);
    }
}
