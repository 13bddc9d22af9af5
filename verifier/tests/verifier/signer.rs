//! An issuer that signs whatever a test wants signed.

use std::time::{Duration, SystemTime};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use latchkey_verifier::SessionId;
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://app.example.com/api/auth";
pub(crate) const AUDIENCE: &str = "shop";
pub(crate) const NOW: u64 = 1_790_000_000;

/// The moment of a test, and so many seconds later.
pub(crate) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW + seconds)
}

pub(crate) struct Signer {
    key: Ed25519KeyPair,
    kid: &'static str,
}

impl Signer {
    pub(crate) fn new(kid: &'static str) -> Self {
        let mut seed = [7; 32];
        seed[..kid.len()].copy_from_slice(kid.as_bytes());
        Self { key: Ed25519KeyPair::from_seed_unchecked(&seed).expect("any 32 bytes are a seed"), kid }
    }

    pub(crate) fn jwks(&self) -> String {
        let x = BASE64URL.encode(self.key.public_key());
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": self.kid, "x": x}]}).to_string()
    }

    /// A valid token until [`NOW`] + 3600.
    pub(crate) fn token(&self) -> String {
        self.sign("at+jwt", &claims().to_string())
    }

    pub(crate) fn sign(&self, typ: &str, payload: &str) -> String {
        let header = json!({"alg": "EdDSA", "kid": self.kid, "typ": typ}).to_string();
        let input = format!("{}.{}", BASE64URL.encode(header), BASE64URL.encode(payload));
        let signature = self.key.sign(input.as_bytes());
        format!("{input}.{}", BASE64URL.encode(signature))
    }
}

pub(crate) fn session() -> SessionId {
    SessionId::from_bytes([7; 16])
}

pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "alice", "aud": AUDIENCE, "client_id": AUDIENCE, "iat": NOW, "exp": NOW + 3600,
        "jti": "j", "sid": session(), "auth_time": NOW, "scope": "orders:read orders:write",
    })
}
