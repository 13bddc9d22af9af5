//! Bound tokens without the layer: the functions refuse them unless the caller brings the proof.

use latchkey_verifier::dpop::{self, BaseUrls, Expected, KeyRule, NonceRule, Proof};
use latchkey_verifier::{
    AccessTokenError, Verifier, parse_jwks, verify_access_token, verify_expired_access_token,
};
use serde_json::json;

use crate::prover::Prover;
use crate::signer::{AUDIENCE, ISSUER, NOW, Signer, at, claims};

const URL: &str = "https://api.example.com/orders";

fn bound_token(prover: &Prover, jti: &str) -> String {
    let mut claims = claims();
    claims["cnf"] = json!({"jkt": prover.thumbprint()});
    claims["jti"] = json!(jti);
    Signer::new("a").sign("at+jwt", &claims.to_string())
}

fn proof_for(prover: &Prover, token: &str, access_token: Option<&str>) -> Proof {
    let base_urls = BaseUrls::parse(["https://api.example.com"]).unwrap();
    let (key, nonce) = (KeyRule::Any, NonceRule::Ignored);
    let (path, now) = ("/orders", at(0));
    let expected = Expected { method: "GET", base_urls: &base_urls, path, access_token, key, nonce, now };
    dpop::verify([&prover.proof("GET", URL, token)], &expected).unwrap()
}

#[test]
fn a_function_that_sees_no_proof_refuses_a_bound_token() {
    let (jwks, token) = (Signer::new("a").jwks(), bound_token(&Prover::new(), "j"));
    let keys = parse_jwks(jwks.as_bytes()).unwrap();
    let verifier = Verifier::parse(&jwks, ISSUER, AUDIENCE).unwrap();
    for outcome in [
        verify_access_token(&token, &keys, ISSUER, AUDIENCE, at(0)),
        verify_expired_access_token(&token, &keys, ISSUER, AUDIENCE, at(0)),
        verifier.verify(&token, at(0)),
    ] {
        assert_eq!(outcome.unwrap_err(), AccessTokenError::ProofRequired);
    }
}

#[test]
fn only_the_proof_of_its_key_for_this_token_proves_a_token() {
    let (owner, thief) = (Prover::new(), Prover::new());
    let (token, other) = (bound_token(&owner, "a"), bound_token(&owner, "b"));
    let unbound = Signer::new("a").token();
    let verifier = Verifier::parse(&Signer::new("a").jwks(), ISSUER, AUDIENCE).unwrap();
    let claims_of = |token: &str, proof: Option<&Proof>| {
        let signed = verifier.verify_signature(token, at(0)).unwrap();
        signed.proven_by(proof).map(|claims| claims.jti)
    };
    let proof = proof_for(&owner, &token, Some(&token));
    assert_eq!(claims_of(&token, Some(&proof)).as_deref(), Ok("a"));
    assert_eq!(claims_of(&other, Some(&proof)), Err(AccessTokenError::WrongKey), "of another token");
    // Its `ath` is right, but it was not checked.
    let unchecked = proof_for(&owner, &token, None);
    assert_eq!(claims_of(&token, Some(&unchecked)), Err(AccessTokenError::WrongKey));
    let stolen = proof_for(&thief, &token, Some(&token));
    assert_eq!(claims_of(&token, Some(&stolen)), Err(AccessTokenError::WrongKey));
    assert_eq!(claims_of(&token, None), Err(AccessTokenError::ProofRequired));
    assert_eq!(claims_of(&unbound, Some(&proof)), Err(AccessTokenError::NotBound));
    assert_eq!(claims_of(&unbound, None).as_deref(), Ok("j"));
}

#[test]
fn signed_claims_name_the_key_and_hide_the_token() {
    let prover = Prover::new();
    let token = bound_token(&prover, "j");
    let verifier = Verifier::parse(&Signer::new("a").jwks(), ISSUER, AUDIENCE).unwrap();
    let signed = verifier.verify_signature(&token, at(0)).unwrap();
    assert_eq!(signed.key_rule(), KeyRule::Thumbprint(prover.thumbprint()));
    assert!(!format!("{signed:?}").contains(&token));
    assert_eq!(signed.clone().unexpired(at(3_600)).unwrap_err(), AccessTokenError::Expired);
    let claims = signed.unproven();
    assert_eq!((claims.iat, claims.cnf.unwrap().jkt), (NOW as i64, prover.thumbprint()));
    let unbound = Signer::new("a").token();
    assert_eq!(verifier.verify_signature(&unbound, at(0)).unwrap().key_rule(), KeyRule::Any);
}
