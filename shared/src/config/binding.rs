//! The settings of sessions that are bound to a key of the browser or app.

use std::time::Duration;

use super::vars::Vars;
use super::{ConfigError, Problem};
use crate::config::value::{self, ValueError};
use crate::domain::scope::Scope;

/// The settings of bound sessions.
#[derive(Clone, Debug)]
pub struct BindingConfig {
    /// Whether a sign-in binds its session.
    pub policy: BindingPolicy,
    /// The scope words that access tokens of unbound sessions do not get.
    pub scopes: Scope,
    /// Lifetime of the access token of a session with a device key. Default: 10 min.
    pub access_lifetime: Duration,
}

/// Whether a sign-in binds its session to the key of its proof. A session that is bound stays bound under every policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingPolicy {
    /// It does not.
    Off,
    /// It does if it has a proof.
    Prefer,
    /// It does, and a sign-in without a proof is refused. An unbound session ends at its next refresh.
    Require,
}

pub(super) fn binding(vars: &Vars<'_>) -> Result<BindingConfig, ConfigError> {
    let binding = BindingConfig {
        policy: vars.get("SESSION_BINDING", |text| match text {
            "off" => Ok(BindingPolicy::Off),
            "prefer" => Ok(BindingPolicy::Prefer),
            "require" => Ok(BindingPolicy::Require),
            _ => Err(ValueError::Word("off, prefer, require")),
        })?,
        scopes: vars.get("SESSION_BINDING_SCOPES", scopes)?,
        // Chromium makes at most 6 signatures in 9 minutes for a site, and renews a cookie 2 minutes before its end.
        access_lifetime: vars
            .get("ACCESS_TOKEN_TTL_BOUND", |text| value::duration(text, 300, 3_600, "5m", "1h"))?,
    };
    if binding.policy == BindingPolicy::Off && !binding.scopes.is_empty() {
        let problem = Problem::Contradiction(
            "requires SESSION_BINDING=prefer or require, because no new session would get these scopes otherwise",
        );
        return Err(ConfigError { name: "SESSION_BINDING_SCOPES", problem });
    }
    Ok(binding)
}

/// Scope words, separated by commas.
fn scopes(text: &str) -> Result<Scope, ValueError> {
    let words: Vec<&str> = text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    // The characters of a scope word, by RFC 6749 section 3.3.
    let is_permitted = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    let are_words = words.iter().all(|word| word.bytes().all(is_permitted));
    are_words.then(|| Scope::of(words)).ok_or(ValueError::Scopes)
}
