//! `POST /api-key/delete`, and the purge of expired keys, which is the operator's.

use domain::access::Op;
use serde_json::json;

use super::{Acting, DOOR_PREFIX, clear, find};
use crate::{
    answer::Answer,
    failure::{self, Failure},
    request::Request,
    roles::Action,
    router::only_server,
};

pub async fn delete(request: &Request) -> Result<Answer, Failure> {
    let mut fields = request.body();
    let config_id = fields.maybe_text("configId");
    let id = fields.text("keyId");
    fields.finish()?;
    if request.caller.banned {
        return Err(failure::USER_BANNED.into());
    }
    let acting = Acting::client(request.signed_in()?)?;
    let found = find(request, &acting, id, config_id, Action::Delete).await?;
    request.inner.keys.revoke(&found.allowed, found.key.id).await?;
    clear(&request.inner).await;
    Ok(Answer::new(json!({ "success": true })))
}

pub async fn purge(request: &Request) -> Result<Answer, Failure> {
    only_server(request, Op::KeyManage).await?;
    request.inner.keys.retire_expired(DOOR_PREFIX).await?;
    Ok(Answer::new(json!({ "success": true, "error": null })))
}
