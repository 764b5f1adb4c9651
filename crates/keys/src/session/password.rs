//! Password hashes: argon2id as PHC strings, computed off the async threads and never too many at once.

/// How expensive a new password hash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    pub memory_kib: u32,
    pub passes: u32,
}

impl Default for PasswordCost {
    /// OWASP's first recommendation for argon2id with one lane: 19 MiB, two passes.
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2 }
    }
}

impl PasswordCost {
    /// As cheap as argon2id gets. For tests only: it protects nothing.
    pub const CHEAPEST: Self = Self { memory_kib: 8, passes: 1 };
}

/// How a stored password hash was made. Imported accounts bring foreign ones; they are verified once and
/// replaced by ours at the first sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashScheme {
    /// A PHC string beginning with `$argon2id$`.
    Argon2id,
}
