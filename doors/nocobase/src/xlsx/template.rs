//! `downloadXlsxTemplate`: an empty sheet with the titles a client names, to be filled in. It holds nothing but
//! what came with the request.

use domain::decision::Allowed;
use serde_json::Value;

use super::{book::Book, column};
use crate::{
    answer::{Answer, Attachment},
    failure::Failure,
    request::Request,
};

const TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

pub async fn template(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let columns = column::columns(request)?;
    let said = request.body.as_ref().and_then(|body| body.get("explain")).and_then(Value::as_str);
    let mut explain: Vec<String> = said.into_iter().flat_map(str::lines).map(str::to_owned).collect();
    let described = columns.iter().filter_map(|column| {
        column.description.as_ref().map(|about| format!("{}：{about}", column.header()))
    });
    let described: Vec<String> = described.collect();
    if !explain.is_empty() && !described.is_empty() {
        explain.push(String::new());
    }
    explain.extend(described);
    let titles = columns.iter().map(column::Column::header).collect();
    let book = Book { sheet: "Sheet 1", explain, titles, rows: Vec::new(), made_at: allowed.at() };
    let bytes = book.write()?;
    let name = format!("{}-import-template.xlsx", request.target.resource);
    Ok(Answer::File(Attachment { bytes, name, kind: TYPE }))
}
