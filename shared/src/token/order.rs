//! Orders of identity providers to end sessions: how is one verified?
//!
//! The three kinds are logout tokens, credentials of a global revocation and security event tokens. They differ in [`OrderRules`] and
//! in their own claims, and in nothing else.

use std::time::Duration;

use latchkey_verifier::{VerifyingKey, verify_signature};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::issuer::{OrderKind, OrderSource, TrustedIssuer};
use super::provider_claims::{Audience, begins_at, claimed_iss, may_begin_at, may_end_at};
use crate::domain::session::CLOCK_SKEW_MAX;
use crate::domain::time::Timestamp;

/// A time before this second, 2002-01-01, cannot be right, because it is older than all kinds of orders. A provider that does not know the
/// time may send 0, and an order of that time would end nothing.
pub(super) const OLDEST_SECONDS: i64 = 1_009_843_200;

/// The rules in which the kinds of orders differ.
pub struct OrderRules {
    /// The kind, which selects the signer in the settings.
    pub(super) kind: OrderKind,
    /// The permitted types, without `application/`.
    pub(super) types: &'static [&'static str],
    /// Whether a header without `typ` is accepted.
    pub(super) untyped: Untyped,
    /// The claims that it must have, as the error names them.
    pub(super) required: &'static str,
    /// The effect of `exp`.
    pub(super) expiry: Expiry,
}

/// Whether an order of a kind may have no `typ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Untyped {
    /// It may, because the first version of its specification had no type.
    Accepted,
    /// It may not, so that no other token of the issuer is taken for it.
    Refused,
}

/// The effect of the claims `exp` and `nbf` on an order of a kind. A claim without an effect may have any type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expiry {
    /// Neither has one: RFC 8417 gives them none, and to refuse an order would lose it, because few providers send it again.
    Ignored,
    /// `exp` may be missing. The clock of the issuer may differ from ours. `nbf` has no effect.
    Optional,
    /// `exp` must be there, at most this long after `iat`, and counts to the second. `nbf` may not be in the future.
    Within(Duration),
}

/// The issuer that an order names, before its signature is verified.
#[derive(Clone, Copy)]
pub struct ClaimedIssuer<'i> {
    /// The issuer, whose users the order is about.
    pub issuer: &'i TrustedIssuer,
    /// The signer of the issuer's orders of this kind.
    pub source: &'i OrderSource,
}

/// A verified order, with the claims of its kind.
pub(super) struct VerifiedOrder<C> {
    /// The time of issue.
    pub(super) issued_at: Timestamp,
    /// The moment at which it expires, if it has `exp`.
    pub(super) expires_at: Option<Timestamp>,
    /// The claims of its kind.
    pub(super) claims: C,
}

/// Why an order is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// The text has no claims with an issuer.
    #[error("it is not a JWT with the claim iss")]
    NotAJwt,
    /// No entry of the settings has this issuer.
    #[error("no entry in the settings has this iss: they are compared byte for byte")]
    UnknownIssuer,
    /// The issuer may not end sessions in this way.
    #[error("iss may not end sessions in this way: its entry in the settings has no logout for it")]
    Issuer,
    /// The signature is wrong, or by an unknown key.
    #[error("no key of the issuer made the signature")]
    Signature,
    /// `typ` is another one.
    #[error("typ is not {}", .0.join(" or "))]
    Type(&'static [&'static str]),
    /// A claim is missing or of the wrong type.
    #[error("{0} is missing, or a claim has the wrong type")]
    Claims(&'static str),
    /// `aud` does not contain the configured audience.
    #[error("aud does not contain the configured audience")]
    Audience,
    /// It has expired.
    #[error("it has expired")]
    Expired,
    /// It lives for longer than its kind may.
    #[error("exp is more than {} seconds after iat", .0.as_secs())]
    TooLongLived(Duration),
    /// An order of the future would void sign-ins that are yet to come.
    #[error("{0} is in the future")]
    Future(&'static str),
    /// An order of a time before all sessions would end none.
    #[error("iat is before the year 2002: expected seconds since 1970")]
    Past,
    /// A logout token has `nonce`, as an ID token has.
    #[error("it has a nonce, which only an ID token may have")]
    Nonce,
    /// `events` of a logout token has no back-channel logout.
    #[error("events does not contain {0} with an object")]
    Event(&'static str),
    /// The subject names no user and no session of ours.
    #[error(transparent)]
    Subject(#[from] SubjectFault),
}

/// The part of a subject that names no user and no session of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubjectFault {
    /// A logout token has neither of the two.
    #[error("neither sub nor sid names a user or a session")]
    SubAndSid,
    /// An event has no subject, or one without a known format.
    #[error("the subject is missing or has an unknown format: expected iss_sub, opaque or complex")]
    Format,
    /// This part of the subject.
    #[error("{0}: expected the format iss_sub with the issuer of the user's sign-ins, or opaque with a sub")]
    User(&'static str),
    /// This part of the subject.
    #[error("{0}: expected the format opaque with the sid of an assertion")]
    Session(&'static str),
}

#[derive(Deserialize)]
struct SharedClaims {
    iss: String,
    aud: Audience,
    #[serde(deserialize_with = "begins_at")]
    iat: i64,
    #[serde(rename = "jti")]
    _jti: String,
}

#[derive(Deserialize)]
struct NotBefore {
    #[serde(default, deserialize_with = "may_begin_at")]
    nbf: Option<i64>,
}

#[derive(Deserialize)]
struct Expires {
    #[serde(default, deserialize_with = "may_end_at")]
    exp: Option<i64>,
}

/// Finds the issuer that the text names in `iss`, if it may send orders of this kind. The signature is not verified yet.
///
/// # Errors
/// [`OrderError::NotAJwt`], [`OrderError::UnknownIssuer`] or [`OrderError::Issuer`].
pub fn claimed_issuer<'i>(
    text: &str,
    rules: &OrderRules,
    issuers: &'i [TrustedIssuer],
) -> Result<ClaimedIssuer<'i>, OrderError> {
    let iss = claimed_iss(text).ok_or(OrderError::NotAJwt)?;
    let claimed =
        |issuer: &'i TrustedIssuer| Some(ClaimedIssuer { issuer, source: issuer.order_source(rules.kind)? });
    let mut candidates = issuers.iter().filter_map(claimed);
    let is_known = || issuers.iter().any(|issuer| issuer.issuer == iss);
    candidates
        .find(|claimed| claimed.source.issuer == iss)
        .ok_or_else(|| if is_known() { OrderError::Issuer } else { OrderError::UnknownIssuer })
}

/// Verifies everything of an order that all kinds share: signature, type, issuer, audience and time.
pub(super) fn verified_order<C: DeserializeOwned>(
    text: &str,
    rules: &OrderRules,
    source: &OrderSource,
    keys: &[VerifyingKey],
    now: Timestamp,
) -> Result<VerifiedOrder<C>, OrderError> {
    let signed = verify_signature(text, keys).map_err(|_| OrderError::Signature)?;
    if !rules.accept_type(signed.typ.as_deref()) {
        return Err(OrderError::Type(rules.types));
    }
    let shared: SharedClaims = rules.claims_of(&signed.payload)?;
    let claims: C = rules.claims_of(&signed.payload)?;
    if shared.iss != source.issuer {
        return Err(OrderError::Issuer);
    }
    if !shared.aud.names(&source.audience) {
        return Err(OrderError::Audience);
    }
    if shared.iat < OLDEST_SECONDS {
        return Err(OrderError::Past);
    }
    let issued_at = Timestamp::from_seconds(shared.iat);
    let not_before = match rules.expiry {
        Expiry::Within(_) => rules.claims_of::<NotBefore>(&signed.payload)?.nbf,
        Expiry::Ignored | Expiry::Optional => None,
    };
    let latest = now + CLOCK_SKEW_MAX;
    if issued_at > latest {
        return Err(OrderError::Future("iat"));
    }
    if not_before.is_some_and(|second| Timestamp::from_seconds(second) > latest) {
        return Err(OrderError::Future("nbf"));
    }
    let expires = match rules.expiry {
        Expiry::Ignored => None,
        Expiry::Optional | Expiry::Within(_) => rules.claims_of::<Expires>(&signed.payload)?.exp,
    };
    let expires_at = expires.map(Timestamp::from_seconds);
    rules.check_expiry(issued_at, expires_at, now)?;
    Ok(VerifiedOrder { issued_at, expires_at, claims })
}

impl OrderRules {
    fn claims_of<C: DeserializeOwned>(&self, payload: &[u8]) -> Result<C, OrderError> {
        serde_json::from_slice(payload).map_err(|_| OrderError::Claims(self.required))
    }

    /// `typ` may have the prefix `application/` (RFC 7515 section 4.1.9), and its case does not matter.
    fn accept_type(&self, typ: Option<&str>) -> bool {
        let Some(typ) = typ else { return self.untyped == Untyped::Accepted };
        let typ = typ.to_ascii_lowercase();
        let typ = typ.strip_prefix("application/").unwrap_or(&typ);
        self.types.iter().any(|permitted| permitted.eq_ignore_ascii_case(typ))
    }

    fn check_expiry(
        &self,
        issued_at: Timestamp,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), OrderError> {
        let (allowance, life) = match self.expiry {
            Expiry::Ignored => return Ok(()),
            Expiry::Optional => (CLOCK_SKEW_MAX, None),
            Expiry::Within(life) => (Duration::ZERO, Some(life)),
        };
        let Some(expires_at) = expires_at else {
            return if life.is_some() { Err(OrderError::Claims(self.required)) } else { Ok(()) };
        };
        if expires_at + allowance <= now {
            return Err(OrderError::Expired);
        }
        match life.filter(|life| expires_at > issued_at + *life) {
            Some(life) => Err(OrderError::TooLongLived(life)),
            None => Ok(()),
        }
    }
}
