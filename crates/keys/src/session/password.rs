//! Password hashes: argon2id as PHC strings, computed off the async threads and never too many at once, so
//! that signing in cannot eat the machine.

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash,
};
use domain::{Entropy, limits, secret::Secret};
use tokio::sync::Semaphore;

use super::scrypt::{self, ScryptHash};
use crate::KeysError;

/// How expensive a new password hash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    pub memory_kib: u32,
    pub passes: u32,
}

impl Default for PasswordCost {
    /// OWASP's recommendation for argon2id with one lane: 19 MiB, two passes.
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2 }
    }
}

impl PasswordCost {
    /// As cheap as argon2id gets. For tests only: it protects nothing.
    pub const CHEAPEST: Self = Self { memory_kib: 8, passes: 1 };
}

/// How a stored password hash was made. Imported accounts bring foreign ones: they get a variant here and
/// an arm in [`verify`], are verified as they are, and replaced by ours at the first sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HashScheme {
    /// A PHC string beginning with `$argon2id$`.
    Argon2id,
    /// Brought along by an import; see [`super::scrypt`].
    Scrypt,
}

impl HashScheme {
    fn of(stored: &str) -> Option<Self> {
        if stored.starts_with("$argon2id$") {
            Some(Self::Argon2id)
        } else {
            stored.starts_with(scrypt::BEGINNING).then_some(Self::Scrypt)
        }
    }
}

/// What verifying a password told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verified {
    Wrong,
    Right,
    /// Right, but the stored hash is of another scheme or cost than new ones: replace it.
    RightButOld,
}

/// The workers, and how many may queue for them.
pub(crate) struct Passwords {
    cost: PasswordCost,
    running: Semaphore,
    queued: Semaphore,
}

/// In a retry after a full queue.
const RETRY_AFTER_MS: i64 = 1_000;
const SALT_BYTES: usize = 16;

impl Passwords {
    pub fn new(cost: PasswordCost, parallel: usize) -> Self {
        let parallel = parallel.max(1);
        let queued = Semaphore::new(parallel.saturating_add(limits::PASSWORD_QUEUE_MAX));
        Self { cost, running: Semaphore::new(parallel), queued }
    }

    pub async fn hash(&self, password: &Secret, entropy: &dyn Entropy) -> Result<String, KeysError> {
        let mut salt = [0u8; SALT_BYTES];
        entropy.fill(&mut salt);
        let (cost, password) = (self.cost, password.clone());
        let hash = self.work(move || hash(cost, &password, &salt)).await?;
        hash.ok_or_else(|| KeysError::invalid("password", "cannot be hashed"))
    }

    /// `stored: None` (no such account, or one without a password) does the same work and is wrong.
    pub async fn verify(&self, password: &Secret, stored: Option<String>) -> Result<Verified, KeysError> {
        let (cost, password) = (self.cost, password.clone());
        self.work(move || match stored {
            Some(stored) => verify(cost, &password, &stored),
            None => {
                verify(cost, &password, &decoy(cost));
                Verified::Wrong
            }
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, KeysError> {
        let busy = || KeysError::TooManyAttempts { retry_after_ms: RETRY_AFTER_MS };
        let _queued = self.queued.try_acquire().map_err(|_| busy())?;
        let _running = self.running.acquire().await.map_err(|_| busy())?;
        tokio::task::spawn_blocking(work).await.map_err(|_| busy())
    }
}

fn hash(cost: PasswordCost, password: &Secret, salt: &[u8]) -> Option<String> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, None).ok()?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: PasswordHash = argon2.hash_password_with_salt(password.expose().as_bytes(), salt).ok()?;
    Some(hash.to_string())
}

fn verify(cost: PasswordCost, password: &Secret, stored: &str) -> Verified {
    match HashScheme::of(stored) {
        // The cost is the stored one, not ours.
        Some(HashScheme::Argon2id) => {
            if Argon2::default().verify_password(password.expose().as_bytes(), stored).is_err() {
                Verified::Wrong
            } else if stored.starts_with(&beginning(cost)) {
                Verified::Right
            } else {
                Verified::RightButOld
            }
        }
        Some(HashScheme::Scrypt) => match ScryptHash::parse(stored) {
            Some(hash) if hash.is_of(password) => Verified::RightButOld,
            _ => Verified::Wrong,
        },
        None => Verified::Wrong,
    }
}

/// How a hash of this cost begins.
fn beginning(cost: PasswordCost) -> String {
    format!("$argon2id$v=19$m={},t={},p=1$", cost.memory_kib, cost.passes)
}

/// A hash of no password, as expensive to check as a real one: who has no account learns nothing from the time.
fn decoy(cost: PasswordCost) -> String {
    let (salt, output) = ("A".repeat(22), "A".repeat(43));
    format!("{}{salt}${output}", beginning(cost))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sevens;
    impl Entropy for Sevens {
        fn fill(&self, into: &mut [u8]) {
            into.fill(7);
        }
    }

    #[tokio::test]
    async fn a_password_is_kept_as_argon2id_and_only_it_opens() {
        let passwords = Passwords::new(PasswordCost::CHEAPEST, 1);
        let stored = passwords.hash(&Secret::new("correct horse"), &Sevens).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{stored}");
        let check =
            async |text: &str| passwords.verify(&Secret::new(text), Some(stored.clone())).await.unwrap();
        assert_eq!(check("correct horse").await, Verified::Right);
        assert_eq!(check("correct horsf").await, Verified::Wrong);
    }

    #[tokio::test]
    async fn a_hash_of_an_older_cost_is_right_but_old() {
        let stored =
            Passwords::new(PasswordCost::CHEAPEST, 1).hash(&Secret::new("correct horse"), &Sevens).await;
        let dearer = Passwords::new(PasswordCost { memory_kib: 16, passes: 1 }, 1);
        let told = dearer.verify(&Secret::new("correct horse"), Some(stored.unwrap())).await;
        assert_eq!(told.unwrap(), Verified::RightButOld);
    }

    #[tokio::test]
    async fn no_account_and_an_unknown_scheme_are_wrong_and_the_decoy_is_a_real_hash_to_check() {
        let cost = PasswordCost::CHEAPEST;
        let passwords = Passwords::new(cost, 1);
        assert_eq!(passwords.verify(&Secret::new("x"), None).await.unwrap(), Verified::Wrong);
        let foreign = Some("$scrypt$whatever".to_owned());
        assert_eq!(passwords.verify(&Secret::new("x"), foreign).await.unwrap(), Verified::Wrong);
        assert!(PasswordHash::new(&decoy(cost)).is_ok_and(|h| h.hash.is_some() && h.salt.is_some()));
        assert!(PasswordHash::new(&decoy(PasswordCost::default())).is_ok());
    }
}
