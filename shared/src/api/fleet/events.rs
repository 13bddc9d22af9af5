//! `GET /fleet/events`: the events of all users, newest first, as JSON, NDJSON or CSV.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::HeaderMap;

use super::super::admin;
use super::super::general_limit::limited;
use super::export::{Format, respond};
use super::parameters::{after_of, limit_of, network_of, require_recorded_admin, window};
use crate::app::App;
use crate::app::fleet::events::{EventQuery, list_events};
use crate::domain::event::EVENT_TYPES;
use crate::domain::fleet::read_target::ReadTarget;
use crate::domain::id::UserId;
use crate::domain::severity::Severity;
use crate::http::body::{only_parameters, parameter};
use crate::http::caller::Caller;
use crate::http::client::Client;
use crate::http::problem::Problem;

pub(super) async fn events(
    State(app): State<App>,
    caller: Caller,
    Client(client): Client,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    admin::require_scope(&caller)?;
    let query = parse(&app, &caller, &query.unwrap_or_default())?;
    let target = match (&query.user, query.network) {
        (Some(user), _) => ReadTarget::User(user.clone()),
        (None, Some(network)) => ReadTarget::Network(network),
        (None, None) => ReadTarget::Everyone,
    };
    let format = Format::of(&headers);
    let target = if format == Format::Json { target } else { ReadTarget::Export(Box::new(target)) };
    let read = async {
        require_recorded_admin(&app, &caller, &client, target).await?;
        let reach = app.config().admin_reach(&caller.user);
        Ok(list_events(&app, &query, reach).await?)
    };
    limited(&app, &caller, &client, read, |page| respond(format, page)).await
}

const PARAMETERS: [&str; 8] = ["severity", "type", "user_id", "network", "from", "to", "limit", "cursor"];

fn parse(app: &App, caller: &Caller, query: &str) -> Result<EventQuery, Problem> {
    only_parameters(query, &PARAMETERS)?;
    let event_type = parameter(query, "type")?;
    if event_type.as_deref().is_some_and(|name| !EVENT_TYPES.contains(&name)) {
        return Err(Problem::field("type", format!("expected one of {}", EVENT_TYPES.join(", "))));
    }
    let severity = parameter(query, "severity")?
        .map(|text| Severity::parse(&text).ok_or("expected one of info, low, medium, high, critical"))
        .transpose()
        .map_err(|expected| Problem::field("severity", expected))?;
    let user: Option<UserId> = parameter(query, "user_id")?
        .map(|text| text.parse())
        .transpose()
        .map_err(|error: crate::domain::id::IdError| Problem::field("user_id", error))?;
    if let Some(user) = &user {
        admin::require_scope_over(app, caller, user)?;
    }
    Ok(EventQuery {
        window: window(query, app.config().event_ttl, caller.now)?,
        after: after_of(query)?,
        severity,
        event_type,
        user,
        network: parameter(query, "network")?.as_deref().map(network_of).transpose()?,
        limit: limit_of(query)?,
    })
}
