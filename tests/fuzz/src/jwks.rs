//! Key sets: no input gives a key that verifies a token of another key.

use latchkey::token::keys::PublicKeys;
use latchkey_verifier::{Verifier, parse_jwks, verify_access_token};
use serde_json::Value;

use crate::genuine::{ACCESS, AUDIENCE, ISSUER, now};

/// A key set, as the server fetches one from an issuer and as other services read ours.
pub fn jwks(bytes: &[u8]) {
    let fetched = parse_jwks(bytes);
    if let Ok(keys) = &fetched {
        let set: Value = serde_json::from_slice(bytes).expect("the set was parsed before");
        let entries = set["keys"].as_array().expect("the set was parsed before");
        assert!((1..=entries.len()).contains(&keys.len()));
        assert!(
            verify_access_token(&ACCESS, keys, ISSUER, AUDIENCE, now().into()).is_err(),
            "no key of the input is ours"
        );
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let verifier = Verifier::parse(text, ISSUER, AUDIENCE);
    assert_eq!(verifier.is_ok(), fetched.is_ok());
    assert!(
        verifier.is_err() || verifier.is_ok_and(|verifier| verifier.verify(&ACCESS, now().into()).is_err())
    );
    // `LATCHKEY_KEYS` is parsed more strictly. A set that it accepts is also accepted as an issuer's set.
    if let Ok(public) = PublicKeys::parse(text) {
        assert_eq!(fetched.map(|keys| keys.len()).ok(), Some(public.verifying.len()));
    }
}
