//! Access tokens: JWTs as RFC 9068 defines them. The crate `latchkey-verifier` verifies them, here and in other services.

pub use latchkey_verifier::{AccessTokenError, Claims, Confirmation, SignedClaims};

use super::SecretToken;
use super::signer::{Signer, SigningFailed};

/// The scheme with which a token is presented (RFC 6749 section 7.1): `DPoP` if it is bound to a key.
pub const fn token_type(cnf: Option<&Confirmation>) -> &'static str {
    if cnf.is_some() { "DPoP" } else { "Bearer" }
}

/// Signs an access token with these claims.
///
/// # Errors
/// Signing failed.
pub fn mint(claims: &Claims, signer: &Signer) -> Result<SecretToken, SigningFailed> {
    let payload = serde_json::to_vec(claims).map_err(|_| SigningFailed)?;
    signer.sign(&payload)
}
