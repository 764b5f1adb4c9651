//! What clients ask of the application itself, most of it before anybody is signed in: how one signs in, in
//! which language, which data sources there are. Says nothing that is not the same for everybody.

use domain::decision::Allowed;
use serde_json::json;

use crate::{answer::Answer, failure::Failure, memory, request::Request, role::HOME};

/// `dataSources:list` and `listEnabled`: this dialect knows one here.
pub async fn data_sources(request: &Request, _: &Allowed) -> Result<Answer, Failure> {
    let one = json!({
        "key": HOME,
        "displayName": "Main",
        "type": "main",
        "status": "loaded",
        "enabled": true,
        "fixed": true,
    });
    memory::list(request, one.as_object().cloned().into_iter().collect())
}

/// `systemSettings:get`, which clients read for a title and a language.
pub async fn settings(request: &Request) -> Result<Answer, Failure> {
    Ok(Answer::Data(json!({
        "id": 1,
        "title": "Keyward",
        "logo": null,
        "logoId": null,
        "showLogoOnly": false,
        "allowSignUp": request.inner.keys.signup_open(),
        "appLang": "en-US",
        "enabledLanguages": ["en-US"],
    })))
}

pub async fn lang(request: &Request) -> Result<Answer, Failure> {
    Ok(Answer::Data(json!({ "lang": request.language().tag(), "resources": {} })))
}

pub async fn info(request: &Request) -> Result<Answer, Failure> {
    Ok(Answer::Data(json!({ "name": "main", "lang": request.language().tag() })))
}
