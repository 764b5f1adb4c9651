//! Pages of lists: by cursor or by offset, whichever the dialect speaks.

use std::str::FromStr;

use domain::limits;
use store::Listed;

use crate::KeysError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// [`Page::next`] of the page before; wins over `offset`.
    pub after: Option<String>,
    pub offset: u64,
    /// Clamped to 1 … `PAGE_SIZE_MAX`.
    pub limit: u64,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { after: None, offset: 0, limit: limits::PAGE_SIZE_DEFAULT }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: u64,
    /// Where the next page begins; `None` on the last one. Opaque.
    pub next: Option<String>,
}

impl PageRequest {
    pub(crate) fn size(&self) -> u64 {
        self.limit.clamp(1, limits::PAGE_SIZE_MAX)
    }

    pub(crate) fn cursor<T: FromStr>(&self) -> Result<Option<T>, KeysError> {
        let parsed = self.after.as_deref().map(T::from_str).transpose();
        parsed.map_err(|_| KeysError::invalid("after", "is not a cursor of this list"))
    }
}

impl<T> Page<T> {
    pub(crate) fn empty() -> Self {
        Self { items: Vec::new(), total: 0, next: None }
    }

    /// A full page has a next one; the last may turn out to be empty.
    pub(crate) fn of(listed: Listed<T>, limit: u64, cursor: impl Fn(&T) -> String) -> Self {
        let total = listed.total.unwrap_or(listed.items.len() as u64);
        let full = listed.items.len() as u64 >= limit && (listed.items.len() as u64) < total;
        let next = if full { listed.items.last().map(cursor) } else { None };
        Self { items: listed.items, total, next }
    }
}
