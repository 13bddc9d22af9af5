//! Checks that a response is the one that the contract promises.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use latchkey_tests::world::Reply;
use serde_json::Value;

use super::session::{Reason, Session};

/// A difference between the contract and the result.
pub(crate) type Mismatch = String;

/// Returns the difference if the condition is false.
pub(crate) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Mismatch> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// The response has this status and code.
pub(crate) fn is(reply: &Reply, status: u16, code: &str) -> Result<(), Mismatch> {
    ensure(reply.status == status && reply.code() == code, || {
        format!("expected {status} {code}, got {} {}", reply.status, reply.body)
    })
}

/// The session has ended for this reason.
pub(crate) fn is_ended(reply: &Reply, reason: Reason) -> Result<(), Mismatch> {
    is(reply, 401, "session_ended")?;
    ensure(reply.body["reason"] == reason.public(), || {
        format!("expected the reason {:?}, got {}", reason.public(), reply.body)
    })
}

/// The session is blocked until this time, and `Retry-After` is correct.
pub(crate) fn is_blocked(reply: &Reply, until: i64, now: i64) -> Result<(), Mismatch> {
    is(reply, 429, "rate_limited")?;
    let promised = (until - now).to_string();
    ensure(reply.header("retry-after") == promised, || {
        format!("expected Retry-After {promised}, got {:?}", reply.header("retry-after"))
    })
}

/// The store is unavailable: no access and no end.
pub(crate) fn is_unavailable(reply: &Reply) -> Result<(), Mismatch> {
    is(reply, 503, "store_unavailable")?;
    let no_tokens = reply.body["refresh_token"].is_null() && !reply.headers.contains_key("set-cookie");
    ensure(no_tokens && !reply.header("retry-after").is_empty(), || {
        format!("a 503 with tokens or cookies, or without Retry-After: {reply:?}")
    })
}

/// The response has the tokens of the session's newest generation. A token that was issued before has the same bytes.
/// The model keeps the tokens.
pub(crate) fn has_tokens(
    reply: &Reply,
    status: u16,
    session: &mut Session,
    keeps_token: bool,
    now: i64,
) -> Result<(), Mismatch> {
    is(reply, status, "")?;
    let (refresh, access) = (text(reply, "refresh_token")?, text(reply, "access_token")?);
    let (generation, absolute) = (session.current(), session.absolute());
    let newest = session.newest();
    if let Some(known) = &newest.text {
        ensure(*known == refresh, || {
            format!(
                "generation {generation} has two different tokens: {} and {}",
                claims(known),
                claims(&refresh)
            )
        })?;
    }
    let found = claims(&refresh);
    let facts = |name: &str| found[name].as_i64().unwrap_or(-1);
    let wanted = [generation.try_into().unwrap_or(-1), newest.began, newest.expires, absolute];
    ensure(["gen", "iat", "exp", "abs"].map(facts) == wanted && found["sid"] == session.id, || {
        format!("expected (gen, iat, exp, abs) {wanted:?} of {}, got {found}", session.id)
    })?;
    let nonce = found["nonce"].as_str().unwrap_or_default().to_owned();
    ensure(session.nonce.as_ref().is_none_or(|known| *known == nonce), || {
        "the nonce has changed".to_owned()
    })?;
    let expires = claims(&access)["exp"].as_i64().unwrap_or(i64::MAX);
    ensure(expires == session.access_expires(now) && claims(&access)["sid"] == session.id, || {
        format!("the access token outlives its session or is of another session: {}", claims(&access))
    })?;
    session.nonce = Some(nonce);
    session.access = Some((access, expires));
    let newest = &mut session.generations[generation];
    newest.text = Some(refresh);
    newest.held |= keeps_token;
    Ok(())
}

/// A member of the body that must be a string.
pub(crate) fn text(reply: &Reply, member: &str) -> Result<String, Mismatch> {
    let value = reply.body[member].as_str().map(str::to_owned);
    value.ok_or_else(|| format!("no {member} in {} {}", reply.status, reply.body))
}

/// The content of a token. Only the service checks the seal.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).and_then(|payload| BASE64URL.decode(payload).ok());
    payload.and_then(|payload| serde_json::from_slice(&payload).ok()).unwrap_or_default()
}
