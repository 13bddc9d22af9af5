//! A refresh token with everything that its request shows.

use super::binding::BoundKey;
use super::evidence::RequestKeys;
use super::refresh_token::RefreshToken;
use crate::domain::client_context::ClientContext;
use crate::domain::time::Timestamp;

/// A refresh token that a client presents.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'p> {
    /// The token, whose seal has been checked.
    pub token: &'p RefreshToken,
    /// The idempotency keys of the request.
    pub keys: RequestKeys,
    /// The key whose possession the request proves.
    pub proven_key: Option<BoundKey>,
    /// The client.
    pub client: &'p ClientContext,
    /// The time of the request.
    pub now: Timestamp,
}
