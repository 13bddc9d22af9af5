//! Signing keys of identity providers.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Value, json};

const KID: &str = "current";

/// An EC or an RSA key.
pub(crate) enum Signer {
    Ec(Ec),
    Rsa(Rsa),
}

/// A P-256 key.
pub(crate) struct Ec(EcdsaKeyPair);

/// An RSA key of 2,048 bits.
pub(crate) struct Rsa(RsaKeyPair);

impl Signer {
    /// The public key.
    pub(crate) fn jwk(&self) -> Value {
        match self {
            Self::Ec(key) => key.jwk(),
            Self::Rsa(key) => key.jwk(KID),
        }
    }

    /// A token with this header and these claims.
    pub(crate) fn sign(&self, mut header: Value, claims: &Value) -> String {
        header["kid"] = json!(KID);
        let input = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        let signature = match self {
            Self::Ec(Ec(pair)) => {
                pair.sign(&SystemRandom::new(), input.as_bytes()).expect("it signs").as_ref().to_vec()
            }
            Self::Rsa(Rsa(pair)) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed =
                    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature);
                signed.expect("it signs");
                signature
            }
        };
        format!("{input}.{}", encoded(signature))
    }
}

impl Ec {
    pub(crate) fn generate() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("the system gives randomness"))
    }

    fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        let (x, y) = (encoded(&point[1..33]), encoded(&point[33..]));
        json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KID, "x": x, "y": y})
    }
}

impl Rsa {
    pub(crate) fn generate() -> Self {
        Self(RsaKeyPair::generate(KeySize::Rsa2048).expect("the system gives randomness"))
    }

    pub(crate) fn jwk(&self, kid: &str) -> Value {
        // An RSAPublicKey in DER: the heads of the sequence and of the modulus take 4 bytes each, and the modulus
        // begins with a zero. The exponent is 65537.
        let der = self.0.public_key().as_ref();
        json!({"kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, "n": encoded(&der[9..265]), "e": "AQAB"})
    }
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64URL.encode(bytes)
}
