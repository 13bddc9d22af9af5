//! What does cleanup need? The tables and how they are cut; no key, no issuer.

use std::time::Duration;

use super::{ConfigError, Tables, Vars, duration, number, tables, value};

/// The settings of the cleanup function, valid.
#[derive(Clone, Debug)]
pub struct CleanupConfig {
    /// Partitions of the expiry index.
    pub expiry_shards: u16,
    /// How long the audit trail is kept.
    pub event_ttl: Duration,
    /// Table names.
    pub tables: Tables,
    /// Debug logs.
    pub debug: bool,
}

impl CleanupConfig {
    /// Reads the process environment.
    ///
    /// # Errors
    /// The first setting that is wrong, by name.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::parse(|name| std::env::var(name).ok())
    }

    /// Parses settings from any source of variables, and asks for no other than it needs.
    ///
    /// # Errors
    /// The first setting that is wrong, by name.
    pub fn parse(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let vars = Vars { lookup: &lookup };
        Ok(Self {
            expiry_shards: vars.get("EXPIRY_SHARDS", |text| number(text, 1, 1024, "1", "1024"))? as u16,
            event_ttl: vars.get("EVENT_TTL", |text| duration(text, 86_400, 3_650 * 86_400, "1d", "3650d"))?,
            tables: tables(&vars)?,
            debug: vars.get("SESSION_DEBUG", value::switch)?,
        })
    }
}
