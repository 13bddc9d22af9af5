//! How a limit is told to the client: `RateLimit-Policy` and `RateLimit`.
//!
//! *Source*: draft-ietf-httpapi-ratelimit-headers-11: a policy is a String with `q` and `w`, its state has
//! `r` and `t`, all whole numbers, `t` and `w` in seconds.

use http::{HeaderMap, HeaderValue};

use crate::limit::{Policy, Standing};

/// The two headers for one policy.
pub fn headers(name: &str, policy: &Policy, standing: Standing) -> HeaderMap {
    let quota = format!("\"{name}\";q={};w={}", policy.attempts, policy.window.as_secs());
    let state = format!("\"{name}\";r={};t={}", standing.remaining, standing.reset_seconds);
    let mut headers = HeaderMap::new();
    for (name, value) in [("ratelimit-policy", quota), ("ratelimit", state)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    headers
}
