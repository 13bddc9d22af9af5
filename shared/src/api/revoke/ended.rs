//! What ended, as every ending answers it.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::app::App;
use crate::clock::Timestamp;
use crate::http::problem::{Code, Problem};
use crate::session::end::End;

/// What ended.
pub(in super::super) struct Ended {
    ends: Vec<End>,
    access_tokens_expire_by: Timestamp,
}

impl Ended {
    pub(in super::super) fn new(app: &App, ends: Vec<End>, now: Timestamp) -> Self {
        // A verifier that never asks us may take an access token minted in the last moment until then.
        let lifetime =
            if ends.is_empty() { std::time::Duration::ZERO } else { app.config().lifetimes.access };
        Self { ends, access_tokens_expire_by: now + lifetime }
    }
}

impl IntoResponse for Ended {
    fn into_response(self) -> Response {
        let ids: Vec<_> = self.ends.iter().map(|end| end.session).collect();
        Json(json!({
            "ended": ids.len(),
            "session_ids": ids,
            "access_tokens_expire_by": self.access_tokens_expire_by.to_rfc3339(),
        }))
        .into_response()
    }
}

/// One 404 for ids that never were, are somebody else's, or have ended.
pub(in super::super) fn not_found() -> Problem {
    Problem::of(Code::NotFound).detail("no such session")
}
