//! Checking bodies and queries the way the original does: every fault is named, all of them at once, in the
//! order the fields are asked for. What nobody asks for is ignored.

use serde_json::{Map, Value};

use crate::{failure::Failure, number};

/// The fields of a body or a query, and the faults found so far.
pub struct Fields<'v> {
    place: &'static str,
    map: Option<&'v Map<String, Value>>,
    faults: Vec<String>,
}

/// What a number may be.
#[derive(Clone, Copy, Default)]
pub struct Number {
    pub min: Option<i64>,
    pub whole: bool,
    pub nullable: bool,
}

impl Number {
    /// A whole number from `min` on: where the original would also take fractions, which mean nothing.
    pub const fn from(min: i64) -> Self {
        Self { min: Some(min), whole: true, nullable: false }
    }

    pub const fn or_null(self) -> Self {
        Self { nullable: true, ..self }
    }
}

impl<'v> Fields<'v> {
    /// A body that must be there. `None`: none came.
    pub fn body(value: Option<&'v Value>) -> Self {
        Self::of("body", "object", value)
    }

    /// A body without fields of its own, as the original calls it.
    pub fn record(value: Option<&'v Value>) -> Self {
        Self::of("body", "record", value)
    }

    /// A body that is both: without an object there are two faults.
    pub fn body_and_record(value: Option<&'v Value>) -> Self {
        let mut fields = Self::body(value);
        fields.faults.extend(Self::record(value).faults);
        fields
    }

    pub fn query(value: &'v Value) -> Self {
        Self::of("query", "object", Some(value))
    }

    fn of(place: &'static str, want: &str, value: Option<&'v Value>) -> Self {
        let map = value.and_then(Value::as_object);
        let mut fields = Self { place, map, faults: Vec::new() };
        if map.is_none() {
            let came = value.map_or("undefined", kind);
            fields.faults.push(format!("[{place}] Invalid input: expected {want}, received {came}"));
        }
        fields
    }

    fn get(&self, name: &str) -> Option<&'v Value> {
        self.map.and_then(|map| map.get(name))
    }

    fn fault(&mut self, path: &str, text: &str) {
        // Without an object there is but one fault.
        if self.map.is_some() {
            self.faults.push(format!("[{}.{path}] {text}", self.place));
        }
    }

    fn expected(&mut self, path: &str, want: &str, came: Option<&Value>) {
        let came = came.map_or("undefined", kind);
        self.fault(path, &format!("Invalid input: expected {want}, received {came}"));
    }

    /// A text that must be there; empty when it is not, which `finish` reports.
    pub fn text(&mut self, name: &str) -> &'v str {
        match self.get(name) {
            Some(Value::String(text)) => text,
            came => {
                self.expected(name, "string", came);
                ""
            }
        }
    }

    /// [`Self::text`] that is not empty.
    pub fn text_of_some(&mut self, name: &str) -> &'v str {
        let text = self.text(name);
        if text.is_empty() && self.get(name).is_some_and(Value::is_string) {
            self.fault(name, "Too small: expected string to have >=1 characters");
        }
        text
    }

    pub fn maybe_text(&mut self, name: &str) -> Option<&'v str> {
        self.get(name)?;
        Some(self.text(name))
    }

    /// A text, or null.
    pub fn text_or_null(&mut self, name: &str) -> Option<Option<&'v str>> {
        match self.get(name)? {
            Value::Null => Some(None),
            _ => Some(Some(self.text(name))),
        }
    }

    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Value::Bool(flag) => Some(*flag),
            came => {
                self.expected(name, "boolean", Some(came));
                None
            }
        }
    }

    /// `Some(None)`: null was sent, where that is allowed.
    pub fn number(&mut self, name: &str, rule: Number) -> Option<Option<f64>> {
        let value = self.get(name)?;
        if rule.nullable && value.is_null() {
            return Some(None);
        }
        let Some(number) = value.as_f64() else {
            self.expected(name, "number", Some(value));
            return None;
        };
        self.in_range(name, number, rule).map(Some)
    }

    fn in_range(&mut self, name: &str, number: f64, rule: Number) -> Option<f64> {
        if rule.whole && number::whole(number).is_none() {
            self.fault(name, "Invalid input: expected int, received number");
            return None;
        }
        if let Some(min) = rule.min.filter(|min| number < *min as f64) {
            self.fault(name, &format!("Too small: expected number to be >={min}"));
            return None;
        }
        Some(number)
    }

    /// A whole number that is not negative.
    pub fn whole(&mut self, name: &str, min: i64) -> Option<i64> {
        self.number(name, Number::from(min)).flatten().and_then(number::whole)
    }

    /// A number in a query, where everything is text.
    pub fn counted(&mut self, name: &str) -> Option<i64> {
        let value = self.get(name)?;
        let read = value.as_str().map(number::from_text);
        match read {
            Some(Some(number)) => self.in_range(name, number, Number::from(0)).and_then(number::whole),
            _ => {
                self.fault(name, "Invalid input: expected number, received NaN");
                None
            }
        }
    }

    pub fn one_of(&mut self, name: &str, options: &[&str]) -> Option<&'v str> {
        let value = self.get(name)?;
        let found = value.as_str().filter(|text| options.contains(text));
        if found.is_none() {
            let listed: Vec<String> = options.iter().map(|option| format!("\"{option}\"")).collect();
            self.fault(name, &format!("Invalid option: expected one of {}", listed.join("|")));
        }
        found
    }

    /// Whatever it is; `None` when it is not there.
    pub fn any(&self, name: &str) -> Option<&'v Value> {
        self.get(name)
    }

    /// Whatever it is, as JavaScript would write it as a text.
    pub fn coerced(&self, name: &str) -> Option<String> {
        self.get(name).map(as_text)
    }

    /// Whatever has names.
    pub fn map(&mut self, name: &str) -> Option<&'v Map<String, Value>> {
        match self.get(name)? {
            Value::Object(map) => Some(map),
            came => {
                self.expected(name, "record", Some(came));
                None
            }
        }
    }

    /// A map of lists of texts.
    pub fn permissions(&mut self, name: &str, nullable: bool) -> Option<Option<&'v Value>> {
        let value = self.get(name)?;
        if nullable && value.is_null() {
            return Some(None);
        }
        let Value::Object(map) = value else {
            self.expected(name, "record", Some(value));
            return None;
        };
        for (resource, actions) in map {
            let Value::Array(actions) = actions else {
                self.expected(&format!("{name}.{resource}"), "array", Some(actions));
                continue;
            };
            for (at, action) in actions.iter().enumerate().filter(|(_, action)| !action.is_string()) {
                self.expected(&format!("{name}.{resource}.{at}"), "string", Some(action));
            }
        }
        Some(Some(value))
    }

    /// A fault of a rule that is not about types.
    pub fn refuse(&mut self, name: &str, text: &str) {
        self.fault(name, text);
    }

    pub fn finish(self) -> Result<(), Failure> {
        match self.faults.is_empty() {
            true => Ok(()),
            false => Err(Failure::validation(self.faults.join("; "))),
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(as_text).collect::<Vec<_>>().join(","),
        Value::Object(_) => "[object Object]".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// Whether JavaScript would count it as something.
pub fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// Characters as JavaScript counts them.
pub fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// An e-mail address as the original's sign-up takes it.
pub fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else { return false };
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'\'' | b'+' | b'-' | b'.');
    let ends_well =
        local.bytes().last().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'+' | b'-'));
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let Some((domain, top)) = host.rsplit_once('.') else { return false };
    local.bytes().all(legal)
        && ends_well
        && !text.starts_with('.')
        && !text.contains("..")
        && domain.split('.').all(label)
        && top.len() >= 2
        && top.bytes().all(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(check: impl Fn(&mut Fields<'_>), body: Option<Value>) -> String {
        let mut fields = Fields::body(body.as_ref());
        check(&mut fields);
        match fields.finish() {
            Ok(()) => String::new(),
            Err(failure) => failure.body().unwrap()["message"].as_str().unwrap().to_owned(),
        }
    }

    #[test]
    fn all_faults_are_named_at_once_in_the_order_of_the_fields() {
        let check = |f: &mut Fields<'_>| {
            f.text("keyId");
            f.flag("enabled");
            f.number("remaining", Number::from(1));
            f.permissions("permissions", false);
        };
        let body = json!({"enabled": "yes", "remaining": 0.5, "permissions": {"files": "read", "a": [1]}});
        assert_eq!(
            message(check, Some(body)),
            "[body.keyId] Invalid input: expected string, received undefined; \
             [body.enabled] Invalid input: expected boolean, received string; \
             [body.remaining] Invalid input: expected int, received number; \
             [body.permissions.files] Invalid input: expected array, received string; \
             [body.permissions.a.0] Invalid input: expected string, received number"
        );
        assert_eq!(message(check, None), "[body] Invalid input: expected object, received undefined");
        assert_eq!(message(check, Some(json!([]))), "[body] Invalid input: expected object, received array");
    }

    #[test]
    fn queries_hold_texts_that_are_read_as_numbers() {
        let query = json!({"limit": "", "offset": "-1", "sort": "up", "twice": ["a", "b"]});
        let mut fields = Fields::query(&query);
        assert_eq!(fields.counted("limit"), Some(0));
        fields.counted("offset");
        fields.one_of("sort", &["asc", "desc"]);
        fields.maybe_text("twice");
        let Err(failure) = fields.finish() else { panic!("three faults") };
        assert_eq!(
            failure.body().unwrap()["message"],
            "[query.offset] Too small: expected number to be >=0; \
             [query.sort] Invalid option: expected one of \"asc\"|\"desc\"; \
             [query.twice] Invalid input: expected string, received array"
        );
    }

    #[test]
    fn addresses_are_taken_as_the_original_takes_them() {
        for good in ["a@b.co", "a.b+c@sub.example.org", "o'neil@x-y.io"] {
            assert!(is_email(good), "{good}");
        }
        for bad in
            ["", "a", "a@b", ".a@b.co", "a..b@c.de", "a.@b.co", "a@-b.co", "a@b.c", "a b@c.de", "ä@b.co"]
        {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
