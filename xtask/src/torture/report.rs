//! What came out of a torture run: counts for the table, and every violation in words.

use std::time::Duration;

use crate::Outcome;

#[derive(Default)]
pub struct Report {
    rows: Vec<(String, String)>,
    violations: Vec<String>,
    starts: Vec<Duration>,
}

/// Beyond this only the number is printed.
const VIOLATIONS_SHOWN: usize = 20;

impl Report {
    pub fn row(&mut self, name: &str, value: impl ToString) {
        self.rows.push((name.to_owned(), value.to_string()));
    }

    pub fn violation(&mut self, text: impl Into<String>) {
        self.violations.push(text.into());
    }

    pub fn started(&mut self, took: Duration) {
        self.starts.push(took);
    }

    /// Prints the table; an error when a promise was broken.
    pub fn finish(mut self) -> Outcome<()> {
        self.starts.sort();
        if let (Some(middle), Some(worst)) = (self.starts.get(self.starts.len() / 2), self.starts.last()) {
            self.rows.push(("start after a kill, median".into(), format!("{middle:.0?}")));
            self.rows.push(("start after a kill, worst".into(), format!("{worst:.0?}")));
        }
        self.rows.push(("violations".into(), self.violations.len().to_string()));
        let width = self.rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, value) in &self.rows {
            println!("  {name:<width$}  {value:>12}");
        }
        for text in self.violations.iter().take(VIOLATIONS_SHOWN) {
            println!("  VIOLATION: {text}");
        }
        if self.violations.is_empty() {
            return Ok(());
        }
        Err(format!("{} promises were broken", self.violations.len()).into())
    }
}
