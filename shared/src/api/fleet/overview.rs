//! `GET /fleet/overview`: the numbers of the deployment, by hour.

use std::time::Duration;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::super::admin;
use super::super::general_limit::limited;
use super::parameters::{number_of, require_recorded_admin};
use crate::app::App;
use crate::domain::fleet::read_target::ReadTarget;
use crate::domain::time::Timestamp;
use crate::http::body::only_parameters;
use crate::http::caller::Caller;
use crate::http::client::Client;
use crate::http::problem::Problem;
use crate::store::HourRow;

const HOURS_DEFAULT: usize = 24;
const HOURS_MAX: usize = 168;

/// The body of `GET /fleet/overview`.
#[derive(Serialize)]
struct OverviewResponse {
    hours: Vec<HourView>,
    server_time: Timestamp,
}

#[derive(Serialize)]
struct HourView {
    hour: Timestamp,
    live_sessions: Option<u64>,
    sign_ins: u64,
    alerts: u64,
    refused_sign_ins: u64,
    counted_at: Timestamp,
}

pub(super) async fn overview(
    State(app): State<App>,
    caller: Caller,
    Client(client): Client,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    admin::require_scope_over_everyone(&app, &caller)?;
    let query = query.unwrap_or_default();
    only_parameters(&query, &["hours"])?;
    let hours = number_of(&query, "hours", HOURS_DEFAULT, HOURS_MAX)?;
    let before = Duration::from_secs(3_600 * u64::try_from(hours - 1).expect("it is at most 167"));
    let from = caller.now.start_of_hour().before(before);
    let read = async {
        require_recorded_admin(&app, &caller, &client, ReadTarget::Everyone).await?;
        Ok(app.store().read_hours(from, caller.now).await?)
    };
    limited(&app, &caller, &client, read, |hours| {
        let hours = hours.into_iter().map(HourView::new).collect();
        Ok(Json(OverviewResponse { hours, server_time: caller.now }).into_response())
    })
    .await
}

impl HourView {
    fn new(row: HourRow) -> Self {
        let HourRow { hour, counts, counted_at, live_sessions } = row;
        Self {
            hour,
            live_sessions,
            sign_ins: counts.sign_ins,
            alerts: counts.alerts,
            refused_sign_ins: counts.refused_sign_ins,
            counted_at,
        }
    }
}
