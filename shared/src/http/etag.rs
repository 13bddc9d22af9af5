//! Entity tags and `If-None-Match`, so that an unchanged list costs the client no body.
//!
//! *Source*: RFC 9110, sections 8.8.3 and 13.1.2. The comparison is weak, because a proxy may mark our tag `W/`.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use http::HeaderValue;
use serde::Serialize;

/// A strong entity tag of a response body.
pub fn etag(body: &impl Serialize) -> String {
    let json = serde_json::to_vec(body).expect("a response body has text keys and finite numbers");
    let digest = digest::digest(&digest::SHA256, &json);
    format!("\"{}\"", BASE64URL.encode(&digest.as_ref()[..18]))
}

/// Whether the value of `If-None-Match` contains `tag`: alone, in a list, or as `*`.
pub fn is_known(tag: &str, known: &HeaderValue) -> bool {
    let known = known.to_str().unwrap_or_default().trim();
    let names = |entry: &str| entry.strip_prefix("W/").unwrap_or(entry) == tag;
    known == "*" || known.split(',').any(|entry| names(entry.trim()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn known(text: &str) -> bool {
        is_known("\"a\"", &HeaderValue::from_str(text).unwrap())
    }

    #[test]
    fn a_tag_is_known_alone_in_a_list_weakened_or_by_a_star() {
        for text in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "\"b\",W/\"a\"", "*", " * "] {
            assert!(known(text), "{text}");
        }
        for text in ["", "a", "\"A\"", "\"b\"", "w/\"a\"", "W/W/\"a\"", "\"a", "**", "\"b\", *"] {
            assert!(!known(text), "{text}");
        }
    }

    #[test]
    fn another_body_has_another_tag() {
        assert_eq!(etag(&json!({"a": 1})), etag(&json!({"a": 1})));
        assert_ne!(etag(&json!({"a": 1})), etag(&json!({"a": 2})));
    }
}
