//! `POST /dbsc/registration`: a browser registers the key that it has made in the user's device.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use serde::Serialize;

use super::{cookie_token, next_challenge};
use crate::api::token_response::issue_device_cookies;
use crate::app::App;
use crate::app::device::{DeviceRequest, RegistrationOutcome};
use crate::domain::id::SessionId;
use crate::domain::session::end::PublicReason;
use crate::http::client::Client;
use crate::http::device::{self, REFRESH_PATH};
use crate::http::problem::{Code, Problem};
use crate::telemetry::metrics::Counter;
use crate::token::device::challenge::Offer;
use crate::token::device::proof::DeviceProof;

/// The life of the first access cookie: short, so that the next request already proves the key.
const FIRST_COOKIE: Duration = Duration::from_secs(60);

/// Paths whose requests must not wait for an access cookie, because no request to them reads it. `/refresh` is not among them:
/// a request for the status is how a client makes the browser renew the cookie. Neither is `/revoke`: most strategies need it.
const WITHOUT_COOKIE: [&str; 2] = ["/api/auth/login", "/api/auth/.well-known"];

/// The description of its session that the browser keeps. *Source*: Device Bound Session Credentials, "session instructions".
#[derive(Serialize)]
struct SessionInstructions {
    session_identifier: SessionId,
    refresh_url: &'static str,
    scope: SessionScope,
    credentials: [CookieCredential; 1],
    /// No other site may make the browser refresh.
    allowed_refresh_initiators: [&'static str; 0],
}

#[derive(Serialize)]
struct SessionScope {
    /// The session belongs to this host only, like its cookies.
    include_site: bool,
    scope_specification: [ScopeRule; WITHOUT_COOKIE.len()],
}

#[derive(Serialize)]
struct ScopeRule {
    #[serde(rename = "type")]
    kind: &'static str,
    domain: &'static str,
    path: &'static str,
}

#[derive(Serialize)]
struct CookieCredential {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    attributes: String,
}

pub(super) async fn register(
    State(app): State<App>,
    Client(client): Client,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    device::check_sent_by_browser(&headers)?;
    let now = app.now();
    let token = cookie_token(&app, &headers)?.ok_or_else(|| Problem::of(Code::TokenMissing))?;
    let proof = device::proof(&headers)?.ok_or_else(|| refused("Secure-Session-Response: is required"))?;
    let proof = DeviceProof::parse(proof).map_err(refused)?;
    let dpop_key = token.bound_key.map(|key| *key.as_bytes());
    let offer = Offer::open(proof.challenge(), token.session, dpop_key, app.config().keys.refresh(), now);
    let offer = offer.ok_or_else(|| refused("jti: is no challenge of a recent offer to this session"))?;
    let point = proof.own_key().map_err(refused)?;
    let request = DeviceRequest { app: &app, token: &token, client: &client, now };
    let session = match request.register(&offer, point).await? {
        RegistrationOutcome::Registered(session) => session,
        RegistrationOutcome::Outdated => {
            return Err(refused("the session was refreshed since the offer, or has a device key"));
        }
        RegistrationOutcome::SessionEnded => return Err(Problem::session_ended(PublicReason::Expired)),
    };
    let cookies = issue_device_cookies(&app, &session, &token, FIRST_COOKIE, now)?;
    app.metrics().count(Counter::DeviceKeysRegistered);
    let (name, attributes) = app.config().cookies.access_credential();
    let instructions = SessionInstructions {
        session_identifier: session.id,
        refresh_url: REFRESH_PATH,
        scope: SessionScope { include_site: false, scope_specification: WITHOUT_COOKIE.map(excluded) },
        credentials: [CookieCredential { kind: "cookie", name, attributes }],
        allowed_refresh_initiators: [],
    };
    Ok((cookies, [next_challenge(&app, &session, now)], Json(instructions)).into_response())
}

fn excluded(path: &'static str) -> ScopeRule {
    ScopeRule { kind: "exclude", domain: "*", path }
}

fn refused(reason: impl std::fmt::Display) -> Problem {
    Problem::of(Code::DeviceProofRequired).detail(reason.to_string())
}
