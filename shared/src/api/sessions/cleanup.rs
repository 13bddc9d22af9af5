//! `POST /sessions` with `{"action":"cleanup"}`: an administrator runs cleanup now and gets its report.

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequestParts as _, Request, State};
use serde::Deserialize;

use super::super::admin;
use crate::app::App;
use crate::app::cleanup::{Budget, CleanupError, CleanupMode, Report, run};
use crate::http::body;
use crate::http::caller::Caller;
use crate::http::problem::{Code, Problem};

#[derive(Deserialize)]
struct ActionRequest {
    action: String,
}

pub(super) async fn cleanup(State(app): State<App>, request: Request) -> Result<Json<Report>, Problem> {
    let (mut parts, body) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, &app).await?;
    let request: ActionRequest = body::json(&parts.headers, Body::new(body)).await?;
    if request.action != "cleanup" {
        return Err(Problem::field("action", "expected cleanup"));
    }
    admin::require_admin_session(&app, &caller).await?;
    let shards = app.config().expiry_shards;
    let report = run(app.store(), app.clock(), shards, Budget::on_demand(), CleanupMode::Clean).await;
    let report = report.map_err(|error| match error {
        CleanupError::Running => Problem::of(Code::CleanupRunning),
        CleanupError::Store(error) => error.into(),
    })?;
    app.metrics().cleanup_run(report.ended, report.skipped, report.failed, report.remaining);
    tracing::info!(run_id = report.run_id, ended = report.ended, failed = report.failed, "cleanup finished");
    Ok(Json(report))
}
