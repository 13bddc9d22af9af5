//! `GET` and `POST /sign-in-review`: the page behind the link "Was this you?", and the user's answer.
//!
//! The token of the link is the only authority: no cookie and no other credential is read, so that a page of another site has
//! nothing to abuse (CSRF). `GET` changes nothing, because mail scanners follow links. The answer is a `POST` with the token in its
//! body, so that no link alone, and no scanner, can end a session.

mod page;
mod texts;

use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, RawQuery, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::HeaderMap;

use crate::app::App;
use crate::app::limiter::{CheckResult, LimitSubject, check, fails_open};
use crate::app::sign_in_review::record_answer;
use crate::domain::client_context::{ClientContext, EventClient};
use crate::domain::event::{StoredEvent, Subject};
use crate::domain::place::Network;
use crate::domain::sign_in_review::{ReviewAnswer, SignInReview};
use crate::domain::time::Timestamp;
use crate::http::body::{self, MediaType, form_parameter, parameter};
use crate::http::client::Client;
use crate::http::problem::{Code, Problem};
use crate::http::rate_limit;
use crate::store::StoreError;
use crate::token::review_link;

use page::{Asked, View};
use texts::Texts;

/// The longest body, in bytes.
const FORM_MAX_BYTES: usize = 4 * 1024;

/// The time for reads and writes of the store, so that a user gets a page that offers another try before the request's deadline.
const TIMEOUT: Duration = Duration::from_millis(2_500);

/// The routes, which the revoke function serves.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/auth/sign-in-review", get(show).post(answer))
}

/// Why the page cannot show or do what was asked.
enum Refusal {
    /// The link has expired.
    Expired,
    /// There were too many answers, and the next one is possible at this second.
    OverLimit(Timestamp),
    /// Everything else, with the token of a valid link, so that the user can try again.
    Other(Problem, Option<String>),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Other(problem, None)
    }
}

/// A link that works.
struct Opened {
    token: String,
    review: SignInReview,
}

async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (texts, now) = (Texts::preferred(&headers), app.now());
    let shown = async {
        let token = parameter(query.as_deref().unwrap_or_default(), "token")?;
        let opened = open(&app, token, now)?;
        let retry = |problem| Refusal::Other(problem, Some(opened.token.clone()));
        let sign_in = in_time(read_event(&app, &opened.review)).await.map_err(retry)?;
        Ok((opened.token, sign_in))
    };
    match shown.await {
        Ok((token, sign_in)) => {
            let asked = Asked { token: &token, sign_in: sign_in.as_ref() };
            Ok(page::render(&app, texts, &View::Question(asked), now).into_response())
        }
        Err(refusal) => Err(refused(&app, texts, refusal, now)),
    }
}

async fn answer(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let (texts, now) = (Texts::preferred(&parts.headers), app.now());
    let Ok(Client(client)) = Client::from_request_parts(&mut parts, &app).await;
    let answered = async {
        let (opened, answer) = read_form(&app, &parts.headers, body, now).await?;
        let retry = |problem| Refusal::Other(problem, Some(opened.token.clone()));
        count(&app, &opened.review, answer, &client, now).await?;
        let recorded = async {
            // Read beside it: the answer counts, whether the page can show the sign-in or not.
            let record = record_answer(&app, &opened.review, answer, &client, now);
            let (recorded, sign_in) =
                tokio::join!(Box::pin(record), Box::pin(read_event(&app, &opened.review)));
            recorded.map(|()| sign_in.ok().flatten())
        };
        let sign_in = in_time(recorded).await.map_err(retry)?;
        Ok((opened, answer, sign_in))
    };
    match answered.await {
        Ok((opened, answer, sign_in)) => {
            let asked = Asked { token: &opened.token, sign_in: sign_in.as_ref() };
            let view = match answer {
                ReviewAnswer::WasMe => View::Confirmed(asked, opened.review.expires_at),
                ReviewAnswer::WasNotMe => View::Reported(sign_in.as_ref()),
            };
            Ok(page::render(&app, texts, &view, now).into_response())
        }
        Err(refusal) => Err(refused(&app, texts, refusal, now)),
    }
}

/// The link and the answer in the form. A token in the query does not count.
async fn read_form(
    app: &App,
    headers: &HeaderMap,
    body: Body,
    now: Timestamp,
) -> Result<(Opened, ReviewAnswer), Refusal> {
    let bytes = body::read_at_most(body, FORM_MAX_BYTES).await?;
    if body::media_type(headers, &bytes)? != MediaType::Form {
        let expected = "expected application/x-www-form-urlencoded";
        return Err(Problem::of(Code::UnsupportedMediaType).detail(expected).into());
    }
    let form = std::str::from_utf8(&bytes).map_err(|_| Problem::field("body", "is not UTF-8"))?;
    let opened = open(app, form_parameter(form, "token")?, now)?;
    let answer = form_parameter(form, "answer")?.as_deref().and_then(ReviewAnswer::parse);
    let answer = answer.ok_or_else(|| Problem::field("answer", "expected was_me or was_not_me"))?;
    Ok((opened, answer))
}

fn open(app: &App, token: Option<String>, now: Timestamp) -> Result<Opened, Refusal> {
    let token = token.ok_or_else(|| Problem::field("token", "is required"))?;
    let config = app.config();
    let opened = review_link::open(&token, config.sign_in_review.keys.all(), &config.issuer);
    let review = opened.map_err(|error| Problem::field("token", error))?;
    if review.is_expired(now) { Err(Refusal::Expired) } else { Ok(Opened { token, review }) }
}

/// The event of the sign-in. It may be gone, because `EVENT_TTL` can be shorter than a link lives.
async fn read_event(app: &App, review: &SignInReview) -> Result<Option<StoredEvent>, StoreError> {
    app.store().event_of_user(&review.user, review.event).await
}

async fn in_time<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, Problem> {
    match tokio::time::timeout(TIMEOUT, work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Problem::of(Code::StoreUnavailable).because("the answer was not recorded in time")),
    }
}

/// Counts an answer for its link, its network and its button. An attacker with the same link, also on the network of the user, can
/// use up the attempts of "It was me", and those of "It wasn't me" only by ending the session.
async fn count(
    app: &App,
    review: &SignInReview,
    answer: ReviewAnswer,
    client: &ClientContext,
    now: Timestamp,
) -> Result<(), Refusal> {
    let policy = &app.config().limits.general;
    let network = client.ip.map(|ip| Network::of(ip).to_string()).unwrap_or_default();
    let subject = LimitSubject {
        key: format!("review#{}#{}#{network}", review.event, answer.as_str()),
        event_subject: Subject::User(review.user.clone()),
        session: Some(review.session),
        client: EventClient::of(client),
        can_be_cleared: false,
    };
    match fails_open(app, policy, check(app, policy, &subject, now).await) {
        CheckResult::OverLimit(until) => Err(Refusal::OverLimit(until)),
        CheckResult::WithinLimit(_) | CheckResult::Unlimited => Ok(()),
    }
}

/// The problem, with a page for the user.
fn refused(app: &App, texts: &'static Texts, refusal: Refusal, now: Timestamp) -> Problem {
    let (problem, view) = match refusal {
        Refusal::Expired => (Problem::field("token", "has expired"), View::Expired),
        Refusal::OverLimit(until) => {
            (rate_limit::refusal(&app.config().limits.general, until, now), View::Limited(until))
        }
        Refusal::Other(problem, token) if problem.is_server_error() => (problem, View::Unavailable(token)),
        Refusal::Other(problem, _) => (problem, View::Invalid),
    };
    page::render(app, texts, &view, now).of_problem(problem)
}
