//! Access tokens: JWTs as RFC 9068 has them, good for an hour, verified offline with the JWKS.

use serde::{Deserialize, Serialize};

use super::SecretToken;
use super::jws::{self, VerifyingKey};
use super::signer::{ACCESS_TOKEN_TYPE, Signer, SigningFailed};
use crate::domain::id::{SessionId, UserId};
use crate::domain::scope::Scope;
use crate::domain::time::Timestamp;

/// How far ahead of our clock `iat` and `nbf` may be, in seconds; `exp` has no leeway.
const CLOCK_SKEW_SECONDS: i64 = 60;

/// The claims of an access token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer.
    pub iss: String,
    /// The user.
    pub sub: UserId,
    /// Audience: one text. A list, which we never mint, is not taken.
    pub aud: String,
    /// The client, which RFC 9068 requires: the audience, since one app has one client here.
    pub client_id: String,
    /// When it was minted.
    pub iat: i64,
    /// When it ends; no later than its session.
    pub exp: i64,
    /// Not before; we mint none, but one that is there counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// A name for this one token.
    pub jti: String,
    /// The session.
    pub sid: SessionId,
    /// When the user last proved who they are.
    pub auth_time: i64,
    /// What the caller may do.
    #[serde(default)]
    pub scope: Scope,
}

/// Why an access token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessTokenError {
    /// It was good and is over: refresh and try again.
    #[error("the access token has expired")]
    Expired,
    /// It was never good: signature, type, issuer, audience or a claim.
    #[error("the access token is not valid")]
    Invalid,
}

/// Signs claims.
///
/// # Errors
/// The machine could not sign.
pub fn mint(claims: &Claims, signer: &Signer) -> Result<SecretToken, SigningFailed> {
    let payload = serde_json::to_vec(claims).map_err(|_| SigningFailed)?;
    signer.sign(&payload)
}

/// Verifies a token offline: signature, then `typ`, `iss`, `aud`, then time.
///
/// It says nothing about the session, which may have ended since: every endpoint of our own also
/// reads the session's row. Another service that cannot should keep [`Claims::exp`] short.
///
/// # Errors
/// `Expired` only when everything but `exp` holds, so that a client refreshes for the right reason.
/// *Source*: RFC 9068 section 4, RFC 8725.
pub fn verify(
    token: &str,
    keys: &[VerifyingKey],
    issuer: &str,
    audience: &str,
    now: Timestamp,
) -> Result<Claims, AccessTokenError> {
    let claims = verify_authentic(token, keys, issuer, audience, now)?;
    if now.seconds() >= claims.exp { Err(AccessTokenError::Expired) } else { Ok(claims) }
}

/// As [`verify`], for a token that may have expired: only to tell its holder how it stands.
///
/// # Errors
/// `Invalid`.
pub fn verify_authentic(
    token: &str,
    keys: &[VerifyingKey],
    issuer: &str,
    audience: &str,
    now: Timestamp,
) -> Result<Claims, AccessTokenError> {
    let signed = jws::verify(token, keys).map_err(|_| AccessTokenError::Invalid)?;
    let typ = signed.typ.as_deref().unwrap_or_default();
    if !typ.eq_ignore_ascii_case(ACCESS_TOKEN_TYPE) && !typ.eq_ignore_ascii_case("application/at+jwt") {
        return Err(AccessTokenError::Invalid);
    }
    let claims: Claims = serde_json::from_slice(&signed.payload).map_err(|_| AccessTokenError::Invalid)?;
    let latest = now.seconds().saturating_add(CLOCK_SKEW_SECONDS);
    let ours = claims.iss == issuer && claims.aud == audience;
    let begun = claims.iat <= latest && claims.nbf.is_none_or(|nbf| nbf <= latest);
    if !ours || !begun {
        return Err(AccessTokenError::Invalid);
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::keys::{KeySet, generate_key_set};
    use serde_json::{Value, json};

    const NOW: i64 = 1_732_442_400;

    fn claims() -> Value {
        json!({"iss": "https://a.example/api/auth", "sub": "alice", "aud": "app", "client_id": "app", "iat": NOW,
               "exp": NOW + 3600, "jti": "j", "sid": SessionId::derive(NOW, &[1; 32]), "auth_time": NOW, "scope": ""})
    }

    fn check(claims: &str, at: i64) -> Result<Claims, AccessTokenError> {
        let keys = KeySet::parse(&generate_key_set()).unwrap();
        let token = keys.signer().unwrap().sign(claims.as_bytes()).unwrap();
        verify(
            token.expose(),
            keys.verifying(),
            "https://a.example/api/auth",
            "app",
            Timestamp::from_seconds(at),
        )
    }

    #[test]
    fn a_token_is_good_until_the_second_it_expires() {
        assert!(check(&claims().to_string(), NOW + 3599).is_ok());
        assert_eq!(check(&claims().to_string(), NOW + 3600).unwrap_err(), AccessTokenError::Expired);
    }

    #[test]
    fn a_signed_token_with_a_wrong_claim_is_refused() {
        let cases: [(&str, Value); 12] = [
            ("iss", json!("https://b.example/api/auth")),
            ("aud", json!("other")),
            ("aud", json!(["app", "other"])),
            ("exp", json!("9999999999")),
            ("exp", json!(1e300)),
            ("exp", json!(-1)),
            ("nbf", json!("0")),
            ("nbf", json!(NOW + 61)),
            ("iat", json!(NOW + 61)),
            ("sid", json!("not-a-session")),
            ("sub", json!("")),
            ("sub", json!(7)),
        ];
        for (name, value) in cases {
            let mut claims = claims();
            claims[name] = value.clone();
            assert!(check(&claims.to_string(), NOW).is_err(), "{name} = {value}");
        }
        for name in ["iss", "sub", "aud", "client_id", "iat", "exp", "jti", "sid", "auth_time"] {
            let mut claims = claims();
            claims.as_object_mut().unwrap().remove(name);
            assert_eq!(
                check(&claims.to_string(), NOW).unwrap_err(),
                AccessTokenError::Invalid,
                "without {name}"
            );
        }
    }

    #[test]
    fn a_payload_that_names_a_claim_twice_is_refused() {
        let twice = claims().to_string().replacen('{', r#"{"sub":"mallory","#, 1);
        assert_eq!(check(&twice, NOW).unwrap_err(), AccessTokenError::Invalid);
    }
}
