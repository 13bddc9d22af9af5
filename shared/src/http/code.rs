//! All problem codes with their status and title, in one table.

use http::StatusCode;

/// The stable code of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is its own wire name; `title` says what it means")]
pub enum Code {
    InvalidRequest,
    TokenMissing,
    InvalidToken,
    TokenExpired,
    SessionEnded,
    InvalidAssertion,
    ReauthenticationRequired,
    Forbidden,
    CsrfRejected,
    OriginRejected,
    NotFound,
    MethodNotAllowed,
    SessionLimit,
    CleanupRunning,
    BodyTooLarge,
    UnsupportedMediaType,
    RateLimited,
    Internal,
    StoreUnavailable,
}

impl Code {
    /// Every code, in order.
    pub const ALL: [Self; 19] = [
        Self::InvalidRequest,
        Self::TokenMissing,
        Self::InvalidToken,
        Self::TokenExpired,
        Self::SessionEnded,
        Self::InvalidAssertion,
        Self::ReauthenticationRequired,
        Self::Forbidden,
        Self::CsrfRejected,
        Self::OriginRejected,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::SessionLimit,
        Self::CleanupRunning,
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::RateLimited,
        Self::Internal,
        Self::StoreUnavailable,
    ];

    /// The status, the name in responses, and the title.
    pub(super) const fn facts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::InvalidRequest => (StatusCode::BAD_REQUEST, "invalid_request", "Invalid request"),
            Self::TokenMissing => (StatusCode::UNAUTHORIZED, "token_missing", "Missing token"),
            Self::InvalidToken => (StatusCode::UNAUTHORIZED, "invalid_token", "Invalid token"),
            Self::TokenExpired => (StatusCode::UNAUTHORIZED, "token_expired", "Access token expired"),
            Self::SessionEnded => (StatusCode::UNAUTHORIZED, "session_ended", "Session ended"),
            Self::InvalidAssertion => (StatusCode::UNAUTHORIZED, "invalid_assertion", "Invalid assertion"),
            Self::ReauthenticationRequired => {
                (StatusCode::UNAUTHORIZED, "reauthentication_required", "Recent sign-in required")
            }
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Insufficient scope"),
            Self::CsrfRejected => {
                (StatusCode::FORBIDDEN, "csrf_rejected", "Cookie sent by a page of another site")
            }
            Self::OriginRejected => {
                (StatusCode::FORBIDDEN, "origin_rejected", "Request did not come through CloudFront")
            }
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "Not found"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed")
            }
            Self::SessionLimit => (StatusCode::CONFLICT, "session_limit", "Session limit reached"),
            Self::CleanupRunning => (StatusCode::CONFLICT, "cleanup_running", "Cleanup already running"),
            Self::BodyTooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "Body larger than 16 KiB")
            }
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type")
            }
            Self::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too many requests"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal server error"),
            Self::StoreUnavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", "Store unavailable")
            }
        }
    }

    /// The name in responses.
    pub const fn name(self) -> &'static str {
        self.facts().1
    }

    /// The status.
    pub const fn status(self) -> StatusCode {
        self.facts().0
    }

    /// The title, in English.
    pub const fn title(self) -> &'static str {
        self.facts().2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole_and_in_order() {
        for (index, code) in Code::ALL.into_iter().enumerate() {
            assert_eq!(code as usize, index, "{code:?}");
        }
        assert_eq!(Code::ALL.len(), Code::StoreUnavailable as usize + 1, "the last one is in it");
    }
}
