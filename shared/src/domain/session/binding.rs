//! The key of a browser or app that a session is bound to.
//!
//! A sign-in with a DPoP proof binds its session to the key of the proof. From then on a refresh needs a proof by the same
//! key, so that a copied refresh token is worthless. Only a sign-in binds: elsewhere a thief with a copied token could bind
//! the session to a key of their own.

use serde::Serialize;

/// The key that a session is bound to: the first 16 bytes of its thumbprint (RFC 7638). A proof brings the whole key, so
/// that this is enough to recognize it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BoundKey([u8; 16]);

/// How a session is bound to a key, as clients see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// Not at all: its refresh token is enough to refresh it.
    None,
    /// A refresh needs a proof by a key of the browser or app. *Source*: RFC 9449.
    Dpop,
    /// Besides, an access token needs a proof by a key in the device, which the browser keeps. *Source*: W3C Device Bound
    /// Session Credentials.
    Dbsc,
}

/// Whether a request proves that it has the key of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Possession {
    /// The session is not bound to a key, and proofs do not count.
    NotBound,
    /// The request has a valid proof by the key of the session.
    Proven,
    /// The session is bound, and the request has no proof by its key.
    Unproven,
}

/// The fault of a refresh of a bound session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofFault {
    /// It has no proof.
    Missing,
    /// Its proof is by another key.
    OtherKey,
    /// Its proof is not valid, for example because it was made for another request.
    Invalid,
}

impl BoundKey {
    /// The key with these first bytes of its thumbprint.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes for a row or a token.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl Possession {
    /// The possession of a session's key by a request with a proof by the key `shown`.
    pub fn of(bound: Option<BoundKey>, shown: Option<BoundKey>) -> Self {
        match bound {
            None => Self::NotBound,
            Some(_) if bound == shown => Self::Proven,
            Some(_) => Self::Unproven,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_proof_by_the_key_of_the_session_counts() {
        let (own, other) = (BoundKey::from_bytes([1; 16]), BoundKey::from_bytes([2; 16]));
        assert_eq!(Possession::of(None, None), Possession::NotBound);
        assert_eq!(Possession::of(None, Some(own)), Possession::NotBound, "a thief could bind it");
        assert_eq!(Possession::of(Some(own), Some(own)), Possession::Proven);
        assert_eq!(Possession::of(Some(own), Some(other)), Possession::Unproven);
        assert_eq!(Possession::of(Some(own), None), Possession::Unproven);
    }
}
