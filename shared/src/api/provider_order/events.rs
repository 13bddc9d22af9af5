//! `POST /ssf/events`: an identity provider pushes a security event. *Source*: RFC 8935.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;

use super::{ORDER_MAX_BYTES, Refusal, obey};
use crate::app::App;
use crate::app::provider_order::report_unknown_subject;
use crate::domain::logout_order::LogoutOrder;
use crate::domain::time::Timestamp;
use crate::http::body;
use crate::http::problem::{OAuthForm, Problem};
use crate::http::success::accepted;
use crate::token::security_event::{self, SecurityEventError};

pub(super) async fn receive(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let answer = async {
        let bytes = body::read_at_most(body, ORDER_MAX_BYTES).await?;
        body::require_media_type(&headers, "application/secevent+jwt")?;
        let text = std::str::from_utf8(&bytes).map_err(|_| Problem::field("body", "is not UTF-8"))?;
        let now = app.now();
        obey(&app, now, verified(&app, text.trim(), now)).await
    };
    answer.await.map_err(|problem| problem.as_oauth(OAuthForm::SecurityEvent))?;
    Ok(accepted())
}

async fn verified(app: &App, text: &str, now: Timestamp) -> Result<Vec<LogoutOrder>, Refusal> {
    let trusted = &app.config().trusted_issuers;
    let (issuer, events) = security_event::claimed_source(text, trusted).map_err(wrong)?;
    let keys = app.issuer_keys().keys(&events.source.keys, text, now).await;
    let keys = keys.map_err(Refusal::KeysUnavailable)?;
    match security_event::verify(text, (issuer, events), &keys, now) {
        Err(error @ SecurityEventError::Subject) => {
            report_unknown_subject(app, issuer, now).await;
            Err(wrong(error))
        }
        verified => verified.map_err(wrong),
    }
}

/// The error codes are those of RFC 8935 section 2.4.
fn wrong(error: SecurityEventError) -> Refusal {
    let code = match error {
        SecurityEventError::Issuer => "invalid_issuer",
        SecurityEventError::Audience => "invalid_audience",
        SecurityEventError::Signature => "invalid_key",
        SecurityEventError::Type
        | SecurityEventError::Claims
        | SecurityEventError::Time
        | SecurityEventError::Subject => "invalid_request",
    };
    let problem = Problem::field("body", error).because(error);
    Refusal::Wrong(problem.with_member("err", code.into()))
}
