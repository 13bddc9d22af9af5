//! Is this signature right? The only file that calls the cryptographic library.
//!
//! aws-lc-rs offers ring's interface, so one body of code serves both. ring alone cannot parse a public key ahead
//! of its first signature.

#[cfg(feature = "aws-lc-rs")]
use aws_lc_rs as library;
#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
use ring as library;

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
compile_error!("latchkey-verifier needs a cryptographic library: enable its feature `aws-lc-rs` or `ring`");

use library::rand::{SecureRandom as _, SystemRandom};
use library::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use library::{digest, hmac};

/// A public key whose sizes have been checked.
#[derive(Clone)]
pub(crate) enum PublicKey {
    /// An uncompressed point on P-256: the byte 4, then x and y.
    P256([u8; 65]),
    /// The 32 bytes of RFC 8032.
    Ed25519([u8; 32]),
    /// Modulus and exponent, big-endian, without leading zeros.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The public exponent.
        e: Vec<u8>,
    },
}

impl PublicKey {
    /// Whether this is the signature of `message`.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let outcome = match self {
            Self::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            Self::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
            Self::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
        };
        outcome.is_ok()
    }
}

/// Whether a point lies on P-256. Both libraries check it at each signature as well; here it is checked so that a
/// broken key fails when the service starts, not at the first request.
#[cfg(feature = "aws-lc-rs")]
pub(crate) fn is_on_p256(point: &[u8; 65]) -> bool {
    library::signature::ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).is_ok()
}

/// As above. ring has no public parser of keys, but a key agreement refuses a point that is not on the curve.
#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
pub(crate) fn is_on_p256(point: &[u8; 65]) -> bool {
    use library::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
    let Ok(own) = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()) else { return false };
    agree_ephemeral(own, &UnparsedPublicKey::new(&ECDH_P256, point), |_| ()).is_ok()
}

/// The SHA-256 hash of `bytes`.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let hash = digest::digest(&digest::SHA256, bytes);
    hash.as_ref().try_into().expect("a SHA-256 hash has 32 bytes")
}

/// A secret key for HMAC with SHA-256.
#[derive(Clone)]
pub(crate) struct MacKey(hmac::Key);

impl MacKey {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The MAC of `message`.
    pub(crate) fn tag(&self, message: &[u8]) -> [u8; 32] {
        let tag = hmac::sign(&self.0, message);
        tag.as_ref().try_into().expect("an HMAC with SHA-256 has 32 bytes")
    }

    /// Whether this is the MAC of `message`, compared in constant time.
    pub(crate) fn verifies(&self, message: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.0, message, tag).is_ok()
    }
}

/// 16 random bytes; zeros when the system gives none, so for names only, never for secrets.
pub(crate) fn random_name() -> [u8; 16] {
    let mut bytes = [0; 16];
    let _ = SystemRandom::new().fill(&mut bytes);
    bytes
}
