//! The stand-in identity provider of the local server.
//!
//! A deployment trusts the app's identity provider. A laptop has none, so this one signs an assertion for any user on
//! request. It exists only in this binary, which listens only on loopback.

use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::error::{KeyRejected, Unspecified};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use latchkey::domain::time::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{chance, private_file};

/// The stand-in's issuer URL. `.localhost` never resolves to another machine.
pub const ISSUER: &str = "https://dev.latchkey.localhost";

/// The default lifetime of an assertion, in seconds.
pub const DEFAULT_EXPIRES_IN: i64 = 300;

const FILE_NAME: &str = "issuer.pk8";

/// Signs assertions with a key of its own.
#[derive(Clone)]
pub struct Issuer {
    key: Arc<EcdsaKeyPair>,
    kid: String,
    public_jwk: Value,
}

/// The content of an assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The user id.
    pub sub: String,
    /// Space-separated scopes, if any.
    pub scope: Option<String>,
    /// The time of the user's authentication, in seconds since the epoch.
    pub auth_time: Option<i64>,
    /// The lifetime of the assertion, in seconds.
    pub expires_in: i64,
}

/// The reason why the stand-in identity provider failed.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The key file cannot be read or written.
    #[error("issuer.pk8 in the data directory cannot be used")]
    File(#[from] std::io::Error),
    /// The key file holds something else.
    #[error("issuer.pk8 in the data directory is not an EC P-256 key")]
    Key(#[from] KeyRejected),
    /// The cryptography failed.
    #[error("the stand-in identity provider cannot generate a key")]
    Crypto(#[from] Unspecified),
    /// The claims cannot be written as JSON.
    #[error("the stand-in identity provider cannot sign claims that are not JSON")]
    Claims(#[from] serde_json::Error),
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

impl SignIn {
    /// A sign-in of `sub` with defaults.
    pub fn of(sub: impl Into<String>) -> Self {
        Self { sub: sub.into(), scope: None, auth_time: None, expires_in: DEFAULT_EXPIRES_IN }
    }
}

impl Issuer {
    /// Creates a stand-in with a new key.
    ///
    /// # Errors
    /// No key can be generated.
    pub fn generate() -> Result<Self, IssuerError> {
        Self::from_pkcs8(&new_key()?)
    }

    /// Creates a stand-in with the key in `directory`, which is generated if it is missing.
    ///
    /// # Errors
    /// The file cannot be read or written, or does not contain such a key.
    pub fn load_or_create(directory: &Path) -> Result<Self, IssuerError> {
        Self::from_pkcs8(&private_file::load_or_create(&directory.join(FILE_NAME), new_key)?)
    }

    fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, IssuerError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)?;
        // An uncompressed point: one byte 4, then x and y of 32 bytes each.
        let point = pair.public_key().as_ref();
        let (x, y) = (BASE64URL.encode(&point[1..33]), BASE64URL.encode(&point[33..]));
        let kid = BASE64URL.encode(&digest(&SHA256, point).as_ref()[..12]);
        let public_jwk = json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid, "x": x, "y": y,
        });
        Ok(Self { key: Arc::new(pair), kid, public_jwk })
    }

    /// Signs an assertion for `audience` about the sign-in `who` at `now`.
    ///
    /// # Errors
    /// The assertion cannot be signed.
    pub fn assertion(&self, audience: &str, who: &SignIn, now: Timestamp) -> Result<String, IssuerError> {
        self.sign(&Claims {
            iss: ISSUER,
            aud: audience,
            sub: &who.sub,
            iat: now.seconds(),
            exp: now.seconds().saturating_add(who.expires_in),
            jti: chance::id()?,
            auth_time: who.auth_time,
            scope: who.scope.as_deref(),
        })
    }

    /// Signs any claims, for tests with unusual assertions.
    ///
    /// # Errors
    /// The claims cannot be written as JSON, or they cannot be signed.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, IssuerError> {
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": self.kid}).to_string();
        let mut token =
            format!("{}.{}", BASE64URL.encode(header), BASE64URL.encode(serde_json::to_vec(claims)?));
        let signature = self.key.sign(&SystemRandom::new(), token.as_bytes())?;
        token.push('.');
        BASE64URL.encode_string(signature, &mut token);
        Ok(token)
    }

    /// The public keys, as a JWKS.
    pub fn jwks(&self) -> Value {
        json!({"keys": [self.public_jwk]})
    }

    /// The value of `LATCHKEY_TRUSTED_ISSUERS` that trusts this stand-in. It may grant every scope, and its sign-ins count
    /// as fresh.
    pub fn trusted_issuers(&self, audience: &str) -> String {
        json!([{
            "issuer": ISSUER,
            "audience": audience,
            "jwks": self.jwks(),
            "scopes": ["latchkey:admin", "latchkey:attempts", "latchkey:introspect"],
            "auth_time": "iat",
        }])
        .to_string()
    }
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer").field("kid", &self.kid).finish_non_exhaustive()
    }
}

fn new_key() -> Result<Vec<u8>, IssuerError> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    Ok(pair.to_pkcs8v1()?.as_ref().to_vec())
}

#[cfg(test)]
mod tests;
