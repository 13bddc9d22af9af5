//! Risk rules: pure functions that compare two client contexts, each with a severity and a mode.
//!
//! | rule | matches | default |
//! |---|---|---|
//! | `new_device` | a sign-in from a browser and system that no live session has | record, low |
//! | `new_country` | a sign-in from a country that no live session is in | record, medium |
//! | `ip_changed` | a change of a session's network (IPv4 /24, IPv6 /64); between IPv4 and IPv6 only with another country | record, info |
//! | `country_changed` | a change of a session's country | record, medium |
//! | `impossible_travel` | a move between two countries over more than 100 km, faster than 900 km/h | alert, high |
//! | `device_changed` | a change of a session's browser or system | record, medium |
//!
//! The mode of a rule decides what a match does: `off` does nothing, `record` writes an event, `alert` writes an event
//! of severity high or critical, which is an alert, and `end` also ends the session.

mod rule_settings;
mod stored_finding;
mod travel;

pub use rule_settings::{RiskError, RuleMode, Rules};
pub use stored_finding::{StoredFinding, decode_findings, encode_findings, merge_recent};

use serde_json::{Value, json};
use strum::VariantArray;

use crate::domain::client_context::{ClientContext, ContextChange};
use crate::domain::place::Network;
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;

/// A rule. Rows store the position of a rule in this list, so that a new rule goes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, VariantArray)]
pub enum Rule {
    /// A sign-in from an unknown browser and system.
    NewDevice,
    /// A sign-in from a country without a live session.
    NewCountry,
    /// A session's network changed.
    IpChanged,
    /// A session's country changed.
    CountryChanged,
    /// A session moved faster than a person can travel.
    ImpossibleTravel,
    /// A session's browser or system changed.
    DeviceChanged,
}

impl Rule {
    /// All rules, in the order of the documentation.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The rule's name, which is also its event's type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NewDevice => "new_device",
            Self::NewCountry => "new_country",
            Self::IpChanged => "ip_changed",
            Self::CountryChanged => "country_changed",
            Self::ImpossibleTravel => "impossible_travel",
            Self::DeviceChanged => "device_changed",
        }
    }
}

/// The result of a rule that matched.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// Its severity.
    pub severity: Severity,
    /// Whether it ends the session.
    pub ends: bool,
    /// Its facts: `from`, `to` and what was measured.
    pub detail: Value,
}

/// A request of a session, compared with the session's past.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'c> {
    /// The differences from the client that made the presented generation.
    pub change: ContextChange,
    /// The client of the session's last rotation. It names the values before the change, and travel starts from it.
    pub before: &'c ClientContext,
    /// When that was.
    pub before_at: Timestamp,
    /// The client of the request.
    pub now: &'c ClientContext,
    /// The time of the request.
    pub now_at: Timestamp,
}

/// Judges a request of a session.
pub fn assess_change(rules: &Rules, comparison: &Comparison<'_>) -> Vec<Finding> {
    let Comparison { change, before, before_at, now, now_at } = *comparison;
    let mut findings = vec![];
    // The row may hold the request itself, if the reply to its write was lost. Then the value before is not known.
    let detail = |from: Option<String>, to: Option<String>| {
        let from = if from == to { None } else { from };
        json!({"from": from, "to": to})
    };
    if change.network && !rules.is_allowed(now.ip) {
        let network = |client: &ClientContext| client.ip.map(|ip| Network::of(ip).to_string());
        findings.extend(rules.finding(Rule::IpChanged, detail(network(before), network(now))));
    }
    if change.country && !rules.is_allowed(now.ip) {
        let country = |client: &ClientContext| client.place.country.clone();
        findings.extend(rules.finding(Rule::CountryChanged, detail(country(before), country(now))));
    }
    if !rules.is_allowed(before.ip) && !rules.is_allowed(now.ip) {
        let limit = rules.threshold(Rule::ImpossibleTravel);
        let trip = travel::impossible(&before.place, &now.place, now_at.distance(before_at), limit);
        findings.extend(trip.and_then(|detail| rules.finding(Rule::ImpossibleTravel, detail)));
    }
    if change.device {
        let label = |client: &ClientContext| Some(client.device.label());
        findings.extend(rules.finding(Rule::DeviceChanged, detail(label(before), label(now))));
    }
    findings
}

/// The differences between two clients. The place of a trusted network has no meaning.
pub fn change_between(rules: &Rules, before: &ClientContext, now: &ClientContext) -> ContextChange {
    let device = !before.device.is_same_device(&now.device);
    if rules.is_allowed(before.ip) || rules.is_allowed(now.ip) {
        return ContextChange { device, ..ContextChange::default() };
    }
    let networks = before.ip.zip(now.ip).map(|(before, now)| (Network::of(before), Network::of(now)));
    let countries = before.place.country.as_ref().zip(now.place.country.as_ref());
    ContextChange::of(
        networks.is_some_and(|(before, now)| before.is_ipv4() != now.is_ipv4()),
        networks.is_some_and(|(before, now)| before != now),
        countries.is_some_and(|(before, now)| before != now),
        device,
    )
}

/// Compares a sign-in with the user's live sessions. Without a live session no rule matches.
pub fn assess_sign_in(rules: &Rules, known: &[&ClientContext], now: &ClientContext) -> Vec<Finding> {
    let mut findings = vec![];
    if known.is_empty() {
        return findings;
    }
    if !known.iter().any(|client| client.device.is_same_device(&now.device)) {
        findings.extend(rules.finding(Rule::NewDevice, json!({"device": now.device.label()})));
    }
    let countries = || known.iter().filter_map(|client| client.place.country.as_deref());
    let here = now.place.country.as_deref().filter(|_| !rules.is_allowed(now.ip));
    if let Some(here) =
        here.filter(|here| countries().next().is_some() && countries().all(|other| other != *here))
    {
        findings.extend(rules.finding(Rule::NewCountry, json!({"country": here})));
    }
    findings
}

#[cfg(test)]
mod tests;
