//! `GET /fleet/sign-ins`: the sign-ins from a network, newest first.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use uuid::Uuid;

use super::super::admin;
use super::super::general_limit::limited;
use super::parameters::{after_of, limit_of, network_of, require_recorded_admin, window};
use crate::app::App;
use crate::app::fleet::sign_ins::list_sign_ins;
use crate::domain::fleet::read_target::ReadTarget;
use crate::domain::id::{SessionId, UserId};
use crate::domain::time::Timestamp;
use crate::http::body::{only_parameters, parameter};
use crate::http::caller::Caller;
use crate::http::client::Client;
use crate::http::problem::Problem;
use crate::store::NetworkSignIn;

/// The body of `GET /fleet/sign-ins`.
#[derive(Serialize)]
struct SignInsResponse {
    network: String,
    sign_ins: Vec<SignInView>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct SignInView {
    event_id: String,
    user_id: UserId,
    session_id: SessionId,
    created_at: Timestamp,
    device: Option<String>,
}

pub(super) async fn sign_ins(
    State(app): State<App>,
    caller: Caller,
    Client(client): Client,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    admin::require_scope(&caller)?;
    let query = query.unwrap_or_default();
    only_parameters(&query, &["network", "from", "to", "limit", "cursor"])?;
    let network = parameter(&query, "network")?.ok_or_else(|| Problem::field("network", "is required"))?;
    let network = network_of(&network)?;
    let window = window(&query, app.store().sign_ins_kept(), caller.now)?;
    let (after, limit) = (after_of(&query)?, limit_of(&query)?);
    let read = async {
        require_recorded_admin(&app, &caller, &client, ReadTarget::Network(network)).await?;
        let reach = app.config().admin_reach(&caller.user);
        Ok(list_sign_ins(&app, network, window, after, limit, reach).await?)
    };
    limited(&app, &caller, &client, read, |page| {
        let sign_ins = page.sign_ins.into_iter().map(SignInView::new).collect();
        let network = network.to_string();
        let next_cursor = page.next.map(|id| id.to_string());
        Ok(Json(SignInsResponse { network, sign_ins, next_cursor }).into_response())
    })
    .await
}

impl SignInView {
    fn new((event_id, sign_in): (Uuid, NetworkSignIn)) -> Self {
        let NetworkSignIn { user, session, created_at, device } = sign_in;
        Self { event_id: event_id.to_string(), user_id: user, session_id: session, created_at, device }
    }
}
