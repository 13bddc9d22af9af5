//! Whose tokens does a service accept? Those of one issuer for one audience.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use crate::access_token::{AccessTokenError, Claims, SignedClaims, verify_signed_claims};
use crate::fetch::Fetch;
use crate::issuer_url::{IssuerUrlError, below_issuer};
use crate::jwks::{NoKeys, parse_jwks};
use crate::jwks_cache::{JwksCache, KeysUnavailable};
use crate::jws::VerifyingKey;

/// Verifies access tokens with keys that the service has. Cheap to clone; clones share their keys.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use latchkey_verifier::{AccessTokenError, Verifier};
///
/// # let jwks = include_str!("../examples/sample/jwks.json");
/// # let token = include_str!("../examples/sample/token.txt").trim();
/// # let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
/// // `jwks` is the text of https://app.example.com/api/auth/.well-known/jwks.json
/// let verifier = Verifier::parse(jwks, "https://app.example.com/api/auth", "shop")?;
/// let claims = verifier.verify(token, now)?;
/// assert_eq!(claims.sub.as_str(), "alice");
///
/// let later = now + Duration::from_secs(3600);
/// assert_eq!(verifier.verify(token, later).unwrap_err(), AccessTokenError::Expired);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Verifier(Arc<Parts>);

struct Parts {
    keys: RwLock<Arc<[VerifyingKey]>>,
    issuer: String,
    audience: String,
}

impl Verifier {
    /// A verifier with these keys.
    pub fn new(keys: Vec<VerifyingKey>, issuer: &str, audience: &str) -> Self {
        let keys = RwLock::new(keys.into());
        Self(Arc::new(Parts { keys, issuer: issuer.to_owned(), audience: audience.to_owned() }))
    }

    /// A verifier with the keys of a public JWKS. Entries of an unsupported kind are skipped.
    ///
    /// # Errors
    /// The text is not a JWKS, or no usable key is left.
    pub fn parse(jwks: &str, issuer: &str, audience: &str) -> Result<Self, NoKeys> {
        Ok(Self::new(parse_jwks(jwks.as_bytes())?, issuer, audience))
    }

    /// Replaces the keys in every clone, so that a running service follows a key rotation.
    ///
    /// # Errors
    /// The text is not a JWKS, or it has no usable key. The keys stay as they were.
    pub fn replace_keys(&self, jwks: &str) -> Result<(), NoKeys> {
        let keys = parse_jwks(jwks.as_bytes())?.into();
        *self.0.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// Verifies a token offline: signature, `typ`, `iss`, `aud` and time. A token that is bound to a key is refused.
    ///
    /// # Errors
    /// As [`verify_access_token`](crate::verify_access_token).
    pub fn verify(&self, token: &str, now: SystemTime) -> Result<Claims, AccessTokenError> {
        self.verify_signature(token, now)?.unexpired(now)?.proven_by(None)
    }

    /// Verifies everything but the expiry and the proof of the key.
    ///
    /// # Errors
    /// As [`verify_signed_claims`].
    pub fn verify_signature<'t>(
        &self,
        token: &'t str,
        now: SystemTime,
    ) -> Result<SignedClaims<'t>, AccessTokenError> {
        verify_signed_claims(token, &self.keys(), &self.0.issuer, &self.0.audience, now)
    }

    fn keys(&self) -> Arc<[VerifyingKey]> {
        self.0.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { keys: _, issuer, audience } = &*self.0;
        out.debug_struct("Verifier")
            .field("issuer", issuer)
            .field("audience", audience)
            .finish_non_exhaustive()
    }
}

/// Verifies access tokens with the keys that the issuer publishes, which it fetches when they are needed.
///
/// Use this in a service that runs for long: it follows a key rotation by itself.
#[derive(Clone, Debug)]
pub struct RemoteVerifier {
    keys: JwksCache,
    issuer: Arc<str>,
    audience: Arc<str>,
}

/// Why a token is not accepted.
#[derive(Clone, Debug, thiserror::Error)]
pub enum VerifyError {
    /// The token is refused.
    #[error(transparent)]
    Token(#[from] AccessTokenError),
    /// The keys cannot be fetched: the token may be valid.
    #[error(transparent)]
    Keys(#[from] KeysUnavailable),
}

impl RemoteVerifier {
    /// A verifier with the keys at `<issuer>/.well-known/jwks.json`. Nothing is fetched yet.
    ///
    /// # Errors
    /// The issuer is not an https URL; http is accepted for loopback only.
    pub fn new(issuer: &str, audience: &str, fetch: Arc<dyn Fetch>) -> Result<Self, IssuerUrlError> {
        let url = below_issuer(issuer, ".well-known/jwks.json")?;
        Ok(Self { keys: JwksCache::new(url, fetch), issuer: issuer.into(), audience: audience.into() })
    }

    /// Verifies a token offline: signature, `typ`, `iss`, `aud` and time. The keys may have to be fetched first. A token
    /// that is bound to a key is refused.
    ///
    /// # Errors
    /// As [`verify_access_token`](crate::verify_access_token), or the keys cannot be fetched.
    pub async fn verify(&self, token: &str, now: SystemTime) -> Result<Claims, VerifyError> {
        Ok(self.verify_signature(token, now).await?.unexpired(now)?.proven_by(None)?)
    }

    /// Verifies everything but the expiry and the proof of the key.
    ///
    /// # Errors
    /// As [`verify_signed_claims`], or the keys cannot be fetched.
    pub async fn verify_signature<'t>(
        &self,
        token: &'t str,
        now: SystemTime,
    ) -> Result<SignedClaims<'t>, VerifyError> {
        let keys = self.keys.keys_for(token, now).await?;
        Ok(verify_signed_claims(token, &keys, &self.issuer, &self.audience, now)?)
    }
}

/// Either kind of verifier.
#[derive(Clone, Debug)]
pub enum AnyVerifier {
    /// With keys that the service has.
    Local(Verifier),
    /// With keys that are fetched.
    Remote(RemoteVerifier),
}

impl AnyVerifier {
    /// The issuer whose tokens are accepted.
    pub fn issuer(&self) -> &str {
        match self {
            Self::Local(verifier) => &verifier.0.issuer,
            Self::Remote(verifier) => &verifier.issuer,
        }
    }

    /// The keys for a signature whose header names this `kid`.
    pub(crate) async fn keys_with(
        &self,
        kid: Option<&str>,
        now: SystemTime,
    ) -> Result<Arc<[VerifyingKey]>, KeysUnavailable> {
        match self {
            Self::Local(verifier) => Ok(verifier.keys()),
            Self::Remote(verifier) => verifier.keys.keys_with(kid, now).await,
        }
    }

    /// Verifies a token. One that is bound to a key is refused.
    ///
    /// # Errors
    /// As [`RemoteVerifier::verify`].
    pub async fn verify(&self, token: &str, now: SystemTime) -> Result<Claims, VerifyError> {
        Ok(self.verify_signature(token, now).await?.unexpired(now)?.proven_by(None)?)
    }

    /// Verifies everything but the expiry and the proof of the key.
    ///
    /// # Errors
    /// As [`RemoteVerifier::verify_signature`].
    pub async fn verify_signature<'t>(
        &self,
        token: &'t str,
        now: SystemTime,
    ) -> Result<SignedClaims<'t>, VerifyError> {
        match self {
            Self::Local(verifier) => Ok(verifier.verify_signature(token, now)?),
            Self::Remote(verifier) => verifier.verify_signature(token, now).await,
        }
    }
}

impl From<Verifier> for AnyVerifier {
    fn from(verifier: Verifier) -> Self {
        Self::Local(verifier)
    }
}

impl From<RemoteVerifier> for AnyVerifier {
    fn from(verifier: RemoteVerifier) -> Self {
        Self::Remote(verifier)
    }
}
