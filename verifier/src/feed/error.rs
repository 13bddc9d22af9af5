//! Why is there no new feed?

use http::StatusCode;

use crate::fetch::FetchError;
use crate::jwks_cache::KeysUnavailable;
use crate::jws::JwsError;

/// Why the revocation feed was not renewed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FeedError {
    /// There was no answer.
    #[error("the revocation feed cannot be fetched: {0}")]
    Fetch(#[source] FetchError),
    /// The answer had another status than 200.
    #[error("the answer with the revocation feed has status {0}")]
    Status(StatusCode),
    /// The keys that verify the feed cannot be fetched.
    #[error(transparent)]
    Keys(#[from] KeysUnavailable),
    /// The answer is no JWS, or none of the issuer's keys signed it.
    #[error("the signature of the revocation feed cannot be verified: {0}")]
    Signature(#[from] JwsError),
    /// The answer is a JWS of another type, for example an access token.
    #[error("the answer is no revocation feed: expected the typ revocations+jwt")]
    Type,
    /// The feed is one of another issuer.
    #[error("iss: the revocation feed is of another issuer")]
    Issuer,
    /// The feed is more than 90 seconds old, or it is from the future. One of the clocks may be wrong.
    #[error("iat: the revocation feed is more than 90 seconds away from the time of this system")]
    Time,
    /// The revocation of everyone is of the future, so that it would refuse the sessions that are yet to come, too.
    #[error("not_before: the revocation of everyone is more than 90 seconds later than the feed")]
    NotBefore,
    /// The feed begins later than requested, so that entries are missing.
    #[error("since: the revocation feed begins later than requested")]
    Gap,
    /// The payload is not as the format requires, or the feed is too long.
    #[error("the revocation feed is malformed")]
    Malformed,
    /// The feed is not newer than the last one: a cache has repeated it.
    #[error("iat: the revocation feed is not newer than the last one")]
    NotNewer,
}
