//! `DELETE /sessions/{id}` and `DELETE /sessions?scope=others`.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};

use super::super::own_sessions::{end_all_others, end_by_id};
use super::super::revoke_response::RevokeResponse;
use crate::app::App;
use crate::http::body::parameter;
use crate::http::caller::Caller;
use crate::http::client::Client;
use crate::http::problem::Problem;

pub(super) async fn end_one(
    State(app): State<App>,
    caller: Caller,
    Client(client): Client,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    // A path segment that is not UTF-8 is no session id.
    let id = id.map(|Path(id)| id).unwrap_or_default();
    end_by_id(&app, &caller, &client, &id).await.map(RevokeResponse::into_response)
}

pub(super) async fn end_others(
    State(app): State<App>,
    caller: Caller,
    Client(client): Client,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let scope = parameter(query.as_deref().unwrap_or_default(), "scope")?;
    if scope.as_deref() != Some("others") {
        return Err(Problem::field("scope", "expected others"));
    }
    end_all_others(&app, &caller, &client).await.map(RevokeResponse::into_response)
}
