//! The idempotency key of a request: a random secret that a client makes for each sign-in and each refresh.

use std::fmt;

use zeroize::Zeroizing;

/// The shortest permitted key, in characters: 96 random bits in base64url.
pub const KEY_MIN_CHARACTERS: usize = 16;

/// The longest permitted key, in characters.
pub const KEY_MAX_CHARACTERS: usize = 64;

/// The `Idempotency-Key` of a request, or one of its `previous_keys`.
///
/// A key is evidence of which client made a generation of the session, so it is handled as a secret.
#[derive(Clone)]
pub struct IdempotencyKey(Zeroizing<String>);

/// The text is not an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 16 to 64 characters of A-Z, a-z, 0-9, _ and -")]
pub struct NotAnIdempotencyKey;

impl IdempotencyKey {
    /// Parses a key.
    ///
    /// # Errors
    /// The text has another length or another character.
    pub fn parse(text: &str) -> Result<Self, NotAnIdempotencyKey> {
        let is_permitted = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let is_key = (KEY_MIN_CHARACTERS..=KEY_MAX_CHARACTERS).contains(&text.len());
        if !is_key || !text.bytes().all(is_permitted) {
            return Err(NotAnIdempotencyKey);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// Parses the value of the header `Idempotency-Key`: the key itself, or the key as a quoted string.
    ///
    /// *Source*: draft-ietf-httpapi-idempotency-key-header, where the value is a Structured Field string.
    ///
    /// # Errors
    /// The value is neither.
    pub fn parse_header(value: &str) -> Result<Self, NotAnIdempotencyKey> {
        let value = value.trim_matches([' ', '\t']);
        let unquoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        Self::parse(unquoted.unwrap_or(value))
    }

    /// The secret itself, for its hash.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("IdempotencyKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<String> {
        IdempotencyKey::parse(text).ok().map(|key| key.expose().to_owned())
    }

    fn of_header(value: &str) -> Option<String> {
        IdempotencyKey::parse_header(value).ok().map(|key| key.expose().to_owned())
    }

    #[test]
    fn a_key_has_16_to_64_characters() {
        for length in [16, 17, 63, 64] {
            assert_eq!(parsed(&"a".repeat(length)), Some("a".repeat(length)));
        }
        for length in [0, 1, 15, 65, 1_000] {
            assert_eq!(parsed(&"a".repeat(length)), None, "{length}");
        }
    }

    #[test]
    fn a_key_has_the_characters_of_base64url_and_no_other() {
        let all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
        assert_eq!(parsed(all).as_deref(), Some(all));
        for other in ["+", "/", "=", " ", ".", "\"", "\\", "\n", "\0", "é", "ｋ", "[", "@", "`", "{", ":"] {
            assert_eq!(parsed(&format!("0123456789abcdef{other}")), None, "{other:?}");
        }
    }

    #[test]
    fn the_header_has_the_key_plain_or_quoted() {
        let key = "0123456789abcdef";
        for value in [key.to_owned(), format!("\"{key}\""), format!(" \"{key}\"\t")] {
            assert_eq!(of_header(&value).as_deref(), Some(key), "{value:?}");
        }
        for value in ["\"0123456789abcdef", "0123456789abcdef\"", "\"\"0123456789abcdef\"\"", "\"", ""] {
            assert_eq!(of_header(value), None, "{value:?}");
        }
        assert_eq!(of_header("\"0123456789abcde\""), None, "the quotes are not part of the key");
    }

    #[test]
    fn debug_prints_no_key() {
        let key = IdempotencyKey::parse("0123456789abcdef").unwrap();
        assert_eq!(format!("{key:?}"), "IdempotencyKey(..)");
    }
}
