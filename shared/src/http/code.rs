//! All problem codes with their status and title, in one table.

use http::StatusCode;
use latchkey_verifier::RefusalCode;
use strum::VariantArray;

/// The stable code of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
#[expect(missing_docs, reason = "each is its own wire name; `title` explains it")]
pub enum Code {
    InvalidRequest,
    TokenMissing,
    InvalidToken,
    TokenExpired,
    SessionEnded,
    InvalidAssertion,
    ClaimNotAccepted,
    AccountSuspended,
    ReauthenticationRequired,
    Forbidden,
    CsrfRejected,
    OriginRejected,
    NotFound,
    MethodNotAllowed,
    InvalidDpopProof,
    UseDpopNonce,
    DeviceProofRequired,
    DeviceChallenge,
    RefreshSuperseded,
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
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The status, the name in responses, and the title.
    pub(super) const fn facts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::InvalidRequest => facts_of(RefusalCode::InvalidRequest),
            Self::TokenMissing => facts_of(RefusalCode::TokenMissing),
            Self::InvalidToken => facts_of(RefusalCode::InvalidToken),
            Self::TokenExpired => facts_of(RefusalCode::TokenExpired),
            Self::SessionEnded => facts_of(RefusalCode::SessionEnded),
            Self::InvalidAssertion => (StatusCode::UNAUTHORIZED, "invalid_assertion", "Invalid assertion"),
            Self::ClaimNotAccepted => (StatusCode::FORBIDDEN, "claim_not_accepted", "Claim not accepted"),
            Self::AccountSuspended => (StatusCode::FORBIDDEN, "account_suspended", "Account suspended"),
            Self::ReauthenticationRequired => {
                (StatusCode::UNAUTHORIZED, "reauthentication_required", "Recent sign-in required")
            }
            Self::Forbidden => facts_of(RefusalCode::Forbidden),
            Self::CsrfRejected => facts_of(RefusalCode::CsrfRejected),
            Self::OriginRejected => {
                (StatusCode::FORBIDDEN, "origin_rejected", "Request did not come through CloudFront")
            }
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "Not found"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed")
            }
            Self::InvalidDpopProof => (StatusCode::BAD_REQUEST, "invalid_dpop_proof", "Invalid DPoP proof"),
            Self::UseDpopNonce => {
                (StatusCode::BAD_REQUEST, "use_dpop_nonce", "DPoP proof with a fresh nonce required")
            }
            Self::DeviceProofRequired => {
                (StatusCode::BAD_REQUEST, "device_proof_required", "Proof of the session's key required")
            }
            Self::DeviceChallenge => {
                (StatusCode::FORBIDDEN, "device_challenge", "Signature of the device key required")
            }
            Self::RefreshSuperseded => {
                (StatusCode::CONFLICT, "refresh_superseded", "A later refresh of this session was faster")
            }
            Self::SessionLimit => (StatusCode::CONFLICT, "session_limit", "Session limit reached"),
            Self::CleanupRunning => (StatusCode::CONFLICT, "cleanup_running", "Cleanup already running"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "Body too large"),
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type")
            }
            Self::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too many requests"),
            Self::Internal => facts_of(RefusalCode::Internal),
            Self::StoreUnavailable => facts_of(RefusalCode::StoreUnavailable),
        }
    }

    /// The value of `WWW-Authenticate` of a 401 about a token.
    pub(super) const fn challenge(self) -> Option<&'static str> {
        match self {
            Self::TokenMissing => RefusalCode::TokenMissing.challenge(),
            Self::InvalidToken | Self::TokenExpired | Self::SessionEnded | Self::InvalidAssertion => {
                RefusalCode::InvalidToken.challenge()
            }
            _ => None,
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

/// The facts that `latchkey-verifier` has, so that the server and other services answer alike.
const fn facts_of(code: RefusalCode) -> (StatusCode, &'static str, &'static str) {
    (code.status(), code.name(), code.title())
}

impl From<RefusalCode> for Code {
    fn from(code: RefusalCode) -> Self {
        match code {
            RefusalCode::InvalidRequest => Self::InvalidRequest,
            RefusalCode::TokenMissing => Self::TokenMissing,
            RefusalCode::InvalidToken => Self::InvalidToken,
            RefusalCode::DeviceProofRequired => Self::DeviceProofRequired,
            RefusalCode::InvalidDpopProof => Self::InvalidDpopProof,
            RefusalCode::TokenExpired => Self::TokenExpired,
            RefusalCode::SessionEnded => Self::SessionEnded,
            RefusalCode::Forbidden => Self::Forbidden,
            RefusalCode::CsrfRejected => Self::CsrfRejected,
            RefusalCode::StoreUnavailable => Self::StoreUnavailable,
            RefusalCode::Internal => Self::Internal,
        }
    }
}
