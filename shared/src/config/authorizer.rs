//! What does the authorizer need? Far less than the others: public keys, and a table only when it is strict.

use latchkey_verifier::{CookiePolicy, Verifier};

use super::{ConfigError, Vars, cookie_policy, not_empty, value};
use crate::token::keys::PublicKeys;

/// The settings of the authorizer function, valid.
#[derive(Clone, Debug)]
pub struct AuthorizerConfig {
    /// The keys that verify access tokens.
    pub keys: PublicKeys,
    /// `iss` that a token must have.
    pub issuer: String,
    /// `aud` that a token must have.
    pub audience: String,
    /// What the access cookie is called, and whose pages may send it.
    pub cookies: CookiePolicy,
    /// Whether the session's row is read.
    pub mode: AuthorizerMode,
    /// What becomes of a request that is not signed in.
    pub on_invalid: OnInvalid,
    /// Debug logs.
    pub debug: bool,
}

/// What becomes of a request that is not signed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnInvalid {
    /// The gateway refuses it: 403, without a word of ours.
    #[default]
    Deny,
    /// It passes, with the code of its error in place of a user: the API behind answers for itself.
    Pass,
}

/// How much is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizerMode {
    /// Signature and claims: no call, no store; an ended session's token stays good until it expires.
    Offline,
    /// The live row too: one consistent read.
    Strict {
        /// The table of live sessions.
        sessions: String,
    },
}

impl AuthorizerConfig {
    /// Reads the process environment.
    ///
    /// # Errors
    /// The first setting that is missing or wrong, by name.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::parse(|name| std::env::var(name).ok())
    }

    /// Parses settings from any source of variables, and asks for no other than it needs.
    ///
    /// # Errors
    /// The first setting that is missing or wrong, by name.
    pub fn parse(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let vars = Vars { lookup: &lookup };
        let is_strict = vars.get("AUTHORIZER_MODE", |text| match text {
            "offline" => Ok(false),
            "strict" => Ok(true),
            _ => Err(value::ValueError::Word("offline, strict")),
        })?;
        let mode = if is_strict {
            AuthorizerMode::Strict { sessions: vars.get("TABLE_SESSIONS", value::table_name)? }
        } else {
            AuthorizerMode::Offline
        };
        Ok(Self {
            keys: vars.get("LATCHKEY_KEYS", PublicKeys::parse)?,
            issuer: vars.get("LATCHKEY_ISSUER", value::issuer)?,
            audience: vars.get("LATCHKEY_AUDIENCE", not_empty)?,
            cookies: cookie_policy(&vars)?,
            mode,
            on_invalid: vars.get("AUTHORIZER_ON_INVALID", |text| match text {
                "deny" => Ok(OnInvalid::Deny),
                "pass" => Ok(OnInvalid::Pass),
                _ => Err(value::ValueError::Word("deny, pass")),
            })?,
            debug: vars.get("SESSION_DEBUG", value::switch)?,
        })
    }

    /// The offline part of the check.
    pub fn verifier(&self) -> Verifier {
        Verifier::new(self.keys.verifying.clone(), &self.issuer, &self.audience)
    }
}
