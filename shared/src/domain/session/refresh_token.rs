//! The content of a refresh token. [`crate::token::refresh`] seals and opens it.

use std::fmt;

use super::binding::BoundKey;
use super::nonce::Nonce;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::id::{SessionId, UserId};
use crate::domain::limit::Window;
use crate::domain::time::Timestamp;

/// Two characters that identify a refresh key in a session's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyTag([u8; 2]);

/// The content of a refresh token.
#[derive(Clone)]
pub struct RefreshToken {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// The generation of the session when the token was made.
    pub generation: u64,
    /// When this generation began.
    pub issued_at: Timestamp,
    /// When the token expires.
    pub expires_at: Timestamp,
    /// The absolute end of the session, which no refresh moves.
    pub absolute_expires_at: Timestamp,
    /// The session's secret.
    pub nonce: Nonce,
    /// The state of the session's refresh limit.
    pub window: Window,
    /// The client that made this generation.
    pub fingerprint: Fingerprint,
    /// The key that the session is bound to. The token is accepted with a proof by this key only.
    pub bound_key: Option<BoundKey>,
    /// Whether it was delivered or presented in a body, so that a script could read it. The proofs of a bound token then need a
    /// nonce, and a session with a device key does not accept it.
    pub was_in_body: bool,
    /// Whether the session had a confirmed device key when the token was made, so that only a proof by that key gets an access
    /// token.
    pub is_device_bound: bool,
    /// The refresh key that sealed the token and made the fingerprint.
    pub sealed_by: KeyTag,
}

impl RefreshToken {
    /// Whether the token itself has expired. A session that was refreshed since may still live.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at || now >= self.absolute_expires_at
    }
}

impl KeyTag {
    /// The tag with these two characters.
    pub const fn new(characters: [u8; 2]) -> Self {
        Self(characters)
    }

    /// The tag in a row.
    pub fn parse(text: &str) -> Option<Self> {
        text.as_bytes().try_into().ok().map(Self)
    }

    /// The text for a row.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RefreshToken")
            .field("session", &self.session)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tag_has_two_characters() {
        assert_eq!(KeyTag::parse("k1"), Some(KeyTag::new(*b"k1")));
        assert_eq!(KeyTag::new(*b"k1").as_str(), "k1");
        assert_eq!((KeyTag::parse("k"), KeyTag::parse("k12")), (None, None));
    }
}
