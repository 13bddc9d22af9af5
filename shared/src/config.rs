//! Settings: every environment variable that Latchkey reads, parsed and validated once at start.
//!
//! An error names the variable and never repeats its value, because the value may be a secret.
//!
//! ```
//! use latchkey::config::Config;
//!
//! let error = Config::parse(|name| (name == "SESSION_LIMIT").then(|| "many".to_owned())).unwrap_err();
//! assert!(error.to_string().starts_with("LATCHKEY_ISSUER: is required and not set"));
//! ```

mod admin_reach;
mod authorizer;
mod binding;
mod cleanup;
mod cookies;
mod error;
mod lifetimes;
mod limits;
mod notify;
mod origin_secrets;
mod settings;
mod sign_in_review;
mod tables;
mod value;
mod vars;
mod warning;

use std::fmt;
use std::path::Path;
use std::time::Duration;

pub use admin_reach::AdminReach;
pub use authorizer::{AuthorizerConfig, AuthorizerMode, FeedStale, OnInvalid};
pub use binding::{BindingConfig, BindingPolicy};
pub use cleanup::CleanupConfig;
pub use cookies::{Cookies, SameSite};
pub use error::{ConfigError, Problem};
pub use limits::Limits;
pub use notify::{LocalWebhooks, NotifyConfig, NotifyWebhooks};
pub use origin_secrets::{OriginSecrets, SecretsError};
pub use settings::{SETTINGS, Setting, settings_markdown};
pub use sign_in_review::SignInReviewConfig;
pub use tables::Tables;
pub use value::ValueError;
pub use warning::Warning;

use latchkey_verifier::dpop::BaseUrls;
use vars::Vars;

use crate::domain::risk::Rules;
use crate::domain::session::lifetimes::Lifetimes;
use crate::domain::session::session_limit::SessionLimitPolicy;
use crate::geoip::{Database, DatabaseError};
use crate::token::issuer::{KeyUrls, TrustedIssuer, parse_trusted_issuers};
use crate::token::keys::KeySet;

/// The base path of the API, which is also the path of the issuer.
pub const BASE: &str = "/api/auth";

/// All settings, validated.
#[derive(Clone)]
pub struct Config {
    /// Signing, verifying and refresh keys.
    pub keys: KeySet,
    /// The `iss` of access tokens. It ends with the base path.
    pub issuer: String,
    /// The `aud` and `client_id` of access tokens.
    pub audience: String,
    /// The issuers whose assertions open sessions.
    pub trusted_issuers: Vec<TrustedIssuer>,
    /// Whether identity providers may end sessions.
    pub provider_orders: bool,
    /// The names and attributes of cookies, and the origins that may send them.
    pub cookies: Cookies,
    /// The origins that requests to this API are sent to: the issuer's, and those of pages behind which a server passes
    /// requests on.
    pub base_urls: BaseUrls,
    /// Whether sessions are bound to a key.
    pub binding: BindingConfig,
    /// Lifetimes of tokens and sessions.
    pub lifetimes: Lifetimes,
    /// The number of live sessions that a user may have, 1 to 30, because the ends of all of them must fit in one
    /// transaction.
    pub session_limit: usize,
    /// Whether a sign-in at the session limit ends an older session or is refused.
    pub session_limit_policy: SessionLimitPolicy,
    /// The rate limits.
    pub limits: Limits,
    /// The maximum age of an assertion by its `iat`.
    pub assertion_max_age: Duration,
    /// The time after a sign-in in which new access tokens contain `latchkey:admin`.
    pub admin_max_age: Duration,
    /// The number of partitions of the expiry index.
    pub expiry_shards: u16,
    /// The risk rules: what each one detects, its severity, and whether it ends the session.
    pub risk_rules: Rules,
    /// The secrets that CloudFront adds to requests.
    pub origin_secrets: OriginSecrets,
    /// The database that maps addresses to places.
    pub geoip_db: Option<Database>,
    /// The links with which users answer whether a sign-in was theirs.
    pub sign_in_review: SignInReviewConfig,
    /// The time that events and end records are kept.
    pub event_ttl: Duration,
    /// Whether debug lines are logged.
    pub debug: bool,
    /// One in this many successful requests is logged.
    pub log_sample: u64,
    /// The names of the tables.
    pub tables: Tables,
    /// The settings that can have no effect.
    pub warnings: Vec<Warning>,
}

impl Config {
    /// The longest lifetime of an access token: a session with a device key has a lifetime of its own.
    pub fn longest_access_lifetime(&self) -> Duration {
        self.lifetimes.access.max(self.binding.access_lifetime)
    }

    /// An issuer with `logout` relies on orders, which would reach no endpoint.
    fn check_provider_orders(&self) -> Result<(), ConfigError> {
        if self.provider_orders || self.trusted_issuers.iter().all(|issuer| issuer.logout.is_none()) {
            return Ok(());
        }
        let contradiction = "must be true, because an issuer in LATCHKEY_TRUSTED_ISSUERS has `logout`, and without the endpoints its \
                             orders to end sessions are lost; on AWS set the parameter ProviderOrders to \"true\"";
        Err(ConfigError { name: "PROVIDER_ORDERS", problem: Problem::Contradiction(contradiction) })
    }

    /// Reads the process environment.
    ///
    /// # Errors
    /// The first setting that is missing or invalid.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::parse(|name| std::env::var(name).ok())
    }

    /// Parses settings from any source of variables. A variable for which `lookup` returns `None` has its default.
    ///
    /// # Errors
    /// The first setting that is missing or invalid.
    pub fn parse(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        Self::parse_with(lookup, KeyUrls::Https)
    }

    /// As [`Config::parse`], for the local server: the keys of an issuer on this machine may be fetched over http.
    ///
    /// # Errors
    /// The first setting that is missing or invalid.
    pub fn parse_local(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        Self::parse_with(lookup, KeyUrls::HttpsOrLoopback)
    }

    fn parse_with(lookup: impl Fn(&str) -> Option<String>, key_urls: KeyUrls) -> Result<Self, ConfigError> {
        let vars = Vars { lookup: &lookup };
        let issuer = vars.get("LATCHKEY_ISSUER", value::issuer)?;
        let cookies = cookies::cookies(&vars, &issuer)?;
        let mut config = Self {
            keys: vars.get("LATCHKEY_KEYS", KeySet::parse)?,
            audience: vars.get("LATCHKEY_AUDIENCE", not_empty)?,
            trusted_issuers: vars
                .get("LATCHKEY_TRUSTED_ISSUERS", |text| parse_trusted_issuers(text, &issuer, key_urls))?,
            provider_orders: vars.get("PROVIDER_ORDERS", value::switch)?,
            base_urls: cookies::base_urls(&cookies.policy),
            cookies,
            binding: binding::binding(&vars)?,
            lifetimes: lifetimes::lifetimes(&vars)?,
            session_limit: vars.get("SESSION_LIMIT", |text| value::number(text, 1, 30, "1", "30"))? as usize,
            session_limit_policy: vars.get("SESSION_LIMIT_POLICY", session_limit_policy)?,
            limits: limits::limits(&vars)?,
            assertion_max_age: vars
                .get("ASSERTION_MAX_AGE", |text| value::duration(text, 1, 600, "1s", "10m"))?,
            admin_max_age: vars.get("ADMIN_MAX_AGE", value::any_duration)?,
            expiry_shards: vars.get("EXPIRY_SHARDS", |text| value::number(text, 1, 1024, "1", "1024"))?
                as u16,
            risk_rules: risk_rules(&vars)?,
            origin_secrets: vars.get("CLOUDFRONT_ORIGIN_SECRET", OriginSecrets::parse)?,
            geoip_db: vars.get("GEOIP_DB", database)?,
            sign_in_review: sign_in_review::sign_in_review(&vars)?,
            event_ttl: vars
                .get("EVENT_TTL", |text| value::duration(text, 86_400, 3_650 * 86_400, "1d", "3650d"))?,
            debug: vars.get("SESSION_DEBUG", value::switch)?,
            log_sample: vars.get("LOG_SAMPLE", |text| value::number(text, 1, 1_000_000, "1", "1000000"))?,
            tables: tables::tables(&vars)?,
            warnings: vec![],
            issuer,
        };
        lifetimes::check_bound(&config.lifetimes, &config.binding)?;
        config.check_provider_orders()?;
        config.warnings = config.find_warnings(&vars);
        Ok(config)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Config")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .field("tables", &self.tables)
            .finish_non_exhaustive()
    }
}

fn risk_rules(vars: &Vars<'_>) -> Result<Rules, ConfigError> {
    let rules = vars.get("RISK_RULES", Rules::parse)?;
    vars.get("NETWORK_ALLOWLIST", |text| rules.allowing(text))
}

fn database(path: &str) -> Result<Option<Database>, DatabaseError> {
    if path.is_empty() { Ok(None) } else { Database::open(Path::new(path)).map(Some) }
}

fn session_limit_policy(text: &str) -> Result<SessionLimitPolicy, ValueError> {
    match text {
        "evict" => Ok(SessionLimitPolicy::Evict),
        "reject" => Ok(SessionLimitPolicy::Reject),
        _ => Err(ValueError::Word("evict, reject")),
    }
}

fn not_empty(text: &str) -> Result<String, ValueError> {
    if text.is_empty() { Err(ValueError::Empty) } else { Ok(text.to_owned()) }
}

#[cfg(test)]
mod tests;
