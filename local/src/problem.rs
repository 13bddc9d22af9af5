//! Errors of the local server's own endpoints, as `application/problem+json`.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::chance;

/// The reason why a request was refused before it reached a handler.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A member of the body, or the whole body, is wrong.
    #[error("{field}: {detail}")]
    Invalid {
        /// The member, or `body`.
        field: String,
        /// The expected value.
        detail: &'static str,
    },
    /// The body is not sent as JSON.
    #[error("the body must be sent as application/json")]
    MediaType,
    /// The request comes from a host or origin that is not allowed.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The local server failed. The log holds the cause.
    #[error("the local server failed; its log has the cause")]
    Internal,
}

impl Problem {
    /// The member `field` is wrong, and `detail` is the expected value.
    pub fn invalid(field: impl Into<String>, detail: &'static str) -> Self {
        Self::Invalid { field: field.into(), detail }
    }

    fn parts(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Invalid { .. } => (StatusCode::BAD_REQUEST, "invalid_request", "Invalid request"),
            Self::MediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type")
            }
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden", "Forbidden"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error"),
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
        // No handler runs for this request, so it is numbered and logged here.
        if let Ok(request_id) = chance::id() {
            tracing::info!(request_id, code, "a request was refused before it reached a handler");
            body["request_id"] = request_id.into();
        }
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        (status, headers, body.to_string()).into_response()
    }
}
