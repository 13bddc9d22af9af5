//! The response headers `RateLimit-Policy` and `RateLimit`.
//!
//! *Source*: draft-ietf-httpapi-ratelimit-headers-11. A policy has `q` (attempts) and `w` (window in seconds), its
//! state has `r` (attempts left) and `t` (seconds until the window resets).

use http::{HeaderMap, HeaderValue};

use super::problem::Problem;
use crate::domain::limit::{LimitMode, Policy, Quota};
use crate::domain::time::Timestamp;

/// Both headers for one policy; none for a policy that does not enforce its limit.
pub fn headers(policy: &Policy, quota: Quota) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if policy.mode != LimitMode::Enforce {
        return headers;
    }
    let name = policy.name;
    let policy_value = format!("\"{name}\";q={};w={}", policy.attempts, policy.window.as_secs());
    let state = format!("\"{name}\";r={};t={}", quota.remaining, quota.reset_seconds);
    for (name, value) in [("ratelimit-policy", policy_value), ("ratelimit", state)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    headers
}

/// `rate_limited` until the moment `until`, with `Retry-After` and the rate-limit headers.
pub fn refusal(policy: &Policy, until: Timestamp, now: Timestamp) -> Problem {
    // At least one second, because a retry within the same second would be refused again.
    let retry_after = now.seconds_until(until).max(1);
    let quota = Quota { remaining: 0, reset_seconds: retry_after };
    Problem::rate_limited(policy.name, retry_after).with_headers(headers(policy, quota))
}
