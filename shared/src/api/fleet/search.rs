//! `GET /fleet/search`: the user, the session and the network that have exactly one name.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::super::admin;
use super::super::general_limit::limited;
use super::parameters::require_recorded_admin;
use crate::app::App;
use crate::app::fleet::search::{self, Found, FoundNetwork, FoundSession, FoundUser};
use crate::domain::fleet::read_target::ReadTarget;
use crate::domain::id::{IdError, SessionId, UserId};
use crate::domain::time::Timestamp;
use crate::http::body::{only_parameters, parameter};
use crate::http::caller::Caller;
use crate::http::client::Client;
use crate::http::problem::Problem;

/// The body of `GET /fleet/search`.
#[derive(Serialize)]
struct SearchResponse {
    user: Option<UserView>,
    session: Option<SessionView>,
    network: Option<NetworkView>,
}

#[derive(Serialize)]
struct UserView {
    user_id: UserId,
    live_sessions: usize,
    suspended: bool,
}

#[derive(Serialize)]
struct SessionView {
    session_id: SessionId,
    user_id: UserId,
    live: bool,
    reason: Option<&'static str>,
    ended_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct NetworkView {
    network: String,
    last_sign_in: Option<Timestamp>,
}

pub(super) async fn search(
    State(app): State<App>,
    caller: Caller,
    Client(client): Client,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    admin::require_scope(&caller)?;
    let query = query.unwrap_or_default();
    only_parameters(&query, &["q"])?;
    let name = parameter(&query, "q")?.ok_or_else(|| Problem::field("q", "is required"))?;
    let name: UserId = name.parse().map_err(|error: IdError| Problem::field("q", error))?;
    let read = async {
        let target = ReadTarget::Search(name.to_string());
        require_recorded_admin(&app, &caller, &client, target).await?;
        let reach = app.config().admin_reach(&caller.user);
        Ok(search::search(&app, &name, reach, caller.now).await?)
    };
    limited(&app, &caller, &client, read, |found| Ok(Json(SearchResponse::new(found)).into_response())).await
}

impl SearchResponse {
    fn new(found: Found) -> Self {
        let user = |FoundUser { user, live_sessions, suspended }| UserView {
            user_id: user,
            live_sessions,
            suspended,
        };
        let session = |FoundSession { session, user, end }: FoundSession| SessionView {
            session_id: session,
            user_id: user,
            live: end.is_none(),
            reason: end.map(|(reason, _)| reason.as_str()),
            ended_at: end.map(|(_, at)| at),
        };
        let network = |FoundNetwork { network, last_sign_in }: FoundNetwork| NetworkView {
            network: network.to_string(),
            last_sign_in,
        };
        Self {
            user: found.user.map(user),
            session: found.session.map(session),
            network: found.network.map(network),
        }
    }
}
