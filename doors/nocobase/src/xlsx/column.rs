//! The columns of a sheet as a client names them: which field, perhaps behind an association, and under which
//! title. Only shapes; whether a field may be read or written is judged elsewhere.

use domain::limits;
use serde_json::Value;

use crate::{failure::Failure, request::Request};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// `["title"]`, or `["project", "name"]`. Never empty.
    pub path: Vec<String>,
    pub title: Option<String>,
    /// What it is called where nobody gave it a title.
    pub default_title: Option<String>,
    pub description: Option<String>,
}

impl Column {
    pub fn first(&self) -> &str {
        self.path.first().map_or("", String::as_str)
    }

    /// As it is called in messages.
    pub fn name(&self) -> String {
        self.path.join(".")
    }

    pub fn header(&self) -> String {
        let named = self.title.as_ref().or(self.default_title.as_ref());
        named.cloned().unwrap_or_else(|| self.name())
    }

    fn of(value: &Value) -> Option<Self> {
        let text = |name: &str| {
            let text = value.get(name).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty());
            text.map(str::to_owned)
        };
        let path = match value.get("dataIndex")? {
            Value::String(path) => path.split('.').map(str::to_owned).collect(),
            Value::Array(names) => {
                names.iter().map(|n| n.as_str().map(str::to_owned)).collect::<Option<_>>()?
            }
            _ => return None,
        };
        let path: Vec<String> = path;
        let named = !path.is_empty() && path.iter().all(|name| !name.trim().is_empty());
        named.then(|| Self {
            path,
            title: text("title"),
            default_title: text("defaultTitle"),
            description: text("description"),
        })
    }
}

/// `columns` of the body, or of the address: a list, or the same as JSON text.
pub fn columns(request: &Request) -> Result<Vec<Column>, Failure> {
    let empty = || Failure::bad("Columns configuration is empty");
    let body = request.body.as_ref();
    // Some clients wrap it.
    let wrapped = body.and_then(|b| b.get("values")).and_then(|v| v.get("columns"));
    let given = body.and_then(|b| b.get("columns")).or(wrapped).or(request.params.map.get("columns"));
    let parsed = match given {
        Some(Value::String(text)) => serde_json::from_str(text)
            .map_err(|_| Failure::bad("columns must be a list of objects with a dataIndex"))?,
        Some(other) => other.clone(),
        None => return Err(empty()),
    };
    let Value::Array(items) = parsed else { return Err(empty()) };
    if items.len() > limits::FIELDS_PER_TABLE_MAX {
        return Err(Failure::bad(format!("at most {} columns", limits::FIELDS_PER_TABLE_MAX)));
    }
    let columns: Option<Vec<Column>> = items.iter().map(Column::of).collect();
    columns.filter(|columns| !columns.is_empty()).ok_or_else(empty)
}
