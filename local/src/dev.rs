//! The dev controls over HTTP: `/dev/assertion`, `/dev/clock`, `/dev/fault`, `/dev/stats`, `/dev/alerts` and `/dev/review-link`.
//!
//! ```text
//! POST /dev/assertion {"sub":"alice","scope":"latchkey:admin"}   -> {"assertion":"eyJ…"}
//! POST /dev/clock     {"advance_seconds":60}                     -> {"now":"…","offset_seconds":60}
//! POST /dev/fault     {"operation":"UpdateItem","kind":"throttle","count":3,"skip":0} -> {"pending":3}
//! GET  /dev/stats                                                -> {"dynamodb":{…},"since":"…"}
//! POST /dev/stats     {"reset":true}
//! GET  /dev/alerts                                               -> a stream of events, each a message
//! POST /dev/review-link {"user_id":"alice"}                      -> {"review_url":"http://127.0.0.1:9000/…"}
//! ```
//!
//! Every caller of these endpoints can sign in as any user. They therefore exist only in this binary, only on loopback,
//! and refuse pages that are not on this machine: see [`loopback`].

pub mod alerts;
mod fields;
pub mod review_link;

use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderValue, header};
use latchkey::clock::Clock;
use serde_json::{Value, json};

use crate::clock::MovableClock;
use crate::dev_controls::faults::{FaultKind, Faults};
use crate::dev_controls::stats::{Snapshot, Stats};
use crate::issuer::{DEFAULT_EXPIRES_IN, Issuer, SignIn};
use crate::problem::Problem;
use crate::{loopback, operation};
use alerts::Alerts;
use fields::Fields;

/// The longest step of the clock: ten years, in seconds.
const FURTHEST_STEP: i64 = 10 * 366 * 86_400;

/// The longest lifetime of an assertion: one day, in seconds. Latchkey itself refuses lifetimes above its own limit, and
/// tests need such assertions.
const LONGEST_ASSERTION: i64 = 86_400;

/// The largest count of one fault.
const MOST_FAULTS: i64 = 1_000_000;

/// The parts of the local server that the dev controls change.
#[derive(Clone, Debug)]
pub struct DevControls {
    /// The clock of every handler.
    pub clock: MovableClock,
    /// The faults on the way to DynamoDB.
    pub faults: Faults,
    /// The calls to DynamoDB and their cost.
    pub stats: Stats,
    /// The stand-in identity provider.
    pub issuer: Issuer,
    /// The audience of its assertions.
    pub audience: String,
    /// The alerts.
    pub alerts: Alerts,
}

/// The routes of the dev controls, which refuse other hosts and pages that are not on this machine.
pub fn routes(controls: DevControls) -> Router {
    Router::new()
        .route("/dev/assertion", post(assertion))
        .route("/dev/clock", get(clock).post(move_clock))
        .route("/dev/fault", post(fault))
        .route("/dev/stats", get(stats).post(reset_stats))
        .route("/dev/alerts", get(alerts::stream))
        .layer(middleware::from_fn(guard))
        .with_state(controls)
}

async fn guard(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let allowed = loopback::check_host(headers).and_then(|()| loopback::check_page(headers));
    let mut response = match allowed {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    response
}

async fn assertion(State(controls): State<DevControls>, request: Request) -> Result<Json<Value>, Problem> {
    let mut fields = Fields::read(request).await?;
    let who = SignIn {
        sub: fields.text("sub")?,
        scope: fields.optional_text("scope")?,
        auth_time: fields.optional_integer("auth_time", i64::MIN..=i64::MAX)?,
        expires_in: fields
            .optional_integer("expires_in", 1..=LONGEST_ASSERTION)?
            .unwrap_or(DEFAULT_EXPIRES_IN),
    };
    fields.finish()?;
    let now = controls.clock.now();
    let assertion = controls.issuer.assertion(&controls.audience, &who, now);
    let assertion = assertion.map_err(|error| {
        tracing::error!(%error, "the assertion could not be signed");
        Problem::Internal
    })?;
    Ok(Json(json!({"assertion": assertion})))
}

async fn clock(State(controls): State<DevControls>) -> Json<Value> {
    Json(json!({
        "now": controls.clock.now().to_rfc3339(),
        "offset_seconds": controls.clock.offset_seconds(),
    }))
}

async fn move_clock(State(controls): State<DevControls>, request: Request) -> Result<Json<Value>, Problem> {
    let mut fields = Fields::read(request).await?;
    let seconds = fields.integer("advance_seconds", -FURTHEST_STEP..=FURTHEST_STEP)?;
    fields.finish()?;
    let step = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 {
        controls.clock.step_back(step);
    } else {
        controls.clock.advance(step);
    }
    Ok(clock(State(controls)).await)
}

async fn fault(State(controls): State<DevControls>, request: Request) -> Result<Json<Value>, Problem> {
    let mut fields = Fields::read(request).await?;
    let operation = fields.optional_text("operation")?;
    let kind = fields.optional_text("kind")?;
    let count = fields.integer("count", 0..=MOST_FAULTS)?;
    let skip = fields.optional_integer("skip", 0..=MOST_FAULTS)?.unwrap_or(0);
    fields.finish()?;
    let operation = operation.as_deref();
    if operation.is_some_and(|name| !operation::KNOWN.contains(&name)) {
        return Err(Problem::invalid(
            "operation",
            "expected the name of a DynamoDB operation, such as UpdateItem",
        ));
    }
    match u32::try_from(count).unwrap_or(u32::MAX) {
        0 => controls.faults.clear(operation),
        count => {
            let skip = u32::try_from(skip).unwrap_or(u32::MAX);
            controls.faults.queue_after(skip, operation, fault_kind(kind, operation)?, count);
        }
    }
    Ok(Json(json!({"pending": controls.faults.pending()})))
}

fn fault_kind(kind: Option<String>, operation: Option<&str>) -> Result<FaultKind, Problem> {
    let kind = serde_json::from_value(kind.into()).map_err(|_| {
        let kinds = "expected throttle, conflict, timeout_before, timeout_after_commit, error_500, slow, hang, \
                     left_over, crash_before or crash_after_commit";
        Problem::invalid("kind", kinds)
    })?;
    if kind == FaultKind::Conflict && !operation.is_none_or(operation::can_conflict) {
        return Err(Problem::invalid(
            "kind",
            "conflict applies only to PutItem, UpdateItem, DeleteItem and TransactWriteItems",
        ));
    }
    if kind == FaultKind::LeftOver && !operation.is_none_or(operation::is_batch) {
        return Err(Problem::invalid("kind", "left_over applies only to BatchGetItem and BatchWriteItem"));
    }
    Ok(kind)
}

async fn stats(State(controls): State<DevControls>) -> Json<Snapshot> {
    Json(controls.stats.snapshot())
}

async fn reset_stats(
    State(controls): State<DevControls>,
    request: Request,
) -> Result<Json<Snapshot>, Problem> {
    let mut fields = Fields::read(request).await?;
    fields.affirmed("reset")?;
    fields.finish()?;
    controls.stats.reset();
    Ok(stats(State(controls)).await)
}

#[cfg(test)]
mod tests;
