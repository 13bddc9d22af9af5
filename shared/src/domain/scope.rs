//! What may this caller do? A scope: the words of RFC 6749 section 3.3, few and sorted.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// The longest scope in bytes: more would push the session row over one write unit.
pub const SCOPE_MAX_BYTES: usize = 160;

/// The scope of administrators.
pub const ADMIN: &str = "latchkey:admin";

/// The scope of backends that count attempts.
pub const ATTEMPTS: &str = "latchkey:attempts";

/// The scope of backends that ask whether a token is good.
pub const INTROSPECT: &str = "latchkey:introspect";

/// The scopes of backends that call without a session; an assertion with one never opens a session.
pub const SERVICE: [&str; 2] = [ATTEMPTS, INTROSPECT];

/// A set of scope words, written space-separated and sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Scope(String);

impl Scope {
    /// Makes a scope of words; anything that is no scope word is left out.
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let legal = |word: &&str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
        };
        let mut words: Vec<&str> = words.into_iter().filter(legal).collect();
        words.sort_unstable();
        words.dedup();
        Self(words.join(" "))
    }

    /// The words, one by one.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|word| !word.is_empty())
    }

    /// Whether the scope has this word.
    pub fn has(&self, word: &str) -> bool {
        self.words().any(|own| own == word)
    }

    /// The scope without one word.
    pub fn without(&self, word: &str) -> Self {
        Self::of(self.words().filter(|own| *own != word))
    }

    /// The words that another scope has, too.
    pub fn within(&self, other: &Self) -> Self {
        Self::of(self.words().filter(|word| other.has(word)))
    }

    /// As it is written in a claim.
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
}
