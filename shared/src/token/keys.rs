//! The key set of a deployment: the first private key signs access tokens, the first `oct` key signs refresh tokens.
//!
//! All other keys still verify tokens, so that a new key can replace an old one while the tokens of the old key live on. An `oct` key
//! with `"use":"enc"` is for the links of sign-in reviews only, see [`ReviewKeys`].

mod public;
mod review;

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use latchkey_verifier::{JwkError, VerifyingKey, decode_bytes};
use serde::Deserialize;
use serde_json::{Value, json};

pub use public::PublicKeys;
pub use review::ReviewKeys;
use review::is_review_key;

use super::jwk::{PrivateJwk, published};
use super::refresh::RefreshKey;
use super::signer::Signer;

/// The keys of a deployment. Cheap to clone. `Debug` shows only the public keys.
#[derive(Clone)]
pub struct KeySet(Arc<Keys>);

struct Keys {
    signer: Option<Signer>,
    verifying: Vec<VerifyingKey>,
    public: Value,
    refresh: Vec<RefreshKey>,
}

/// The reason why a key set is refused, with the index of the entry. It never contains the bytes of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// The text is no JSON object with a list `keys`.
    #[error("expected a JSON Web Key Set: {{\"keys\":[..]}}")]
    NotAKeySet,
    /// An entry cannot be used.
    #[error("keys[{0}]: {1}")]
    Key(usize, #[source] JwkError),
    /// An entry has no `kid` of 1 to 64 letters, digits, `-`, `_`, `.`.
    #[error("keys[{0}]: needs a kid of 1 to 64 letters, digits, hyphens, underscores or dots")]
    Kid(usize),
    /// Two entries have the same `kid`, or two `oct` keys have the same tag, which is a short hash of the `kid`.
    #[error("keys[{0}]: another key has the same kid, or a kid with the same tag; choose another kid")]
    DuplicateKid(usize),
    /// An `oct` key is shorter than 32 bytes.
    #[error("keys[{0}]: an oct key needs 32 bytes or more")]
    ShortSecret(usize),
    /// A set for sign-in reviews holds another key.
    #[error("keys[{0}]: is no key of sign-in reviews, which are oct keys with \"use\":\"enc\"")]
    NotAReviewKey(usize),
    /// There is no `oct` key for refresh tokens.
    #[error("needs an oct key without \"use\":\"enc\", which signs refresh tokens")]
    NoRefreshKey,
    /// There is no EC, RSA or OKP key.
    #[error("needs an EC, RSA or OKP key, which verifies access tokens")]
    NoVerifyingKey,
    /// The function signs access tokens, and no entry has a private half.
    #[error("needs a private EC, RSA or OKP key, which signs access tokens")]
    NoSigningKey,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<PrivateJwk>,
}

impl KeySet {
    /// Parses a private JWKS.
    ///
    /// # Errors
    /// The first entry that cannot be used, by index.
    pub fn parse(text: &str) -> Result<Self, KeySetError> {
        let jwks: Jwks = serde_json::from_str(text).map_err(|_| KeySetError::NotAKeySet)?;
        let mut keys = Keys { signer: None, verifying: vec![], public: json!({"keys": []}), refresh: vec![] };
        for (index, jwk, kid) in entries(&jwks)? {
            if is_review_key(jwk) {
                // No key of this set: `SIGN_IN_REVIEW_KEYS` has it. It is checked, so that a broken one is not deployed.
                secret_of(index, jwk)?;
            } else if jwk.public.kty == "oct" {
                keys.add_secret(index, jwk, kid)?
            } else {
                keys.add_pair(index, jwk, kid)?
            }
        }
        if keys.refresh.is_empty() {
            return Err(KeySetError::NoRefreshKey);
        }
        if keys.verifying.is_empty() {
            return Err(KeySetError::NoVerifyingKey);
        }
        Ok(Self(Arc::new(keys)))
    }

    /// The key that signs access tokens.
    ///
    /// # Errors
    /// The set has public halves only.
    pub fn signer(&self) -> Result<&Signer, KeySetError> {
        self.0.signer.as_ref().ok_or(KeySetError::NoSigningKey)
    }

    /// The keys that verify access tokens, in the order of the set.
    pub fn verifying(&self) -> &[VerifyingKey] {
        &self.0.verifying
    }

    /// The keys that open refresh tokens. The first one also seals new tokens.
    pub fn refresh(&self) -> &[RefreshKey] {
        &self.0.refresh
    }

    /// The public JWKS.
    pub fn public_jwks(&self) -> &Value {
        &self.0.public
    }

    /// The algorithms of the public keys, for the discovery document.
    pub fn algorithms(&self) -> Vec<&str> {
        let keys = self.0.public["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut names: Vec<&str> = keys.iter().filter_map(|key| key["alg"].as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Keys {
    fn add_secret(&mut self, index: usize, jwk: &PrivateJwk, kid: &str) -> Result<(), KeySetError> {
        let key = RefreshKey::new(kid, &secret_of(index, jwk)?);
        if self.refresh.iter().any(|other| other.tag() == key.tag()) {
            return Err(KeySetError::DuplicateKid(index));
        }
        self.refresh.push(key);
        Ok(())
    }

    fn add_pair(&mut self, index: usize, jwk: &PrivateJwk, kid: &str) -> Result<(), KeySetError> {
        let wrong = |error| KeySetError::Key(index, error);
        self.verifying.push(VerifyingKey::from_jwk(&jwk.public).map_err(wrong)?);
        if let Some(list) = self.public["keys"].as_array_mut() {
            list.push(published(&jwk.public, kid).map_err(wrong)?);
        }
        if self.signer.is_none() && jwk.d.is_some() {
            self.signer = Some(Signer::from_jwk(jwk, kid).map_err(wrong)?);
        }
        Ok(())
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("KeySet").field("public", &self.0.public).finish_non_exhaustive()
    }
}

/// The secret of an `oct` key, 32 bytes or more.
fn secret_of(index: usize, jwk: &PrivateJwk) -> Result<Vec<u8>, KeySetError> {
    let secret = decode_bytes("k", jwk.k.as_deref()).map_err(|error| KeySetError::Key(index, error))?;
    if secret.len() < 32 { Err(KeySetError::ShortSecret(index)) } else { Ok(secret) }
}

/// The entries of a set with their index and `kid`. Every entry needs a `kid` that no other entry has.
fn entries(jwks: &Jwks) -> Result<Vec<(usize, &PrivateJwk, &str)>, KeySetError> {
    let mut entries: Vec<(usize, &PrivateJwk, &str)> = vec![];
    for (index, jwk) in jwks.keys.iter().enumerate() {
        let kid = jwk.public.kid.as_deref().filter(|kid| is_kid(kid)).ok_or(KeySetError::Kid(index))?;
        if entries.iter().any(|(_, _, taken)| *taken == kid) {
            return Err(KeySetError::DuplicateKid(index));
        }
        entries.push((index, jwk, kid));
    }
    Ok(entries)
}

fn is_kid(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// Makes the private JWKS of a new deployment: one ES256 key, one refresh key and one key of sign-in reviews, with random ids.
///
/// # Panics
/// If the system's random generator fails. Only tools call this function, never a request.
pub fn generate_key_set() -> String {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
        .expect("the system's random generator works");
    let private: EcPrivateKeyBin<'_> = pair.private_key().as_be_bytes().expect("a P-256 key has 32 bytes");
    let public = pair.public_key().as_ref();
    let part = |bytes: &[u8]| BASE64URL.encode(bytes);
    json!({"keys": [
        {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": format!("at-{}", random_text::<6>()),
         "x": part(&public[1..33]), "y": part(&public[33..65]), "d": part(private.as_ref())},
        {"kty": "oct", "alg": "HS256", "kid": format!("rt-{}", random_text::<6>()), "k": random_text::<32>()},
        {"kty": "oct", "use": "enc", "kid": format!("sr-{}", random_text::<6>()), "k": random_text::<32>()},
    ]})
    .to_string()
}

fn random_text<const N: usize>() -> String {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system's random generator works");
    BASE64URL.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(change: impl FnOnce(&mut Value)) -> Result<KeySet, KeySetError> {
        let mut keys: Value = serde_json::from_str(&generate_key_set()).unwrap();
        change(&mut keys);
        KeySet::parse(&keys.to_string())
    }

    #[test]
    fn the_published_set_has_no_private_member() {
        let keys = KeySet::parse(&generate_key_set()).unwrap();
        let published = keys.public_jwks().to_string();
        for member in ["\"d\"", "\"k\"", "\"p\"", "oct"] {
            assert!(!published.contains(member), "{published}");
        }
        assert_eq!(keys.public_jwks()["keys"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn an_unusable_key_set_is_refused_at_start() {
        assert_eq!(KeySet::parse("{}").unwrap_err(), KeySetError::NotAKeySet);
        type Change = fn(&mut Value);
        let cases: [(KeySetError, Change); 8] = [
            (KeySetError::Kid(0), |k| k["keys"][0]["kid"] = json!("a b")),
            (KeySetError::DuplicateKid(1), |k| k["keys"][1]["kid"] = k["keys"][0]["kid"].clone()),
            (KeySetError::ShortSecret(1), |k| k["keys"][1]["k"] = json!("c2hvcnQ")),
            (KeySetError::Key(0, JwkError::Unsupported), |k| k["keys"][0]["crv"] = json!("P-384")),
            (KeySetError::Key(0, JwkError::Unsupported), |k| k["keys"][0]["alg"] = json!("ES384")),
            (KeySetError::Key(0, JwkError::NotForSignatures), |k| k["keys"][0]["use"] = json!("enc")),
            (KeySetError::Key(0, JwkError::NotForSignatures), |k| {
                k["keys"][0]["key_ops"] = json!(["deriveBits"])
            }),
            (KeySetError::Key(0, JwkError::Inconsistent), |k| {
                k["keys"][0]["d"] = json!(BASE64URL.encode([1; 32]))
            }),
        ];
        for (expected, change) in cases {
            assert_eq!(with(change).unwrap_err(), expected);
        }
        assert_eq!(with(|k| k["keys"] = json!([k["keys"][0]])).unwrap_err(), KeySetError::NoRefreshKey);
        assert_eq!(with(|k| k["keys"] = json!([k["keys"][1]])).unwrap_err(), KeySetError::NoVerifyingKey);
    }

    /// A row contains the tag of the key that sealed its refresh token. With two keys of one tag, two different tokens
    /// would belong to one row.
    #[test]
    fn two_refresh_keys_with_the_same_tag_are_refused_at_start() {
        let tag = |kid: &str| RefreshKey::new(kid, &[1; 32]).tag();
        let other = (0..).map(|number| format!("k{number}")).find(|kid| tag(kid) == tag("rt")).unwrap();
        let second = |kid: String| {
            with(|k| {
                k["keys"][1]["kid"] = json!("rt");
                let key = json!({"kty": "oct", "kid": kid, "k": BASE64URL.encode([7; 32])});
                k["keys"].as_array_mut().unwrap().push(key);
            })
        };
        assert_eq!(second(other).unwrap_err(), KeySetError::DuplicateKid(3));
        assert_eq!(second("another".to_owned()).map(|keys| keys.refresh().len()), Ok(2));
    }

    #[test]
    fn a_set_of_public_keys_verifies_and_cannot_sign() {
        let keys = with(|k| drop(k["keys"][0].as_object_mut().unwrap().remove("d"))).unwrap();
        assert_eq!(keys.signer().err(), Some(KeySetError::NoSigningKey));
        assert_eq!(keys.verifying().len(), 1);
    }
}
