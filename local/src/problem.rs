//! Refusals of the server's own parts, as `application/problem+json`.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::chance;

/// Why a request was refused before any handler saw it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A member of the body is wrong, or the body is.
    #[error("{field}: {detail}")]
    Invalid {
        /// The member; `body` for the whole.
        field: String,
        /// What was expected.
        detail: &'static str,
    },
    /// The body is not sent as JSON.
    #[error("the body must be sent as application/json")]
    MediaType,
    /// The request comes from where none may come from.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The server itself failed; the cause is in the log.
    #[error("something went wrong")]
    Internal,
}

impl Problem {
    /// The member `field` is wrong: `detail` says what was expected.
    pub fn invalid(field: impl Into<String>, detail: &'static str) -> Self {
        Self::Invalid { field: field.into(), detail }
    }

    fn parts(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Invalid { .. } => (StatusCode::BAD_REQUEST, "invalid_request", "A field is wrong"),
            Self::MediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The body is not JSON")
            }
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden", "Not allowed"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong"),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, code, title) = self.parts();
        let mut body = json!({
            "type": format!("https://latchkey.dev/problems/{}", code.replace('_', "-")),
            "title": title,
            "status": status.as_u16(),
            "code": code,
            "detail": self.to_string(),
        });
        if let Self::Invalid { field, .. } = &self {
            body["field"] = field.as_str().into();
        }
        // These requests reach no handler, so nobody else names or logs them.
        if let Ok(request_id) = chance::id() {
            tracing::info!(request_id, code, "the server refused a request");
            body["request_id"] = request_id.into();
        }
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        (status, headers, body.to_string()).into_response()
    }
}
