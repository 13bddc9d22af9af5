//! Is this access token good? For a service that has our public keys and neither a store nor HTTP.
//!
//! ```
//! use latchkey::clock::{Clock, SystemClock};
//! use latchkey::token::verifier::Verifier;
//! # use latchkey::token::keys::{KeySet, generate_key_set};
//! # use latchkey::token::access::{Claims, mint};
//! # use latchkey::domain::id::SessionId;
//! # fn token(keys: &KeySet, now: i64) -> Result<String, Box<dyn std::error::Error>> {
//! #     let claims = Claims {
//! #         iss: "https://app.example.com/api/auth".into(), sub: "alice".parse()?, aud: "shop".into(),
//! #         client_id: "shop".into(), iat: now, exp: now + 3600, nbf: None, jti: "j".into(),
//! #         sid: SessionId::derive(now, &[1; 32]), auth_time: now, scope: Default::default(),
//! #     };
//! #     Ok(mint(&claims, keys.signer()?)?.expose().to_owned())
//! # }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now = SystemClock.now();
//! # let keys = KeySet::parse(&generate_key_set())?;
//! # let (jwks, token) = (keys.public_jwks().to_string(), token(&keys, now.seconds())?);
//!
//! // `jwks` is the text of https://app.example.com/api/auth/.well-known/jwks.json
//! let verifier = Verifier::parse(&jwks, "https://app.example.com/api/auth", "shop")?;
//! let claims = verifier.verify(&token, now)?;
//! assert_eq!(claims.sub.as_str(), "alice");
//! assert!(verifier.verify(&token[1..], now).is_err());
//! # Ok(())
//! # }
//! ```
//!
//! It is an offline check: a token of a session that has ended stays good until its `exp`.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use super::access::{self, AccessTokenError, Claims};
use super::issuer::parse_fetched_jwks;
use super::jws::VerifyingKey;
use crate::domain::time::Timestamp;

/// Whose tokens are taken, and for whom they must be. Cheap to clone; clones share their keys.
#[derive(Clone)]
pub struct Verifier(Arc<Parts>);

struct Parts {
    keys: RwLock<Arc<[VerifyingKey]>>,
    issuer: String,
    audience: String,
}

/// The text is no JSON Web Key Set, or no key in it can verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a JSON Web Key Set with an EC P-256, RSA or Ed25519 key")]
pub struct NoKeys;

/// Why [`verify_access_token`] says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// The keys cannot be used: the token may be good.
    #[error(transparent)]
    Keys(#[from] NoKeys),
    /// The token is not taken.
    #[error(transparent)]
    Token(#[from] AccessTokenError),
}

/// Verifies one access token with the text of a JWKS; [`Verifier`] does so without parsing it every time.
///
/// # Errors
/// The token is expired or not valid, or the JWKS has no key.
pub fn verify_access_token(
    token: &str,
    jwks: &str,
    issuer: &str,
    audience: &str,
    now: Timestamp,
) -> Result<Claims, NotVerified> {
    Ok(Verifier::parse(jwks, issuer, audience)?.verify(token, now)?)
}

impl Verifier {
    /// A verifier with keys that are known to be good.
    pub fn new(keys: Vec<VerifyingKey>, issuer: &str, audience: &str) -> Self {
        let keys = RwLock::new(keys.into());
        Self(Arc::new(Parts { keys, issuer: issuer.to_owned(), audience: audience.to_owned() }))
    }

    /// A verifier with the keys of a public JWKS; entries of a kind it does not know are left out.
    ///
    /// # Errors
    /// None is left.
    pub fn parse(jwks: &str, issuer: &str, audience: &str) -> Result<Self, NoKeys> {
        Ok(Self::new(usable(jwks)?, issuer, audience))
    }

    /// Takes these keys from now on, in every clone: a running service follows a key rotation so.
    ///
    /// # Errors
    /// No key in the text can verify; the keys stay as they were.
    pub fn replace_keys(&self, jwks: &str) -> Result<(), NoKeys> {
        let keys = usable(jwks)?.into();
        *self.0.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// Verifies a token: signature, `typ`, `iss`, `aud` and time.
    ///
    /// # Errors
    /// `Expired` only when everything but `exp` holds, else `Invalid`.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, AccessTokenError> {
        let keys = self.0.keys.read().unwrap_or_else(PoisonError::into_inner).clone();
        access::verify(token, &keys, &self.0.issuer, &self.0.audience, now)
    }
}

fn usable(jwks: &str) -> Result<Vec<VerifyingKey>, NoKeys> {
    parse_fetched_jwks(jwks.as_bytes()).map_err(|_| NoKeys)
}

impl fmt::Debug for Verifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Verifier")
            .field("issuer", &self.0.issuer)
            .field("audience", &self.0.audience)
            .finish_non_exhaustive()
    }
}
