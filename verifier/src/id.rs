//! Which user, and which session? Ids that are parsed once and trusted afterwards.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// The longest `sub` of an identity provider in bytes: the 255 ASCII characters of OpenID Connect Core section 2.
pub const SUBJECT_MAX_BYTES: usize = 255;

/// The longest prefix in bytes that the server may put before a `sub`, so that two identity providers never name the same user.
pub const USER_PREFIX_MAX_BYTES: usize = 127;

/// The longest user id in bytes: the longest prefix with the longest `sub`.
pub const USER_ID_MAX_BYTES: usize = USER_PREFIX_MAX_BYTES + SUBJECT_MAX_BYTES;

/// A user id: the `sub` of the identity provider, after a prefix if the settings give one. It has 1 to 382 bytes without
/// control characters.
///
/// User ids are compared byte for byte: `Bob` and `bob` are two users.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct UserId(String);

/// Why a text is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text is empty.
    #[error("must not be empty")]
    Empty,
    /// The text is longer than [`USER_ID_MAX_BYTES`].
    #[error("must be at most {USER_ID_MAX_BYTES} bytes")]
    TooLong,
    /// The text has a control character, which no log or page should have to show.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// The text is not a UUID with hyphens.
    #[error("must be a session id")]
    NotSessionId,
}

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

/// A session id (`sid`): a UUID in lower case with hyphens. It is not a secret.
///
/// Latchkey makes UUIDs of version 7, so ids sort by the time of the sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(Uuid);

impl SessionId {
    /// The id with these 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The 16 bytes of the id.
    pub const fn as_bytes(&self) -> &[u8; 16] {
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

    /// Accepts upper and lower case, because some platforms print UUIDs in upper case (RFC 9562 section 4). The id is
    /// written in lower case everywhere, so that one session has one name in every table and rate limit.
    fn from_str(text: &str) -> Result<Self, IdError> {
        let id = Uuid::try_parse(text).map_err(|_| IdError::NotSessionId)?;
        let is_hyphenated = id.hyphenated().to_string().eq_ignore_ascii_case(text);
        is_hyphenated.then_some(Self(id)).ok_or(IdError::NotSessionId)
    }
}

impl Serialize for SessionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
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
    fn a_session_id_is_read_in_any_case_and_written_in_lower_case() {
        let id = SessionId::from_bytes(*b"\x01\x93\x5c\xd1\x7a\x00\x77\x07\x87\x07\x07\x07\x07\x07\x07\xab");
        let text = id.to_string();
        assert_eq!(text.parse(), Ok(id));
        let mixed = text.replace("cd", "Cd");
        assert!(mixed != text);
        for spelling in [text.to_uppercase(), mixed] {
            assert_eq!(
                spelling.parse::<SessionId>().map(|id| id.to_string()),
                Ok(text.clone()),
                "{spelling}"
            );
        }
        for other in [
            text.replace('-', ""),
            format!("{{{text}}}"),
            format!("urn:uuid:{text}"),
            format!(" {text}"),
            text.replacen('-', "\u{2010}", 1),
        ] {
            assert_eq!(other.parse::<SessionId>(), Err(IdError::NotSessionId), "{other}");
        }
    }

    #[test]
    fn a_user_id_is_bounded_and_printable() {
        assert_eq!("".parse::<UserId>(), Err(IdError::Empty));
        assert_eq!("a".repeat(383).parse::<UserId>(), Err(IdError::TooLong));
        assert_eq!("ü".repeat(192).parse::<UserId>(), Err(IdError::TooLong), "bytes are counted");
        assert_eq!("a\nb".parse::<UserId>(), Err(IdError::ControlCharacter));
        assert!("a".repeat(382).parse::<UserId>().is_ok());
        assert_eq!(IdError::TooLong.to_string(), "must be at most 382 bytes");
    }
}
