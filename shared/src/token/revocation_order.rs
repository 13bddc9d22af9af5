//! The credential of a global token revocation: a short-lived JWT with which a trusted issuer authenticates one order.
//! *Source*: draft-parecki-oauth-global-token-revocation, and Okta's profile of it.
//!
//! The order's body is not signed. So one credential serves one subject: the store keeps both together until the credential expires.

use std::time::Duration;

use aws_lc_rs::digest;
use latchkey_verifier::VerifyingKey;
use serde::Deserialize;

use super::issuer::OrderKind;
use super::order::{ClaimedIssuer, Expiry, OrderError, OrderRules, Untyped, verified_order};
use crate::domain::time::Timestamp;

/// The rules of these credentials. The row of one is kept until it expires, an hour at most.
pub const REVOCATION_CREDENTIAL: OrderRules = OrderRules {
    kind: OrderKind::GlobalRevocation,
    types: &["global-token-revocation+jwt"],
    untyped: Untyped::Refused,
    required: "iss, aud, iat, exp or jti",
    expiry: Expiry::Within(Duration::from_secs(3_600)),
};

/// A verified credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationCredential {
    /// The hash of its issuer and its `jti`.
    pub id: [u8; 16],
    /// The time of the order.
    pub issued_at: Timestamp,
    /// The moment at which it expires.
    pub expires_at: Timestamp,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    jti: String,
}

/// Verifies a credential.
///
/// # Errors
/// See [`OrderError`].
pub fn verify(
    text: &str,
    claimed: ClaimedIssuer<'_>,
    keys: &[VerifyingKey],
    now: Timestamp,
) -> Result<RevocationCredential, OrderError> {
    let order = verified_order::<Claims>(text, &REVOCATION_CREDENTIAL, claimed.source, keys, now)?;
    let Some(expires_at) = order.expires_at.filter(|_| !order.claims.jti.is_empty()) else {
        return Err(OrderError::Claims(REVOCATION_CREDENTIAL.required));
    };
    Ok(RevocationCredential { id: id_of(&order.claims), issued_at: order.issued_at, expires_at })
}

fn id_of(claims: &Claims) -> [u8; 16] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(claims.iss.as_bytes());
    context.update(&[0]);
    context.update(claims.jti.as_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&context.finish().as_ref()[..16]);
    id
}
