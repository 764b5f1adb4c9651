//! Pages of lists: by cursor or by offset, whichever the dialect speaks.

use domain::limits;

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
