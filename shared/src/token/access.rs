//! Access tokens: JWTs as RFC 9068 defines them. The crate `latchkey-verifier` verifies them, here and in other services.

pub use latchkey_verifier::{AccessTokenError, Claims};

use super::SecretToken;
use super::signer::{Signer, SigningFailed};

/// Signs an access token with these claims.
///
/// # Errors
/// Signing failed.
pub fn mint(claims: &Claims, signer: &Signer) -> Result<SecretToken, SigningFailed> {
    let payload = serde_json::to_vec(claims).map_err(|_| SigningFailed)?;
    signer.sign(&payload)
}
