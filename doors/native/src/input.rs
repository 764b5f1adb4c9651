//! Reading a request: bodies, path ids, and what "absent", "null" and "given" mean in a change.

use std::str::FromStr;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, RawPathParams, Request},
    http::request::Parts,
};
use domain::limits::NATIVE_BODY_BYTES_MAX;
use http_kit::body::{self, Object};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

use crate::{NativeState, problem::Problem};

/// A JSON object of type `T`. Unknown fields are refused by `T`.
pub struct Body<T> {
    pub value: T,
    /// As it came, for fingerprints.
    pub bytes: Bytes,
}

impl<T: DeserializeOwned> FromRequest<NativeState> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &NativeState) -> Result<Self, Problem> {
        let (parts, stream) = request.into_parts();
        if !body::says_json(&parts.headers) {
            return Err(http_kit::BodyError::WrongType.into());
        }
        let bytes = body::read(stream, NATIVE_BODY_BYTES_MAX).await?;
        let Object(value) = body::parse::<Object<T>>(&bytes)?;
        Ok(Self { value, bytes })
    }
}

/// The same, where no body at all means the default.
pub struct MaybeBody<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest<NativeState> for MaybeBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &NativeState) -> Result<Self, Problem> {
        let (parts, stream) = request.into_parts();
        let bytes = body::read(stream, NATIVE_BODY_BYTES_MAX).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if !body::says_json(&parts.headers) {
            return Err(http_kit::BodyError::WrongType.into());
        }
        Ok(Self(body::parse::<Object<T>>(&bytes)?.0))
    }
}

/// For actions that take nothing: an empty body or `{}`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// The `{id}` of a path. What is no id cannot exist: 404.
pub struct Id<T>(pub T);

impl<T: FromStr + Send> FromRequestParts<NativeState> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &NativeState) -> Result<Self, Problem> {
        in_path(parts, state, "id").await?.parse().map(Self).map_err(|_| Problem::not_found())
    }
}

/// The `{role}` of a path: id or name.
pub struct RoleName(pub String);

impl FromRequestParts<NativeState> for RoleName {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &NativeState) -> Result<Self, Problem> {
        in_path(parts, state, "role").await.map(Self)
    }
}

async fn in_path(parts: &mut Parts, state: &NativeState, wanted: &str) -> Result<String, Problem> {
    let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
    let found = params.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned());
    found.ok_or_else(Problem::not_found)
}

/// For `Option<Option<T>>` in a change: absent leaves as it is, `null` clears.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(json: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(json).map(Some)
}

/// For `Option<T>` in a change where `null` is no value: absent leaves as it is, `null` is refused.
pub fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(json: D) -> Result<Option<T>, D::Error> {
    T::deserialize(json).map(Some)
}
