//! `POST /backchannel-logout`: an identity provider ends the sessions of a user, or those of one session at the provider.
//! *Source*: OpenID Connect Back-Channel Logout 1.0 sections 2.5 to 2.8.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;

use super::{ORDER_MAX_BYTES, OrderToken, in_time, log_carried_out, refused};
use crate::app::App;
use crate::app::provider_order::carry_out;
use crate::domain::logout_order::LogoutOrder;
use crate::http::body::{self, MediaType, form_parameter};
use crate::http::problem::{Code, OAuthForm, Problem};
use crate::token::issuer::OrderKind;
use crate::token::logout_token::{self, LOGOUT_TOKEN};

/// The response names the fault, because the sender is a server whose operator has to find it. The token itself is no secret.
const TOKEN: OrderToken<LogoutOrder> = OrderToken {
    rules: &LOGOUT_TOKEN,
    verify: logout_token::verify,
    refusal: |error| Problem::field("logout_token", error).because(error),
};

pub(super) async fn logout(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let answer = async {
        let text = logout_token(&headers, body).await?;
        let now = app.now();
        in_time(&app, OrderKind::Backchannel, async {
            let (issuer, order) = TOKEN.verified(&app, &text, now).await?;
            let effect = carry_out(&app, &order, now).await?;
            log_carried_out(issuer, OrderKind::Backchannel, &[], effect);
            Ok(())
        })
        .await
    };
    answer
        .await
        .map_err(|problem| refused(&app, OrderKind::Backchannel, problem).as_oauth(OAuthForm::Order))?;
    Ok(().into_response())
}

/// The token in the form.
async fn logout_token(headers: &HeaderMap, body: Body) -> Result<String, Problem> {
    let bytes = body::read_at_most(body, ORDER_MAX_BYTES).await?;
    if body::media_type(headers, &bytes)? != MediaType::Form {
        return Err(
            Problem::of(Code::UnsupportedMediaType).detail("expected application/x-www-form-urlencoded")
        );
    }
    let form = std::str::from_utf8(&bytes).map_err(|_| Problem::field("body", "is not UTF-8"))?;
    form_parameter(form, "logout_token")?.ok_or_else(|| Problem::field("logout_token", "is required"))
}
