//! Nonces and used proofs: how long they count.

use std::time::{Duration, SystemTime};

use latchkey_verifier::dpop::{
    self, BaseUrls, Expected, KeyRule, NonceRule, Nonces, Proof, ProofError, SeenProofs,
};
use serde_json::{Value, json};

use crate::prover::{Prover, proof_claims};
use crate::signer::{NOW, at};

const URL: &str = "https://api.example.com/orders";

fn verify(prover: &Prover, jti: &str, iat: u64, nonce: NonceRule<'_>) -> Result<Proof, ProofError> {
    let mut claims = proof_claims("POST", URL);
    claims["jti"] = json!(jti);
    claims["iat"] = json!(iat);
    verify_claims(prover, &claims, nonce)
}

fn verify_claims(prover: &Prover, claims: &Value, nonce: NonceRule<'_>) -> Result<Proof, ProofError> {
    let base_urls = BaseUrls::parse(["https://api.example.com"]).unwrap();
    let expected = Expected {
        method: "POST",
        base_urls: &base_urls,
        path: "/orders",
        access_token: None,
        key: KeyRule::Any,
        nonce,
        now: at(0),
    };
    dpop::verify([&prover.sign(claims)], &expected)
}

#[test]
fn a_proof_is_remembered_while_it_could_be_used_again() {
    let (prover, seen) = (Prover::new(), SeenProofs::new());
    // A proof from the future is accepted for the longest time: until 60 seconds after its `iat`.
    let proof = verify(&prover, "a", NOW + 60, NonceRule::Ignored).unwrap();
    for start in [0, 119, 121] {
        let seen = SeenProofs::new();
        let other = verify(&prover, &format!("at {start}"), NOW, NonceRule::Ignored).unwrap();
        assert_eq!(seen.remember(&other, at(0)), Ok(()), "its generation begins earlier");
        assert_eq!(seen.remember(&proof, at(start)), Ok(()));
        for later in [0, 1, 60, 119, 120] {
            assert_eq!(seen.remember(&proof, at(start + later)), Err(ProofError::Repeated), "{later}");
        }
    }
    assert_eq!(seen.remember(&proof, at(0)), Ok(()));
    let other_key = verify(&Prover::new(), "a", NOW + 60, NonceRule::Ignored).unwrap();
    assert_eq!(seen.clone().remember(&other_key, at(0)), Ok(()), "another key may choose the same jti");
    assert_eq!(seen.clone().remember(&proof, at(1)), Err(ProofError::Repeated), "clones share");
}

#[test]
fn a_nonce_is_known_to_every_instance_and_has_an_age() {
    let (nonces, other) = (Nonces::new(&[7; 32]), Nonces::new(&[8; 32]));
    let nonce = nonces.issue(at(0));
    assert_eq!(nonce.len(), 48);
    for (seconds, most) in [(0, 60), (60, 120), (4_200, 4_260)] {
        let age = Nonces::new(&[7; 32]).age(&nonce, at(seconds)).unwrap().as_secs();
        assert!((seconds..most).contains(&age), "{age} after {seconds}");
    }
    assert_eq!(other.age(&nonce, at(0)), None, "of another server");
    let ahead = nonces.issue(at(60));
    assert_eq!(nonces.age(&ahead, at(0)), Some(Duration::ZERO), "clocks of instances differ");
    assert_eq!(nonces.age(&nonces.issue(at(180)), at(0)), None, "from the future");
    for wrong in
        ["", "a", &nonce[..47], &format!("{nonce}A"), &"A".repeat(48), &nonce.replace(&nonce[..2], "BB")]
    {
        assert_eq!(nonces.age(wrong, at(0)), None, "{wrong}");
    }
    let before_1970 = SystemTime::UNIX_EPOCH - Duration::from_secs(90);
    assert!(nonces.age(&nonces.issue(before_1970), before_1970).is_some());
}

#[test]
fn a_required_nonce_is_judged_by_its_age() {
    let (prover, nonces) = (Prover::new(), Nonces::new(&[7; 32]));
    let with = |nonce: Option<String>| {
        let mut claims = proof_claims("POST", URL);
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(nonce);
        }
        let is_fresh = |nonce: &str| nonces.age(nonce, at(0)).is_some_and(|age| age.as_secs() <= 600);
        verify_claims(&prover, &claims, NonceRule::Required(&is_fresh)).map(|proof| proof.issued_at)
    };
    assert_eq!(with(Some(nonces.issue(at(0)))), Ok(NOW as i64));
    let old = nonces.issue(SystemTime::UNIX_EPOCH + Duration::from_secs(NOW - 661));
    for nonce in [None, Some(old), Some(Nonces::new(&[8; 32]).issue(at(0))), Some(String::new())] {
        let error = with(nonce).unwrap_err();
        assert_eq!(error, ProofError::Nonce);
        assert!(error.is_only_time_or_nonce());
    }
}
