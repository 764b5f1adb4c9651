//! Pages that people put together from blocks of code: `uiPages:*`, a list kept with the base. What a block may do is
//! the business of the page that runs it; here its code is a text.
//!
//! Keys never write pages: what they wrote would run in front of people, with the rights of whoever looks.

use domain::{access::Op, decision::Allowed};
use serde_json::{Map, Value, json};

use crate::{
    answer::Answer,
    failure::Failure,
    kept::{self, Kept, Row, id_of},
    memory,
    request::{Request, text_property},
};

const KEPT: Kept = Kept("uiPages");
const PAGES_MAX: usize = 100;
const BLOCKS_MAX: usize = 20;
const TITLE_CHARS_MAX: usize = 255;
/// Bytes of the code of one block. All pages together have to fit into one note.
const CODE_BYTES_MAX: usize = 32 << 10;

pub async fn list(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    memory::list(request, seen(request, allowed).await?)
}

pub async fn get(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    kept::get(request, seen(request, allowed).await?)
}

pub async fn create(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    people_only(allowed)?;
    let _editing = request.inner.editing.lock().await;
    let mut rows = KEPT.all(request, allowed).await?;
    if rows.len() >= PAGES_MAX {
        return Err(Failure::bad(format!("there can be at most {PAGES_MAX} pages")));
    }
    let values = request.values()?;
    if !values.contains_key("title") {
        return Err(Failure::bad("title is required"));
    }
    let next = |name| json!(kept::next(&rows, name));
    let now = json!(allowed.at().rfc3339());
    let mut row = Row::from_iter([
        ("id".to_owned(), next("id")),
        ("sort".to_owned(), next("sort")),
        ("blocks".to_owned(), json!([])),
        ("createdAt".to_owned(), now.clone()),
        ("updatedAt".to_owned(), now),
    ]);
    change(&mut row, &values)?;
    rows.push(row.clone());
    keep(request, allowed, Op::ViewCreate, rows).await?;
    Ok(Answer::Data(Value::Object(row)))
}

pub async fn update(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    people_only(allowed)?;
    let _editing = request.inner.editing.lock().await;
    let (key, values) = (request.key()?, request.values()?);
    let mut rows = KEPT.all(request, allowed).await?;
    let mut changed = Vec::new();
    for row in rows.iter_mut().filter(|row| id_of(row) == key.parse().ok()) {
        // Who began from an older state would undo what came between.
        if values.get("updatedAt").is_some_and(|seen| row.get("updatedAt") != Some(seen)) {
            return Err(Failure::bad("the page was changed meanwhile; load it again"));
        }
        change(row, &values)?;
        row.insert("updatedAt".to_owned(), json!(allowed.at().rfc3339()));
        changed.push(Value::Object(row.clone()));
    }
    if !changed.is_empty() {
        keep(request, allowed, Op::ViewUpdate, rows).await?;
    }
    Ok(Answer::Data(Value::Array(changed)))
}

pub async fn destroy(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    people_only(allowed)?;
    let _editing = request.inner.editing.lock().await;
    let Some(keys) = request.params.target_keys()? else { return Err(request.needs_a_target()) };
    let mut rows = KEPT.all(request, allowed).await?;
    let count = kept::take_out(&keys, &mut rows);
    if count > 0 {
        keep(request, allowed, Op::ViewDelete, rows).await?;
    }
    Ok(Answer::Data(count.into()))
}

/// People see all pages; a key, whose code may be read by whoever found it, only if its role edits them.
async fn seen(request: &Request, allowed: &Allowed) -> Result<Vec<Row>, Failure> {
    if allowed.principal().key.is_some() && !allowed.also(Op::ViewRead, &allowed.target().place()) {
        return Err(Failure::forbidden());
    }
    let mut rows = KEPT.all(request, allowed).await?;
    rows.sort_by_key(|row| row.get("sort").and_then(Value::as_i64));
    Ok(rows)
}

fn people_only(allowed: &Allowed) -> Result<(), Failure> {
    match allowed.principal().key {
        None => Ok(()),
        Some(_) => Err(Failure::new(
            axum::http::StatusCode::FORBIDDEN,
            "Keys do not write pages: their code runs with the rights of whoever opens them",
            None,
        )),
    }
}

/// `title`, `sort` and `blocks`; anything else a client sends is not kept.
fn change(row: &mut Row, values: &Map<String, Value>) -> Result<(), Failure> {
    if let Some(text) = text_property(values, "title")? {
        row.insert("title".to_owned(), json!(title(text.as_deref())?));
    }
    kept::change_sort(row, values)?;
    match values.get("blocks") {
        None => {}
        Some(Value::Array(blocks)) if blocks.len() <= BLOCKS_MAX => {
            let blocks = blocks.iter().enumerate().map(|(at, one)| block(at, one));
            row.insert("blocks".to_owned(), Value::Array(blocks.collect::<Result<_, _>>()?));
        }
        Some(_) => return Err(Failure::bad(format!("blocks must be a list of at most {BLOCKS_MAX}"))),
    }
    Ok(())
}

/// `{"title", "code"}`; blocks are numbered by their place.
fn block(at: usize, given: &Value) -> Result<Value, Failure> {
    let Value::Object(given) = given else { return Err(Failure::bad("a block must be an object")) };
    let heading = text_property(given, "title")?.flatten();
    let heading = heading.filter(|text| !text.is_empty()).map(|text| title(Some(&text))).transpose()?;
    let code = match given.get("code") {
        None | Some(Value::Null) => "",
        Some(Value::String(code)) => code,
        Some(_) => return Err(Failure::bad("the code of a block must be a text")),
    };
    if code.len() > CODE_BYTES_MAX || code.contains('\0') {
        return Err(Failure::bad(format!(
            "the code of a block must be a text of at most {CODE_BYTES_MAX} bytes"
        )));
    }
    Ok(json!({ "id": at.saturating_add(1), "title": heading, "code": code }))
}

fn title(text: Option<&str>) -> Result<String, Failure> {
    let trimmed = text.unwrap_or_default().trim();
    match trimmed.is_empty() || trimmed.chars().count() > TITLE_CHARS_MAX || trimmed.contains('\0') {
        false => Ok(trimmed.to_owned()),
        true => Err(Failure::bad(format!("title must be a text of 1 to {TITLE_CHARS_MAX} characters"))),
    }
}

async fn keep(request: &Request, allowed: &Allowed, op: Op, rows: Vec<Row>) -> Result<(), Failure> {
    let text = Value::from(rows).to_string();
    if text.len() > domain::limits::NOTE_BYTES_MAX {
        let max = domain::limits::NOTE_BYTES_MAX;
        return Err(Failure::bad(format!("all pages together may have at most {max} bytes")));
    }
    KEPT.keep(request, allowed, op, &text).await
}
