//! What an import did, or would do: one line per row. No line holds a secret.

/// What became of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// It is made here; in a dry run: it would be.
    New,
    /// An earlier import made it: left as it is.
    There,
    /// Something here already is the same, and takes its place.
    Linked,
    /// A dead key, kept for the audit; no secret opens it.
    Tombstone,
    /// Dead there, and unknown here: nothing to do.
    Dead,
    Refused,
}

impl Outcome {
    pub const ALL: [Self; 6] =
        [Self::New, Self::There, Self::Linked, Self::Tombstone, Self::Dead, Self::Refused];

    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::There => "there",
            Self::Linked => "linked",
            Self::Tombstone => "tombstone",
            Self::Dead => "dead",
            Self::Refused => "refused",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub table: String,
    pub id: String,
    pub label: Option<String>,
    pub outcome: Outcome,
    /// Why, wherever that is not plain; always there when it is refused.
    pub reason: Option<String>,
    pub notes: Vec<String>,
    /// The id it has here.
    pub here: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub lines: Vec<Line>,
}

impl Report {
    /// Rows of a table (of all, for `None`) with this outcome.
    pub fn count(&self, table: Option<&str>, outcome: Outcome) -> usize {
        let lines = self.lines.iter().filter(|line| table.is_none_or(|table| line.table == table));
        lines.filter(|line| line.outcome == outcome).count()
    }

    /// The tables, in the order they came.
    pub fn tables(&self) -> Vec<&str> {
        let mut tables: Vec<&str> = Vec::new();
        for line in &self.lines {
            if !tables.contains(&line.table.as_str()) {
                tables.push(&line.table);
            }
        }
        tables
    }
}
