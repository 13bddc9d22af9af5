//! Settings that are valid and can have no effect, because another setting is missing or switches them off.

use std::fmt;

use super::Config;
use super::vars::Vars;
use crate::domain::risk::Rule;
use crate::domain::scope::{ADMIN, Scope};
use crate::token::issuer::TrustedIssuer;

/// A setting that can have no effect. It is logged at start, and `latchkey-local doctor` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The environment variable.
    pub name: &'static str,
    /// The part that has no effect, with the reason. It repeats no value.
    pub reason: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.name, self.reason)
    }
}

/// The rules that compare places.
const PLACE_RULES: [Rule; 3] = [Rule::NewCountry, Rule::CountryChanged, Rule::ImpossibleTravel];

impl Config {
    pub(super) fn find_warnings(&self, vars: &Vars<'_>) -> Vec<Warning> {
        let is_set = |name: &str| vars.given(name).is_some();
        let mut warnings: Vec<Warning> =
            self.trusted_issuers.iter().enumerate().flat_map(of_issuer).collect();
        let mut warn = |name, reason: &str| warnings.push(Warning { name, reason: reason.to_owned() });
        let grants_admin =
            self.trusted_issuers.iter().any(|issuer| issuer.scopes.iter().any(|word| word == ADMIN));
        if is_set("ADMIN_MAX_AGE") && !grants_admin {
            warn(
                "ADMIN_MAX_AGE",
                "has no effect, because no trusted issuer has latchkey:admin in its scopes",
            );
        }
        if self.provider_orders && self.trusted_issuers.iter().all(|issuer| issuer.logout.is_none()) {
            warn(
                "PROVIDER_ORDERS",
                "opens endpoints that refuse every request, because no issuer in LATCHKEY_TRUSTED_ISSUERS has `logout`",
            );
        }
        if is_set("PASSWORD_CHANGE_URL") && self.sign_in_review.keys.newest().is_none() {
            warn("PASSWORD_CHANGE_URL", "has no effect, because SIGN_IN_REVIEW_KEYS has no key");
        }
        let has_places = self.geoip_db.is_some() || self.origin_secrets.are_set();
        let rules = vars.given("RISK_RULES").unwrap_or_default();
        let is_named = |rule: &Rule| {
            let names = rules.split(',').filter_map(|entry| Some(entry.split_once('=')?.0.trim()));
            names.into_iter().any(|name| name == rule.name()) && !self.risk_rules.is_off(*rule)
        };
        if !has_places && PLACE_RULES.iter().any(is_named) {
            warn(
                "RISK_RULES",
                "new_country, country_changed and impossible_travel have no effect, because no place is known without \
                 GEOIP_DB or CLOUDFRONT_ORIGIN_SECRET",
            );
        }
        let network_rules = [&PLACE_RULES[..], &[Rule::IpChanged]].concat();
        if is_set("NETWORK_ALLOWLIST") && network_rules.iter().all(|rule| self.risk_rules.is_off(*rule)) {
            warn(
                "NETWORK_ALLOWLIST",
                "has no effect, because RISK_RULES switches off all rules about networks and places",
            );
        }
        warnings
    }
}

fn of_issuer((index, issuer): (usize, &TrustedIssuer)) -> Vec<Warning> {
    let is_scope = |word: &String| Scope::of([word.as_str()]).as_str() == word && !word.is_empty();
    let mut warnings = vec![];
    let mut warn = |reason| warnings.push(Warning { name: "LATCHKEY_TRUSTED_ISSUERS", reason });
    if issuer.scopes.is_empty() && issuer.scope_claim.as_str() != "scope" {
        warn(format!(
            "[{index}].scope_claim has no effect, because the issuer may grant no scope without scopes"
        ));
    }
    for (place, _) in issuer.scopes.iter().enumerate().filter(|(_, word)| !is_scope(word)) {
        warn(format!(
            "[{index}].scopes[{place}] has no effect, because no scope word is empty or has spaces, quotes, \
             backslashes or other characters than ASCII"
        ));
    }
    warnings
}
