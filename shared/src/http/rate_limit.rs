//! How a limit is told to the client: `RateLimit-Policy` and `RateLimit`.
//!
//! *Source*: draft-ietf-httpapi-ratelimit-headers-11: a policy is a String with `q` and `w`, its state has
//! `r` and `t`, all whole numbers, `t` and `w` in seconds.

use http::{HeaderMap, HeaderValue};

use super::problem::Problem;
use crate::domain::limit::{LimitMode, Policy, Quota};
use crate::domain::time::Timestamp;

/// The two headers for one policy; none for a policy that refuses nobody.
pub fn headers(policy: &Policy, standing: Quota) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if policy.mode != LimitMode::Enforce {
        return headers;
    }
    let name = policy.name;
    let quota = format!("\"{name}\";q={};w={}", policy.attempts, policy.window.as_secs());
    let state = format!("\"{name}\";r={};t={}", standing.remaining, standing.reset_seconds);
    for (name, value) in [("ratelimit-policy", quota), ("ratelimit", state)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    headers
}

/// A refusal by a policy, until a second: 429 with all that tells when to come back.
pub fn refusal(policy: &Policy, until: Timestamp, now: Timestamp) -> Problem {
    // A retry in the second of the answer would meet the same refusal.
    let retry_after = now.seconds_until(until).max(1);
    let standing = Quota { remaining: 0, reset_seconds: retry_after };
    Problem::rate_limited(policy.name, retry_after).with_headers(headers(policy, standing))
}
