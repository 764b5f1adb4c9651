//! Counts of rows, remembered until the table changes. Counting a large table costs a thousand times what reading
//! one page of it costs, and pages are asked for with their total.

use std::collections::HashMap;

use parking_lot::Mutex;

/// Distinct counts remembered per table; beyond, all of the table's are forgotten.
const PER_TABLE_MAX: usize = 256;
/// Longer questions are not worth remembering, in bytes.
const QUESTION_BYTES_MAX: usize = 4_096;

#[derive(Default)]
pub(crate) struct Counts {
    tables: Mutex<HashMap<u32, OfTable>>,
}

#[derive(Default)]
struct OfTable {
    version: u64,
    counts: HashMap<String, u64>,
}

impl Counts {
    /// Take it before the snapshot that is counted begins, and give it back with the count.
    pub fn version(&self, table: u32) -> u64 {
        self.tables.lock().get(&table).map_or(0, |of| of.version)
    }

    /// `question` is the statement with its values.
    pub fn get(&self, table: u32, question: &str) -> Option<u64> {
        self.tables.lock().get(&table)?.counts.get(question).copied()
    }

    /// Ignored when the table changed since `version`: then nobody knows which rows were counted.
    pub fn put(&self, table: u32, version: u64, question: String, count: u64) {
        if question.len() > QUESTION_BYTES_MAX {
            return;
        }
        let mut tables = self.tables.lock();
        let of = tables.entry(table).or_default();
        if of.version != version {
            return;
        }
        if of.counts.len() >= PER_TABLE_MAX {
            of.counts.clear();
        }
        of.counts.insert(question, count);
    }

    /// After the commit that changed the table, before anybody is told of it.
    pub fn outdate(&self, table: u32) {
        let mut tables = self.tables.lock();
        let of = tables.entry(table).or_default();
        of.version += 1;
        of.counts.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_of_an_older_version_is_not_kept() {
        let counts = Counts::default();
        let version = counts.version(1);
        counts.outdate(1);
        counts.put(1, version, "q".to_owned(), 5);
        assert_eq!(counts.get(1, "q"), None);
        counts.put(1, counts.version(1), "q".to_owned(), 6);
        assert_eq!(counts.get(1, "q"), Some(6));
        counts.outdate(1);
        assert_eq!(counts.get(1, "q"), None);
    }
}
