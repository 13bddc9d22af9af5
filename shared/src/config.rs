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

mod authorizer;
mod binding;
mod cleanup;
mod error;
mod origin_secrets;
mod settings;
mod value;
mod warning;

use std::fmt;
use std::path::Path;
use std::time::Duration;

pub use authorizer::{AuthorizerConfig, AuthorizerMode, OnInvalid};
pub use binding::{BindingConfig, BindingPolicy};
pub use cleanup::CleanupConfig;
pub use error::{ConfigError, Problem};
pub use origin_secrets::{OriginSecrets, SecretsError};
pub use settings::{SETTINGS, Setting, settings_markdown};
pub use value::ValueError;
pub use warning::Warning;

use latchkey_verifier::dpop::BaseUrls;
use latchkey_verifier::{CookieDomain, CookieName, CookiePolicy, is_loopback_origin};

use crate::domain::limit::Policy;
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

/// The settings of cookies.
#[derive(Clone, Debug)]
pub struct Cookies {
    /// The names of cookies, and the origins of the pages that may send them.
    pub policy: CookiePolicy,
    /// The `SameSite` attribute of the access cookie.
    pub same_site: SameSite,
}

/// The `SameSite` attribute of a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Browsers send the cookie with requests of our own site and when a link leads to it.
    Lax,
    /// Browsers send the cookie with requests of our own site only.
    Strict,
    /// Browsers send the cookie with requests of every site. It needs `Secure`.
    None,
}

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

impl Config {
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
        let cookies = cookies(&vars, &issuer)?;
        let mut config = Self {
            keys: vars.get("LATCHKEY_KEYS", KeySet::parse)?,
            audience: vars.get("LATCHKEY_AUDIENCE", not_empty)?,
            trusted_issuers: vars
                .get("LATCHKEY_TRUSTED_ISSUERS", |text| parse_trusted_issuers(text, &issuer, key_urls))?,
            base_urls: base_urls(&cookies.policy),
            cookies,
            binding: binding::binding(&vars)?,
            lifetimes: lifetimes(&vars)?,
            session_limit: vars.get("SESSION_LIMIT", |text| value::number(text, 1, 30, "1", "30"))? as usize,
            session_limit_policy: vars.get("SESSION_LIMIT_POLICY", session_limit_policy)?,
            limits: limits(&vars)?,
            assertion_max_age: vars
                .get("ASSERTION_MAX_AGE", |text| value::duration(text, 1, 600, "1s", "10m"))?,
            admin_max_age: vars.get("ADMIN_MAX_AGE", value::any_duration)?,
            expiry_shards: vars.get("EXPIRY_SHARDS", |text| value::number(text, 1, 1024, "1", "1024"))?
                as u16,
            risk_rules: risk_rules(&vars)?,
            origin_secrets: vars.get("CLOUDFRONT_ORIGIN_SECRET", OriginSecrets::parse)?,
            geoip_db: vars.get("GEOIP_DB", database)?,
            event_ttl: vars
                .get("EVENT_TTL", |text| value::duration(text, 86_400, 3_650 * 86_400, "1d", "3650d"))?,
            debug: vars.get("SESSION_DEBUG", value::switch)?,
            log_sample: vars.get("LOG_SAMPLE", |text| value::number(text, 1, 1_000_000, "1", "1000000"))?,
            tables: tables(&vars)?,
            warnings: vec![],
            issuer,
        };
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

struct Vars<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
}

impl Vars<'_> {
    /// The value that is set. An empty one counts as not set.
    fn given(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|text| !text.trim().is_empty())
    }

    /// Reads one setting. Its default comes from the table, so that the documentation shows the value that applies.
    fn get<T, E: Into<Problem>>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, ConfigError> {
        let default =
            SETTINGS.iter().find(|setting| setting.name == name).and_then(|setting| setting.default);
        let given = self.given(name).or(default.map(str::to_owned));
        let text = given.ok_or(ConfigError { name, problem: Problem::Missing })?;
        parse(text.trim()).map_err(|error| ConfigError { name, problem: error.into() })
    }
}

fn cookies(vars: &Vars<'_>, issuer: &str) -> Result<Cookies, ConfigError> {
    let cookies = Cookies {
        policy: cookie_policy(vars, issuer)?,
        same_site: vars.get("COOKIE_SAMESITE", |text| match text {
            "lax" => Ok(SameSite::Lax),
            "strict" => Ok(SameSite::Strict),
            "none" => Ok(SameSite::None),
            _ => Err(ValueError::Word("lax, strict, none")),
        })?,
    };
    if cookies.same_site == SameSite::None && !cookies.policy.secure {
        let problem = Problem::Contradiction(
            "none requires COOKIE_SECURE=true, because browsers reject the cookie otherwise",
        );
        return Err(ConfigError { name: "COOKIE_SAMESITE", problem });
    }
    Ok(cookies)
}

/// The origin of the issuer is allowed without an entry, because the API and its cookies are on that origin.
fn cookie_policy(vars: &Vars<'_>, issuer: &str) -> Result<CookiePolicy, ConfigError> {
    let contradiction = |name, text| Err(ConfigError { name, problem: Problem::Contradiction(text) });
    let origins = vars.get("LATCHKEY_ALLOWED_ORIGINS", value::origins)?;
    let issuer_origin = value::issuer_origin(issuer);
    if origins.loopback && !issuer_origin.as_deref().is_some_and(is_loopback_origin) {
        let text = "loopback is allowed only if LATCHKEY_ISSUER is on localhost or 127.0.0.1";
        return contradiction("LATCHKEY_ALLOWED_ORIGINS", text);
    }
    let policy = CookiePolicy {
        secure: vars.get("COOKIE_SECURE", value::switch)?,
        name: vars.get("COOKIE_NAME", |text| match text {
            "" => Ok(CookieName::for_issuer(issuer)),
            text => CookieName::parse(text),
        })?,
        domain: vars.get("COOKIE_DOMAIN", |text| match text {
            "" => Ok(None),
            text => CookieDomain::parse(text, issuer).map(Some),
        })?,
        allowed_origins: origins.listed.into_iter().chain(issuer_origin).collect(),
        allows_loopback: origins.loopback,
    };
    if policy.domain.is_some() && !policy.secure {
        let text = "requires COOKIE_SECURE=true, because any page without encryption could replace the cookie otherwise";
        return contradiction("COOKIE_DOMAIN", text);
    }
    Ok(policy)
}

/// The origins of the settings. Every one of them is a base URL, because both are written as browsers write an origin.
fn base_urls(policy: &CookiePolicy) -> BaseUrls {
    let origins = policy.allowed_origins.iter().map(String::as_str);
    let urls = BaseUrls::parse(origins).expect("an origin is a base URL");
    if policy.allows_loopback { urls.or_loopback() } else { urls }
}

fn lifetimes(vars: &Vars<'_>) -> Result<Lifetimes, ConfigError> {
    let year = 366 * 86_400;
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

fn limits(vars: &Vars<'_>) -> Result<Limits, ConfigError> {
    Ok(Limits {
        refresh: vars.get("LIMIT_REFRESH", |text| value::limit("refresh", text))?,
        login: vars.get("LIMIT_LOGIN", |text| value::limit("login", text))?,
        password_reset: vars.get("LIMIT_PASSWORD_RESET", |text| value::limit("password_reset", text))?,
        general: vars.get("LIMIT_GENERAL", |text| value::limit("general", text))?,
    })
}

fn tables(vars: &Vars<'_>) -> Result<Tables, ConfigError> {
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
