//! `X-With-ACL-Meta: true`: which of the answered records the caller may also change or remove, by the same
//! rights the actions themselves are judged by. Looks only at what is answered anyway.

use axum::http::HeaderMap;
use domain::{access::Op, decision::Allowed};
use serde_json::{Map, Value, json};

use crate::{
    answer::{Answer, bytes},
    failure::{self, Failure},
    request::Request,
};

/// What clients call it, and the operation it stands for.
const ACTIONS: [(&str, Op); 2] = [("update", Op::RecordUpdate), ("destroy", Op::RecordDelete)];

pub fn is_asked(headers: &HeaderMap) -> bool {
    headers.get("x-with-acl-meta").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"))
}

/// The same answer with `meta.allowedActions`. Records answered without their key are in no list.
pub async fn beside(request: &Request, allowed: &Allowed, answer: Answer) -> Result<Answer, Failure> {
    let Some(key) = allowed.table().and_then(|table| table.primary()).map(|field| field.name.clone()) else {
        return Ok(answer);
    };
    let Some(mut body) = object(&answer)? else { return Ok(answer) };
    let ids: Vec<Value> = match body.get("data") {
        Some(Value::Array(rows)) => rows.iter().filter_map(|row| row.get(&key).cloned()).collect(),
        Some(row @ Value::Object(_)) => row.get(&key).cloned().into_iter().collect(),
        _ => Vec::new(),
    };
    let mut actions = Map::new();
    actions.insert("view".to_owned(), json!(ids));
    for (name, op) in ACTIONS {
        let reached = request.inner.data.reaches(allowed, op, &ids).await;
        let reached = reached.map_err(|error| failure::data(&request.target.resource, error))?;
        let may = ids.iter().zip(reached).filter(|(_, may)| *may).map(|(id, _)| id.clone());
        actions.insert(name.to_owned(), may.collect());
    }
    let meta = body.entry("meta").or_insert_with(|| json!({}));
    if let Some(meta) = meta.as_object_mut() {
        meta.insert("allowedActions".to_owned(), Value::Object(actions));
    }
    Ok(Answer::Written(bytes(&Value::Object(body))))
}

fn object(answer: &Answer) -> Result<Option<Map<String, Value>>, Failure> {
    // What is nested too deeply to be read again is not answered as if nobody had asked.
    let deep = |_| Failure::bad("the answer is too deep for X-With-ACL-Meta");
    let value = match answer {
        Answer::Data(data) => json!({ "data": data }),
        Answer::Meta { data, meta } => json!({ "data": data, "meta": meta }),
        Answer::Written(body) => serde_json::from_slice(body).map_err(deep)?,
        Answer::Empty | Answer::Bare(_) | Answer::File(_) | Answer::With(..) => return Ok(None),
    };
    Ok(match value {
        Value::Object(map) => Some(map),
        _ => None,
    })
}
