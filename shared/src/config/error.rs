//! What is wrong with the settings: the variable's name and never its value.

use super::origin_secrets::SecretsError;
use super::value::ValueError;
use crate::domain::risk::RiskError;
use crate::geoip::DatabaseError;
use crate::token::issuer::IssuerError;
use crate::token::keys::KeySetError;

/// A setting that is missing or wrong, by name and without its value.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct ConfigError {
    /// The environment variable.
    pub name: &'static str,
    /// What is wrong with it.
    #[source]
    pub problem: Problem,
}

/// What can be wrong with a setting.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It has no default and is not set.
    #[error("is not set")]
    Missing,
    /// Its text is no value.
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
    /// Two settings contradict each other.
    #[error("{0}")]
    Contradiction(&'static str),
}
