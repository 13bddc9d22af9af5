//! Proofs of possession: a changed proof is refused, and an accepted one is for the request.
//!
//! The first byte selects how the rest becomes the header `DPoP`, as in [`tokens`](crate::tokens). In a header that gets a
//! genuine signature, `"KEY"` stands for the public key, so that an input need not contain one.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use http::HeaderValue;
use latchkey_verifier::dpop::{
    self, BaseUrls, Expected, KeyRule, NonceRule, Proof, ProofError, access_token_hash,
};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use url::Url;

use crate::edits::edited;

const TOKEN: &str = "an.access.token";
const PATH: &str = "/orders/7";
const ORIGIN: &str = "https://api.example.com";
const NOW: u64 = 1_800_000_000;

/// A random key, because neither the verdict nor an input depends on it.
static KEY: LazyLock<EcdsaKeyPair> = LazyLock::new(|| {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("the system gives random bytes")
});

static BASE_URLS: LazyLock<BaseUrls> = LazyLock::new(|| BaseUrls::parse([ORIGIN]).expect("the URL is valid"));

static GENUINE: LazyLock<String> = LazyLock::new(|| {
    let claims = json!({"jti": "j", "htm": "POST", "htu": format!("{ORIGIN}{PATH}"), "iat": NOW,
                        "ath": access_token_hash(TOKEN)});
    signed(HEADER, claims.to_string().as_bytes())
});

const HEADER: &str = r#"{"typ":"dpop+jwt","alg":"ES256","jwk":"KEY"}"#;

/// A proof: it is accepted only with the signature of its key, and if each claim fits the request.
pub fn proof(bytes: &[u8]) {
    let Some((selector, rest)) = bytes.split_first() else { return };
    assert!(verify(&GENUINE).is_ok_and(|proof| proof.is_ok()));
    match selector % 4 {
        0 => assert_refused(&String::from_utf8_lossy(rest)),
        1 => {
            if let Some(text) = edited(&GENUINE, rest) {
                assert_refused(&text);
            }
        }
        2 => assert_fits(&signed(HEADER, rest)),
        _ => {
            let Some(end) = rest.iter().position(|byte| *byte == 0) else { return };
            assert_fits(&signed(&String::from_utf8_lossy(&rest[..end]), &rest[end + 1..]));
        }
    }
}

/// Without a key: no text but the genuine proof is accepted.
fn assert_refused(text: &str) {
    if let Ok(outcome) = verify(text) {
        assert!(text == *GENUINE || outcome.is_err(), "{text}");
    }
}

/// With a genuine signature: an accepted proof has the type, the algorithm and the claims that the request needs.
fn assert_fits(text: &str) {
    let Ok(Ok(proof)) = verify(text) else { return };
    let mut parts = text.split('.').map(|part| {
        let bytes = BASE64URL.decode(part).expect("it was decoded before");
        let text = String::from_utf8(bytes).expect("an accepted proof is UTF-8");
        let value: Option<Value> = serde_json::from_str(&text).ok();
        // Half a surrogate pair in a member that no check reads is no text, but it is JSON.
        assert!(value.is_some() || text.contains("\\u"), "{text}");
        value
    });
    let (Some(Some(header)), Some(Some(claims))) = (parts.next(), parts.next()) else { return };
    assert!(header["typ"] == "dpop+jwt" && header["alg"] == "ES256", "{header}");
    assert!(header["jwk"].get("d").is_none() && header.get("crit").is_none(), "{header}");
    assert!((1..=64).contains(&proof.jti.chars().count()) && proof.jti == claims["jti"]);
    assert!(claims["htm"] == "POST" && claims["ath"] == access_token_hash(TOKEN), "{claims}");
    let issued_at = claims["iat"].as_f64().expect("it was a number before");
    assert!((NOW as f64 - 60.0..=NOW as f64 + 60.0).contains(&issued_at), "{issued_at}");
    // The parser of the URL standard, which our comparison does not use, finds the same server and path. It keeps a segment
    // such as `c:` before `..`, as if every URL were a file.
    let htu = claims["htu"].as_str().expect("it was text before");
    if htu
        .split('/')
        .any(|segment| matches!(segment.as_bytes(), [letter, b':' | b'|'] if letter.is_ascii_alphabetic()))
    {
        return;
    }
    let url = Url::parse(htu).expect("it is a URL");
    let path = percent_decode_str(url.path()).decode_utf8_lossy().into_owned();
    assert_eq!((url.origin().ascii_serialization().as_str(), path.as_str()), (ORIGIN, PATH));
}

/// The outcome, or an error if the text cannot be a header.
fn verify(text: &str) -> Result<Result<Proof, ProofError>, http::header::InvalidHeaderValue> {
    let value = HeaderValue::from_bytes(text.as_bytes())?;
    let expected = Expected {
        method: "POST",
        base_urls: &BASE_URLS,
        path: PATH,
        access_token: Some(TOKEN),
        key: KeyRule::Any,
        nonce: NonceRule::Ignored,
        now: SystemTime::UNIX_EPOCH + Duration::from_secs(NOW),
    };
    Ok(dpop::verify([&value], &expected))
}

fn signed(header: &str, payload: &[u8]) -> String {
    let point = KEY.public_key().as_ref();
    let (x, y) = (BASE64URL.encode(&point[1..33]), BASE64URL.encode(&point[33..]));
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y}).to_string();
    let header = BASE64URL.encode(header.replace(r#""KEY""#, &jwk));
    let input = format!("{header}.{}", BASE64URL.encode(payload));
    let signature = KEY.sign(&SystemRandom::new(), input.as_bytes()).expect("the system gives random bytes");
    format!("{input}.{}", BASE64URL.encode(signature))
}
