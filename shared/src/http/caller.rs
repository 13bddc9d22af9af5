//! The caller of a request, from its access token: `Authorization`, else the cookie.
//!
//! A request has one credential. A wrong Bearer token never falls back to the cookie. A [`Caller`] has a
//! valid access token; each endpoint checks with its own read that the session is still live.

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, Method};
use latchkey_verifier::dpop::{Expected, KeyRule, NonceRule};
use latchkey_verifier::{CookieKind, Credential, Refusal, RefusalCode, Scheme, verify_signed_claims};

pub use latchkey_verifier::Transport;

use super::problem::Problem;
use super::proof;
use crate::app::App;
use crate::domain::id::{SessionId, UserId};
use crate::domain::scope::Scope;
use crate::domain::time::Timestamp;
use crate::token::access::{AccessTokenError, Claims, SignedClaims};
use crate::token::refresh;

/// A caller with a valid access token.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// The scope of the access token. Where the scope decides, the session's row is checked as well.
    pub scope: Scope,
    /// How the token was sent.
    pub transport: Transport,
    /// The request's `now`, at which the token was verified.
    pub now: Timestamp,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let cookies = &app.config().cookies.policy;
        let credential = Credential::from_request(&parts.method, &parts.headers, cookies)?;
        let now = app.now();
        let shown = ShownToken {
            scheme: credential.scheme,
            token: &credential.token,
            method: &parts.method,
            path: parts.uri.path(),
            headers: &parts.headers,
        };
        let Claims { sub: user, sid: session, scope, .. } = shown.claims(app, now)?;
        if credential.transport == Transport::Cookie && is_tossed(app, &parts.headers, session)? {
            return Err(Refusal::of(RefusalCode::TokenExpired).into());
        }
        Ok(Self { user, session, scope, transport: credential.transport, now })
    }
}

/// Whether another host has replaced the access cookie, which hosts of `COOKIE_DOMAIN` can: no other host can set the
/// refresh cookie, and both cookies are of one session. The client then refreshes, which restores the access cookie.
fn is_tossed(app: &App, headers: &HeaderMap, session: SessionId) -> Result<bool, Problem> {
    let config = app.config();
    if config.cookies.policy.domain.is_none() {
        return Ok(false);
    }
    let refresh = config.cookies.policy.read(headers, CookieKind::Refresh)?;
    let token = refresh.and_then(|token| refresh::open(&token, config.keys.refresh()).ok());
    Ok(token.is_some_and(|token| token.session != session))
}

/// An access token as a request presents it. If it is bound to a key, the request must have a proof of the key.
#[derive(Clone, Copy)]
pub struct ShownToken<'r> {
    /// The scheme of the request. A cookie counts as Bearer.
    pub scheme: Scheme,
    /// The token.
    pub token: &'r str,
    /// The method of the request.
    pub method: &'r Method,
    /// The path of the request.
    pub path: &'r str,
    /// The headers of the request.
    pub headers: &'r HeaderMap,
}

impl ShownToken<'_> {
    /// The claims of the token, if it permits a call.
    ///
    /// # Errors
    /// 401: the token is expired or invalid, or its proof is.
    pub fn claims(&self, app: &App, now: Timestamp) -> Result<Claims, Problem> {
        self.proven(app, signed_claims(self.token, app, now)?.unexpired(now.into())?, now)
    }

    /// Like [`ShownToken::claims`], but accepts an expired token. Only for reporting a token's state to its holder, and for
    /// ending its session.
    ///
    /// # Errors
    /// 401: the token is invalid, or its proof is.
    pub fn authentic_claims(&self, app: &App, now: Timestamp) -> Result<Claims, Problem> {
        self.proven(app, signed_claims(self.token, app, now)?, now)
    }

    /// The facts that the proof must fit. It needs no nonce, because `ath` ties it to one token: a proof that was made ahead of
    /// time is worthless once that token has expired.
    fn expected<'e>(&'e self, app: &'e App, key: KeyRule, now: Timestamp) -> Expected<'e> {
        Expected {
            method: self.method.as_str(),
            base_urls: &app.config().base_urls,
            path: self.path,
            access_token: Some(self.token),
            key,
            nonce: NonceRule::Ignored,
            now: now.into(),
        }
    }

    fn proven(&self, app: &App, signed: SignedClaims<'_>, now: Timestamp) -> Result<Claims, Problem> {
        let proof = match self.scheme {
            Scheme::Bearer => None,
            Scheme::Dpop => {
                Some(proof::of_access(app, self.headers, &self.expected(app, signed.key_rule(), now))?)
            }
        };
        Ok(signed.proven_by(proof.as_ref())?)
    }
}

/// Verifies an access token against our own keys, issuer and audience. Expiry and proof are still to be checked.
///
/// # Errors
/// The token is invalid.
pub fn signed_claims<'t>(
    token: &'t str,
    app: &App,
    now: Timestamp,
) -> Result<SignedClaims<'t>, AccessTokenError> {
    let config = app.config();
    verify_signed_claims(token, config.keys.verifying(), &config.issuer, &config.audience, now.into())
}
