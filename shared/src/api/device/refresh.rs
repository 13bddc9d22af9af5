//! `POST /dbsc/refresh`: a browser proves its device key and gets the next access cookie.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use serde::Serialize;

use super::{cookie_token, next_challenge};
use crate::api::token_response::issue_device_cookies;
use crate::app::App;
use crate::app::device::{DeviceRefreshOutcome, DeviceRequest};
use crate::domain::id::SessionId;
use crate::domain::time::Timestamp;
use crate::http::client::Client;
use crate::http::device;
use crate::http::problem::Problem;
use crate::telemetry::metrics::Counter;
use crate::token::device::challenge::{is_refresh_challenge, refresh_challenge};
use crate::token::device::proof::DeviceProof;

/// Makes the browser forget its session.
#[derive(Serialize)]
struct EndOfSession {
    session_identifier: SessionId,
    #[serde(rename = "continue")]
    continues: bool,
}

pub(super) async fn refresh(
    State(app): State<App>,
    Client(client): Client,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    device::check_sent_by_browser(&headers)?;
    let now = app.now();
    let id = device::session_id(&headers)?;
    let token = cookie_token(&app, &headers)?.filter(|token| token.session == id);
    // The browser has signed out, or has signed in again since, so that its cookie is of another session.
    let Some(token) = token else { return Ok(end_of(id)) };
    let proof = device::proof(&headers)?.and_then(|text| DeviceProof::parse(text).ok());
    // A browser shows an old challenge after a long pause.
    let Some(proof) = proof.filter(|proof| answers_fresh_challenge(&app, proof, &id, now)) else {
        app.metrics().count(Counter::DeviceRefreshesChallenged);
        return Err(challenged(&app, &id, now));
    };
    let request = DeviceRequest { app: &app, token: &token, client: &client, now };
    let session = match request.refresh(&proof).await? {
        DeviceRefreshOutcome::Granted(session) => session,
        // The event `binding_failed` reports it.
        DeviceRefreshOutcome::OtherKey => return Err(challenged(&app, &id, now)),
        DeviceRefreshOutcome::SessionEnded => return Ok(end_of(id)),
    };
    let lifetime = app.config().binding.access_lifetime;
    let cookies = issue_device_cookies(&app, &session, &token, lifetime, now)?;
    app.metrics().count(Counter::DeviceRefreshesServed);
    Ok((cookies, [next_challenge(&app, &session, now)]).into_response())
}

fn answers_fresh_challenge(app: &App, proof: &DeviceProof<'_>, session: &SessionId, now: Timestamp) -> bool {
    let (keys, lifetime) = (app.config().keys.refresh(), app.config().binding.access_lifetime);
    is_refresh_challenge(proof.challenge(), session, keys, lifetime, now)
}

fn challenged(app: &App, session: &SessionId, now: Timestamp) -> Problem {
    device::challenged(&refresh_challenge(&app.config().keys.refresh()[0], session, now), session)
}

fn end_of(session_identifier: SessionId) -> Response {
    Json(EndOfSession { session_identifier, continues: false }).into_response()
}
