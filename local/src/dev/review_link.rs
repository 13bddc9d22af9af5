//! `POST /dev/review-link`: the link that a message about a user's newest sign-in from a new device or country has.

use axum::extract::{Request, State};
use axum::routing::post;
use axum::{Json, Router, middleware};
use latchkey::app::App;
use latchkey::domain::id::UserId;
use latchkey::domain::sign_in_review::SignInReview;
use latchkey::store::AuditQuery;
use serde_json::{Value, json};

use super::fields::Fields;
use crate::problem::Problem;

/// The rules whose events users are asked about.
const ASKED: [&str; 2] = ["new_device", "new_country"];

/// The newest events among which the sign-in is searched.
const NEWEST: usize = 100;

/// The route, with the guard of all dev controls.
pub fn routes(app: App) -> Router {
    Router::new()
        .route("/dev/review-link", post(review_link))
        .layer(middleware::from_fn(super::guard))
        .with_state(app)
}

async fn review_link(State(app): State<App>, request: Request) -> Result<Json<Value>, Problem> {
    let mut fields = Fields::read(request).await?;
    let user = fields.text("user_id")?;
    fields.finish()?;
    let user: UserId = user.parse().map_err(|_| Problem::invalid("user_id", "expected a user id"))?;
    let query = AuditQuery { limit: NEWEST, ..AuditQuery::default() };
    let trail = app.store().read_audit_page(&user, &query).await.map_err(|error| {
        tracing::error!(%error, "the audit trail could not be read");
        Problem::Internal
    })?;
    let asked = trail.events.into_iter().find(|event| ASKED.contains(&event.event_type.as_str()));
    let found = asked.and_then(|event| Some((event.session?, event)));
    let (session, event) = found.ok_or_else(|| {
        Problem::invalid("user_id", "expected a user with a sign-in from a new device or country")
    })?;
    let config = app.config();
    let key = config.sign_in_review.keys.newest().ok_or_else(|| {
        Problem::invalid("user_id", "SIGN_IN_REVIEW_KEYS has no key: delete keys.json in the data directory")
    })?;
    let review = SignInReview::of_event(user, session, event.id, event.created_at);
    Ok(Json(json!({"review_url": key.link(&review, &config.issuer).expose()})))
}
