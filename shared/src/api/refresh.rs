//! `POST /refresh`: a refresh token gets its successor and a new access token.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::own_sessions::end_reason;
use super::{reply, status, well_known};
use crate::app::App;
use crate::app::refresh::{Exchange, exchange};
use crate::domain::client_context::ClientContext;
use crate::domain::time::Timestamp;
use crate::http::body::{self, MediaType};
use crate::http::caller::Transport;
use crate::http::client::Client;
use crate::http::cookie::Which;
use crate::http::problem::{Code, Problem};
use crate::http::rate_limit;
use crate::telemetry::metrics::Counter;
use crate::token::refresh;

/// The routes of the refresh function, which also serves the public keys.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/auth/refresh", post(refresh_session).get(status::status))
        .merge(well_known::routes())
}

#[derive(Default, Deserialize)]
struct RefreshRequest {
    refresh_token: Option<String>,
    /// `expires_at` of the access token that the client means to replace.
    replaces: Option<String>,
}

/// What a request asks for.
struct Asked {
    token: String,
    style: Style,
    replaces: Option<Timestamp>,
}

/// How the answer is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Ours(Transport),
    OAuth,
}

async fn refresh_session(
    State(app): State<App>,
    Client(seen): Client,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let bytes = body::read(body).await?;
    let media = body::media_type(&headers, &bytes)?;
    let in_style = |problem: Problem| if media == MediaType::Form { problem.as_oauth() } else { problem };
    let asked = asked(&app, &headers, &bytes, media).map_err(in_style)?;
    answer(&app, &asked, &seen).await.map_err(in_style)
}

/// Which token is meant, and what it replaces: a body's token counts before the cookie's, and nothing falls back.
fn asked(app: &App, headers: &HeaderMap, bytes: &[u8], media: MediaType) -> Result<Asked, Problem> {
    if media == MediaType::Form {
        let form = std::str::from_utf8(bytes).map_err(|_| Problem::field("body", "is not UTF-8"))?;
        if body::parameter(form, "grant_type")?.as_deref() != Some("refresh_token") {
            return Err(Problem::field("grant_type", "expected refresh_token"));
        }
        let token = body::parameter(form, "refresh_token")?;
        return token
            .map(|token| Asked { token, style: Style::OAuth, replaces: None })
            .ok_or_else(|| Problem::field("refresh_token", "is missing"));
    }
    let request: RefreshRequest = match media {
        MediaType::Json if !bytes.is_empty() => body::parse_json(bytes)?,
        _ => RefreshRequest::default(),
    };
    let replaces = request.replaces.as_deref().map(moment).transpose()?;
    if let Some(token) = request.refresh_token {
        return Ok(Asked { token, style: Style::Ours(Transport::Explicit), replaces });
    }
    let cookies = &app.config().cookies;
    let token = cookies.read(headers, Which::Refresh)?.ok_or_else(|| Problem::of(Code::TokenMissing))?;
    cookies.check_unsafe(headers)?;
    Ok(Asked { token, style: Style::Ours(Transport::Cookie), replaces })
}

fn moment(text: &str) -> Result<Timestamp, Problem> {
    let wrong = || Problem::field("replaces", "expected an RFC 3339 time, as `expires_at` has it");
    Timestamp::parse_rfc3339(text).ok_or_else(wrong)
}

async fn answer(app: &App, asked: &Asked, seen: &ClientContext) -> Result<Response, Problem> {
    let (now, config, style) = (app.now(), app.config(), asked.style);
    let token = refresh::open(&asked.token, config.keys.refresh());
    let token = token.map_err(|error| Problem::of(Code::InvalidToken).because(error))?;
    // From here on the token is authentic: a refusal for good takes the cookies away.
    let over = |problem: Problem| match style {
        Style::Ours(Transport::Cookie) => problem.with_headers(config.cookies.clear()),
        _ => problem,
    };
    let exchange = exchange(app, &token, asked.replaces, seen, now).await?;
    app.metrics().count(counter(&exchange));
    match exchange {
        Exchange::Successor(session) => {
            let tokens = reply::tokens(app, &session, token.nonce, now)?;
            let mut response = match style {
                Style::OAuth => tokens.oauth_reply(),
                Style::Ours(transport) => tokens.reply(app, &session, transport, StatusCode::OK, json!({})),
            };
            let standing = config.limits.refresh.standing(session.window, now);
            response.headers_mut().extend(rate_limit::headers(&config.limits.refresh, standing));
            Ok(response)
        }
        Exchange::Over(Some(reason)) => Err(over(Problem::session_ended(reason.public()))),
        Exchange::Over(None) => {
            let reason = end_reason(app, None, &token.session).await?;
            Err(over(Problem::session_ended(reason)))
        }
        Exchange::Forged => {
            Err(Problem::of(Code::InvalidToken).because("our seal with a wrong nonce: a key has leaked"))
        }
        Exchange::Blocked(until) => Err(rate_limit::refusal(&config.limits.refresh, until, now)),
    }
}

fn counter(exchange: &Exchange) -> Counter {
    match exchange {
        Exchange::Successor(_) => Counter::RefreshesServed,
        Exchange::Over(_) => Counter::RefreshesEnded,
        Exchange::Forged => Counter::RefreshesRefused,
        Exchange::Blocked(_) => Counter::RefreshesLimited,
    }
}
