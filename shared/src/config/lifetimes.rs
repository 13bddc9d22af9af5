//! Lifetimes of tokens and sessions.

use super::vars::Vars;
use super::{BindingConfig, BindingPolicy, ConfigError, Problem, value};
use crate::domain::session::lifetimes::{Lifetimes, SESSION_TTL_MAX};

pub(super) fn lifetimes(vars: &Vars<'_>) -> Result<Lifetimes, ConfigError> {
    let year = SESSION_TTL_MAX.as_secs();
    let lifetimes = Lifetimes {
        access: vars.get("ACCESS_TOKEN_TTL", |text| value::duration(text, 1, 86_400, "1s", "1d"))?,
        refresh: vars.get("REFRESH_TOKEN_TTL", |text| value::duration(text, 1, year, "1s", "366d"))?,
        session: vars.get("SESSION_TTL", |text| value::duration(text, 1, year, "1s", "366d"))?,
        grace: vars.get("REFRESH_GRACE", |text| value::duration(text, 0, 600, "0s", "600s"))?,
        late_retry: vars
            .get("REFRESH_LATE_RETRY", |text| value::duration(text, 0, 7 * 86_400, "0s", "7d"))?,
        near_expiry: vars.get("NEAR_EXPIRY", value::any_duration)?,
    };
    let contradiction = |name, text| Err(ConfigError { name, problem: Problem::Contradiction(text) });
    if lifetimes.access > lifetimes.refresh {
        return contradiction("ACCESS_TOKEN_TTL", "must not be longer than REFRESH_TOKEN_TTL");
    }
    if lifetimes.refresh > lifetimes.session {
        return contradiction("REFRESH_TOKEN_TTL", "must not be longer than SESSION_TTL");
    }
    Ok(lifetimes)
}

/// An access token must not outlive the refresh token beside it, because the session counts as expired then. Without binding the setting
/// has no effect on new sessions.
pub(super) fn check_bound(lifetimes: &Lifetimes, binding: &BindingConfig) -> Result<(), ConfigError> {
    if binding.policy == BindingPolicy::Off || binding.access_lifetime <= lifetimes.refresh {
        return Ok(());
    }
    let problem =
        Problem::Contradiction("must not be longer than REFRESH_TOKEN_TTL, unless SESSION_BINDING=off");
    Err(ConfigError { name: "ACCESS_TOKEN_TTL_BOUND", problem })
}
