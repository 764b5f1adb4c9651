//! Records by what they were called where an import took them from. The mark is in `extra`, and an index of each
//! table knows it. What the old name lets somebody do is asked elsewhere.

use domain::{KeyId, OrgId, UserId};
use uuid::Uuid;

use crate::{Store, StoreError, sql};

impl Store {
    /// The user an import made of this row. `None` also when two sources had one and cannot be told apart.
    pub async fn imported_user(&self, source: &str, id: &str) -> Result<Option<UserId>, StoreError> {
        Ok(self.imported("users", "", source, id).await?.map(UserId))
    }

    pub async fn imported_organization(&self, source: &str, id: &str) -> Result<Option<OrgId>, StoreError> {
        Ok(self.imported("organizations", "", source, id).await?.map(OrgId))
    }

    /// Only while the key lives.
    pub async fn imported_key(&self, source: &str, id: &str) -> Result<Option<KeyId>, StoreError> {
        Ok(self.imported("keys", " AND gone IS NULL", source, id).await?.map(KeyId))
    }

    async fn imported(
        &self,
        table: &'static str,
        more: &'static str,
        source: &str,
        id: &str,
    ) -> Result<Option<Uuid>, StoreError> {
        let (source, id) = (source.to_owned(), id.to_owned());
        self.read(move |conn| {
            // The first two conditions are those of the index, word for word: otherwise it is not used.
            let sql = format!(
                "SELECT id FROM {table} WHERE instr(extra, '\"import\":{{') > 0{more}
                   AND json_extract(extra, '$.import.id') = $1
                   AND json_extract(extra, '$.import.source') = $2 LIMIT 2"
            );
            let found = sql::rows(conn, &sql, [id, source], |c| Ok(c.uuid()?))?;
            Ok(match found.as_slice() {
                [one] => Some(*one),
                _ => None,
            })
        })
        .await
    }
}
