//! Private keys as JWKs, and key sets of them.

use aws_lc_rs::encoding::{AsBigEndian, AsDer, Curve25519SeedBin, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use latchkey::token::keys::generate_key_set;
use serde_json::{Value, json};

/// Every kind of key that signs access tokens, by the name of its algorithm.
pub(crate) const ALGORITHMS: [&str; 3] = ["ES256", "EdDSA", "RS256"];

/// A key set with one signing key, of this algorithm.
pub(crate) fn set(algorithm: &str) -> Value {
    let [signing, refresh] = pair();
    match algorithm {
        "ES256" => json!({"keys": [signing, refresh]}),
        "EdDSA" => json!({"keys": [ed25519(), refresh]}),
        _ => json!({"keys": [rsa(), refresh]}),
    }
}

/// A new EC key and a new refresh key.
pub(crate) fn pair() -> [Value; 2] {
    let set: Value = serde_json::from_str(&generate_key_set()).expect("a key set is JSON");
    [set["keys"][0].clone(), set["keys"][1].clone()]
}

fn ed25519() -> Value {
    let pair = Ed25519KeyPair::generate().expect("the system gives randomness");
    let seed: Curve25519SeedBin<'_> =
        pair.seed().expect("a key has a seed").as_be_bytes().expect("a seed has 32 bytes");
    let (x, d) = (encoded(pair.public_key().as_ref()), encoded(seed.as_ref()));
    json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "ed-1", "x": x, "d": d})
}

fn rsa() -> Value {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("the system gives randomness");
    let der: Pkcs8V1Der<'_> = pair.as_der().expect("a key has its form");
    // PrivateKeyInfo contains an OCTET STRING with RSAPrivateKey: the version, then the eight numbers.
    let info = Der(der.as_ref()).enter();
    let key = Der(info.skip().skip().content()).enter();
    let (names, mut rest) = (["n", "e", "d", "p", "q", "dp", "dq", "qi"], key.skip());
    let mut jwk = json!({"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "rsa-1"});
    for name in names {
        let number = rest.content();
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        jwk[name] = encoded(&number[zeros..]).into();
        rest = rest.skip();
    }
    jwk
}

fn encoded(bytes: &[u8]) -> String {
    BASE64URL.encode(bytes)
}

/// A DER element and the bytes after it.
struct Der<'d>(&'d [u8]);

impl<'d> Der<'d> {
    /// The lengths of the element's headerer and of its content.
    fn lengths(&self) -> (usize, usize) {
        match self.0[1] {
            short @ 0..=127 => (2, short.into()),
            long => {
                let digits = usize::from(long & 127);
                let length = self.0[2..2 + digits].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
                (2 + digits, length)
            }
        }
    }

    fn content(&self) -> &'d [u8] {
        let (header, length) = self.lengths();
        &self.0[header..header + length]
    }

    fn enter(&self) -> Self {
        Self(self.content())
    }

    fn skip(&self) -> Self {
        let (header, length) = self.lengths();
        Self(&self.0[header + length..])
    }
}
