//! `GET /.well-known/revocations`: the signed list of the sessions that have ended lately.
//!
//! Verifiers that work offline fetch it every few seconds and refuse the access tokens of these sessions. It names no user, so
//! that it needs no credential. `docs/revocation-feed.md` defines the format.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use http::header;
use serde::Serialize;

use crate::app::App;
use crate::app::revocation_feed::revocation_feed;
use crate::domain::time::Timestamp;
use crate::http::problem::{Code, Problem};

/// A shared cache such as CloudFront may serve a feed for 2 s, and no client may keep one.
const CACHE: &str = "public, max-age=0, s-maxage=2";

/// How far `since` may lie in the future, in minutes. A verifier takes it from the `iat` of a feed, and clocks differ by less.
const SINCE_AHEAD_MAX: i64 = 2;

/// How far `since` may lie in the past, in minutes. Verifiers fetch the whole feed every 15 minutes, so that theirs is less than
/// 20 minutes old. Without this limit, one attacker could ask for so many different minutes that no cache helps, use up the
/// throttle that all verifiers share, and leave them without a feed.
const SINCE_BEHIND_MAX: i64 = 30;

/// The payload. It has no `aud`, `client_id`, `sub`, `scope` or `exp`, so that no verifier of JWTs takes it for an access token.
#[derive(Serialize)]
struct FeedPayload<'f> {
    iss: &'f str,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<i64>,
    ended: String,
}

pub(super) async fn answer(State(app): State<App>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let since = since(&query.unwrap_or_default(), app.now())?;
    let feed = revocation_feed(&app, since).await?;
    let payload = FeedPayload {
        iss: &app.config().issuer,
        iat: feed.read_at.seconds(),
        not_before: feed.not_before.map(Timestamp::seconds),
        since,
        ended: BASE64URL.encode(feed.ended),
    };
    let payload = serde_json::to_vec(&payload).map_err(|error| Problem::of(Code::Internal).because(error))?;
    let signer = app.config().keys.signer().map_err(|error| Problem::of(Code::Internal).because(error))?;
    let signed = signer.sign_feed(&payload)?;
    Ok(([(header::CONTENT_TYPE, "application/jwt"), (header::CACHE_CONTROL, CACHE)], signed).into_response())
}

/// The minute of `since`. Nothing else is accepted in the query, not even another spelling of the name or of the number: a cache
/// that ignores unknown parameters would store the response to `%73ince=29833331` as the whole feed, for all verifiers, and
/// a cache that does not would ask again for `since=029833331`.
///
/// A minute in the future would be answered without entries, and a verifier with a wrong clock or unit would take that for
/// "nothing has ended".
fn since(query: &str, now: Timestamp) -> Result<Option<i64>, Problem> {
    if query.is_empty() {
        return Ok(None);
    }
    let digits = query.strip_prefix("since=").filter(|digits| is_canonical(digits));
    let minute: i64 = digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| {
        let expected = "the query must be empty or `since` with a whole number of minutes since 1970, as in since=29833331";
        Problem::field("since", expected)
    })?;
    let this_minute = now.seconds().div_euclid(60);
    if minute > this_minute + SINCE_AHEAD_MAX {
        return Err(Problem::field("since", "lies in the future; it counts minutes since 1970, not seconds"));
    }
    if minute < this_minute - SINCE_BEHIND_MAX {
        return Err(Problem::field(
            "since",
            "lies more than 30 minutes in the past; ask for the whole feed, without since",
        ));
    }
    Ok(Some(minute))
}

/// Whether these are the digits of a number in its only spelling: no sign, no leading zero, nothing encoded.
fn is_canonical(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0')
}
