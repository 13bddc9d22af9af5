//! Logout tokens: JWTs with which a trusted issuer ends sessions. *Source*: OpenID Connect Back-Channel Logout 1.0.
//!
//! A repeated token ends nothing new (see [`crate::domain::logout_order`]), so that no `jti` is stored.

use latchkey_verifier::VerifyingKey;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::issuer::{OrderKind, TrustedIssuer};
use super::order::{ClaimedIssuer, Expiry, OrderError, OrderRules, SubjectFault, Untyped, verified_order};
use crate::domain::logout_order::{LogoutOrder, OrderSubject};
use crate::domain::time::Timestamp;

/// The event that makes a JWT a logout token.
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The rules of logout tokens. The first version of the specification had no type of its own and no `exp`.
pub const LOGOUT_TOKEN: OrderRules = OrderRules {
    kind: OrderKind::Backchannel,
    types: &["logout+jwt", "JWT"],
    untyped: Untyped::Accepted,
    required: "iss, aud, iat, jti or events",
    expiry: Expiry::Optional,
};

#[derive(Deserialize)]
struct Claims {
    events: Map<String, Value>,
    sub: Option<String>,
    sid: Option<String>,
    #[serde(default, deserialize_with = "is_present")]
    nonce: bool,
}

/// Whether the claim is there, also with the value `null`.
fn is_present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// Verifies a logout token, and returns its order.
///
/// # Errors
/// See [`OrderError`].
pub fn verify(
    text: &str,
    claimed: ClaimedIssuer<'_>,
    keys: &[VerifyingKey],
    now: Timestamp,
) -> Result<LogoutOrder, OrderError> {
    let order = verified_order::<Claims>(text, &LOGOUT_TOKEN, claimed.source, keys, now)?;
    if order.claims.nonce {
        return Err(OrderError::Nonce);
    }
    if !order.claims.events.get(LOGOUT_EVENT).is_some_and(Value::is_object) {
        return Err(OrderError::Event(LOGOUT_EVENT));
    }
    Ok(LogoutOrder { subject: subject(claimed.issuer, &order.claims)?, until: order.issued_at })
}

/// Either of the two claims is enough: an order that is refused is lost, and its sessions live on. So a `sub` that can be no user of
/// ours does not save the session that `sid` names, and without a `sid` that names one, all sessions of the user may be meant.
fn subject(issuer: &TrustedIssuer, claims: &Claims) -> Result<OrderSubject, SubjectFault> {
    let user = claims.sub.as_deref().and_then(|sub| issuer.user(sub));
    let session = claims.sid.as_deref().and_then(|sid| issuer.upstream_session(sid));
    match (session, user) {
        (Some(session), user) => Ok(OrderSubject::Upstream { session, user }),
        (None, Some(user)) => Ok(OrderSubject::User(user)),
        (None, None) => Err(SubjectFault::SubAndSid),
    }
}
