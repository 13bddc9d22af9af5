//! The proofs of `vectors/dpop.json`, which an independent JOSE library made. The client and the server run the same file.

use std::time::{Duration, SystemTime};

use http::{HeaderValue, Method};
use latchkey_verifier::dpop::{
    self, BaseUrls, Expected, KeyRule, NonceRule, ProofError, SeenProofs, Thumbprint,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    now: u64,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    headers: Vec<String>,
    method: String,
    path: String,
    origins: Vec<String>,
    access_token: Option<String>,
    thumbprint: Option<Thumbprint>,
    nonce: String,
    fresh_nonces: Vec<String>,
    seen: Vec<String>,
    result: String,
    because: String,
}

fn file() -> File {
    serde_json::from_str(include_str!("../../vectors/dpop.json")).unwrap()
}

impl Vector {
    fn verify(&self, key: KeyRule, now: SystemTime) -> Result<(), ProofError> {
        let base_urls = BaseUrls::parse(self.origins.iter().map(String::as_str)).unwrap();
        let is_fresh = |nonce: &str| self.fresh_nonces.iter().any(|fresh| fresh == nonce);
        let nonce = match self.nonce.as_str() {
            "none" => NonceRule::Ignored,
            "required" => NonceRule::Required(&is_fresh),
            other => panic!("{other}"),
        };
        let (method, path, access_token) = (&self.method, &self.path, self.access_token.as_deref());
        let expected = Expected { method, base_urls: &base_urls, path, access_token, key, nonce, now };
        let values: Vec<HeaderValue> = self.headers.iter().map(|value| value.parse().unwrap()).collect();
        let proof = dpop::verify(&values, &expected)?;
        if method.parse::<Method>().unwrap().is_safe() {
            return Ok(());
        }
        let seen = SeenProofs::new();
        if self.seen.contains(&proof.jti) {
            seen.remember(&proof, now)?;
        }
        seen.remember(&proof, now)
    }
}

fn result(outcome: Result<(), ProofError>) -> &'static str {
    match outcome {
        Ok(()) => "accepted",
        Err(ProofError::Missing) => "missing",
        Err(ProofError::WrongKey) => "wrong_key",
        Err(ProofError::Repeated) => "repeated",
        Err(error) if error.is_only_time_or_nonce() => "use_nonce",
        Err(_) => "invalid",
    }
}

#[test]
fn every_vector_has_its_result() {
    let File { now, vectors } = file();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(now);
    let mut wrong = vec![];
    for vector in &vectors {
        let whole = vector.thumbprint.map_or(KeyRule::Any, KeyRule::Thumbprint);
        let truncated = vector.thumbprint.map_or(KeyRule::Any, |bound| KeyRule::Truncated(bound.truncated()));
        for key in [whole, truncated] {
            let outcome = vector.verify(key, now);
            if result(outcome) != vector.result {
                let Vector { name, result, because, .. } = vector;
                wrong.push(format!("{name}: {outcome:?} instead of {result}, because {because}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(vectors.len() > 100, "{} vectors", vectors.len());
}
