//! Tokens: what proves who is calling, and the keys behind it.
//!
//! | token | made by | verified by | carries |
//! |---|---|---|---|
//! | assertion | a trusted issuer | [`assertion`] | who signed in |
//! | access token | [`access`] | any service with our JWKS (crate `latchkey-verifier`) | who calls, in which session |
//! | refresh token | [`refresh`] | ourselves alone | session, generation, nonce |
//!
//! Each kind has its own `typ` and key type, so none passes for another.

pub mod access;
pub mod assertion;
pub mod cursor;
pub mod fetch;
pub mod issuer;
pub mod jwk;
pub mod keys;
pub mod refresh;
pub mod signer;

use std::fmt;

/// A token as it travels: printed nowhere, handed out through one loud door.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretToken(String);

impl SecretToken {
    /// Wraps a token.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The token itself, for a reply body or a `Set-Cookie` and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SecretToken(..)")
    }
}
