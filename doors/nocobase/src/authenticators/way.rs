//! One way to sign in: what is kept of it, what everybody is shown, and what a form for signing up may hold.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// The one type there is.
pub const PASSWORD_TYPE: &str = "Email/Password";
const OPTIONS_BYTES_MAX: usize = 2_000;
const LINE_CHARS_MAX: usize = 255;
/// What people can say of themselves when they sign up.
const FORM_FIELDS: [(&str, &str); 4] =
    [("username", "Username"), ("email", "Email"), ("nickname", "Nickname"), ("phone", "Phone")];

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Way {
    pub id: i64,
    pub name: String,
    pub auth_type: String,
    pub title: Option<String>,
    pub description: String,
    pub enabled: bool,
    pub sort: i64,
    /// As clients gave them; `public` of them is shown to everybody.
    pub options: Map<String, Value>,
    pub created_at: Option<String>,
    pub updated_at: String,
    pub created_by: Option<i64>,
    pub updated_by: Option<i64>,
}

impl Way {
    /// The one there is until somebody says otherwise.
    pub fn basic() -> Self {
        let public = json!({ "public": { "allowSignUp": true } });
        Self {
            id: 1,
            name: "basic".to_owned(),
            auth_type: PASSWORD_TYPE.to_owned(),
            description: "Sign in with username/email.".to_owned(),
            enabled: true,
            sort: 1,
            options: public.as_object().cloned().unwrap_or_default(),
            created_at: None,
            ..Self::new(String::new(), None)
        }
    }

    /// Without a name or a type, and not yet enabled.
    pub fn new(now: String, by: Option<i64>) -> Self {
        Self {
            id: 0,
            name: String::new(),
            auth_type: String::new(),
            title: None,
            description: String::new(),
            enabled: false,
            sort: 0,
            options: Map::new(),
            created_at: Some(now.clone()),
            updated_at: now,
            created_by: by,
            updated_by: by,
        }
    }

    /// For who manages them.
    pub fn shown(&self) -> Map<String, Value> {
        let text = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
        let value = json!({
            "id": self.id,
            "name": self.name,
            "authType": self.auth_type,
            "title": self.title,
            "description": self.description,
            "options": self.options,
            "enabled": self.enabled,
            "sort": self.sort,
            "createdAt": self.created_at,
            "updatedAt": text(&self.updated_at),
            "createdById": self.created_by,
            "updatedById": self.updated_by,
        });
        value.as_object().cloned().unwrap_or_default()
    }

    /// For everybody: what really can be done, whatever the options wish for.
    pub fn public(&self, signup_open: bool, mail: bool) -> Value {
        let mut options = self.public_options();
        options.insert("allowSignUp".to_owned(), json!(self.allows_sign_up(signup_open)));
        options.remove("enableResetPassword");
        if self.allows_reset(mail) {
            options.insert("enableResetPassword".to_owned(), json!(true));
        }
        options.insert("signupForm".to_owned(), self.form().iter().map(field_shown).collect());
        json!({
            "name": self.name,
            "authType": self.auth_type,
            "authTypeTitle": "Password",
            "title": self.title,
            "options": options,
        })
    }

    pub fn allows_sign_up(&self, signup_open: bool) -> bool {
        signup_open && self.public_option("allowSignUp") == Some(true)
    }

    /// Wherever there is mail, unless somebody does not want it.
    pub fn allows_reset(&self, mail: bool) -> bool {
        mail && self.public_option("enableResetPassword") != Some(false)
    }

    /// Which properties a form for signing up has, and whether each must be filled in. One of them is a name to
    /// sign in by.
    pub fn form(&self) -> Vec<(&'static str, bool)> {
        let options = self.public_options();
        let wanted =
            options.get("signupForm").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let flag = |item: &Value, name: &str| item.get(name).and_then(Value::as_bool) == Some(true);
        let mut form: Vec<(&'static str, bool)> = Vec::new();
        for item in wanted.iter().filter(|item| flag(item, "show")) {
            let known =
                FORM_FIELDS.iter().find(|(name, _)| item.get("field").and_then(Value::as_str) == Some(name));
            if let Some((name, _)) = known.filter(|(name, _)| !form.iter().any(|(there, _)| there == name)) {
                form.push((name, flag(item, "required")));
            }
        }
        if !form.iter().any(|(name, required)| *required && matches!(*name, "username" | "email")) {
            form.retain(|(name, _)| *name != "username");
            form.insert(0, ("username", true));
        }
        form
    }

    /// Whether somebody said what a form has. Where nobody did, a name or an address will do.
    pub fn has_form(&self) -> bool {
        self.public_options().get("signupForm").and_then(Value::as_array).is_some_and(|form| !form.is_empty())
    }

    fn public_options(&self) -> Map<String, Value> {
        self.options.get("public").and_then(Value::as_object).cloned().unwrap_or_default()
    }

    fn public_option(&self, name: &str) -> Option<bool> {
        self.public_options().get(name).and_then(Value::as_bool)
    }
}

fn field_shown((name, required): &(&'static str, bool)) -> Value {
    let title = FORM_FIELDS.iter().find(|(known, _)| known == name).map_or(*name, |(_, title)| *title);
    json!({
        "field": name,
        "show": true,
        "required": required,
        "uiSchema": { "type": "string", "title": title, "x-component": "Input", "required": required },
    })
}

/// It stands in headers, cookies and addresses.
pub fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}

pub fn check_type(auth_type: &str) -> Result<(), Failure> {
    if auth_type == PASSWORD_TYPE {
        return Ok(());
    }
    let shown: String = auth_type.chars().take(64).collect();
    Err(Failure::bad(format!(
        "AuthType [{shown}] is not found. Here it is {PASSWORD_TYPE}; OpenID Connect comes with a later version"
    )))
}

pub fn line(name: &str, text: String) -> Result<String, Failure> {
    if text.chars().count() > LINE_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(Failure::bad(format!("{name} must be one line of at most {LINE_CHARS_MAX} characters")));
    }
    Ok(text)
}

pub fn checked_options(options: &Map<String, Value>) -> Result<Map<String, Value>, Failure> {
    let bytes = serde_json::to_vec(options).map_or(usize::MAX, |bytes| bytes.len());
    if bytes > OPTIONS_BYTES_MAX {
        return Err(Failure::bad(format!("options must be at most {OPTIONS_BYTES_MAX} bytes")));
    }
    Ok(options.clone())
}
