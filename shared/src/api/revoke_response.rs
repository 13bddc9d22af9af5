//! The sessions that a call ended, as every call that ends sessions returns them.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::app::App;
use crate::domain::id::SessionId;
use crate::domain::session::end::SessionEnd;
use crate::domain::time::Timestamp;
use crate::http::problem::{Code, Problem};

/// The body of a successful `POST /revoke` or `DELETE /sessions`.
#[derive(Serialize)]
pub(super) struct RevokeResponse {
    ended: usize,
    session_ids: Vec<SessionId>,
    /// A service that verifies tokens offline may accept an access token of these sessions until then.
    access_tokens_expire_by: Timestamp,
}

impl RevokeResponse {
    pub(super) fn new(app: &App, ends: Vec<SessionEnd>, now: Timestamp) -> Self {
        let access_lifetime = if ends.is_empty() { Duration::ZERO } else { app.config().lifetimes.access };
        Self {
            ended: ends.len(),
            session_ids: ends.iter().map(|end| end.session).collect(),
            access_tokens_expire_by: now + access_lifetime,
        }
    }
}

impl IntoResponse for RevokeResponse {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

/// The same 404 for an id that never existed, belongs to another user or has ended, so that the answer
/// does not confirm that another user's session exists.
pub(super) fn session_not_found() -> Problem {
    Problem::of(Code::NotFound).detail("no such session")
}
