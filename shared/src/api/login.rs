//! `POST /login`: an assertion of a trusted issuer opens a session.
//!
//! Only refused assertions are counted, per network. A valid assertion is never refused because of other
//! clients' failures, so that an attacker cannot lock users of the same network out.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::{HeaderMap, header};
use serde::Deserialize;

use latchkey_verifier::CookieKind;
use latchkey_verifier::dpop::Proof;

use super::token_response::{EndedSession, Grant, issue_tokens};
use super::{device, login_attempts};
use crate::app::App;
use crate::app::limiter::{CheckResult, LimitSubject, check, fails_closed};
use crate::app::sign_in::{SignIn, SignInError, USED_LIMIT, sign_in};
use crate::domain::client_context::{ClientContext, EventClient};
use crate::domain::event::{Event, EventKind, SignInRefusal, Subject};
use crate::domain::id::UserId;
use crate::domain::place::Network;
use crate::domain::session::binding::Binding;
use crate::domain::session::end::EndReason;
use crate::domain::session::refresh_token::RefreshToken;
use crate::domain::time::Timestamp;
use crate::http::body;
use crate::http::caller::Transport;
use crate::http::client::Client;
use crate::http::idempotency_key;
use crate::http::problem::{Code, Problem};
use crate::http::proof;
use crate::http::rate_limit;
use crate::http::success::created;
use crate::telemetry::metrics::Counter;
use crate::token::assertion::{self, Assertion, AssertionError};
use crate::token::fetch::KeysUnavailable;
use crate::token::refresh;

/// The routes of the login function.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/auth/login", post(login))
        .route("/api/auth/login/attempts", post(login_attempts::attempts))
}

#[derive(Deserialize)]
struct LoginRequest {
    assertion: String,
    #[serde(default)]
    delivery: Delivery,
    previous_keys: Option<Vec<String>>,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Delivery {
    #[default]
    Cookie,
    Body,
}

async fn login(
    State(app): State<App>,
    Client(client): Client,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let request: LoginRequest = body::json(&headers, body).await?;
    let key = idempotency_key::of_request(&headers)?;
    let previous_keys = idempotency_key::previous_of(request.previous_keys.as_deref())?;
    let transport = check_delivery(&app, &headers, request.delivery)?;
    let now = app.now();
    let proof = check_proof(&app, &headers, now)?;
    let assertion = match verify_assertion(&app, &request.assertion, now).await {
        Ok(assertion) => assertion,
        Err(refusal) => return Err(refused_assertion(&app, &client, now, refusal).await),
    };
    let previous = previous_session(&app, &headers, transport, now)?;
    let attempt = SignIn {
        assertion: &assertion,
        text: &request.assertion,
        key: key.as_ref(),
        proven_key: proof.as_ref().map(proof::bound_key),
        client: &client,
        previous: previous.as_ref(),
        previous_keys: &previous_keys,
    };
    let signed_in = match sign_in(&app, &attempt, now).await {
        Err(error @ (SignInError::Used | SignInError::Void)) => {
            return Err(count_failure(&app, &client, now, refused(&app, error, now)).await);
        }
        Err(SignInError::Suspended) => {
            return Err(refused_suspended(&app, &client, now, assertion.user).await);
        }
        signed_in => signed_in.map_err(|error| refused(&app, error, now))?,
    };
    app.metrics().count(Counter::SignIns);
    if signed_in.session.binding() != Binding::None {
        app.metrics().count(Counter::SignInsBound);
    }
    let proven = proof.map(|proof| proof.thumbprint);
    let grant = Grant { nonce: signed_in.nonce, transport, proven, now };
    let tokens = issue_tokens(&app, &signed_in.session, grant)?;
    // The previous session of this browser may belong to another user, whose ids are not this user's to see. An expired
    // session did not end because of this sign-in.
    let own = signed_in.ended.iter().filter(|end| end.user == signed_in.session.user);
    let ended = own.filter(|end| end.reason != EndReason::Expired).map(EndedSession::new).collect();
    let mut response = created(tokens.response(&app, &signed_in.session, Some(ended)));
    if transport == Transport::Cookie && !signed_in.is_repeated {
        response.headers_mut().extend(device::offer(&app, &headers, &signed_in.session, now));
    }
    Ok(response)
}

/// The proof of the key that the session is bound to. It is checked before the assertion, so that a wrong one costs nothing.
fn check_proof(app: &App, headers: &HeaderMap, now: Timestamp) -> Result<Option<Proof>, Problem> {
    proof::of_login(app, headers, now).inspect_err(|problem| {
        if problem.code() != Code::UseDpopNonce {
            app.metrics().count(Counter::ProofsRefused);
        }
    })
}

/// Cookie delivery needs a page of our own site and a host for which browsers keep cookies.
fn check_delivery(app: &App, headers: &HeaderMap, delivery: Delivery) -> Result<Transport, Problem> {
    if delivery == Delivery::Body {
        return Ok(Transport::Explicit);
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if host.contains(".execute-api.") {
        let expected = "browsers keep no cookies for an execute-api host, which is a public suffix; use a custom domain, or \"body\"";
        return Err(Problem::field("delivery", expected));
    }
    app.config().cookies.check_login(headers)?;
    Ok(Transport::Cookie)
}

/// Why an assertion is not accepted.
enum AssertionRefusal {
    /// The assertion is wrong.
    Wrong(AssertionError),
    /// The keys of its issuer cannot be fetched, so that it may be valid.
    KeysUnavailable(KeysUnavailable),
}

async fn verify_assertion(app: &App, text: &str, now: Timestamp) -> Result<Assertion, AssertionRefusal> {
    let config = app.config();
    let issuer = assertion::claimed_issuer(text, &config.trusted_issuers).map_err(AssertionRefusal::Wrong)?;
    let keys =
        app.issuer_keys().keys(&issuer.keys, text, now).await.map_err(AssertionRefusal::KeysUnavailable)?;
    let verified = assertion::verify(text, issuer, &keys, now, config.assertion_max_age);
    verified.map_err(AssertionRefusal::Wrong)
}

/// Counts a refused assertion. A genuine one, whose user is known, is also an event of the user while its network is within
/// the limit, so that the number of events is bounded.
async fn refused_assertion(
    app: &App,
    client: &ClientContext,
    now: Timestamp,
    refusal: AssertionRefusal,
) -> Problem {
    let error = match refusal {
        AssertionRefusal::KeysUnavailable(error) => return error.into(),
        AssertionRefusal::Wrong(error) => error,
    };
    let problem = invalid(&error);
    if problem.code() == Code::InvalidRequest {
        return problem;
    }
    let problem = count_failure(app, client, now, problem).await;
    if let AssertionError::RequiredClaim { user, claim } = error
        && problem.code() == Code::ClaimNotAccepted
    {
        record_refusal(app, client, user, SignInRefusal::Claim(claim)).await;
    }
    problem
}

/// Refuses the sign-in of a suspended user, and counts it like a refused assertion, so that the number of events is bounded.
async fn refused_suspended(app: &App, client: &ClientContext, now: Timestamp, user: UserId) -> Problem {
    let problem = count_failure(app, client, now, Problem::of(Code::AccountSuspended)).await;
    if problem.code() == Code::AccountSuspended {
        record_refusal(app, client, user, SignInRefusal::Suspended).await;
    }
    problem
}

async fn record_refusal(app: &App, client: &ClientContext, user: UserId, refusal: SignInRefusal) {
    let kind = EventKind::SignInRefused(refusal);
    let event = Event::about(Subject::User(user), app.now_millis(), kind).from_client(client);
    app.record_events(&[event], async { Ok(()) }).await;
}

/// Counts a refused assertion for its network. Returns the refusal itself, 429 once there were too many, or 503
/// when the store cannot count, so that a store fault does not make guessing free.
async fn count_failure(app: &App, client: &ClientContext, now: Timestamp, refusal: Problem) -> Problem {
    let policy = &app.config().limits.login;
    let network = client.ip.map(Network::of);
    let subject = LimitSubject {
        key: network.map_or_else(|| "-".to_owned(), |network| network.to_string()),
        event_subject: network.map_or(Subject::Everyone, Subject::Network),
        session: None,
        client: EventClient::of(client),
        can_be_cleared: false,
    };
    match fails_closed(app, policy, check(app, policy, &subject, now).await) {
        Ok(CheckResult::OverLimit(until)) => rate_limit::refusal(policy, until, now),
        Ok(CheckResult::WithinLimit(quota)) => refusal.with_headers(rate_limit::headers(policy, quota)),
        Ok(CheckResult::Unlimited) => refusal,
        Err(error) => error.into(),
    }
}

/// The refresh cookie of the request, if it is authentic: a new sign-in in a browser ends the session before it
/// (ASVS 7.2.4), which also stops session fixation. A cookie with a foreign seal is ignored, and so is an expired one: a token
/// from an old backup must not end a session that lives.
fn previous_session(
    app: &App,
    headers: &HeaderMap,
    transport: Transport,
    now: Timestamp,
) -> Result<Option<RefreshToken>, Problem> {
    if transport == Transport::Explicit {
        return Ok(None);
    }
    let cookie = app.config().cookies.policy.read(headers, CookieKind::Refresh)?;
    let token = cookie.and_then(|text| refresh::open(&text, app.config().keys.refresh()).ok());
    Ok(token.filter(|token| !token.is_expired(now)))
}

fn invalid(error: &AssertionError) -> Problem {
    match error {
        AssertionError::RequiredClaim { claim, .. } => {
            let detail =
                format!("The claim {claim} of the assertion is missing or has a value that is not accepted.");
            Problem::of(Code::ClaimNotAccepted)
                .detail(detail)
                .because(error)
                .with_member("claim", claim.as_str().into())
        }
        AssertionError::ScopeTooLong | AssertionError::UserTooLong => Problem::field("assertion", error),
        // The same public answer for all of these, so that it does not help to find a valid assertion.
        AssertionError::Issuer
        | AssertionError::Signature
        | AssertionError::Claims
        | AssertionError::Events
        | AssertionError::Audience
        | AssertionError::Time
        | AssertionError::Scope
        | AssertionError::Service => Problem::of(Code::InvalidAssertion).because(error),
    }
}

fn refused(app: &App, error: SignInError, now: Timestamp) -> Problem {
    match error {
        SignInError::Used | SignInError::Void => Problem::of(Code::InvalidAssertion).because(error),
        SignInError::Suspended => Problem::of(Code::AccountSuspended).because(error),
        SignInError::TooMany(until) => rate_limit::refusal(&USED_LIMIT, until, now),
        SignInError::LimitReached => Problem::session_limit(app.config().session_limit),
        SignInError::Store(error) => error.into(),
    }
}
