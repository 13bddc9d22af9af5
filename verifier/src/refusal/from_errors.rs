//! Which refusal does an error become?

use super::{RETRY_AFTER_SECONDS, Refusal, RefusalCode};
use crate::access_token::AccessTokenError;
use crate::dpop::ProofError;
use crate::jwks_cache::KeysUnavailable;
use crate::session_check::SessionCheckError;
use crate::verifier::VerifyError;

impl From<AccessTokenError> for Refusal {
    fn from(error: AccessTokenError) -> Self {
        match error {
            AccessTokenError::Expired => Self::of(RefusalCode::TokenExpired),
            AccessTokenError::Invalid => Self::of(RefusalCode::InvalidToken),
            AccessTokenError::NotBound => Self::of(RefusalCode::InvalidToken).detail(error.to_string()),
            AccessTokenError::ProofRequired => {
                Self::of(RefusalCode::DeviceProofRequired).detail(error.to_string())
            }
            AccessTokenError::WrongKey => ProofError::WrongKey.into(),
        }
    }
}

impl From<ProofError> for Refusal {
    fn from(error: ProofError) -> Self {
        let code = match error {
            ProofError::Missing => RefusalCode::DeviceProofRequired,
            _ => RefusalCode::InvalidDpopProof,
        };
        Self::of(code).detail(error.to_string())
    }
}

impl From<KeysUnavailable> for Refusal {
    fn from(error: KeysUnavailable) -> Self {
        Self::of(RefusalCode::StoreUnavailable)
            .detail("the keys of the issuer cannot be fetched; try again later")
            .because(error)
    }
}

impl From<VerifyError> for Refusal {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Token(error) => error.into(),
            VerifyError::Keys(error) => error.into(),
        }
    }
}

impl From<SessionCheckError> for Refusal {
    fn from(error: SessionCheckError) -> Self {
        match &error {
            SessionCheckError::Ended => Self::of(RefusalCode::SessionEnded),
            SessionCheckError::TokenExpired => Self::of(RefusalCode::TokenExpired),
            SessionCheckError::Unavailable { retry_after, .. } => Self::of(RefusalCode::StoreUnavailable)
                .retry_after(retry_after.unwrap_or(RETRY_AFTER_SECONDS))
                .because(error),
            SessionCheckError::Malformed(_) => Self::of(RefusalCode::Internal).because(error),
        }
    }
}
