//! Genuine keys and tokens of one user, made from fixed seeds and for a fixed time.
//!
//! The seeds are public and used nowhere else. The keys are for Ed25519 and HMAC, whose signatures are the same for the same
//! bytes, so that a broken input breaks the property again.

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use latchkey::clock::Clock;
use latchkey::domain::client_context::ClientContext;
use latchkey::domain::id::{SessionId, UserId, derive_session_id};
use latchkey::domain::limit::Window;
use latchkey::domain::session::refresh_token::RefreshToken;
use latchkey::domain::time::Timestamp;
use latchkey::token::issuer::{KeyUrls, TrustedIssuer, parse_trusted_issuers};
use latchkey::token::keys::KeySet;
use latchkey::token::refresh::RefreshKey;
use serde_json::{Value, json};

/// Our issuer.
pub const ISSUER: &str = "https://app.example.com/api/auth";
/// The audience of access tokens and of assertions.
pub const AUDIENCE: &str = "app";
/// The identity provider.
pub const PROVIDER: &str = "https://idp.example.com";
/// The prefix of the provider's user ids.
pub const PREFIX: &str = "idp|";
/// The fixed time, in seconds since 1970.
pub const NOW: i64 = 1_732_442_400;

const ACCESS_SEED: [u8; 32] = [1; 32];
const REFRESH_SECRET: [u8; 32] = [2; 32];
const PROVIDER_SEED: [u8; 32] = [3; 32];

/// The fixed time.
pub fn now() -> Timestamp {
    Timestamp::from_seconds(NOW)
}

/// A clock that always returns the fixed time.
#[derive(Clone, Copy, Debug)]
pub struct FixedClock;

impl Clock for FixedClock {
    fn now_millis(&self) -> i64 {
        NOW * 1000
    }
}

/// The user.
pub fn user() -> UserId {
    "idp|alice".parse().expect("the id is valid")
}

/// The session.
pub fn session() -> SessionId {
    derive_session_id(NOW, &[4; 32])
}

/// Our key set, as the text of `LATCHKEY_KEYS`.
pub static KEYS_TEXT: LazyLock<String> = LazyLock::new(|| {
    let mut access = public_jwk(&ACCESS_SEED, "at");
    access["d"] = json!(BASE64URL.encode(ACCESS_SEED));
    let refresh = json!({"kty": "oct", "kid": "rt", "k": BASE64URL.encode(REFRESH_SECRET)});
    json!({"keys": [access, refresh]}).to_string()
});

/// Our keys.
pub static KEYS: LazyLock<KeySet> =
    LazyLock::new(|| KeySet::parse(&KEYS_TEXT).expect("the key set is valid"));

/// The trusted issuers, as in `LATCHKEY_TRUSTED_ISSUERS`.
pub static ISSUERS_TEXT: LazyLock<String> = LazyLock::new(|| {
    json!([{
        "issuer": PROVIDER, "audience": AUDIENCE, "user_prefix": PREFIX,
        "jwks": {"keys": [public_jwk(&PROVIDER_SEED, "idp")]},
        "scopes": ["latchkey:admin", "latchkey:attempts"],
    }])
    .to_string()
});

/// The trusted issuers.
pub static ISSUERS: LazyLock<Vec<TrustedIssuer>> = LazyLock::new(|| {
    parse_trusted_issuers(&ISSUERS_TEXT, ISSUER, KeyUrls::Https).expect("the list is valid")
});

/// The claims of the access token.
pub fn access_claims() -> Value {
    json!({"iss": ISSUER, "sub": user(), "aud": AUDIENCE, "client_id": AUDIENCE, "iat": NOW, "exp": NOW + 3600,
           "jti": "j", "sid": session(), "auth_time": NOW, "scope": "latchkey:admin"})
}

/// A valid access token.
pub static ACCESS: LazyLock<String> =
    LazyLock::new(|| signed_by_us(br#"{"alg":"EdDSA","kid":"at","typ":"at+jwt"}"#, &bytes(&access_claims())));

/// A valid refresh token.
pub static REFRESH: LazyLock<String> = LazyLock::new(|| {
    // Only the key can make a nonce.
    let token = RefreshToken {
        bound_key: None,
        was_in_body: false,
        is_device_bound: false,
        user: user(),
        session: session(),
        generation: 3,
        issued_at: now(),
        expires_at: Timestamp::from_seconds(NOW + 3600),
        absolute_expires_at: Timestamp::from_seconds(NOW + 7200),
        nonce: refresh_key().nonce("an assertion"),
        window: Window { start: now(), count: 2 },
        fingerprint: refresh_key().fingerprint(&session(), &ClientContext::default(), false),
        sealed_by: refresh_key().tag(),
    };
    refresh_key().seal(&token).expose().to_owned()
});

/// The claims of the assertion.
pub fn assertion_claims() -> Value {
    json!({"iss": PROVIDER, "sub": "alice", "aud": AUDIENCE, "iat": NOW, "exp": NOW + 300, "scope": "latchkey:admin"})
}

/// A valid assertion.
pub static ASSERTION: LazyLock<String> = LazyLock::new(|| {
    signed_by_provider(br#"{"alg":"EdDSA","kid":"idp","typ":"JWT"}"#, &bytes(&assertion_claims()))
});

/// The key that seals refresh tokens.
pub fn refresh_key() -> &'static RefreshKey {
    &KEYS.refresh()[0]
}

/// Signs any header and payload with our key.
pub fn signed_by_us(header: &[u8], payload: &[u8]) -> String {
    signed(&ACCESS_SEED, header, payload)
}

/// Signs any header and payload with the provider's key.
pub fn signed_by_provider(header: &[u8], payload: &[u8]) -> String {
    signed(&PROVIDER_SEED, header, payload)
}

/// Seals any payload as a refresh token.
pub fn sealed(payload: &[u8]) -> String {
    let header = REFRESH.split('.').next().unwrap_or_default();
    let text = format!("{header}.{}", BASE64URL.encode(payload));
    let seal = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &REFRESH_SECRET), text.as_bytes());
    format!("{text}.{}", BASE64URL.encode(seal))
}

/// The bytes of a value, as they are signed.
pub fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

fn signed(seed: &[u8; 32], header: &[u8], payload: &[u8]) -> String {
    let text = format!("{}.{}", BASE64URL.encode(header), BASE64URL.encode(payload));
    let signature = key_pair(seed).sign(text.as_bytes());
    format!("{text}.{}", BASE64URL.encode(signature))
}

fn public_jwk(seed: &[u8; 32], kid: &str) -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": BASE64URL.encode(key_pair(seed).public_key())})
}

fn key_pair(seed: &[u8; 32]) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(seed).expect("any 32 bytes are a valid seed")
}
