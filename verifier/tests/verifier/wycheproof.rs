//! Project Wycheproof's JOSE vectors.
//!
//! The allow list is ES256, RS256 and EdDSA. A vector of another algorithm is refused even if its label is `valid`; inside
//! the list only [`DEVIATIONS`] contradict a label.

use std::collections::BTreeMap;

use latchkey_verifier::{
    AccessTokenError, Jwk, JwsError, VerifyingKey, parse_jwks, verify_access_token, verify_signature,
};
use serde::Deserialize;
use serde_json::Value;

use crate::signer::{AUDIENCE, ISSUER, at};

/// The vectors inside the allow list whose label we contradict, and why.
const DEVIATIONS: [(Vectors, u64, &str); 1] = [(
    Vectors::Keys,
    7,
    "a ROCA key: only Infineon chips from before 2017 make such keys, and an issuer that publishes one is trusted \
     with the whole key anyway",
)];

/// Algorithms outside the allow list, with the number of vectors that are labelled valid.
const OUTSIDE: [(&str, usize); 9] = [
    ("ES512", 2),
    ("HS256", 12),
    ("HS384", 1),
    ("HS512", 1),
    ("PS256", 6),
    ("PS384", 6),
    ("PS512", 4),
    ("RS384", 4),
    ("RS512", 4),
];

/// One of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vectors {
    Signatures,
    Keys,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    number_of_tests: usize,
    test_groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    public: Option<Value>,
    private: Option<Value>,
    tests: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    tc_id: u64,
    comment: String,
    jws: String,
    result: String,
}

/// How a vector was judged.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Accepted,
    KeyRefused,
    TokenRefused(JwsError),
}

impl Vectors {
    fn file(self) -> File {
        let text = match self {
            Self::Signatures => include_str!("../vectors/wycheproof/json_web_signature_test.json"),
            Self::Keys => include_str!("../vectors/wycheproof/json_web_key_test.json"),
        };
        serde_json::from_str(text).expect("a file of vectors is JSON")
    }

    fn deviates(self, case: &Case) -> bool {
        DEVIATIONS.iter().any(|(file, id, _)| (*file, *id) == (self, case.tc_id))
    }
}

impl Group {
    /// The group's keys as a deployment lists them: one unusable key makes the set unusable.
    fn keys(&self) -> Option<Vec<VerifyingKey>> {
        self.entries()
            .into_iter()
            .map(|entry| VerifyingKey::from_jwk(&Jwk::deserialize(entry).ok()?).ok())
            .collect()
    }

    /// The key alone, or the entries of the set.
    fn entries(&self) -> Vec<&Value> {
        let key = self.public.as_ref().or(self.private.as_ref()).expect("a group has a key");
        key["keys"].as_array().map_or(vec![key], |keys| keys.iter().collect())
    }
}

fn outcome(keys: Option<&[VerifyingKey]>, token: &str) -> Outcome {
    match keys.map(|keys| verify_signature(token, keys)) {
        None => Outcome::KeyRefused,
        Some(Ok(_)) => Outcome::Accepted,
        Some(Err(error)) => Outcome::TokenRefused(error),
    }
}

/// The algorithm that a token's header names, read as leniently as a label would.
fn algorithm(token: &str) -> String {
    use base64::Engine as _;
    let header: String = token.split('.').next().unwrap_or_default().chars().filter(|c| *c != '?').collect();
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).unwrap_or_default();
    let header: Value = serde_json::from_slice(&header).unwrap_or_default();
    header["alg"].as_str().unwrap_or_default().to_owned()
}

#[test]
#[expect(clippy::print_stdout, reason = "the counts are worth seeing")]
fn every_vector_of_our_algorithms_has_its_labelled_result() {
    let mut outside = BTreeMap::new();
    let mut judged = BTreeMap::new();
    for file in [Vectors::Signatures, Vectors::Keys] {
        let vectors = file.file();
        let (mut accepted, mut refused) = (0, 0);
        for group in &vectors.test_groups {
            let keys = group.keys();
            for case in &group.tests {
                let what = format!("{file:?} {} ({}, {})", case.tc_id, case.comment, case.result);
                let outcome = outcome(keys.as_deref(), &case.jws);
                let algorithm = algorithm(&case.jws);
                let ours = ["ES256", "RS256", "EdDSA"].contains(&algorithm.as_str());
                let expected = ours && (case.result == "valid") != file.deviates(case);
                assert_eq!(outcome == Outcome::Accepted, expected, "{what}: {outcome:?}");
                if case.result == "valid" && !ours {
                    *outside.entry(algorithm).or_insert(0) += 1;
                }
                *(if outcome == Outcome::Accepted { &mut accepted } else { &mut refused }) += 1;
            }
        }
        assert_eq!(accepted + refused, vectors.number_of_tests);
        println!("{file:?}: {accepted} accepted, {refused} refused");
        judged.insert(format!("{file:?}"), (accepted, refused));
    }
    // A verifier that refuses everything has not passed.
    assert_eq!(judged["Signatures"], (10, 391));
    assert_eq!(judged["Keys"], (2, 24));
    let expected = OUTSIDE.map(|(name, count)| (name.to_owned(), count));
    assert_eq!(outside, expected.into(), "valid vectors of other algorithms");
}

/// A fetched set may hold keys of unsupported kinds; they are skipped and verify nothing.
#[test]
fn a_mixed_key_set_verifies_no_invalid_vector() {
    let mut accepted = vec![];
    for file in [Vectors::Signatures, Vectors::Keys] {
        for group in file.file().test_groups {
            let set = serde_json::json!({ "keys": group.entries() });
            let keys = parse_jwks(set.to_string().as_bytes()).ok();
            for case in group.tests.iter().filter(|case| case.result == "invalid") {
                if outcome(keys.as_deref(), &case.jws) == Outcome::Accepted {
                    accepted.push((file, case.tc_id));
                }
            }
        }
    }
    assert_eq!(accepted, DEVIATIONS.map(|(file, id, _)| (file, id)));
}

#[test]
fn no_vector_is_an_access_token() {
    for file in [Vectors::Signatures, Vectors::Keys] {
        for group in file.file().test_groups {
            let keys = group.keys().unwrap_or_default();
            for case in group.tests {
                let claims = verify_access_token(&case.jws, &keys, ISSUER, AUDIENCE, at(0));
                assert_eq!(claims.map(|_| ()), Err(AccessTokenError::Invalid), "{file:?} {}", case.tc_id);
            }
        }
    }
}
