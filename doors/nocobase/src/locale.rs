//! In which language a refusal is told: `X-Locale`, or `?locale=`, as clients of this dialect send it; what the browser
//! prefers does not count. English where a language or a sentence is not known. Codes and statuses are the same in
//! every language, and so are names and values inside of sentences.

mod zh_cn;

use axum::http::HeaderMap;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    Chinese,
}

/// The words of a letter about a lost password: `{link}` is put in.
pub struct LetterWords {
    pub subject: &'static str,
    pub text: &'static str,
}

const ENGLISH_LETTER: LetterWords = LetterWords {
    subject: "A new password for your account",
    text: "Hello,\n\nsomebody, hopefully you, asked for a new password for your account. This link sets one, once and \
           within an hour:\n\n{link}\n\nIf it was not you, there is nothing to do: your password stays as it is.\n",
};

impl Language {
    /// `zh-CN`, in any case, with `-` or `_`, or the language alone.
    fn parse(text: &str) -> Self {
        let plain = text.trim().to_ascii_lowercase().replace('_', "-");
        match plain.as_str() {
            "zh" | "zh-cn" | "zh-hans" | "zh-hans-cn" | "zh-sg" => Self::Chinese,
            _ => Self::English,
        }
    }

    /// As clients name it.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en-US",
            Self::Chinese => "zh-CN",
        }
    }

    /// The sentence in this language, or as it is.
    pub fn say(self, english: &str) -> String {
        let table = match self {
            Self::English => return english.to_owned(),
            Self::Chinese => zh_cn::SENTENCES,
        };
        let said = table.iter().find_map(|(pattern, said)| Some(filled(said, &holes(pattern, english)?)));
        said.unwrap_or_else(|| english.to_owned())
    }
}

/// What a request asks for; `query` is its `locale` parameter.
pub fn of(headers: &HeaderMap, query: Option<&str>) -> Language {
    let header =
        headers.get("x-locale").and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty());
    header.or(query).map(Language::parse).unwrap_or_default()
}

/// The same from a query that was not taken apart yet.
pub fn of_raw(headers: &HeaderMap, query: Option<&str>) -> Language {
    let pairs = query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    of(headers, pairs.into_iter().find(|(name, _)| *name == "locale").map(|(_, value)| value))
}

pub fn letter(language: Language) -> &'static LetterWords {
    match language {
        Language::English => &ENGLISH_LETTER,
        Language::Chinese => &zh_cn::LETTER,
    }
}

/// What stands in the places of a pattern that are `{}`; `None`: the text is another.
fn holes<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut parts = pattern.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let parts: Vec<&str> = parts.collect();
    let mut found = Vec::with_capacity(parts.len());
    for (no, part) in parts.iter().enumerate() {
        let last = no + 1 == parts.len();
        let (hole, after) = match (last, part.is_empty()) {
            (true, _) => (rest.strip_suffix(part)?, ""),
            (false, _) => rest.split_once(part)?,
        };
        if hole.is_empty() {
            return None;
        }
        found.push(hole);
        rest = after;
    }
    rest.is_empty().then_some(found)
}

/// `{0}`, `{1}` are the places, in the order of the English sentence.
fn filled(said: &str, holes: &[&str]) -> String {
    let mut out = String::with_capacity(said.len());
    let mut rest = said;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (no, after) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(no.parse().ok().and_then(|no: usize| holes.get(no)).copied().unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_told_in_the_language_that_was_asked_for_and_in_english_otherwise() {
        let chinese = Language::parse("zh_CN");
        assert_eq!(chinese.say("Not Found"), "未找到");
        assert_eq!(chinese.say("username already exists"), "username 已存在");
        assert_eq!(chinese.say("nobody has translated this"), "nobody has translated this");
        assert_eq!(Language::parse("zh-TW"), Language::English);
        assert_eq!(Language::parse("*").say("Not Found"), "Not Found");
    }

    #[test]
    fn what_stands_in_a_sentence_is_carried_over_as_it_is() {
        assert_eq!(holes("{}: {} is required", "todos: title is required"), Some(vec!["todos", "title"]));
        assert_eq!(holes("{} already exists", " already exists"), None);
        assert_eq!(holes("Not Found", "Not Found at all"), None);
        assert_eq!(filled("{1}·{0}", &["a{0}", "b"]), "b·a{0}", "values are no patterns");
    }

    #[test]
    fn every_translation_fills_the_places_of_its_sentence() {
        for (english, said) in zh_cn::SENTENCES {
            let places = english.matches("{}").count();
            for no in 0..places {
                assert!(said.contains(&format!("{{{no}}}")), "{english}");
            }
            assert!(!said.contains(&format!("{{{places}}}")), "{english}");
        }
        let first = |english: &str| zh_cn::SENTENCES.iter().filter(|(e, _)| *e == english).count();
        assert!(zh_cn::SENTENCES.iter().all(|(english, _)| first(english) == 1));
        for words in [&ENGLISH_LETTER, &zh_cn::LETTER] {
            assert!(words.text.contains("{link}"));
        }
    }
}
