//! The settings of the cleanup function. It needs the tables and no key, because it reads no token.

use std::time::Duration;

use super::tables::tables;
use super::vars::Vars;
use super::{ConfigError, Tables, value};

/// The settings of the cleanup function, validated.
#[derive(Clone, Debug)]
pub struct CleanupConfig {
    /// The number of partitions of the expiry index.
    pub expiry_shards: u16,
    /// The time that events and end records are kept.
    pub event_ttl: Duration,
    /// The time after which a session without a refresh expires. It bounds the days on which live sessions are counted.
    pub refresh_lifetime: Duration,
    /// The names of the tables.
    pub tables: Tables,
    /// Whether debug lines are logged.
    pub debug: bool,
}

impl CleanupConfig {
    /// Reads the process environment.
    ///
    /// # Errors
    /// The first setting that is invalid.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::parse(|name| std::env::var(name).ok())
    }

    /// Parses settings from any source of variables. It looks up only the variables that it needs.
    ///
    /// # Errors
    /// The first setting that is invalid.
    pub fn parse(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let vars = Vars { lookup: &lookup };
        Ok(Self {
            expiry_shards: vars.get("EXPIRY_SHARDS", |text| value::number(text, 1, 1024, "1", "1024"))?
                as u16,
            event_ttl: vars
                .get("EVENT_TTL", |text| value::duration(text, 86_400, 3_650 * 86_400, "1d", "3650d"))?,
            refresh_lifetime: vars
                .get("REFRESH_TOKEN_TTL", |text| value::duration(text, 1, 366 * 86_400, "1s", "366d"))?,
            tables: tables(&vars)?,
            debug: vars.get("SESSION_DEBUG", value::switch)?,
        })
    }
}
