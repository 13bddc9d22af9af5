//! The claims that all tokens of identity providers share: dates, the audience, the issuer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use latchkey_verifier::TOKEN_MAX_BYTES;
use serde::{Deserialize, Deserializer};
use serde_json::Number;

/// A moment from which an assertion is valid, rounded up: a fraction of a second never makes it valid earlier.
///
/// A NumericDate may have a fraction (RFC 7519 section 2).
pub(super) fn begins_at<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    whole_second(&Number::deserialize(deserializer)?, f64::ceil)
}

pub(super) fn may_begin_at<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let number = Option::<Number>::deserialize(deserializer)?;
    number.map(|number| whole_second(&number, f64::ceil)).transpose()
}

/// The moment at which an assertion expires, rounded down: a fraction never makes it valid for longer.
pub(super) fn ends_at<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    whole_second(&Number::deserialize(deserializer)?, f64::floor)
}

/// The same for a moment that may be missing. It also suits `auth_time`, which a fraction never makes more recent.
pub(super) fn may_end_at<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let number = Option::<Number>::deserialize(deserializer)?;
    number.map(|number| whole_second(&number, f64::floor)).transpose()
}

/// The greatest number up to which an `f64` has every whole number.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

fn whole_second<E: serde::de::Error>(number: &Number, round: fn(f64) -> f64) -> Result<i64, E> {
    whole(number, round).ok_or_else(|| E::custom("expected a number of seconds"))
}

/// A moment that is no claim, rounded up; `None` for a number that is no time.
pub(super) fn moment_of(number: &Number) -> Option<i64> {
    whole(number, f64::ceil)
}

fn whole(number: &Number, round: fn(f64) -> f64) -> Option<i64> {
    let fraction = || number.as_f64().map(round).filter(|seconds| seconds.abs() <= EXACT_MAX);
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and in the range of an i64")]
    number.as_i64().or_else(|| fraction().map(|seconds| seconds as i64))
}

/// One audience, or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    /// Whether `audience` is one of them.
    pub(super) fn names(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => many.iter().any(|entry| entry == audience),
        }
    }
}

/// The `iss` of a token whose signature is not verified yet; `None` if the text is no JWT.
pub(super) fn claimed_iss(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Iss {
        iss: String,
    }
    let payload = text.split('.').nth(1).filter(|_| text.len() <= TOKEN_MAX_BYTES)?;
    let iss: Iss = serde_json::from_slice(&BASE64URL.decode(payload).ok()?).ok()?;
    Some(iss.iss)
}
