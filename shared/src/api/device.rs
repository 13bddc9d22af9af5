//! `POST /dbsc/registration` and `POST /dbsc/refresh`: sessions that a browser binds to a key in the user's device.
//!
//! Browsers send these requests by themselves, without a script and without a body. Every answer has an effect on the browser's own
//! session: any status of 400 and above but 403 and 503 ends it, so that passing reasons are 503, and a session that has ended is
//! answered with `continue: false`. *Source*: W3C Device Bound Session Credentials; Chromium 156 for what it leaves open.

mod refresh;
mod registration;

use axum::Router;
use axum::routing::post;
use http::{HeaderMap, HeaderName, HeaderValue};
use latchkey_verifier::CookieKind;

use crate::app::App;
use crate::config::BindingPolicy;
use crate::domain::session::Session;
use crate::domain::session::refresh_token::RefreshToken;
use crate::domain::time::Timestamp;
use crate::http::device;
use crate::http::problem::Problem;
use crate::token::device::challenge::{Offer, refresh_challenge};
use crate::token::refresh as refresh_token;

/// The routes of device keys, which the refresh function serves.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/auth/dbsc/registration", post(registration::register))
        .route("/api/auth/dbsc/refresh", post(refresh::refresh))
}

/// The offer to register a device key, for a response that sets both cookies. There is none for a session that has a confirmed
/// key, and none where browsers could not bind it: without `Secure`, with the access cookie of a whole domain, and for a page on
/// another origin, for whose requests Chromium registers a key and never proves it.
pub(super) fn offer(
    app: &App,
    headers: &HeaderMap,
    session: &Session,
    now: Timestamp,
) -> Option<(HeaderName, HeaderValue)> {
    let config = app.config();
    let is_elsewhere = headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin");
    let can_bind = config.cookies.policy.secure && config.cookies.policy.domain.is_none() && !is_elsewhere;
    let wants = can_bind && config.binding.policy != BindingPolicy::Off && !session.is_device_bound();
    let dpop_key = session.bound_key.map(|key| *key.as_bytes());
    let offer = Offer { session: session.id, generation: session.generation, dpop_key };
    wants.then(|| device::offer(&offer.challenge(&config.keys.refresh()[0], now)))
}

/// The authentic refresh token in the cookie. A missing or wrong cookie is no error, because the browser keeps asking for a
/// session of which it has no cookie any more.
fn cookie_token(app: &App, headers: &HeaderMap) -> Result<Option<RefreshToken>, Problem> {
    let config = app.config();
    let cookie = config.cookies.policy.read(headers, CookieKind::Refresh)?;
    Ok(cookie.and_then(|text| refresh_token::open(&text, config.keys.refresh()).ok()))
}

/// The challenge for the next refresh. It is always sent ahead, because Chromium would answer the old one again without it.
fn next_challenge(app: &App, session: &Session, now: Timestamp) -> (HeaderName, HeaderValue) {
    device::next_challenge(&refresh_challenge(&app.config().keys.refresh()[0], &session.id, now), &session.id)
}
