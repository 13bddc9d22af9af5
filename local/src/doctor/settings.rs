//! Which settings are wrong? All of them at once, where a function's start names the first.

use std::collections::BTreeSet;

use latchkey::config::{AuthorizerConfig, CleanupConfig, Config, ConfigError, Problem, SETTINGS, Tables};
use latchkey::token::keys::{KeySet, generate_key_set};

use super::{Finding, Verdict};
use crate::issuer::Issuer;

/// What is wrong with the settings, and the tables that they name, if they do.
pub(super) fn examine(given: &impl Fn(&str) -> Option<String>) -> (Vec<Finding>, Option<Tables>) {
    let mut wrong = BTreeSet::new();
    let mut findings = vec![];
    let required = || SETTINGS.iter().filter(|setting| setting.default.is_none());
    let is_endpoint_alone = required().all(|setting| given(setting.name).is_none());
    if is_endpoint_alone {
        wrong.extend(required().map(|setting| setting.name));
        let why = "none of the required ones is set here".to_owned();
        findings.push(Finding { subject: "settings".to_owned(), verdict: Verdict::Skipped(why) });
    }
    // What was wrong once is left out, so that the next one shows.
    while let Err(error) = parse(given, &wrong) {
        let is_new = wrong.insert(error.name);
        if is_new {
            findings.push(Finding::wrong(error.name, error.problem.to_string(), mend(&error)));
        } else {
            break;
        }
    }
    if !wrong.contains("LATCHKEY_KEYS") {
        findings.extend(given("LATCHKEY_KEYS").map(|text| active_key(&text)));
    }
    if wrong.is_empty() {
        let count = SETTINGS.iter().filter(|setting| given(setting.name).is_some()).count();
        findings.insert(0, Finding::good("settings", format!("the {count} that are set are valid")));
    }
    let tables = CleanupConfig::parse(|name| spared(given, &wrong, name)).map(|config| config.tables);
    (findings, tables.ok())
}

/// Every function's parser.
fn parse(given: &impl Fn(&str) -> Option<String>, wrong: &BTreeSet<&'static str>) -> Result<(), ConfigError> {
    Config::parse(|name| spared(given, wrong, name))?;
    AuthorizerConfig::parse(|name| spared(given, wrong, name))?;
    Ok(())
}

/// What is given, or something good in place of what is known to be wrong.
fn spared(
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
        _ => None,
    }
}

/// A set may be good and sign nothing.
fn active_key(text: &str) -> Finding {
    let active = KeySet::parse(text).and_then(|set| set.signer().map(|_| set.verifying().len()));
    match active {
        Ok(count) => Finding::good("keys", format!("one signs, {count} verify")),
        Err(error) => Finding::wrong(
            "keys",
            error.to_string(),
            "login and refresh need one, first in the set; sessions and revoke do without",
        ),
    }
}

fn mend(error: &ConfigError) -> String {
    match (&error.problem, error.name) {
        (Problem::Missing, _) => "docs/settings.md has what belongs there".to_owned(),
        (Problem::Keys(_), _) => {
            "`latchkey-local keygen` prints a whole set, docs/keys.md tells of its parts".to_owned()
        }
        (_, name) => {
            let unit = SETTINGS.iter().find(|setting| setting.name == name).map(|setting| setting.unit);
            format!("it takes: {}", unit.unwrap_or_default())
        }
    }
}
