//! The requests of a row: one text in which only the secret changes, drawn by Zipf's law. Sends nothing.

use super::zipf::Zipf;
use crate::cases::Cases;

/// The bytes around the secret never change.
pub struct Questions<'a> {
    head: Vec<u8>,
    tail: Vec<u8>,
    secrets: &'a [String],
    zipf: &'a Zipf,
    cases: Cases,
}

impl<'a> Questions<'a> {
    /// `request`: the whole text for one secret. All secrets of one kind have one length, so that its
    /// Content-Length holds for all.
    pub fn new(
        request: impl Fn(&str) -> Vec<u8>,
        secrets: &'a [String],
        zipf: &'a Zipf,
        cases: &mut Cases,
    ) -> Self {
        let secret = secrets.first().map(String::as_str).unwrap_or_default();
        let whole = String::from_utf8_lossy(&request(secret)).into_owned();
        let (head, tail) = whole.split_once(secret).unwrap_or((&whole, ""));
        Self { head: head.into(), tail: tail.into(), secrets, zipf, cases: Cases::new(cases.next()) }
    }

    pub fn next(&mut self, into: &mut Vec<u8>) {
        let secret =
            self.secrets.get(self.zipf.draw(&mut self.cases)).map(String::as_bytes).unwrap_or_default();
        into.extend_from_slice(&self.head);
        into.extend_from_slice(secret);
        into.extend_from_slice(&self.tail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_changes() {
        let mut cases = Cases::new(1);
        let (zipf, secrets) = (Zipf::new(2, &mut cases), ["one".to_owned(), "two".to_owned()]);
        let request = |secret: &str| format!("POST {secret} HTTP/1.1").into_bytes();
        let mut questions = Questions::new(request, &secrets, &zipf, &mut cases);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let mut text = Vec::new();
            questions.next(&mut text);
            seen.insert(String::from_utf8(text).unwrap());
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["POST one HTTP/1.1", "POST two HTTP/1.1"]);
    }
}
