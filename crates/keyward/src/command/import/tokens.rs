//! Tokens somebody uses, asked about before the move: a NocoBase takes every token it has signed, this server only
//! those with a row. Says of each line of a file what becomes of it; the tokens themselves are shown nowhere.

use door_nocobase::import::{Tokens, Verdict, verdicts};
use keys::import::{Line, Outcome};

use super::{Work, data::line, unreadable};
use crate::error::Failure;

impl Work<'_> {
    pub(super) fn checked_tokens(&self) -> Result<Vec<Line>, Failure> {
        let Some(path) = &self.args.check_tokens else { return Ok(Vec::new()) };
        let text = std::fs::read_to_string(path)
            .map_err(|e| Failure::usage(format!("cannot read {}: {e}", path.display())))?;
        let numbered: Vec<(usize, String)> = text
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line.trim().trim_start_matches("Bearer ").to_owned()))
            .filter(|(_, token)| !token.is_empty())
            .collect();
        let (ours, theirs) = self.token_secrets()?;
        let tokens = Tokens { theirs: &theirs, ours: &ours };
        let given: Vec<String> = numbered.iter().map(|(_, token)| token.clone()).collect();
        let said = verdicts(self.foreign, &tokens, &given).map_err(unreadable)?;
        let lines = numbered.iter().zip(said).map(|((at, _), verdict)| {
            let (outcome, reason) = match verdict {
                Verdict::Row(id) => (Outcome::Linked, format!("the token of row {id} of apiKeys, above")),
                Verdict::Ends(reason) => (Outcome::Refused, reason),
                Verdict::Nothing(reason) => (Outcome::Dead, reason),
            };
            line("tokens", &format!("line {at}"), outcome, Some(reason))
        });
        Ok(lines.collect())
    }
}
