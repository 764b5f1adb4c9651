//! What clients ask before anybody is signed in: how one signs in, in which language. Says nothing that is not
//! the same for everybody.

use serde_json::json;

use crate::{answer::Answer, failure::Failure, request::Request};

/// `authenticators:publicList`: the one way to sign in.
pub async fn authenticators(request: &Request) -> Result<Answer, Failure> {
    Ok(Answer::Data(json!([{
        "name": "basic",
        "authType": "Email/Password",
        "authTypeTitle": "Password",
        "title": null,
        "options": { "allowSignUp": request.inner.keys.signup_open() },
    }])))
}

pub async fn lang(_: &Request) -> Result<Answer, Failure> {
    Ok(Answer::Data(json!({ "lang": "en-US", "resources": {} })))
}

pub async fn info(_: &Request) -> Result<Answer, Failure> {
    Ok(Answer::Data(json!({ "name": "main", "lang": "en-US" })))
}
