//! Tokens, and the keys that sign and verify them.
//!
//! | token | made by | verified by | contains |
//! |---|---|---|---|
//! | assertion | a trusted issuer | [`assertion`] | the user that has signed in |
//! | logout token | a trusted issuer | [`logout_token`] | the user or the session at the issuer whose sessions end |
//! | credential of a global revocation | a trusted issuer | [`revocation_order`] | the right to end all sessions of one user |
//! | security event token | a trusted issuer | [`security_event`] | events, some of which end sessions |
//! | access token | [`access`] | any service that has our JWKS (crate `latchkey-verifier`) | user, session, scope |
//! | refresh token | [`refresh`] | Latchkey only | user, session, generation, nonce |
//! | link of a sign-in review | [`review_link`] | Latchkey only | user, session, event |
//!
//! [`order`] has everything that the three orders of an issuer share.
//!
//! Each kind has its own `typ` and its own kind of key, so that no token is accepted in place of another kind.

pub mod access;
pub mod assertion;
pub mod claim;
pub mod cursor;
pub mod device;
pub mod fetch;
pub mod issuer;
pub mod jwk;
pub mod keys;
pub mod logout_token;
pub mod order;
mod provider_claims;
pub mod refresh;
pub mod review_link;
pub mod revocation_order;
pub mod security_event;
pub mod signer;

use std::fmt;

/// A token for a client. It has no `Display` and a redacted `Debug`, so that it cannot get into a log by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretToken(String);

impl SecretToken {
    /// Wraps a token.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text of the token, for a response body or a `Set-Cookie` header only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SecretToken(..)")
    }
}
