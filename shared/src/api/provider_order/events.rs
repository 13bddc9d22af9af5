//! `POST /ssf/events`: an identity provider pushes a security event. *Source*: RFC 8935.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;

use super::{ORDER_MAX_BYTES, OrderToken, Refusal, in_time, log_carried_out, refused};
use crate::app::App;
use crate::app::provider_order::{OrderEffect, both, carry_out, report_refused_event};
use crate::domain::time::Timestamp;
use crate::http::body;
use crate::http::problem::{OAuthForm, Problem};
use crate::http::success::accepted;
use crate::token::issuer::OrderKind;
use crate::token::order::OrderError;
use crate::token::security_event::{self, SECURITY_EVENT, SecurityEvent};

const TOKEN: OrderToken<Vec<SecurityEvent>> =
    OrderToken { rules: &SECURITY_EVENT, verify: security_event::verify, refusal };

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
        in_time(&app, OrderKind::Events, receive_events(&app, text.trim(), now)).await
    };
    answer
        .await
        .map_err(|problem| refused(&app, OrderKind::Events, problem).as_oauth(OAuthForm::SecurityEvent))?;
    Ok(accepted())
}

/// Carries out every event that can be. Each one is an order of its own, so that a provider that cannot mend one event has not lost
/// the others. A fault of ours outranks a refused event, because the provider may send the token again then.
async fn receive_events(app: &App, text: &str, now: Timestamp) -> Result<(), Refusal> {
    let (issuer, events) = TOKEN.verified(app, text, now).await?;
    let (mut carried_out, mut received, mut refusals) = (Ok(OrderEffect::default()), vec![], vec![]);
    for event in events {
        match event.order {
            Some(Err(error)) => refusals.push(error),
            Some(Ok(order)) => {
                carried_out = both(carried_out, carry_out(app, &order, now).await);
                received.push(event.event_type);
            }
            // An event that is not in `types` has a line, too, so that the operator sees it.
            None => received.push(event.event_type),
        }
    }
    if let Ok(effect) = carried_out
        && !received.is_empty()
    {
        log_carried_out(issuer, OrderKind::Events, &received, effect);
    }
    let mut outcome = carried_out.map(drop).map_err(Refusal::from);
    for error in refusals {
        report_refused_event(app, issuer, now).await;
        outcome = outcome.and(Err(refusal(error).into()));
    }
    outcome
}

/// The error codes are those of RFC 8935 section 2.4.
fn refusal(error: OrderError) -> Problem {
    let code = match error {
        OrderError::Issuer | OrderError::UnknownIssuer => "invalid_issuer",
        OrderError::Audience => "invalid_audience",
        OrderError::Signature => "invalid_key",
        _ => "invalid_request",
    };
    Problem::field("body", error).because(error).with_member("err", code.into())
}
