//! `GET /api-key/get`.

use serde_json::Value;

use super::{Acting, clear, find};
use crate::{answer::Answer, failure::Failure, record::Record, request::Request, roles::Action};

pub async fn get(request: &Request) -> Result<Answer, Failure> {
    let mut fields = request.query();
    let config_id = fields.maybe_text("configId");
    let id = fields.text("id");
    fields.finish()?;
    let acting = Acting::client(request.signed_in()?)?;
    let found = find(request, &acting, id, config_id, Action::Read).await?;
    clear(&request.inner).await;
    Ok(Answer::new(Value::Object(Record::stored(&found.key, &request.inner.guard).to_json())))
}
