//! `POST /global-token-revocation`: an identity provider ends all sessions of a user. Okta calls it Universal Logout.
//! *Source*: draft-parecki-oauth-global-token-revocation.
//!
//! An unknown user is 204 like every other, and not the 404 of the draft, so that the answer does not show which accounts exist.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use latchkey_verifier::bearer_token;
use serde::Deserialize;

use super::{ORDER_MAX_BYTES, OrderToken, Refusal, in_time, log_carried_out, refused};
use crate::app::App;
use crate::app::provider_order::{carry_out, tie_credential};
use crate::domain::id::UserId;
use crate::domain::logout_order::{LogoutOrder, OrderSubject};
use crate::domain::time::Timestamp;
use crate::http::body;
use crate::http::problem::{Code, Problem};
use crate::http::success::no_content;
use crate::token::issuer::{OrderKind, TrustedIssuer};
use crate::token::revocation_order::{self, REVOCATION_CREDENTIAL, RevocationCredential};

/// The detail names the fault. A forger learns nothing by it, because all that follows the signature is checked in authentic tokens only.
const TOKEN: OrderToken<RevocationCredential> = OrderToken {
    rules: &REVOCATION_CREDENTIAL,
    verify: revocation_order::verify,
    refusal: |error| Problem::of(Code::InvalidToken).detail(error.to_string()).because(error),
};

#[derive(Deserialize)]
struct RevocationRequest {
    sub_id: SubjectId,
}

/// A subject identifier. *Source*: RFC 9493 section 3.2.3.
#[derive(Deserialize)]
struct SubjectId {
    format: SubjectFormat,
    iss: String,
    sub: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SubjectFormat {
    IssSub,
}

pub(super) async fn revoke(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let answer = async {
        let token = bearer_token(&headers)?.ok_or_else(|| Problem::of(Code::TokenMissing))?;
        let bytes = body::read_at_most(body, ORDER_MAX_BYTES).await?;
        let request: RevocationRequest = body::json_of(&headers, &bytes)?;
        let now = app.now();
        in_time(&app, OrderKind::GlobalRevocation, carry_out_request(&app, &token, &request.sub_id, now))
            .await
    };
    answer.await.map_err(|problem| refused(&app, OrderKind::GlobalRevocation, problem))?;
    Ok(no_content())
}

async fn carry_out_request(
    app: &App,
    token: &str,
    subject: &SubjectId,
    now: Timestamp,
) -> Result<(), Refusal> {
    let (issuer, credential) = TOKEN.verified(app, token, now).await?;
    let user = user_of(app, issuer, subject)?;
    if !tie_credential(app, &credential, &user).await? {
        let problem = Problem::of(Code::InvalidToken).detail("the token was used for another subject");
        return Err(problem.because("its jti belongs to an order for another subject").into());
    }
    let order = LogoutOrder { subject: OrderSubject::User(user), until: credential.issued_at };
    let effect = carry_out(app, &order, now).await?;
    log_carried_out(issuer, OrderKind::GlobalRevocation, &[], effect);
    Ok(())
}

/// The user. The subject names the issuer of the sign-ins or that of the orders, as in a security event. If another entry of the
/// settings has this issuer, its users are meant, whose sessions this order cannot end.
fn user_of(app: &App, issuer: &TrustedIssuer, subject: &SubjectId) -> Result<UserId, Problem> {
    let SubjectFormat::IssSub = subject.format;
    let signs_in = |iss: &str| app.config().trusted_issuers.iter().any(|issuer| issuer.issuer == iss);
    let signs_orders = |iss: &str| {
        issuer.order_source(OrderKind::GlobalRevocation).is_some_and(|source| source.issuer == iss)
    };
    let iss = subject.iss.as_str();
    if iss != issuer.issuer && (signs_in(iss) || !signs_orders(iss)) {
        return Err(Problem::field("sub_id.iss", "expected the issuer of the user's sign-ins"));
    }
    issuer.user(&subject.sub).ok_or_else(|| Problem::field("sub_id.sub", "expected the sub of a user"))
}
