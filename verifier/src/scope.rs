//! What is a token for? A scope: the words of RFC 6749 section 3.3, sorted, each once.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// A set of scope words, written sorted and separated by spaces.
///
/// ```
/// use latchkey_verifier::Scope;
///
/// let scope = Scope::of(["orders:write", "orders:read"]);
/// assert!(scope.has("orders:read"));
/// assert_eq!(scope.to_string(), "orders:read orders:write");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Scope(String);

impl Scope {
    /// The scope of these words. A text that is not a scope word is left out.
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let is_legal = |word: &&str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
        };
        let mut words: Vec<&str> = words.into_iter().filter(is_legal).collect();
        words.sort_unstable();
        words.dedup();
        Self(words.join(" "))
    }

    /// The words.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|word| !word.is_empty())
    }

    /// Whether the scope has this word.
    pub fn has(&self, word: &str) -> bool {
        self.words().any(|own| own == word)
    }

    /// The words that are not in another scope.
    pub fn except(&self, other: &Self) -> Self {
        Self::of(self.words().filter(|word| !other.has(word)))
    }

    /// The scope without one word.
    pub fn without(&self, word: &str) -> Self {
        Self::of(self.words().filter(|own| *own != word))
    }

    /// The words that both scopes have.
    pub fn within(&self, other: &Self) -> Self {
        Self::of(self.words().filter(|word| other.has(word)))
    }

    /// Whether the scope has no word. An empty scope is left out of tokens and responses, because RFC 6749 section 3.3
    /// requires at least one word.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scope as a claim holds it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::of(String::deserialize(deserializer)?.split(' ')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_scopes_must_have_a_word() {
        let (token, row) = (Scope::of(["a", "b", "bb"]), Scope::of(["b", "c"]));
        assert_eq!(token.within(&row).as_str(), "b");
        assert_eq!(token.within(&Scope::default()).as_str(), "");
        assert_eq!(token.within(&token), token);
    }

    #[test]
    fn a_text_that_is_not_a_scope_word_is_left_out() {
        assert_eq!(Scope::of(["b", "a", "b", "", "a b", "x\"", "y\\", "\u{e9}"]).as_str(), "a b");
    }
}
