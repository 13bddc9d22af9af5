//! Is this access token valid? JWTs as RFC 9068 defines them.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

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
    /// When the user last authenticated; `None` if the identity provider does not give it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The scope words that the token grants. A token without `scope` grants none.
    #[serde(default, skip_serializing_if = "Scope::is_empty")]
    pub scope: Scope,
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
}

/// Verifies an access token with keys that the caller has: signature, `typ`, `iss`, `aud` and time.
///
/// The check is offline: the token of a session that has ended stays valid until its `exp`.
/// [`Verifier`](crate::Verifier) does the same and keeps the keys.
///
/// # Errors
/// `Expired` only when everything but `exp` is right, so that a client refreshes for the right reason; `Invalid`
/// otherwise.
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
    let claims = verify_expired_access_token(token, keys, issuer, audience, now)?;
    if epoch_seconds(now) >= claims.exp { Err(AccessTokenError::Expired) } else { Ok(claims) }
}

/// As [`verify_access_token`], but accepts a token that has expired. Such a token must not authorize anything: use
/// it only to tell its holder what became of the session.
///
/// # Errors
/// `Invalid`.
pub fn verify_expired_access_token(
    token: &str,
    keys: &[VerifyingKey],
    issuer: &str,
    audience: &str,
    now: SystemTime,
) -> Result<Claims, AccessTokenError> {
    let signed = verify_signature(token, keys).map_err(|_| AccessTokenError::Invalid)?;
    if !is_access_token_typ(signed.typ.as_deref().unwrap_or_default()) {
        return Err(AccessTokenError::Invalid);
    }
    let claims: Claims = serde_json::from_slice(&signed.payload).map_err(|_| AccessTokenError::Invalid)?;
    let latest = epoch_seconds(now).saturating_add(CLOCK_SKEW_SECONDS);
    let has_begun = claims.iat <= latest && claims.nbf.is_none_or(|nbf| nbf <= latest);
    if claims.iss == issuer && claims.aud == audience && has_begun {
        Ok(claims)
    } else {
        Err(AccessTokenError::Invalid)
    }
}

fn is_access_token_typ(typ: &str) -> bool {
    typ.eq_ignore_ascii_case(ACCESS_TOKEN_TYPE) || typ.eq_ignore_ascii_case("application/at+jwt")
}
