//! The ledger of a key's quota: every change of the balance, in order. Their sum is the balance.

use domain::{KeyId, decision::Allowed, limits};
use store::LedgerEntry;

use crate::{Keys, KeysError};

impl Keys {
    /// Entries behind `after_seq` (0: from the first), oldest first.
    pub async fn ledger(
        &self,
        allowed: &Allowed,
        key: KeyId,
        after_seq: i64,
        limit: u64,
    ) -> Result<Vec<LedgerEntry>, KeysError> {
        self.get(allowed, key).await?;
        let limit = limit.clamp(1, limits::PAGE_SIZE_MAX);
        Ok(self.store().ledger_entries(key, after_seq, limit).await?)
    }
}
