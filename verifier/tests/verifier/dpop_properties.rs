//! Proofs of any kind: nothing panics, nothing but a right proof is accepted.

use http::HeaderValue;
use latchkey_verifier::dpop::{self, BaseUrls, Expected, KeyRule, NonceRule, Nonces, Proof, ProofError};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::prover::Prover;
use crate::signer::{NOW, at};

const ORIGIN: &str = "https://api.example.com";

fn verify(proof: &HeaderValue, path: &str) -> Result<Proof, ProofError> {
    let base_urls = BaseUrls::parse([ORIGIN]).unwrap();
    let expected = Expected {
        method: "POST",
        base_urls: &base_urls,
        path,
        access_token: None,
        key: KeyRule::Any,
        nonce: NonceRule::Ignored,
        now: at(0),
    };
    dpop::verify([proof], &expected)
}

fn proof_for(prover: &Prover, url: &str) -> HeaderValue {
    prover.sign(&json!({"jti": "j", "htm": "POST", "htu": url, "iat": NOW}))
}

/// A JSON value like those in a proof, and unlike them.
fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (NOW - 90..NOW + 90).prop_map(Value::from),
        "\\PC{0,80}".prop_map(Value::from),
        Just(json!("POST")),
        Just(json!("https://api.example.com/a")),
        Just(json!("ES256")),
        Just(json!("dpop+jwt")),
        Just(json!(["a"])),
        Just(json!({"kty": "EC"})),
    ]
}

proptest! {
    #[test]
    fn a_changed_proof_is_refused(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..4)
    ) {
        let genuine = proof_for(&Prover::new(), "https://api.example.com/a");
        prop_assert!(verify(&genuine, "/a").is_ok());
        let mut bytes = genuine.as_bytes().to_vec();
        for (at, byte, kind) in edits {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        prop_assume!(bytes != genuine.as_bytes());
        if let Ok(changed) = HeaderValue::from_bytes(&bytes) {
            prop_assert!(verify(&changed, "/a").is_err());
        }
    }

    #[test]
    fn any_header_is_judged_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(value) = HeaderValue::from_bytes(&bytes) {
            prop_assert!(verify(&value, "/a").is_err());
        }
    }

    #[test]
    fn a_signed_proof_needs_each_member_as_it_is(
        name in prop::sample::select(vec!["typ", "alg", "jwk", "crit", "jti", "htm", "htu", "iat", "nonce", "ath"]),
        value in value(),
    ) {
        let prover = Prover::new();
        let mut header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": prover.jwk()});
        let mut claims = json!({"jti": "j", "htm": "POST", "htu": "https://api.example.com/a", "iat": NOW});
        let is_header = matches!(name, "typ" | "alg" | "jwk" | "crit");
        (if is_header { &mut header } else { &mut claims })[name] = value.clone();
        let is_text_of = |most: usize| value.as_str().is_some_and(|text| (1..=most).contains(&text.chars().count()));
        let is_right = match name {
            "typ" => value == "dpop+jwt",
            "alg" => value == "ES256",
            "jwk" | "crit" => false,
            "jti" => is_text_of(64),
            "htm" => value == "POST",
            "htu" => value == "https://api.example.com/a",
            "iat" => value.as_f64().is_some_and(|iat| (iat - NOW as f64).abs() <= 60.0),
            _ => value.is_string(),
        };
        let outcome = verify(&prover.sign_with(&header, &claims), "/a");
        prop_assert_eq!(outcome.is_ok(), is_right, "{} {} {:?}", name, value, outcome);
    }

    #[test]
    fn a_proof_fits_the_path_that_it_names_and_no_other(
        path in "(/[a-zA-Z0-9._~%!$&'()*+,;=:@|-]{0,6}){1,4}",
        other in "(/[a-z]{0,3}){1,3}",
    ) {
        let proof = proof_for(&Prover::new(), &format!("{ORIGIN}{path}"));
        // A code that is cut short is in no URL.
        let codes = path.split('%').skip(1);
        let is_path = codes.into_iter().all(|rest| {
            rest.len() >= 2 && rest.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit)
        });
        prop_assert_eq!(verify(&proof, &path).is_ok(), is_path);
        let plain = path.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'/');
        if plain && path != other {
            prop_assert!(verify(&proof, &other).is_err());
        }
        let longer = path + "x";
        prop_assert!(verify(&proof, &longer).is_err());
    }

    #[test]
    fn a_changed_nonce_is_unknown(index in any::<prop::sample::Index>(), byte in any::<char>()) {
        let nonces = Nonces::new(&[7; 32]);
        let genuine: Vec<char> = nonces.issue(at(0)).chars().collect();
        let mut changed = genuine.clone();
        changed[index.index(genuine.len())] = byte;
        let text: String = changed.iter().collect();
        prop_assert_eq!(nonces.age(&text, at(0)).is_some(), changed == genuine);
    }
}
