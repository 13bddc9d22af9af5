//! Which tokens are accepted: those of one issuer, for one audience, in time.

use latchkey_verifier::{
    AccessTokenError, Claims, NoKeys, Verifier, parse_jwks, verify_expired_access_token,
};
use serde_json::{Value, json};

use crate::signer::{AUDIENCE, ISSUER, NOW, Signer, at, claims};

fn verifier(signer: &Signer) -> Verifier {
    Verifier::parse(&signer.jwks(), ISSUER, AUDIENCE).unwrap()
}

fn check(typ: &str, claims: &str, later: u64) -> Result<Claims, AccessTokenError> {
    let signer = Signer::new("a");
    verifier(&signer).verify(&signer.sign(typ, claims), at(later))
}

#[test]
fn a_token_is_valid_until_the_second_it_expires() {
    assert!(check("at+jwt", &claims().to_string(), 3599).is_ok());
    assert_eq!(check("at+jwt", &claims().to_string(), 3600).unwrap_err(), AccessTokenError::Expired);
}

#[test]
fn an_expired_token_still_names_its_session() {
    let signer = Signer::new("a");
    let keys = parse_jwks(signer.jwks().as_bytes()).unwrap();
    let verify = |token: &str| verify_expired_access_token(token, &keys, ISSUER, AUDIENCE, at(1_000_000));
    assert_eq!(verify(&signer.token()).unwrap().sub.as_str(), "alice");
    assert_eq!(verify(&Signer::new("b").token()).unwrap_err(), AccessTokenError::Invalid);
}

#[test]
fn a_signed_token_with_a_wrong_claim_is_refused() {
    let cases: [(&str, Value); 12] = [
        ("iss", json!("https://b.example/api/auth")),
        ("aud", json!("other")),
        ("aud", json!(["shop", "other"])),
        ("exp", json!("9999999999")),
        ("exp", json!(1e300)),
        ("exp", json!(-1)),
        ("nbf", json!("0")),
        ("nbf", json!(NOW + 61)),
        ("iat", json!(NOW + 61)),
        ("sid", json!("not-a-session")),
        ("sub", json!("")),
        ("sub", json!(7)),
    ];
    for (name, value) in cases {
        let mut claims = claims();
        claims[name] = value.clone();
        assert!(check("at+jwt", &claims.to_string(), 0).is_err(), "{name} = {value}");
    }
    for name in ["iss", "sub", "aud", "client_id", "iat", "exp", "jti", "sid"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        let error = check("at+jwt", &claims.to_string(), 0).unwrap_err();
        assert_eq!(error, AccessTokenError::Invalid, "without {name}");
    }
}

#[test]
fn a_clock_may_be_a_minute_behind_the_issuers() {
    for name in ["iat", "nbf"] {
        let mut claims = claims();
        claims[name] = json!(NOW + 60);
        assert!(check("at+jwt", &claims.to_string(), 0).is_ok(), "{name}");
    }
}

#[test]
fn a_payload_that_names_a_claim_twice_is_refused() {
    let twice = claims().to_string().replacen('{', r#"{"sub":"mallory","#, 1);
    assert_eq!(check("at+jwt", &twice, 0).unwrap_err(), AccessTokenError::Invalid);
}

#[test]
fn a_token_of_more_than_8_kib_is_refused() {
    let signer = Signer::new("a");
    let padded = |bytes: usize| {
        let mut claims = claims();
        claims["padding"] = json!("a".repeat(bytes));
        signer.sign("at+jwt", &claims.to_string())
    };
    let (fits, long) = (padded(5_600), padded(5_800));
    assert!(fits.len() <= 8_192 && long.len() > 8_192, "{} {}", fits.len(), long.len());
    assert!(verifier(&signer).verify(&fits, at(0)).is_ok());
    assert_eq!(verifier(&signer).verify(&long, at(0)).unwrap_err(), AccessTokenError::Invalid);
}

#[test]
fn a_token_of_another_type_is_refused() {
    let claims = claims().to_string();
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt"] {
        assert!(check(typ, &claims, 0).is_ok(), "{typ}");
    }
    for typ in ["", "JWT", "refresh+jwt", "logout+jwt", "at+jwt2"] {
        assert_eq!(check(typ, &claims, 0).unwrap_err(), AccessTokenError::Invalid, "{typ}");
    }
}

#[test]
fn another_key_of_the_same_name_verifies_nothing() {
    let token = Signer::new("a").token();
    let other = Signer::new("b").jwks().replace("\"b\"", "\"a\"");
    let verifier = Verifier::parse(&other, ISSUER, AUDIENCE).unwrap();
    assert_eq!(verifier.verify(&token, at(0)).unwrap_err(), AccessTokenError::Invalid);
}

#[test]
fn a_running_verifier_follows_a_key_rotation() {
    let (old, new) = (Signer::new("a"), Signer::new("b"));
    let verifier = verifier(&old);
    let clone = verifier.clone();
    assert!(clone.verify(&new.token(), at(0)).is_err());
    assert_eq!(verifier.replace_keys(&new.jwks()), Ok(()));
    assert!(clone.verify(&new.token(), at(0)).is_ok());
    assert_eq!(verifier.replace_keys("{}"), Err(NoKeys));
    assert!(clone.verify(&new.token(), at(0)).is_ok(), "a bad answer changes nothing");
    assert!(clone.verify(&old.token(), at(0)).is_err(), "a key that was removed is not used");
}

#[test]
fn a_set_without_a_usable_key_is_an_error() {
    for jwks in ["", "{}", "[]", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#] {
        assert_eq!(parse_jwks(jwks.as_bytes()).unwrap_err(), NoKeys, "{jwks}");
    }
    let own = Signer::new("a").jwks();
    let mixed = own.replacen('[', r#"[{"kty":"oct","k":"AAAA"},{"kty":7},7,"#, 1);
    assert_eq!(parse_jwks(mixed.as_bytes()).unwrap().len(), 1);
}
