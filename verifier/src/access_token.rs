//! Is this access token valid? JWTs as RFC 9068 defines them.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::dpop::{KeyRule, Proof, Thumbprint};
use crate::id::{SessionId, UserId};
use crate::jws::{VerifyingKey, verify_signature};
use crate::scope::Scope;
use crate::time::epoch_seconds;

/// The `typ` in the header of an access token, so that no other kind of token passes for one.
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// How far ahead of the verifier's clock `iat` and `nbf` may be, in seconds, because clocks differ. `exp` has no
/// such allowance.
const CLOCK_SKEW_SECONDS: i64 = 60;

/// The claims of an access token. All times are in seconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer.
    pub iss: String,
    /// The user.
    pub sub: UserId,
    /// Audience. A token with a list of audiences is refused: Latchkey never issues one.
    pub aud: String,
    /// The OAuth client, which RFC 9068 requires. Latchkey writes the audience, since an app has one client.
    pub client_id: String,
    /// When the token was issued.
    pub iat: i64,
    /// When the token expires; never later than its session.
    pub exp: i64,
    /// When the token begins to be valid. Latchkey issues no such claim, but respects it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// The token's id.
    pub jti: String,
    /// The session.
    pub sid: SessionId,
    /// When the session started. A revocation of all sessions up to that second or a later one has ended it. Tokens of earlier
    /// versions of Latchkey do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sst: Option<i64>,
    /// When the user last authenticated; `None` if the identity provider does not give it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The scope words that the token grants. A token without `scope` grants none.
    #[serde(default, skip_serializing_if = "Scope::is_empty")]
    pub scope: Scope,
    /// The key that the token is bound to. Such a token is worth nothing without a proof of the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
}

/// The key that a token is bound to. Other members than `jkt` are refused, because they could not be checked.
///
/// *Source*: RFC 7800, RFC 9449 section 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The thumbprint of the key.
    pub jkt: Thumbprint,
}

/// Why an access token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessTokenError {
    /// The token was valid until its `exp`. The client should refresh and try again.
    #[error("the access token has expired")]
    Expired,
    /// The signature, the type, the issuer, the audience or another claim is wrong.
    #[error("the access token is not valid")]
    Invalid,
    /// The token is bound to a key and came without a proof of it, for example as a Bearer token or in a cookie.
    #[error(
        "the access token is bound to a key: send it with the scheme DPoP and a proof in the header DPoP"
    )]
    ProofRequired,
    /// The token is bound to another key than the proof's, or the proof is for another token.
    #[error("the access token is bound to another key than the proof's")]
    WrongKey,
    /// The token came with the scheme DPoP, but it is bound to no key.
    #[error("the access token is bound to no key: send it with the scheme Bearer")]
    NotBound,
}

/// Claims with a right signature, type, issuer and audience. Expiry and proof are still to be checked.
///
/// ```
/// use std::time::SystemTime;
/// use latchkey_verifier::dpop::Proof;
/// use latchkey_verifier::{AccessTokenError, Claims, Verifier};
///
/// // `proof` was verified with `Expected::access_token` and `SignedClaims::key_rule`.
/// fn claims_of(
///     verifier: &Verifier,
///     token: &str,
///     proof: &Proof,
///     now: SystemTime,
/// ) -> Result<Claims, AccessTokenError> {
///     verifier.verify_signature(token, now)?.unexpired(now)?.proven_by(Some(proof))
/// }
/// ```
#[derive(Clone)]
pub struct SignedClaims<'t> {
    token: &'t str,
    claims: Claims,
}

impl SignedClaims<'_> {
    /// The rule for the key of the proof that must come with the token.
    pub fn key_rule(&self) -> KeyRule {
        self.claims.cnf.map_or(KeyRule::Any, |bound| KeyRule::Thumbprint(bound.jkt))
    }

    /// Checks that the token has not expired.
    ///
    /// # Errors
    /// `Expired`. There is no allowance for clocks that differ.
    pub fn unexpired(self, now: SystemTime) -> Result<Self, AccessTokenError> {
        if epoch_seconds(now) >= self.claims.exp { Err(AccessTokenError::Expired) } else { Ok(self) }
    }

    /// Checks the token against the proof that came with it. A token that came as Bearer or in a cookie has none.
    ///
    /// # Errors
    /// `ProofRequired`, `WrongKey` or `NotBound`.
    ///
    /// *Source*: RFC 9449 sections 7.1 and 7.2.
    pub fn proven_by(self, proof: Option<&Proof>) -> Result<Claims, AccessTokenError> {
        match (self.claims.cnf, proof) {
            (None, None) => Ok(self.claims),
            (Some(bound), Some(proof)) if bound.jkt == proof.thumbprint && proof.is_for(self.token) => {
                Ok(self.claims)
            }
            (Some(_), Some(_)) => Err(AccessTokenError::WrongKey),
            (Some(_), None) => Err(AccessTokenError::ProofRequired),
            (None, Some(_)) => Err(AccessTokenError::NotBound),
        }
    }

    /// The claims without a check of the proof. They must not authorize anything: introspection (RFC 7662) describes a
    /// token to a service that checks the proof itself.
    pub fn unproven(self) -> Claims {
        self.claims
    }
}

/// Without the token, because a reader of a log must not be able to use it.
impl std::fmt::Debug for SignedClaims<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("SignedClaims").field("claims", &self.claims).finish_non_exhaustive()
    }
}

/// Verifies an access token with keys that the caller has: signature, `typ`, `iss`, `aud` and time.
///
/// The check is offline: the token of a session that has ended stays valid until its `exp`.
/// [`Verifier`](crate::Verifier) does the same and keeps the keys.
///
/// # Errors
/// `Expired` only when everything but `exp` is right, so that a client refreshes for the right reason. `ProofRequired` for
/// a token that is bound to a key: see [`verify_signed_claims`]. `Invalid` otherwise.
///
/// *Units and defaults*: `iat` and `nbf` may be 60 seconds ahead of `now`; `exp` has no such allowance.
///
/// *Source*: RFC 9068 section 4, RFC 8725.
pub fn verify_access_token(
    token: &str,
    keys: &[VerifyingKey],
    issuer: &str,
    audience: &str,
    now: SystemTime,
) -> Result<Claims, AccessTokenError> {
    verify_signed_claims(token, keys, issuer, audience, now)?.unexpired(now)?.proven_by(None)
}

/// As [`verify_access_token`], but accepts a token that has expired. Such a token must not authorize anything: use
/// it only to tell its holder what became of the session.
///
/// # Errors
/// `Invalid` or `ProofRequired`.
pub fn verify_expired_access_token(
    token: &str,
    keys: &[VerifyingKey],
    issuer: &str,
    audience: &str,
    now: SystemTime,
) -> Result<Claims, AccessTokenError> {
    verify_signed_claims(token, keys, issuer, audience, now)?.proven_by(None)
}

/// Verifies everything of an access token but its expiry and the proof of its key. The type of the result makes the
/// caller check both.
///
/// # Errors
/// `Invalid`.
pub fn verify_signed_claims<'t>(
    token: &'t str,
    keys: &[VerifyingKey],
    issuer: &str,
    audience: &str,
    now: SystemTime,
) -> Result<SignedClaims<'t>, AccessTokenError> {
    let signed = verify_signature(token, keys).map_err(|_| AccessTokenError::Invalid)?;
    if !is_access_token_typ(signed.typ.as_deref().unwrap_or_default()) {
        return Err(AccessTokenError::Invalid);
    }
    let claims: Claims = serde_json::from_slice(&signed.payload).map_err(|_| AccessTokenError::Invalid)?;
    let latest = epoch_seconds(now).saturating_add(CLOCK_SKEW_SECONDS);
    let has_begun = claims.iat <= latest && claims.nbf.is_none_or(|nbf| nbf <= latest);
    if claims.iss == issuer && claims.aud == audience && has_begun {
        Ok(SignedClaims { token, claims })
    } else {
        Err(AccessTokenError::Invalid)
    }
}

fn is_access_token_typ(typ: &str) -> bool {
    typ.eq_ignore_ascii_case(ACCESS_TOKEN_TYPE) || typ.eq_ignore_ascii_case("application/at+jwt")
}
