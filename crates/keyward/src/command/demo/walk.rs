//! Sends the requests of the demo and prints each as a curl line with its answer. A status that was not expected
//! ends the walk with an error: a demo that lies is worse than none.

use axum::http::Method;
use serde_json::{Value, json};

use crate::{error::Failure, output};

/// One request of the walk.
pub struct Step<'a> {
    pub title: &'a str,
    pub method: Method,
    pub path: String,
    /// Name of the variable whose value is the bearer credential.
    pub bearer: Option<&'a str>,
    pub body: Option<Value>,
    pub expect: u16,
}

impl<'a> Step<'a> {
    pub fn get(title: &'a str, path: impl Into<String>) -> Self {
        Self { title, method: Method::GET, path: path.into(), bearer: None, body: None, expect: 200 }
    }

    pub fn post(title: &'a str, path: impl Into<String>, body: Value) -> Self {
        Self { method: Method::POST, body: Some(body), ..Self::get(title, path) }
    }

    pub fn bearer(self, variable: &'a str) -> Self {
        Self { bearer: Some(variable), ..self }
    }

    pub fn expect(self, status: u16) -> Self {
        Self { expect: status, ..self }
    }
}

/// What came back.
pub struct Answer {
    pub body: Value,
    /// Under which the decision can be looked up.
    pub decision: Option<String>,
}

pub struct Walk {
    http: reqwest::Client,
    url: String,
    json: bool,
    /// Shell variables, so that the printed lines stay short.
    variables: Vec<(&'static str, String)>,
    record: Vec<Value>,
}

impl Walk {
    pub fn new(url: &str, json: bool) -> Result<Self, Failure> {
        let http = reqwest::Client::builder().no_proxy().build();
        let http = http.map_err(|e| Failure::new(format!("cannot make an HTTP client: {e}")))?;
        let walk = Self { http, url: url.to_owned(), json, variables: Vec::new(), record: Vec::new() };
        walk.say(&format!(
            "A throw-away Keyward runs at {url}. To follow along in another terminal:\n\n  export URL={url}"
        ));
        Ok(walk)
    }

    /// Keeps a value and prints how a shell keeps it.
    pub fn learn(&mut self, name: &'static str, value: &str) {
        self.say(&format!("  export {name}={value}"));
        self.variables.push((name, value.to_owned()));
    }

    pub fn chapter(&self, title: &str) {
        self.say(&format!("\n── {title} ──"));
    }

    pub async fn go(&mut self, step: Step<'_>) -> Result<Answer, Failure> {
        let failed = |why: String| Failure::new(format!("the demo stopped at {:?}: {why}", step.title));
        let mut request = self.http.request(step.method.clone(), format!("{}{}", self.url, step.path));
        if let Some(name) = step.bearer {
            request = request.bearer_auth(self.value(name));
        }
        if let Some(body) = &step.body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|e| failed(e.to_string()))?;
        let status = response.status();
        let header = response.headers().get(http_kit::DECISION_ID);
        let decision = header.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let text = response.text().await.map_err(|e| failed(e.to_string()))?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        self.print(&step, status.as_u16(), &body);
        if status.as_u16() != step.expect {
            return Err(failed(format!("answered {status}, {} was expected: {body}", step.expect)));
        }
        Ok(Answer { body, decision })
    }

    /// Prints the record, if it was asked for as JSON.
    pub fn finish(&self) {
        if self.json {
            output::json(&json!({ "url": self.url, "steps": self.record }));
        }
    }

    fn print(&mut self, step: &Step<'_>, status: u16, body: &Value) {
        let curl = curl(step);
        if self.json {
            self.record
                .push(json!({ "title": step.title, "request": curl, "status": status, "answer": body }));
            return;
        }
        let shown = match body {
            Value::String(text) => text.clone(),
            other => output::pretty(other, 2),
        };
        self.say(&format!("\n# {}\n{curl}\n\n  {status}\n  {shown}", step.title));
    }

    fn say(&self, text: &str) {
        if !self.json {
            output::say(text);
        }
    }

    fn value(&self, name: &str) -> &str {
        self.variables.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }
}

/// The request as a line for a shell that has the variables.
fn curl(step: &Step<'_>) -> String {
    let mut line = String::from("curl -sS");
    if step.method != Method::GET && !(step.method == Method::POST && step.body.is_some()) {
        line.push_str(&format!(" -X {}", step.method));
    }
    // -g: brackets in the address are meant as they stand.
    if step.path.contains(['[', '{']) {
        line.push_str(" -g");
    }
    line.push_str(&format!(" \"$URL{}\"", step.path));
    if let Some(name) = step.bearer {
        line.push_str(&format!(" -H \"Authorization: Bearer ${name}\""));
    }
    if let Some(body) = &step.body {
        let text = body.to_string().replace('\'', r"'\''");
        line.push_str(&format!(" \\\n  -H 'Content-Type: application/json' -d '{text}'"));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_line_holds_no_secret_and_survives_a_shell() {
        let step = Step::post("x", "/api/todos:create", json!({ "title": "it's" })).bearer("KEY");
        let line = curl(&step);
        assert!(line.contains("Bearer $KEY"), "{line}");
        assert!(line.ends_with(r#"-d '{"title":"it'\''s"}'"#), "{line}");
    }
}
