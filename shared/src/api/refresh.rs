//! `POST /refresh`: returns the next refresh token and a new access token.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::HeaderMap;
use serde::Deserialize;

use latchkey_verifier::CookieKind;
use latchkey_verifier::dpop::Proof;

use super::token_response::{Grant, issue_tokens, refresh_cookie_response};
use super::{device, status, well_known};
use crate::app::App;
use crate::app::refresh::{RefreshAttempt, RefreshOutcome};
use crate::app::refused_proof::report_refused_proof;
use crate::domain::client_context::ClientContext;
use crate::domain::session::Session;
use crate::domain::session::binding::ProofFault;
use crate::domain::session::evidence::RequestKeys;
use crate::domain::session::idempotency_key::IdempotencyKey;
use crate::domain::session::refresh_token::RefreshToken;
use crate::domain::time::Timestamp;
use crate::http::body::{self, MediaType};
use crate::http::caller::Transport;
use crate::http::client::Client;
use crate::http::idempotency_key;
use crate::http::problem::{Code, OAuthForm, Problem};
use crate::http::proof;
use crate::http::rate_limit;
use crate::telemetry::metrics::Counter;
use crate::token::refresh as refresh_token;

/// The routes of the refresh function, which also serves the public keys.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/auth/refresh", post(post_refresh).get(status::status))
        .merge(device::routes())
        .merge(well_known::routes())
}

#[derive(Default, Deserialize)]
struct RefreshRequest {
    refresh_token: Option<String>,
    /// The idempotency keys of the client's attempts before.
    previous_keys: Option<Vec<String>>,
}

/// A parsed request.
struct RefreshCommand {
    token: String,
    style: Style,
    key: Option<IdempotencyKey>,
    previous_keys: Vec<IdempotencyKey>,
}

/// The format of the response.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Ours(Transport),
    OAuth,
}

impl Style {
    fn transport(self) -> Transport {
        match self {
            Self::Ours(transport) => transport,
            Self::OAuth => Transport::Explicit,
        }
    }
}

/// An authentic refresh token as it was presented.
struct PresentedToken<'p> {
    token: &'p RefreshToken,
    transport: Transport,
    client: &'p ClientContext,
    now: Timestamp,
}

impl PresentedToken<'_> {
    /// The proof that a bound token needs. A session with a device key has its tokens in cookies only, because the browser
    /// fetches its access tokens.
    ///
    /// # Errors
    /// 400. Nothing changes, and the refresh cookie stays.
    async fn check_proof(&self, app: &App, headers: &HeaderMap) -> Result<Option<Proof>, Problem> {
        if self.token.is_device_bound && self.transport == Transport::Explicit {
            return Err(self.device_proof_required(app).await);
        }
        let error = match proof::of_refresh(app, headers, self.token, self.transport, self.now) {
            Ok(proof) => return Ok(proof),
            Err(error) => error,
        };
        if let Some(fault) = proof::fault(error) {
            report_refused_proof(app, self.token, self.client, fault, self.now).await;
        }
        let refusal = proof::refusal(error);
        let ends_access = self.token.is_device_bound && refusal.code() == Code::DeviceProofRequired;
        Err(if ends_access { refusal.with_headers(app.config().cookies.clear_access()) } else { refusal })
    }

    /// Refuses a refresh without a proof by the device key, and records it. Without its access cookie, the browser proves the key
    /// before its next request.
    async fn device_proof_required(&self, app: &App) -> Problem {
        report_refused_proof(app, self.token, self.client, ProofFault::Missing, self.now).await;
        let detail = "the browser fetches the access cookie of this session with its device key";
        let refusal = Problem::of(Code::DeviceProofRequired).detail(detail);
        match self.transport {
            Transport::Cookie => refusal.with_headers(app.config().cookies.clear_access()),
            Transport::Explicit => refusal,
        }
    }
}

async fn post_refresh(
    State(app): State<App>,
    Client(client): Client,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let is_form = body::is_form(&headers);
    let response = answer_body(&app, &client, &headers, body).await;
    response.map_err(|problem| if is_form { problem.as_oauth(OAuthForm::Grant) } else { problem })
}

async fn answer_body(
    app: &App,
    client: &ClientContext,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let bytes = body::read(body).await?;
    let media = body::media_type(headers, &bytes)?;
    let command = parse(app, headers, &bytes, media)?;
    answer(app, headers, &command, client).await
}

/// Parses the request. A token in the body counts before the cookie, and a wrong token in the body never falls
/// back to the cookie, so that one request has one credential.
fn parse(app: &App, headers: &HeaderMap, bytes: &[u8], media: MediaType) -> Result<RefreshCommand, Problem> {
    let key = idempotency_key::of_request(headers)?;
    if media == MediaType::Form {
        let form = std::str::from_utf8(bytes).map_err(|_| Problem::field("body", "is not UTF-8"))?;
        match body::form_parameter(form, "grant_type")?.as_deref() {
            Some("refresh_token") => {}
            Some(_) => return Err(Problem::unsupported_grant_type()),
            None => return Err(Problem::field("grant_type", "is required")),
        }
        let token = body::form_parameter(form, "refresh_token")?;
        let token = token.ok_or_else(|| Problem::field("refresh_token", "is required"))?;
        let previous_keys = body::form_parameter(form, "previous_keys")?.unwrap_or_default();
        let previous_keys =
            idempotency_key::previous(previous_keys.split(' ').filter(|key| !key.is_empty()))?;
        return Ok(RefreshCommand { token, style: Style::OAuth, key, previous_keys });
    }
    let request: RefreshRequest = match media {
        MediaType::Json if !bytes.is_empty() => body::parse_json(bytes)?,
        _ => RefreshRequest::default(),
    };
    let previous_keys = idempotency_key::previous_of(request.previous_keys.as_deref())?;
    if let Some(token) = request.refresh_token {
        let style = Style::Ours(Transport::Explicit);
        return Ok(RefreshCommand { token, style, key, previous_keys });
    }
    let cookies = &app.config().cookies;
    let token =
        cookies.policy.read(headers, CookieKind::Refresh)?.ok_or_else(|| Problem::of(Code::TokenMissing))?;
    cookies.policy.check_unsafe(headers)?;
    Ok(RefreshCommand { token, style: Style::Ours(Transport::Cookie), key, previous_keys })
}

async fn answer(
    app: &App,
    headers: &HeaderMap,
    command: &RefreshCommand,
    client: &ClientContext,
) -> Result<Response, Problem> {
    let (now, config, style) = (app.now(), app.config(), command.style);
    let token = refresh_token::open(&command.token, config.keys.refresh());
    let mut token = token.map_err(|error| Problem::of(Code::InvalidToken).because(error))?;
    token.was_in_body |= style.transport() == Transport::Explicit;
    // The token is authentic from here on, so that a final refusal clears the cookies.
    let clearing_cookies = |problem: Problem| match style {
        Style::Ours(Transport::Cookie) => problem.with_headers(config.cookies.clear()),
        _ => problem,
    };
    let presented = PresentedToken { token: &token, transport: style.transport(), client, now };
    let proof = presented.check_proof(app, headers).await?;
    let keys = RequestKeys::of(&token.session, command.key.as_ref(), &command.previous_keys);
    let outcome = RefreshAttempt {
        app,
        token: &token,
        keys,
        proven_key: proof.as_ref().map(proof::bound_key),
        client,
        now,
    }
    .run()
    .await?;
    count(app, &outcome);
    let is_proven_rotation = proof.is_some() && matches!(outcome, RefreshOutcome::Rotated(_));
    match outcome {
        RefreshOutcome::Rotated(session) | RefreshOutcome::Replayed(session) => {
            let proven = proof.map(|proof| proof.thumbprint);
            let grant = Grant { nonce: token.nonce, transport: style.transport(), proven, now };
            let key_used = keys.newest.map(|key| session.made_by[0] == Some(key));
            let mut response = respond(app, &session, grant, style, key_used)?;
            let quota = config.limits.refresh.quota(session.window, now);
            response.headers_mut().extend(rate_limit::headers(&config.limits.refresh, quota));
            if is_proven_rotation && style.transport() == Transport::Cookie {
                response.headers_mut().extend(device::offer(app, headers, &session, now));
            }
            Ok(response)
        }
        // The cookies stay: the browser has the newer ones by now, or receives them soon.
        RefreshOutcome::Superseded => Err(Problem::of(Code::RefreshSuperseded)),
        RefreshOutcome::DeviceProofRequired => Err(presented.device_proof_required(app).await),
        RefreshOutcome::SessionEnded(reason) => {
            Err(clearing_cookies(Problem::session_ended(reason.public())))
        }
        RefreshOutcome::ForgedToken => Err(Problem::of(Code::InvalidToken)
            .because("the seal is valid and the nonce is not: a refresh key may have leaked")),
        RefreshOutcome::Blocked(until) => Err(rate_limit::refusal(&config.limits.refresh, until, now)),
    }
}

/// The tokens of the session. Only a proof by the device key gets an access token of a session that has one.
fn respond(
    app: &App,
    session: &Session,
    grant: Grant,
    style: Style,
    key_used: Option<bool>,
) -> Result<Response, Problem> {
    if session.is_device_bound() {
        return refresh_cookie_response(app, session, grant, key_used);
    }
    let mut tokens = issue_tokens(app, session, grant)?;
    tokens.key_used = key_used;
    Ok(match style {
        Style::OAuth => tokens.oauth_response(),
        Style::Ours(_) => tokens.response(app, session, None),
    })
}

fn count(app: &App, outcome: &RefreshOutcome) {
    if matches!(outcome, RefreshOutcome::Replayed(_)) {
        app.metrics().count(Counter::RefreshesReplayed);
    }
    app.metrics().count(match outcome {
        RefreshOutcome::Rotated(_) | RefreshOutcome::Replayed(_) => Counter::RefreshesServed,
        RefreshOutcome::Superseded => Counter::RefreshesSuperseded,
        RefreshOutcome::SessionEnded(_) => Counter::RefreshesEnded,
        RefreshOutcome::ForgedToken | RefreshOutcome::DeviceProofRequired => Counter::RefreshesRefused,
        RefreshOutcome::Blocked(_) => Counter::RefreshesLimited,
    });
}
