//! The proofs of `vectors/dpop.json`, which an independent JOSE library made. The client and the server run the same file.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, Method, header};
use latchkey_verifier::dpop::{
    self, BaseUrls, Expected, KeyRule, NonceRule, ProofError, SeenProofs, Thumbprint,
};
use latchkey_verifier::{RequireSignedIn, Verifier};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct File {
    now: u64,
    access_tokens: AccessTokens,
    vectors: Vec<Vector>,
}

/// How the access tokens of the vectors are verified.
#[derive(Deserialize)]
struct AccessTokens {
    issuer: String,
    audience: String,
    jwks: Value,
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
    fn base_urls(&self) -> BaseUrls {
        BaseUrls::parse(self.origins.iter().map(String::as_str)).unwrap()
    }

    /// The code of a check of the whole request, with its access token and this scheme.
    async fn check(&self, check: &RequireSignedIn, scheme: &str) -> &'static str {
        let token = self.access_token.as_deref().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, format!("{scheme} {token}").parse().unwrap());
        for value in &self.headers {
            headers.append("dpop", value.parse().unwrap());
        }
        let outcome = check.check(&self.method.parse().unwrap(), &self.path, &headers).await;
        outcome.map_or_else(|refusal| refusal.code().name(), |_| "accepted")
    }

    fn verify(&self, key: KeyRule, now: SystemTime) -> Result<(), ProofError> {
        let base_urls = self.base_urls();
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
    let File { now, vectors, .. } = file();
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

#[tokio::test]
async fn the_check_of_whole_requests_agrees_with_the_vectors() {
    let File { now, access_tokens: AccessTokens { issuer, audience, jwks }, vectors } = file();
    let verifier = Verifier::parse(&jwks.to_string(), &issuer, &audience).unwrap();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(now);
    let with_token = vectors.iter().filter(|vector| vector.access_token.is_some());
    let mut count = 0;
    for vector in with_token {
        let check =
            RequireSignedIn::offline(verifier.clone()).public_urls(vector.base_urls()).clock(move || now);
        let expected = match vector.result.as_str() {
            "accepted" => "accepted",
            "missing" => "device_proof_required",
            _ => "invalid_dpop_proof",
        };
        if !vector.seen.is_empty() {
            assert_eq!(vector.check(&check, "DPoP").await, "accepted", "the first use: {}", vector.name);
        }
        assert_eq!(vector.check(&check, "DPoP").await, expected, "{}", vector.name);
        // A bound token is refused as Bearer, whatever proof comes with it.
        assert_eq!(vector.check(&check, "Bearer").await, "device_proof_required", "{}", vector.name);
        count += 1;
    }
    assert!(count >= 9, "{count} vectors");
}
