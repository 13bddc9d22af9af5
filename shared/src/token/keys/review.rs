//! The keys of sign-in reviews: `oct` keys with `"use":"enc"`.

use std::fmt;
use std::sync::Arc;

use super::{Jwks, KeySetError, entries, secret_of};
use crate::token::jwk::PrivateJwk;
use crate::token::review_link::ReviewKey;

/// The keys of sign-in reviews. The first one seals new links, and all of them open links. Without a key there are no links.
#[derive(Clone, Default)]
pub struct ReviewKeys(Arc<[ReviewKey]>);

impl ReviewKeys {
    /// Parses a JWKS that holds keys of sign-in reviews and nothing else. An empty text and an empty set have none.
    ///
    /// # Errors
    /// The first entry that cannot be used, by index. A key for another purpose is refused, because the function that writes links
    /// must not hold one.
    pub fn parse(text: &str) -> Result<Self, KeySetError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let jwks: Jwks = serde_json::from_str(text).map_err(|_| KeySetError::NotAKeySet)?;
        let mut keys = vec![];
        for (index, jwk, _) in entries(&jwks)? {
            if !is_review_key(jwk) {
                return Err(KeySetError::NotAReviewKey(index));
            }
            keys.push(ReviewKey::new(&secret_of(index, jwk)?));
        }
        Ok(Self(keys.into()))
    }

    /// The keys that open links.
    pub fn all(&self) -> &[ReviewKey] {
        &self.0
    }

    /// The key that seals new links, if there is one.
    pub fn newest(&self) -> Option<&ReviewKey> {
        self.0.first()
    }
}

/// Whether a key of a deployment's set is for sign-in reviews.
pub(super) fn is_review_key(jwk: &PrivateJwk) -> bool {
    jwk.public.kty == "oct" && jwk.public.usage.as_deref() == Some("enc")
}

impl fmt::Debug for ReviewKeys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ReviewKeys({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::token::keys::{KeySet, generate_key_set};

    fn generated() -> Vec<Value> {
        let set: Value = serde_json::from_str(&generate_key_set()).unwrap();
        set["keys"].as_array().unwrap().clone()
    }

    fn parse(keys: &[Value]) -> Result<usize, KeySetError> {
        ReviewKeys::parse(&json!({"keys": keys}).to_string()).map(|keys| keys.all().len())
    }

    #[test]
    fn only_keys_of_sign_in_reviews_are_accepted() {
        let keys = generated();
        assert_eq!(parse(&keys[2..]), Ok(1));
        assert_eq!(parse(&[keys[2].clone(), generated()[2].clone()]), Ok(2));
        assert_eq!(parse(&keys), Err(KeySetError::NotAReviewKey(0)));
        assert_eq!(parse(&[keys[2].clone(), keys[1].clone()]), Err(KeySetError::NotAReviewKey(1)));
        assert_eq!((parse(&[]), ReviewKeys::parse("").unwrap().all().len()), (Ok(0), 0));
        assert_eq!(ReviewKeys::parse("x").err(), Some(KeySetError::NotAKeySet));
        let mut short = keys[2].clone();
        short["k"] = json!("c2hvcnQ");
        assert_eq!(parse(&[short]), Err(KeySetError::ShortSecret(0)));
    }

    /// The function that writes links must not be able to open or make a refresh token.
    #[test]
    fn a_key_of_sign_in_reviews_is_no_refresh_key() {
        let keys = generated();
        let set = KeySet::parse(&json!({"keys": keys}).to_string()).unwrap();
        assert_eq!((set.refresh().len(), set.verifying().len()), (1, 1));
        assert_eq!(set.public_jwks()["keys"].as_array().unwrap().len(), 1);
        let without = json!({"keys": [keys[0], keys[2]]}).to_string();
        assert_eq!(KeySet::parse(&without).err(), Some(KeySetError::NoRefreshKey));
    }
}
