//! Strategy `current`: sign out with the token that the client still has.
//!
//! A stale credential does not make it fail: an expired access token is enough, and so is the refresh token in the body.
//! A session that has already ended is a success, because clients that got no answer sign out again. Cookies are cleared
//! even if this server cannot open them, for example after a change of keys, because the browser would keep them.

use http::HeaderMap;
use http::request::Parts;

use latchkey_verifier::{CookieKind, Scheme, authorization_token};

use super::super::revoke_response::RevokeResponse;
use super::client;
use crate::app::App;
use crate::app::forged_token::report_forged_token;
use crate::app::sign_out::{RevokeCommand, can_end, end_one};
use crate::app::theft::{Theft, report_reuse_after_end};
use crate::domain::client_context::ClientContext;
use crate::domain::id::{SessionId, UserId};
use crate::domain::session::binding::BoundKey;
use crate::domain::session::evidence::RequestKeys;
use crate::domain::session::idempotency_key::IdempotencyKey;
use crate::domain::session::presented::Presented;
use crate::domain::session::refresh_token::RefreshToken;
use crate::domain::time::Timestamp;
use crate::http::caller::ShownToken;
use crate::http::problem::{Code, Problem};
use crate::http::proof;
use crate::token::access::Claims;
use crate::token::refresh;

/// The session that an authentic token names.
pub(super) struct TokenSession {
    pub(super) user: UserId,
    pub(super) session: SessionId,
    /// The token, if it is a refresh token: it also proves that it knows the session's nonce.
    pub(super) refresh: Option<RefreshToken>,
}

/// The evidence that a request comes from the owner of its token: its client, its keys, and its proof.
pub(super) struct Evidence<'r> {
    client: ClientContext,
    previous_keys: &'r [IdempotencyKey],
    /// The key of the refresh token whose possession the request proves.
    proven_key: Option<BoundKey>,
}

impl<'r> Evidence<'r> {
    pub(super) async fn of(
        app: &App,
        parts: &mut Parts,
        token_session: &TokenSession,
        previous_keys: &'r [IdempotencyKey],
        now: Timestamp,
    ) -> Self {
        let token = token_session.refresh.as_ref();
        let proven_key = token.and_then(|token| proof::of_sign_out(app, &parts.headers, token, now));
        Self { client: client(parts, app).await, previous_keys, proven_key }
    }
}

pub(super) async fn end(
    app: &App,
    parts: &mut Parts,
    body_token: Option<&str>,
    previous_keys: &[IdempotencyKey],
) -> Result<RevokeResponse, Problem> {
    let now = app.now();
    let Some(token_session) = session_of_request(app, parts, body_token, now)? else {
        return Ok(RevokeResponse::new(app, vec![], now));
    };
    let evidence = Evidence::of(app, parts, &token_session, previous_keys, now).await;
    end_token_session(app, &token_session, &evidence, now).await?.ok_or_else(|| {
        Problem::of(Code::InvalidToken)
            .because("the seal is valid and the nonce is not: a refresh key may have leaked")
    })
}

/// Ends the session that a token names. `None` when the token's nonce is not the session's.
pub(super) async fn end_token_session(
    app: &App,
    token_session: &TokenSession,
    evidence: &Evidence<'_>,
    now: Timestamp,
) -> Result<Option<RevokeResponse>, Problem> {
    let Evidence { client, previous_keys, proven_key } = evidence;
    let row = app.store().read_session(&token_session.user, &token_session.session, now).await?;
    let row = row.filter(|row| can_end(row, now));
    let ours = |token: &RefreshToken| row.as_ref().is_none_or(|row| row.nonce_hash == token.nonce.hash());
    if !token_session.refresh.as_ref().is_none_or(ours) {
        report_forged_token(app, &token_session.user, token_session.session, client).await;
        return Ok(None);
    }
    let presented = token_session.refresh.as_ref().map(|token| {
        let keys = RequestKeys::of(&token.session, None, previous_keys);
        Presented { token, keys, proven_key: *proven_key, client, now }
    });
    if let Some(presented) = &presented {
        report_reuse_after_end(app, presented, row.as_ref()).await?;
    }
    let Some(row) = row else {
        return Ok(Some(RevokeResponse::new(app, vec![], now)));
    };
    // An older refresh token signs out like any other, but its caller may be a thief, and the owner must be able to see that.
    let theft = presented.filter(|_| row.is_live(now)).and_then(|shown| Theft::shown_by(app, &shown, &row));
    let (end, events) = match theft {
        Some(theft) => (theft.end, vec![theft.event]),
        None => {
            let command = RevokeCommand::of_user(row.id, client, now);
            (command.build_end(&row), command.events(app, &row.user, 1))
        }
    };
    let ended = end_one(app, &end, &events).await?;
    Ok(Some(RevokeResponse::new(app, if ended { vec![end] } else { vec![] }, now)))
}

/// The session that the request's credential names. `None`: it has only a refresh token that has expired, or cookies that
/// this server cannot open.
fn session_of_request(
    app: &App,
    parts: &Parts,
    body_token: Option<&str>,
    now: Timestamp,
) -> Result<Option<TokenSession>, Problem> {
    let headers = &parts.headers;
    if let Some((scheme, token)) = authorization_token(headers)? {
        // A client whose access token this server no longer accepts may still have a good refresh token.
        let of_body = || session_of_refresh_token(app, body_token.unwrap_or_default(), now).ok().flatten();
        return shown(parts, scheme, &token)
            .authentic_claims(app, now)
            .map(TokenSession::of)
            .or_else(|problem| of_body().ok_or(problem))
            .map(Some);
    }
    if let Some(token) = body_token {
        return session_of_refresh_token(app, token, now);
    }
    let policy = &app.config().cookies.policy;
    // Both cookies are one credential. The refresh cookie comes first, because it proves the session's nonce, and because
    // with `COOKIE_DOMAIN` another host can set a second access cookie, with which signing out must not fail.
    let refresh = policy.read(headers, CookieKind::Refresh)?;
    let of_refresh =
        refresh.as_ref().and_then(|token| session_of_refresh_token(app, token, now).ok().flatten());
    let access = match &of_refresh {
        Some(_) => None,
        None => policy.read(headers, CookieKind::Access)?,
    };
    if access.is_none() && refresh.is_none() {
        return Err(Problem::of(Code::TokenMissing));
    }
    policy.check_unsafe(headers)?;
    let of_access = || {
        let claims = shown(parts, Scheme::Bearer, access.as_deref()?).authentic_claims(app, now);
        claims.map(TokenSession::of).ok()
    };
    Ok(of_refresh.or_else(of_access))
}

/// An access token that the request presents, expired or not: the holder of an expired one can refresh, too.
pub(super) fn shown<'r>(parts: &'r Parts, scheme: Scheme, token: &'r str) -> ShownToken<'r> {
    ShownToken { scheme, token, method: &parts.method, path: parts.uri.path(), headers: &parts.headers }
}

impl TokenSession {
    /// The session that the claims of an access token name.
    pub(super) fn of(claims: Claims) -> Self {
        Self { user: claims.sub, session: claims.sid, refresh: None }
    }
}

/// The session of an authentic refresh token. `None` for a token that has expired: it ends nothing, because its session
/// may live on with a later token.
pub(super) fn session_of_refresh_token(
    app: &App,
    token: &str,
    now: Timestamp,
) -> Result<Option<TokenSession>, Problem> {
    let token = refresh::open(token, app.config().keys.refresh());
    let token = token.map_err(|error| Problem::of(Code::InvalidToken).because(error))?;
    let session = TokenSession { user: token.user.clone(), session: token.session, refresh: None };
    Ok((!token.is_expired(now)).then(|| TokenSession { refresh: Some(token), ..session }))
}

/// Clears the cookies along with a refusal, unless the client should try again with them: during an outage the session
/// is still live, and a page of another site must not sign its visitor out.
pub(super) fn clearing_cookies(app: &App, headers: &HeaderMap, problem: Problem) -> Problem {
    let is_final = problem.status().is_client_error();
    let is_own_page = app.config().cookies.policy.check_unsafe(headers).is_ok();
    if is_final && is_own_page { problem.with_headers(clear_cookies(app, headers)) } else { problem }
}

/// Clears our cookies, if the client sent any.
pub(super) fn clear_cookies(app: &App, headers: &HeaderMap) -> HeaderMap {
    let cookies = &app.config().cookies;
    let sent = |kind| !matches!(cookies.policy.read(headers, kind), Ok(None));
    if sent(CookieKind::Access) || sent(CookieKind::Refresh) { cookies.clear() } else { HeaderMap::new() }
}
