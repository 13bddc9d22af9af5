//! Public keys: the key set of the authorizer, which verifies access tokens and does nothing else.

use std::fmt;

use latchkey_verifier::VerifyingKey;

use super::{Jwks, KeySetError, entries};
use crate::token::jwk::PrivateJwk;

/// The public halves of a key set. Private keys in the text are ignored, so that they are not kept in memory.
#[derive(Clone)]
pub struct PublicKeys {
    /// The keys that verify access tokens.
    pub verifying: Vec<VerifyingKey>,
    /// Whether the text also contained private keys, which this function does not need.
    pub has_secrets: bool,
}

impl PublicKeys {
    /// Parses a JWKS like [`super::KeySet::parse`], without `oct` keys and private halves.
    ///
    /// # Errors
    /// The first entry that cannot be used, by index, or the set has no key that verifies access tokens.
    pub fn parse(text: &str) -> Result<Self, KeySetError> {
        let jwks: Jwks = serde_json::from_str(text).map_err(|_| KeySetError::NotAKeySet)?;
        let mut verifying = vec![];
        for (index, jwk, _) in entries(&jwks)? {
            if jwk.public.kty != "oct" {
                let key =
                    VerifyingKey::from_jwk(&jwk.public).map_err(|error| KeySetError::Key(index, error))?;
                verifying.push(key);
            }
        }
        if verifying.is_empty() {
            return Err(KeySetError::NoVerifyingKey);
        }
        Ok(Self { verifying, has_secrets: jwks.keys.iter().any(PrivateJwk::is_secret) })
    }
}

impl fmt::Debug for PublicKeys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PublicKeys({})", self.verifying.len())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::token::keys::generate_key_set;

    fn generated() -> Value {
        serde_json::from_str(&generate_key_set()).unwrap()
    }

    #[test]
    fn a_set_without_secrets_is_enough() {
        let mut keys = generated();
        assert!(PublicKeys::parse(&keys.to_string()).unwrap().has_secrets);
        keys["keys"][0].as_object_mut().unwrap().remove("d");
        keys["keys"].as_array_mut().unwrap().truncate(1);
        let keys = PublicKeys::parse(&keys.to_string()).unwrap();
        assert_eq!((keys.verifying.len(), keys.has_secrets), (1, false));
    }

    #[test]
    fn a_set_that_cannot_verify_is_refused_at_start() {
        type Change = fn(&mut Value);
        let cases: [(KeySetError, Change); 4] = [
            (KeySetError::NotAKeySet, |k| *k = json!([])),
            (KeySetError::Kid(0), |k| drop(k["keys"][0].as_object_mut().unwrap().remove("kid"))),
            (KeySetError::DuplicateKid(1), |k| k["keys"][1]["kid"] = k["keys"][0]["kid"].clone()),
            (KeySetError::NoVerifyingKey, |k| drop(k["keys"].as_array_mut().unwrap().remove(0))),
        ];
        for (expected, change) in cases {
            let mut keys = generated();
            change(&mut keys);
            assert_eq!(PublicKeys::parse(&keys.to_string()).unwrap_err(), expected);
        }
        let mut off_curve = generated();
        off_curve["keys"][0]["x"] = off_curve["keys"][0]["y"].clone();
        assert!(matches!(PublicKeys::parse(&off_curve.to_string()), Err(KeySetError::Key(0, _))));
    }
}
