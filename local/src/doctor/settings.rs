//! Which settings are wrong? All of them, whereas a function that starts reports only the first.

use std::collections::BTreeSet;

use latchkey::config::{
    AuthorizerConfig, CleanupConfig, Config, ConfigError, LocalWebhooks, Problem, SETTINGS, Tables, Warning,
};
use latchkey::token::keys::{KeySet, generate_key_set};

use super::{Check, Outcome};
use crate::environment_size::{LIMIT, size};
use crate::issuer::Issuer;

/// Checks the settings, and returns the names of the tables if these are valid.
pub(super) fn examine(given: &impl Fn(&str) -> Option<String>) -> (Vec<Check>, Option<Tables>) {
    let mut wrong = BTreeSet::new();
    let mut checks = vec![];
    let required = || SETTINGS.iter().filter(|setting| setting.default.is_none());
    let is_endpoint_alone = required().all(|setting| given(setting.name).is_none());
    if is_endpoint_alone {
        wrong.extend(required().map(|setting| setting.name));
        let reason = "Not checked, because none of the required settings is set here.".to_owned();
        checks.push(Check { subject: "settings".to_owned(), outcome: Outcome::Skipped(reason) });
    }
    // A parser stops at the first wrong setting. Replace it by a valid value, and parse again to find the next.
    let warnings = loop {
        match parse(given, &wrong) {
            Ok(config) => break config.warnings,
            Err(error) if wrong.insert(error.name) => {
                checks.push(Check::failed(error.name, problem(&error), action(&error)));
            }
            Err(_) => break vec![],
        }
    };
    checks.extend(warnings.into_iter().map(|Warning { name, reason }| Check {
        subject: name.to_owned(),
        outcome: Outcome::Warned(format!("{reason}.")),
    }));
    checks.extend(too_large(given));
    if !wrong.contains("LATCHKEY_KEYS") {
        checks.extend(given("LATCHKEY_KEYS").map(|text| signing_key(&text)));
    }
    if wrong.is_empty() {
        let count = SETTINGS.iter().filter(|setting| given(setting.name).is_some()).count();
        checks.insert(0, Check::passed("settings", format!("The {count} settings that are set are valid.")));
    }
    let tables = CleanupConfig::parse(|name| or_valid(given, &wrong, name)).map(|config| config.tables);
    (checks, tables.ok())
}

/// Parses the settings as each function does.
fn parse(
    given: &impl Fn(&str) -> Option<String>,
    wrong: &BTreeSet<&'static str>,
) -> Result<Config, ConfigError> {
    let config = Config::parse(|name| or_valid(given, wrong, name))?;
    AuthorizerConfig::parse(|name| or_valid(given, wrong, name))?;
    LocalWebhooks::parse(|name| or_valid(given, wrong, name))?;
    Ok(config)
}

/// The value that is set, or a valid one for a setting that is known to be wrong.
fn or_valid(
    given: &impl Fn(&str) -> Option<String>,
    wrong: &BTreeSet<&'static str>,
    name: &str,
) -> Option<String> {
    if !wrong.contains(name) {
        return given(name);
    }
    match name {
        "LATCHKEY_KEYS" => Some(generate_key_set()),
        "LATCHKEY_ISSUER" => Some("https://latchkey.invalid/api/auth".to_owned()),
        "LATCHKEY_AUDIENCE" => Some("latchkey".to_owned()),
        "LATCHKEY_TRUSTED_ISSUERS" => {
            Issuer::generate().ok().map(|issuer| issuer.trusted_issuers("latchkey"))
        }
        "PROVIDER_ORDERS" => Some("true".to_owned()),
        _ => None,
    }
}

/// Settings that Lambda refuses because of their size, named after the longest one.
fn too_large(given: &impl Fn(&str) -> Option<String>) -> Option<Check> {
    let set: Vec<_> =
        SETTINGS.iter().filter_map(|setting| Some((setting.name, given(setting.name)?))).collect();
    let all = size(set.iter().map(|(name, value)| (*name, value.as_str())));
    let (name, longest) = set.iter().max_by_key(|(_, value)| value.len()).filter(|_| all > LIMIT)?;
    let own = size([(*name, longest.as_str())]);
    let problem =
        format!("All settings of a function may take {LIMIT} bytes; these take {all}, and this one {own}.");
    let action = "Shorten it: docs/keys.md describes how to keep key sets small, and trusted issuers with `jwks_url` \
                  are shorter than those with `jwks`.";
    Some(Check::failed(*name, problem, action))
}

/// A key set may be valid and hold no key that signs.
fn signing_key(text: &str) -> Check {
    let verifying = KeySet::parse(text).and_then(|set| set.signer().map(|_| set.verifying().len()));
    match verifying {
        Ok(1) => Check::passed("keys", "1 key signs access tokens, and the same key verifies them."),
        Ok(count) => {
            Check::passed("keys", format!("1 key signs access tokens, and {count} keys verify them."))
        }
        Err(error) => Check::failed(
            "keys",
            format!("The key set in LATCHKEY_KEYS signs no access token: {error}."),
            "Put a private key first in the set of login and refresh; sessions and revoke work without one.",
        ),
    }
}

fn problem(error: &ConfigError) -> String {
    match &error.problem {
        Problem::Missing => "This required setting is not set.".to_owned(),
        problem => format!("The value is not valid: {problem}."),
    }
}

fn action(error: &ConfigError) -> String {
    let unit = SETTINGS.iter().find(|setting| setting.name == error.name).map(|setting| setting.unit);
    let unit = unit.unwrap_or_default();
    match &error.problem {
        Problem::Missing => format!("Set it to: {unit}. docs/settings.md describes it."),
        Problem::Keys(_) => {
            "`latchkey-local keygen` prints a complete set, and docs/keys.md describes its parts.".to_owned()
        }
        _ => format!("Set it to: {unit}."),
    }
}
