//! Which problems are there? Their status codes, names and titles, in one table.

use http::StatusCode;

/// The stable name of a problem.
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

    /// Status, wire name and title.
    pub(super) const fn facts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::InvalidRequest => (StatusCode::BAD_REQUEST, "invalid_request", "A field is wrong"),
            Self::TokenMissing => (StatusCode::UNAUTHORIZED, "token_missing", "No token was sent"),
            Self::InvalidToken => (StatusCode::UNAUTHORIZED, "invalid_token", "The token is not valid"),
            Self::TokenExpired => (StatusCode::UNAUTHORIZED, "token_expired", "The access token has expired"),
            Self::SessionEnded => (StatusCode::UNAUTHORIZED, "session_ended", "The session has ended"),
            Self::InvalidAssertion => {
                (StatusCode::UNAUTHORIZED, "invalid_assertion", "The assertion opens no session")
            }
            Self::ReauthenticationRequired => {
                (StatusCode::UNAUTHORIZED, "reauthentication_required", "Sign in again first")
            }
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Not allowed"),
            Self::CsrfRejected => {
                (StatusCode::FORBIDDEN, "csrf_rejected", "A cookie came from another site's page")
            }
            Self::OriginRejected => (StatusCode::FORBIDDEN, "origin_rejected", "Not through the front door"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "Nothing is here"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Not with this method")
            }
            Self::SessionLimit => (StatusCode::CONFLICT, "session_limit", "Too many sessions"),
            Self::CleanupRunning => (StatusCode::CONFLICT, "cleanup_running", "A cleanup is running already"),
            Self::BodyTooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is over 16 KiB")
            }
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The body is of another type")
            }
            Self::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too many requests"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong here"),
            Self::StoreUnavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", "The store cannot be reached")
            }
        }
    }

    /// The wire name.
    pub const fn name(self) -> &'static str {
        self.facts().1
    }

    /// The status.
    pub const fn status(self) -> StatusCode {
        self.facts().0
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
