//! Names and beginnings of secrets, without an allocation for the usual ones.

/// A text that is usually short: up to 22 bytes without an allocation of its own.
pub(crate) enum ShortText {
    Inline(u8, [u8; 22]),
    Heap(Box<str>),
}

impl ShortText {
    pub(crate) fn new(text: String) -> Self {
        let mut bytes = [0; 22];
        match bytes.get_mut(..text.len()) {
            Some(into) => {
                into.copy_from_slice(text.as_bytes());
                Self::Inline(text.len() as u8, bytes)
            }
            None => Self::Heap(text.into_boxed_str()),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Heap(text) => text,
            Self::Inline(len, bytes) => {
                bytes.get(..usize::from(*len)).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_texts_read_back() {
        for text in
            ["", "kw_live_abc123", "exactly 22 bytes long!", "a name that is longer than that", "ключ"]
        {
            assert_eq!(ShortText::new(text.to_owned()).as_str(), text);
        }
        assert_eq!(size_of::<Option<ShortText>>(), 24);
    }
}
