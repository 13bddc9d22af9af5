use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};

use super::*;

const NOW: i64 = 1_732_442_400;

fn claims(issuer: &Issuer, assertion: &str) -> Value {
    let header = decode_header(assertion).unwrap();
    let keys: JwkSet = serde_json::from_value(issuer.jwks()).unwrap();
    let key = keys.find(&header.kid.unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["here"]);
    validation.set_issuer(&[ISSUER]);
    validation.validate_exp = false;
    let key = DecodingKey::from_jwk(key).unwrap();
    decode::<Value>(assertion, &key, &validation).unwrap().claims
}

#[test]
fn an_assertion_verifies_with_the_public_keys() {
    let issuer = Issuer::generate().unwrap();
    let who =
        SignIn { scope: Some("latchkey:admin".into()), auth_time: Some(NOW - 60), ..SignIn::of("alice") };
    let assertion = issuer.assertion("here", &who, Timestamp::from_seconds(NOW)).unwrap();
    let claims = claims(&issuer, &assertion);
    assert_eq!(claims["sub"], "alice");
    assert_eq!(claims["iat"], NOW);
    assert_eq!(claims["exp"], NOW + 300);
    assert_eq!(claims["auth_time"], NOW - 60);
    assert_eq!(claims["scope"], "latchkey:admin");
}

#[test]
fn two_assertions_of_one_second_differ() {
    let issuer = Issuer::generate().unwrap();
    let now = Timestamp::from_seconds(NOW);
    let first = issuer.assertion("here", &SignIn::of("alice"), now).unwrap();
    let second = issuer.assertion("here", &SignIn::of("alice"), now).unwrap();
    let ids = [&first, &second].map(|assertion| claims(&issuer, assertion)["jti"].clone());
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn a_restart_finds_the_same_key() {
    let directory = tempfile::tempdir().unwrap();
    let first = Issuer::load_or_create(directory.path()).unwrap();
    let second = Issuer::load_or_create(directory.path()).unwrap();
    assert_eq!(first.jwks(), second.jwks());
    assert_ne!(first.jwks(), Issuer::generate().unwrap().jwks());
}

#[test]
fn debug_shows_no_key() {
    let issuer = Issuer::generate().unwrap();
    assert_eq!(format!("{issuer:?}"), format!("Issuer {{ kid: {:?}, .. }}", issuer.kid));
}
