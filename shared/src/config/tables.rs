//! The names of the tables.

use super::vars::Vars;
use super::{ConfigError, Problem, value};

/// The names of the three tables.
#[derive(Clone, Debug)]
pub struct Tables {
    /// Live sessions and user records.
    pub sessions: String,
    /// The windows of the rate limits.
    pub rate_limits: String,
    /// Security events and end records.
    pub security_events: String,
}

pub(super) fn tables(vars: &Vars<'_>) -> Result<Tables, ConfigError> {
    let tables = Tables {
        sessions: vars.get("TABLE_SESSIONS", value::table_name)?,
        rate_limits: vars.get("TABLE_RATE_LIMITS", value::table_name)?,
        security_events: vars.get("TABLE_SECURITY_EVENTS", value::table_name)?,
    };
    let distinct = tables.sessions != tables.rate_limits
        && tables.sessions != tables.security_events
        && tables.rate_limits != tables.security_events;
    if distinct {
        return Ok(tables);
    }
    let problem = Problem::Contradiction(
        "must differ from TABLE_RATE_LIMITS and TABLE_SECURITY_EVENTS, which must differ, too",
    );
    Err(ConfigError { name: "TABLE_SESSIONS", problem })
}
