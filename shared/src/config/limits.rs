//! The rate limits.

use super::vars::Vars;
use super::{ConfigError, value};
use crate::domain::limit::Policy;

/// The rate limits.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Refreshes of one session.
    pub refresh: Policy,
    /// Failed passwords of one account from one network, and refused assertions from one network.
    pub login: Policy,
    /// Password resets of one account from one network.
    pub password_reset: Policy,
    /// Authenticated calls of one session, without refreshes and sign-outs.
    pub general: Policy,
}

pub(super) fn limits(vars: &Vars<'_>) -> Result<Limits, ConfigError> {
    Ok(Limits {
        refresh: vars.get("LIMIT_REFRESH", |text| value::limit("refresh", text))?,
        login: vars.get("LIMIT_LOGIN", |text| value::limit("login", text))?,
        password_reset: vars.get("LIMIT_PASSWORD_RESET", |text| value::limit("password_reset", text))?,
        general: vars.get("LIMIT_GENERAL", |text| value::limit("general", text))?,
    })
}
