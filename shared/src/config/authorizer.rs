//! The settings of the authorizer function. It needs only public keys, and a table only for the strict check.

use latchkey_verifier::dpop::BaseUrls;
use latchkey_verifier::{CookiePolicy, Verifier};

use super::cookies::cookie_policy;
use super::vars::Vars;
use super::{ConfigError, Problem, not_empty, value};
use crate::token::keys::PublicKeys;

/// The settings of the authorizer function, validated.
#[derive(Clone, Debug)]
pub struct AuthorizerConfig {
    /// The keys that verify access tokens.
    pub keys: PublicKeys,
    /// The `iss` that a token must have.
    pub issuer: String,
    /// The `aud` that a token must have.
    pub audience: String,
    /// The name of the access cookie, and the origins of the pages that may send it.
    pub cookies: CookiePolicy,
    /// The URLs with which the public URLs of the protected API begin. Without one, tokens that are bound to a key are refused.
    pub public_urls: BaseUrls,
    /// The check of the session.
    pub mode: AuthorizerMode,
    /// Whether a request without a valid token is denied or passed on.
    pub on_invalid: OnInvalid,
    /// Whether debug lines are logged.
    pub debug: bool,
}

/// The result for a request without a valid token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnInvalid {
    /// API Gateway refuses the request with its own 403.
    #[default]
    Deny,
    /// The request passes with `error` in its context instead of a user, so that the API behind the authorizer can
    /// answer it.
    Pass,
}

/// The check that the authorizer makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizerMode {
    /// Signature and claims, without a call. The token of an ended session is accepted until it expires.
    Offline,
    /// Also the session's row, with one consistent read. The token of an ended session is refused at once.
    Strict {
        /// The name of the table of sessions.
        sessions: String,
    },
    /// Also the revocation feed of the issuer. The token of an ended session is refused within 10 seconds.
    Feed(FeedStale),
}

/// The result while there is no fresh copy of the revocation feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedStale {
    /// Tokens are accepted as in an offline check.
    Accept,
    /// The session's row is read, as in a strict check.
    Ask {
        /// The name of the table of sessions.
        sessions: String,
    },
    /// The function returns an error, so that no request passes.
    Refuse,
}

impl AuthorizerConfig {
    /// Reads the process environment.
    ///
    /// # Errors
    /// The first setting that is missing or invalid.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::parse(|name| std::env::var(name).ok())
    }

    /// Parses settings from any source of variables. It looks up only the variables that it needs.
    ///
    /// # Errors
    /// The first setting that is missing or invalid.
    pub fn parse(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let vars = Vars { lookup: &lookup };
        let issuer = vars.get("LATCHKEY_ISSUER", value::issuer)?;
        Ok(Self {
            keys: vars.get("LATCHKEY_KEYS", PublicKeys::parse)?,
            audience: vars.get("LATCHKEY_AUDIENCE", not_empty)?,
            cookies: cookie_policy(&vars, &issuer)?,
            public_urls: vars.get("AUTHORIZER_PUBLIC_URLS", value::base_urls)?,
            mode: mode(&vars)?,
            on_invalid: vars.get("AUTHORIZER_ON_INVALID", |text| match text {
                "deny" => Ok(OnInvalid::Deny),
                "pass" => Ok(OnInvalid::Pass),
                _ => Err(value::ValueError::Word("deny, pass")),
            })?,
            debug: vars.get("SESSION_DEBUG", value::switch)?,
            issuer,
        })
    }

    /// The offline part of the check.
    pub fn verifier(&self) -> Verifier {
        Verifier::new(self.keys.verifying.clone(), &self.issuer, &self.audience)
    }
}

/// The words of `AUTHORIZER_WHEN_STALE`.
#[derive(Clone, Copy)]
enum StaleWord {
    Accept,
    Ask,
    Refuse,
}

/// The words of `AUTHORIZER_MODE`.
#[derive(Clone, Copy)]
enum ModeWord {
    Offline,
    Strict,
    Feed,
}

fn mode(vars: &Vars<'_>) -> Result<AuthorizerMode, ConfigError> {
    let mode = vars.get("AUTHORIZER_MODE", |text| match text {
        "offline" => Ok(ModeWord::Offline),
        "strict" => Ok(ModeWord::Strict),
        "feed" => Ok(ModeWord::Feed),
        _ => Err(value::ValueError::Word("offline, strict, feed")),
    })?;
    let when_stale = vars.get("AUTHORIZER_WHEN_STALE", |text| match text {
        "" => Ok(None),
        "accept" => Ok(Some(StaleWord::Accept)),
        "ask" => Ok(Some(StaleWord::Ask)),
        "refuse" => Ok(Some(StaleWord::Refuse)),
        _ => Err(value::ValueError::Word("accept, ask, refuse")),
    })?;
    let sessions = || vars.get("TABLE_SESSIONS", value::table_name);
    Ok(match mode {
        ModeWord::Offline => AuthorizerMode::Offline,
        ModeWord::Strict => AuthorizerMode::Strict { sessions: sessions()? },
        ModeWord::Feed => AuthorizerMode::Feed(match when_stale {
            Some(StaleWord::Accept) => FeedStale::Accept,
            Some(StaleWord::Ask) => FeedStale::Ask { sessions: sessions()? },
            Some(StaleWord::Refuse) => FeedStale::Refuse,
            None => return Err(ConfigError { name: "AUTHORIZER_WHEN_STALE", problem: Problem::Missing }),
        }),
    })
}
