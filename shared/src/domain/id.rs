//! Who, and which session: ids parsed once at the edge and trusted afterwards.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

/// The longest user id in bytes: more would push the session row over one write unit.
pub const USER_ID_MAX_BYTES: usize = 128;

/// A user as the identity provider names them (`sub`), 1 to 128 bytes, no control characters.
///
/// Compared byte for byte: `Bob` and `bob` are two users, as they are to the issuer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct UserId(String);

impl UserId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Why a text is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing between the quotes.
    #[error("must not be empty")]
    Empty,
    /// Over [`USER_ID_MAX_BYTES`].
    #[error("must be at most 128 bytes")]
    TooLong,
    /// A control character, which no log or page should have to show.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// Not a session id in its one canonical spelling.
    #[error("must be a session id")]
    NotSessionId,
}

impl FromStr for UserId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.is_empty() {
            return Err(IdError::Empty);
        }
        if text.len() > USER_ID_MAX_BYTES {
            return Err(IdError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(IdError::ControlCharacter);
        }
        Ok(Self(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for UserId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A session: a UUID of version 7, lower case with hyphens. Not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(Uuid);

impl SessionId {
    /// Builds the version 7 id of a sign-in: its second, and 74 bits of `digest`.
    ///
    /// The digest is keyed (see [`crate::token::refresh`]), so nobody outside can aim at an id,
    /// and a repeated login arrives at the same one.
    pub fn derive(second: i64, digest: &[u8; 32]) -> Self {
        let millis = u64::try_from(second.saturating_mul(1000)).unwrap_or(0);
        let mut random = [0_u8; 10];
        random.copy_from_slice(&digest[..10]);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The 16 bytes of the id.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(out)
    }
}

impl FromStr for SessionId {
    type Err = IdError;

    /// Takes the canonical spelling only, so that no second spelling reaches a key or a limit.
    fn from_str(text: &str) -> Result<Self, IdError> {
        let id = Uuid::try_parse(text).map_err(|_| IdError::NotSessionId)?;
        let canonical = id.hyphenated().to_string() == text;
        canonical.then_some(Self(id)).ok_or(IdError::NotSessionId)
    }
}

impl Serialize for SessionId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SessionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_has_one_spelling() {
        let id = SessionId::derive(1_732_442_400, &[7; 32]);
        let text = id.to_string();
        assert_eq!(text.parse(), Ok(id));
        for other in
            [text.to_uppercase(), text.replace('-', ""), format!("{{{text}}}"), format!("urn:uuid:{text}")]
        {
            assert_eq!(other.parse::<SessionId>(), Err(IdError::NotSessionId), "{other}");
        }
    }

    #[test]
    fn a_session_id_is_a_version_7_uuid_that_sorts_by_sign_in() {
        let early = SessionId::derive(1_732_442_400, &[255; 32]);
        let late = SessionId::derive(1_732_442_401, &[0; 32]);
        assert_eq!(early.0.get_version_num(), 7);
        assert!(early < late);
    }

    #[test]
    fn a_user_id_is_bounded_and_printable() {
        assert_eq!("".parse::<UserId>(), Err(IdError::Empty));
        assert_eq!("a".repeat(129).parse::<UserId>(), Err(IdError::TooLong));
        assert_eq!("a\nb".parse::<UserId>(), Err(IdError::ControlCharacter));
        assert!("a".repeat(128).parse::<UserId>().is_ok());
    }
}
