//! An issuer's keys: a set of any bytes gives no key that takes what another key has signed.

use latchkey::token::keys::PublicKeys;
use latchkey_verifier::{Verifier, parse_jwks, verify_access_token};
use serde_json::Value;

use crate::genuine::{ACCESS, AUDIENCE, ISSUER, now};

/// A set as it is fetched, and as a service elsewhere reads ours.
pub fn jwks(bytes: &[u8]) {
    let fetched = parse_jwks(bytes);
    if let Ok(keys) = &fetched {
        let set: Value = serde_json::from_slice(bytes).expect("it was read");
        let entries = set["keys"].as_array().expect("it was read");
        assert!((1..=entries.len()).contains(&keys.len()));
        assert!(
            verify_access_token(&ACCESS, keys, ISSUER, AUDIENCE, now().into()).is_err(),
            "no key here is ours"
        );
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let verifier = Verifier::parse(text, ISSUER, AUDIENCE);
    assert_eq!(verifier.is_ok(), fetched.is_ok());
    assert!(
        verifier.is_err() || verifier.is_ok_and(|verifier| verifier.verify(&ACCESS, now().into()).is_err())
    );
    // The stricter reading of a set of our own: what it takes, the other takes too.
    if let Ok(own) = PublicKeys::parse(text) {
        assert_eq!(fetched.map(|keys| keys.len()).ok(), Some(own.verifying.len()));
    }
}
