//! Values of password fields: kept only as an argon2id hash, made off the async threads.

use argon2::{Argon2, PasswordHasher, password_hash::phc::PasswordHash};
use domain::{limits, time::SharedEntropy, value::Value};

use crate::DataError;

const SALT_BYTES: usize = 16;

/// Replaces plain texts by their hashes, in place. Null stays null.
pub(crate) async fn hash_all(values: Vec<&mut Value>, entropy: &SharedEntropy) -> Result<(), DataError> {
    if values.len() > limits::PASSWORDS_PER_WRITE_MAX {
        return Err(DataError::invalid(format!(
            "at most {} passwords can be written at once",
            limits::PASSWORDS_PER_WRITE_MAX
        )));
    }
    for value in values {
        let Value::Text(plain) = &*value else { continue };
        let (plain, mut salt) = (plain.clone(), [0u8; SALT_BYTES]);
        entropy.fill(&mut salt);
        let hashed = tokio::task::spawn_blocking(move || hash(&plain, &salt)).await;
        *value = Value::Text(
            hashed.ok().flatten().ok_or_else(|| DataError::invalid("the password cannot be used"))?,
        );
    }
    Ok(())
}

fn hash(plain: &str, salt: &[u8]) -> Option<String> {
    let hash: PasswordHash = Argon2::default().hash_password_with_salt(plain.as_bytes(), salt).ok()?;
    Some(hash.to_string())
}
