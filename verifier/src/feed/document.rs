//! Is this text a revocation feed of the issuer? `docs/revocation-feed.md` defines the format.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde::Deserialize;

use super::error::FeedError;
use crate::id::SessionId;
use crate::jws::{Signed, kid_of_any_size, verify_of_any_size};
use crate::time::epoch_seconds;
use crate::verifier::AnyVerifier;

/// The longest feed that is read, in bytes: the longest response of a Lambda function. It has room for 400,000 entries.
pub(super) const FEED_MAX_BYTES: usize = 6 * 1024 * 1024;

/// How far `iat` may be from the verifier's clock, in seconds. A feed that a cache or an attacker kept for longer is refused,
/// even by a verifier that has no other feed to compare it with. `not_before` may be as much later than `iat`, because it comes from the
/// clock of another server: a time of the future would refuse every session, and a copy never takes it back.
const CLOCK_SKEW_SECONDS: u64 = 90;

const FEED_TYPE: &str = "revocations+jwt";

/// A feed whose signature, issuer, form and time are right.
#[derive(Debug)]
pub(super) struct FeedDocument {
    /// When the server began to read the entries, in seconds since 1970.
    pub(super) issued_at: i64,
    /// The last revocation of everyone.
    pub(super) not_before: Option<i64>,
    /// The minute since 1970 from which on the feed has entries. `None`: it has all.
    pub(super) since: Option<i64>,
    /// The entries in ascending order.
    pub(super) ended: Vec<Entry>,
}

/// The last 8 bytes of the id of a session that has ended.
pub(super) type Entry = u64;

/// The entry of a session.
pub(super) fn entry_of(session: &SessionId) -> Entry {
    // The first half of a UUID of version 7 is mostly its time, which is not unique.
    u128::from_be_bytes(*session.as_bytes()) as u64
}

#[derive(Deserialize)]
struct Payload {
    iss: String,
    iat: i64,
    not_before: Option<i64>,
    since: Option<i64>,
    ended: String,
}

impl FeedDocument {
    /// Verifies the answer to a request with this `since`.
    pub(super) async fn verify(
        text: &str,
        asked_since: Option<i64>,
        verifier: &AnyVerifier,
        now: SystemTime,
    ) -> Result<Self, FeedError> {
        if text.len() > FEED_MAX_BYTES {
            return Err(FeedError::Malformed);
        }
        let keys = verifier.keys_with(kid_of_any_size(text).as_deref(), now).await?;
        let Signed { typ, payload, .. } = verify_of_any_size(text, &keys)?;
        if typ.as_deref() != Some(FEED_TYPE) {
            return Err(FeedError::Type);
        }
        let payload: Payload = serde_json::from_slice(&payload).map_err(|_| FeedError::Malformed)?;
        if payload.iss != verifier.issuer() {
            return Err(FeedError::Issuer);
        }
        if payload.iat.abs_diff(epoch_seconds(now)) > CLOCK_SKEW_SECONDS {
            return Err(FeedError::Time);
        }
        if payload.not_before.is_some_and(|at| at > payload.iat.saturating_add_unsigned(CLOCK_SKEW_SECONDS)) {
            return Err(FeedError::NotBefore);
        }
        // A feed that begins later than requested has a gap: entries between both minutes would be missed.
        if payload.since.is_some_and(|since| asked_since.is_none_or(|asked| since > asked)) {
            return Err(FeedError::Gap);
        }
        let Payload { iat: issued_at, not_before, since, ended, iss: _ } = payload;
        Ok(Self { issued_at, not_before, since, ended: parse_entries(&ended)? })
    }
}

fn parse_entries(text: &str) -> Result<Vec<Entry>, FeedError> {
    let bytes = BASE64URL.decode(text).map_err(|_| FeedError::Malformed)?;
    let (entries, rest) = bytes.as_chunks::<8>();
    let entries: Vec<Entry> = entries.iter().map(|entry| Entry::from_be_bytes(*entry)).collect();
    if rest.is_empty() && entries.is_sorted_by(|before, after| before < after) {
        Ok(entries)
    } else {
        Err(FeedError::Malformed)
    }
}
