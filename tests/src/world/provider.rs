//! An identity provider that signs any header and any payload that a test gives it.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Value, json};

use super::{PATIENT, World};

/// The issuer of a [`Provider`].
pub const PROVIDER: &str = "https://id.example.com";

/// The audience of the assertions of a [`Provider`].
pub const PROVIDER_AUDIENCE: &str = "shop";

/// The order of P-256's group, big-endian.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// A provider with its own key.
#[derive(Debug)]
pub struct Provider {
    pair: EcdsaKeyPair,
}

impl Provider {
    /// A provider with a new key.
    ///
    /// # Panics
    /// If the system gives no randomness.
    pub fn generate() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Self { pair: pair.expect("the system gives randomness") }
    }

    /// A world that trusts this provider; `changes` are members of its entry in the settings.
    pub async fn world(&self, changes: Value, settings: &[(&str, &str)]) -> World {
        let trusted = json!([self.entry(changes)]).to_string();
        let trust = [("PROVIDER_ORDERS", "true"), ("LATCHKEY_TRUSTED_ISSUERS", trusted.as_str())];
        let settings: Vec<_> = PATIENT.into_iter().chain(settings.iter().copied()).chain(trust).collect();
        World::with(&settings).await
    }

    /// The settings that make Latchkey trust this provider.
    ///
    /// # Panics
    /// If `changes` is not an object.
    pub fn entry(&self, changes: Value) -> Value {
        let point = self.pair.public_key().as_ref();
        let (x, y) = (BASE64URL.encode(&point[1..33]), BASE64URL.encode(&point[33..]));
        let key = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "p1", "x": x, "y": y});
        let mut entry = json!({"issuer": PROVIDER, "audience": PROVIDER_AUDIENCE, "jwks": {"keys": [key]}});
        let members = changes.as_object().expect("changes are an object").clone();
        entry.as_object_mut().expect("an object").extend(members);
        entry
    }

    /// An assertion for `user`, issued at the world's time. `changes` replace claims, and `null` removes one.
    pub fn assertion(&self, world: &World, user: &str, changes: Value) -> String {
        self.sign(&json!({"alg": "ES256", "kid": "p1"}), &self.claims(world, user, changes).to_string())
    }

    /// The claims of [`Provider::assertion`].
    ///
    /// # Panics
    /// If `changes` is not an object.
    pub fn claims(&self, world: &World, user: &str, changes: Value) -> Value {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let now = world.now().seconds();
        let mut claims = json!({
            "iss": PROVIDER, "aud": PROVIDER_AUDIENCE, "sub": user, "iat": now, "exp": now + 300,
            "jti": NEXT.fetch_add(1, Ordering::Relaxed).to_string(),
        });
        let members = claims.as_object_mut().expect("an object");
        members.extend(changes.as_object().expect("changes are an object").clone());
        members.retain(|_, value| !value.is_null());
        claims
    }

    /// The key pair, for a library that signs by itself.
    pub fn pair(&self) -> &EcdsaKeyPair {
        &self.pair
    }

    /// The private key in the format of a deployment's own key set.
    ///
    /// # Panics
    /// If the key is not a P-256 key.
    pub fn private_jwk(&self) -> Value {
        let private: EcPrivateKeyBin<'_> = self.pair.private_key().as_be_bytes().expect("32 bytes");
        let mut jwk = self.entry(json!({}))["jwks"]["keys"][0].clone();
        jwk["d"] = BASE64URL.encode(private.as_ref()).into();
        jwk
    }

    /// Signs any header over any payload.
    ///
    /// # Panics
    /// If the system gives no randomness.
    pub fn sign(&self, header: &Value, payload: &str) -> String {
        let input = format!("{}.{}", BASE64URL.encode(header.to_string()), BASE64URL.encode(payload));
        let signature = self.pair.sign(&SystemRandom::new(), input.as_bytes());
        format!("{input}.{}", BASE64URL.encode(signature.expect("the system gives randomness")))
    }
}

/// The same token with its other valid signature: `s` is replaced by the group's order minus `s`.
///
/// # Panics
/// If the text is not an ES256 token.
pub fn malleated(token: &str) -> String {
    let (input, signature) = token.rsplit_once('.').expect("a token has three parts");
    let mut signature = BASE64URL.decode(signature).expect("a signature is base64url");
    let mut borrow = 0;
    for index in (0..32).rev() {
        let difference = i16::from(ORDER[index]) - i16::from(signature[32 + index]) - borrow;
        borrow = i16::from(difference < 0);
        signature[32 + index] = difference.rem_euclid(256).to_le_bytes()[0];
    }
    format!("{input}.{}", BASE64URL.encode(signature))
}

/// The payload of a token, unverified.
///
/// # Panics
/// If the text is not a token.
pub fn payload(token: &str) -> Value {
    part(token, 1)
}

/// The header of a token, unverified.
///
/// # Panics
/// If the text is not a token.
pub fn header(token: &str) -> Value {
    part(token, 0)
}

fn part(token: &str, index: usize) -> Value {
    let text = token.split('.').nth(index).expect("a token has three parts");
    serde_json::from_slice(&BASE64URL.decode(text).expect("base64url")).expect("JSON")
}

/// The token with one bit of its signature flipped.
///
/// # Panics
/// If the text is not a token.
pub fn flipped(token: &str) -> String {
    let (input, signature) = token.rsplit_once('.').expect("a token has three parts");
    let mut signature = BASE64URL.decode(signature).expect("a signature is base64url");
    signature[7] ^= 1;
    format!("{input}.{}", BASE64URL.encode(signature))
}
