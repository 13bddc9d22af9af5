//! The idempotency keys of a request: the header `Idempotency-Key`, and the member `previous_keys`.
//!
//! Only `POST /login` and `POST /refresh` read the header. `POST /revoke` reads the member, so that an owner who signs out
//! with an older token is no thief.

use http::{HeaderMap, HeaderName};

use super::problem::Problem;
use crate::domain::session::idempotency_key::IdempotencyKey;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// The keys of earlier attempts that a request may show.
const PREVIOUS_MAX: usize = 2;

/// The key in the header, if there is one.
///
/// # Errors
/// 400 that names the header: the value is not a key, or the header was sent twice, because no rule defines which counts.
pub fn of_request(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let wrong = |expected: &dyn std::fmt::Display| Problem::field("Idempotency-Key", expected);
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(wrong(&"was sent twice"));
    }
    // A value with other characters than ASCII is no key either.
    let text = value.to_str().unwrap_or_default();
    IdempotencyKey::parse_header(text).map(Some).map_err(|error| wrong(&error))
}

/// The keys in `previous_keys`.
///
/// # Errors
/// 400 that names the member: there are more than two, or one is not a key.
pub fn previous_of(keys: Option<&[String]>) -> Result<Vec<IdempotencyKey>, Problem> {
    previous(keys.unwrap_or_default().iter().map(String::as_str))
}

/// As [`previous_of`], from any list.
///
/// # Errors
/// As [`previous_of`].
pub fn previous<'k>(keys: impl Iterator<Item = &'k str>) -> Result<Vec<IdempotencyKey>, Problem> {
    let keys: Result<Vec<_>, _> = keys.take(PREVIOUS_MAX + 1).map(IdempotencyKey::parse).collect();
    let keys = keys.map_err(|error| Problem::field("previous_keys", error))?;
    if keys.len() > PREVIOUS_MAX {
        return Err(Problem::field("previous_keys", "expected at most two keys"));
    }
    Ok(keys)
}
