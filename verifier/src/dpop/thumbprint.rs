//! Which key is it, in 32 bytes? The SHA-256 thumbprint of a JWK (RFC 7638).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The SHA-256 thumbprint of a public key, as in `cnf.jkt`. It is not a secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Thumbprint([u8; 32]);

/// The text is not a thumbprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a SHA-256 JWK thumbprint: 43 characters of base64url")]
pub struct ThumbprintError;

impl Thumbprint {
    /// The thumbprint with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads the base64url form.
    ///
    /// # Errors
    /// The text is not 43 characters of base64url without padding.
    pub fn parse(text: &str) -> Result<Self, ThumbprintError> {
        let bytes = BASE64URL.decode(text).map_err(|_| ThumbprintError)?;
        bytes.try_into().map(Self).map_err(|_| ThumbprintError)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 16 bytes, for a row that must stay small. To find another key with the same 16 bytes takes some 2^128
    /// attempts.
    pub fn truncated(&self) -> [u8; 16] {
        *self.0.first_chunk().expect("32 bytes begin with 16")
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&BASE64URL.encode(self.0))
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Thumbprint({self})")
    }
}

impl FromStr for Thumbprint {
    type Err = ThumbprintError;

    fn from_str(text: &str) -> Result<Self, ThumbprintError> {
        Self::parse(text)
    }
}

impl Serialize for Thumbprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Thumbprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbprint_has_one_text_and_32_bytes() {
        let bytes: [u8; 32] = std::array::from_fn(|at| at as u8);
        let thumbprint = Thumbprint::from_bytes(bytes);
        assert_eq!(Thumbprint::parse(&thumbprint.to_string()), Ok(thumbprint));
        assert_eq!(thumbprint.truncated(), bytes[..16]);
        let text = BASE64URL.encode([0; 32]);
        // The last character has two bits that belong to no byte.
        let other_spelling = format!("{}B", &text[..42]);
        for wrong in ["", &text[..42], &format!("{text}="), &format!("{text}A"), &other_spelling, "+/"] {
            assert_eq!(Thumbprint::parse(wrong), Err(ThumbprintError), "{wrong}");
        }
    }
}
