//! Errors of settings. They name the variable and never its value, because the value may be a secret.

use latchkey_verifier::{CookieDomainError, CookieNameError};

use super::origin_secrets::SecretsError;
use super::value::ValueError;
use crate::domain::risk::RiskError;
use crate::domain::webhook::endpoint::EndpointsError;
use crate::geoip::DatabaseError;
use crate::token::issuer::IssuerError;
use crate::token::keys::KeySetError;

/// A setting that is missing or invalid.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct ConfigError {
    /// The environment variable.
    pub name: &'static str,
    /// The problem with it.
    #[source]
    pub problem: Problem,
}

/// The problem with a setting.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The setting is required and is not set.
    #[error("is required and not set")]
    Missing,
    /// The text cannot be parsed.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// The key set cannot be used.
    #[error(transparent)]
    Keys(#[from] KeySetError),
    /// The list of trusted issuers cannot be used.
    #[error(transparent)]
    Issuers(#[from] IssuerError),
    /// The risk rules or the trusted networks cannot be used.
    #[error(transparent)]
    Risk(#[from] RiskError),
    /// The origin secrets cannot be used.
    #[error(transparent)]
    OriginSecrets(#[from] SecretsError),
    /// The address database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The name of the cookies cannot be used.
    #[error(transparent)]
    CookieName(#[from] CookieNameError),
    /// The domain of the access cookie cannot be used.
    #[error(transparent)]
    CookieDomain(#[from] CookieDomainError),
    /// The list of webhooks cannot be used.
    #[error(transparent)]
    Webhooks(#[from] EndpointsError),
    /// The setting contradicts another one.
    #[error("{0}")]
    Contradiction(&'static str),
}
