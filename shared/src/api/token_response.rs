//! The response of a sign-in or a refresh: both tokens, in the body or in cookies.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use http::HeaderMap;
use serde::Serialize;

use latchkey_verifier::CookieKind;
use latchkey_verifier::dpop::Thumbprint;

use crate::app::App;
use crate::config::Config;
use crate::domain::id::{SessionId, UserId};
use crate::domain::scope::{ADMIN, Scope};
use crate::domain::session::Session;
use crate::domain::session::binding::Binding;
use crate::domain::session::end::{PublicReason, SessionEnd};
use crate::domain::session::nonce::Nonce;
use crate::domain::session::refresh_token::RefreshToken;
use crate::domain::time::Timestamp;
use crate::http::caller::Transport;
use crate::http::problem::{Code, Problem};
use crate::token::SecretToken;
use crate::token::access::{self, Claims, Confirmation, token_type};

/// Both tokens of a session's current generation.
pub(super) struct Tokens {
    access: SecretToken,
    refresh: SecretToken,
    access_expires_at: Timestamp,
    refresh_expires_at: Timestamp,
    scope: Scope,
    token_type: &'static str,
    transport: Transport,
    now: Timestamp,
    /// Whether the request's own `Idempotency-Key` made this generation. None: it has no key, or it is a sign-in.
    pub(super) key_used: Option<bool>,
}

/// The tokens that a request gets.
pub(super) struct Grant {
    /// The session's secret.
    pub(super) nonce: Nonce,
    /// How they are delivered.
    pub(super) transport: Transport,
    /// The key whose possession the request proves.
    pub(super) proven: Option<Thumbprint>,
    /// The time of the request.
    pub(super) now: Timestamp,
}

/// The body of a successful `POST /login` or `POST /refresh`.
#[derive(Serialize)]
struct TokenResponse<'t> {
    session_id: SessionId,
    user_id: UserId,
    #[serde(flatten)]
    lifetime: Option<AccessLifetime>,
    session_expires_at: Timestamp,
    binding: Binding,
    /// The sessions that this sign-in ended. A refresh omits the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<Vec<EndedSession>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_used: Option<bool>,
    /// The tokens. With cookie delivery they are in the cookies only.
    #[serde(flatten)]
    tokens: Option<TokensInBody<'t>>,
}

/// The lifetime of the access token. A response without an access token omits it.
#[derive(Serialize)]
struct AccessLifetime {
    /// Seconds until the access token expires.
    expires_in: u64,
    expires_at: Timestamp,
}

#[derive(Serialize)]
struct TokensInBody<'t> {
    access_token: &'t str,
    token_type: &'static str,
    refresh_token: &'t str,
    /// Seconds until the refresh token expires.
    refresh_expires_in: u64,
}

/// The body of a refresh with the OAuth form. `key_used` is an extension, which only a client that sends an
/// `Idempotency-Key` receives. *Source*: RFC 6749 section 5.1.
#[derive(Serialize)]
struct OAuthTokenResponse<'t> {
    access_token: &'t str,
    token_type: &'static str,
    expires_in: u64,
    refresh_token: &'t str,
    #[serde(skip_serializing_if = "Scope::is_empty")]
    scope: Scope,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_used: Option<bool>,
}

/// A session that a sign-in ended.
#[derive(Serialize)]
pub(super) struct EndedSession {
    session_id: SessionId,
    reason: PublicReason,
}

impl EndedSession {
    pub(super) fn new(end: &SessionEnd) -> Self {
        Self { session_id: end.session, reason: end.reason.public() }
    }
}

/// Issues both tokens of `session`: a new access token, and the refresh token that its row determines.
pub(super) fn issue_tokens(app: &App, session: &Session, grant: Grant) -> Result<Tokens, Problem> {
    issue_tokens_for(app, session, grant, app.config().lifetimes.access)
}

/// The response to a refresh of a session with a device key: the next refresh token as a cookie, and no access token.
pub(super) fn refresh_cookie_response(
    app: &App,
    session: &Session,
    grant: Grant,
    key_used: Option<bool>,
) -> Result<Response, Problem> {
    let lifetime = Duration::from_secs(grant.now.seconds_until(session.expires_at));
    let refresh = seal_refresh_token(app, session, grant.nonce, Transport::Cookie)?;
    let cookies = app.config().cookies.set_each(&[(CookieKind::Refresh, &refresh, lifetime)]);
    let body = TokenResponse::of(session, None, key_used);
    Ok((cookies, Json(body)).into_response())
}

/// The cookies for a browser that has proved its device key: an access token with this lifetime, and the current refresh token
/// unless it is the one that the browser has presented.
pub(super) fn issue_device_cookies(
    app: &App,
    session: &Session,
    presented: &RefreshToken,
    lifetime: Duration,
    now: Timestamp,
) -> Result<HeaderMap, Problem> {
    let grant = Grant { nonce: presented.nonce.clone(), transport: Transport::Cookie, proven: None, now };
    let tokens = issue_tokens_for(app, session, grant, lifetime)?;
    let lifetime = Duration::from_secs(now.seconds_until(tokens.access_expires_at));
    let mut set = vec![(CookieKind::Access, &tokens.access, lifetime)];
    if presented.generation != session.generation || presented.is_device_bound != session.is_device_bound() {
        set.push((CookieKind::Refresh, &tokens.refresh, tokens.refresh_lifetime()));
    }
    Ok(app.config().cookies.set_each(&set))
}

fn issue_tokens_for(
    app: &App,
    session: &Session,
    grant: Grant,
    access_lifetime: Duration,
) -> Result<Tokens, Problem> {
    let Grant { nonce, transport, proven, now } = grant;
    let config = app.config();
    let refresh = seal_refresh_token(app, session, nonce, transport)?;
    let signer = config.keys.signer().map_err(|error| Problem::of(Code::Internal).because(error))?;
    let access_expires_at = session.access_expires_at(now, access_lifetime);
    let scope = current_scope(session, now, config);
    // A token in a cookie is bound to no key, because a browser adds no proof to its requests.
    let cnf = proven.filter(|_| transport == Transport::Explicit).map(|jkt| Confirmation { jkt });
    let claims = Claims {
        iss: config.issuer.clone(),
        sub: session.user.clone(),
        aud: config.audience.clone(),
        client_id: config.audience.clone(),
        iat: now.seconds(),
        exp: access_expires_at.seconds(),
        nbf: None,
        jti: token_id()?,
        sid: session.id,
        sst: Some(session.started_at().seconds()),
        auth_time: session.auth_time.map(Timestamp::seconds),
        scope: scope.clone(),
        cnf,
    };
    Ok(Tokens {
        access: access::mint(&claims, signer)?,
        refresh,
        access_expires_at,
        refresh_expires_at: session.expires_at,
        scope,
        token_type: token_type(cnf.as_ref()),
        transport,
        now,
        key_used: None,
    })
}

/// Seals the refresh token of the session's current generation.
fn seal_refresh_token(
    app: &App,
    session: &Session,
    nonce: Nonce,
    transport: Transport,
) -> Result<SecretToken, Problem> {
    let config = app.config();
    let key = config.keys.refresh().iter().find(|key| key.tag() == session.key);
    // During a key rollout another instance may already seal with a key that this instance does not have. The
    // answer is 503, because a 401 would sign the client out.
    let unknown = || Problem::of(Code::StoreUnavailable).because("the row's refresh key is not known here");
    let key = key.ok_or_else(unknown)?;
    let is_trusted = config.risk_rules.is_allowed(session.client.ip);
    let fingerprint = key.fingerprint(&session.id, &session.client, is_trusted);
    Ok(key.seal(&RefreshToken {
        was_in_body: session.bound_key.is_some() && transport == Transport::Explicit,
        ..session.refresh_token(nonce, fingerprint)
    }))
}

/// New access tokens lose the administrator's scope `admin_max_age` after the sign-in, so that a session of 30
/// days does not stay an administrator's session for 30 days. Those of an unbound session lack `SESSION_BINDING_SCOPES`.
fn current_scope(session: &Session, now: Timestamp, config: &Config) -> Scope {
    let is_recent = session.authentication_age(now).is_some_and(|age| age <= config.admin_max_age);
    let scope = if is_recent { session.scope.clone() } else { session.scope.without(ADMIN) };
    if session.binding() == Binding::None { scope.except(&config.binding.scopes) } else { scope }
}

fn token_id() -> Result<String, Problem> {
    let mut bytes = [0; 16];
    let filled = aws_lc_rs::rand::fill(&mut bytes);
    filled.map_err(|_| Problem::of(Code::Internal).because("no randomness"))?;
    Ok(BASE64URL.encode(bytes))
}

impl TokenResponse<'_> {
    fn of(session: &Session, lifetime: Option<AccessLifetime>, key_used: Option<bool>) -> Self {
        Self {
            session_id: session.id,
            user_id: session.user.clone(),
            lifetime,
            session_expires_at: session.absolute_expires_at,
            binding: session.binding(),
            ended: None,
            key_used,
            tokens: None,
        }
    }
}

impl Tokens {
    fn refresh_lifetime(&self) -> Duration {
        Duration::from_secs(self.now.seconds_until(self.refresh_expires_at))
    }

    /// The response of a sign-in (`ended` is given) or of a refresh.
    pub(super) fn response(self, app: &App, session: &Session, ended: Option<Vec<EndedSession>>) -> Response {
        let refresh_expires_in = self.refresh_lifetime().as_secs();
        let in_body = TokensInBody {
            access_token: self.access.expose(),
            token_type: self.token_type,
            refresh_token: self.refresh.expose(),
            refresh_expires_in,
        };
        let lifetime = AccessLifetime {
            expires_in: self.now.seconds_until(self.access_expires_at),
            expires_at: self.access_expires_at,
        };
        let body = TokenResponse {
            ended,
            tokens: (self.transport == Transport::Explicit).then_some(in_body),
            ..TokenResponse::of(session, Some(lifetime), self.key_used)
        };
        if self.transport == Transport::Cookie {
            let cookies = app.config().cookies.set(&self.access, &self.refresh, self.refresh_lifetime());
            return (cookies, Json(body)).into_response();
        }
        Json(body).into_response()
    }

    /// The response to the OAuth form.
    pub(super) fn oauth_response(self) -> Response {
        Json(OAuthTokenResponse {
            access_token: self.access.expose(),
            token_type: self.token_type,
            expires_in: self.now.seconds_until(self.access_expires_at),
            refresh_token: self.refresh.expose(),
            scope: self.scope,
            key_used: self.key_used,
        })
        .into_response()
    }
}
