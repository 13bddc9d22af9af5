//! Risk rules: pure functions that compare two client contexts, each with a severity and a mode.
//!
//! | rule | matches | default |
//! |---|---|---|
//! | `new_device` | a sign-in from a browser and system that no live session has | record, low |
//! | `new_country` | a sign-in from a country that no live session is in | record, medium |
//! | `ip_changed` | a change of a session's network (IPv4 /24, IPv6 /64, within one family) | record, info |
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

use crate::domain::client_context::ClientContext;
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

/// Compares a request of a session with the client context of the previous refresh.
pub fn assess_change(
    rules: &Rules,
    before: &ClientContext,
    before_at: Timestamp,
    now: &ClientContext,
    now_at: Timestamp,
) -> Vec<Finding> {
    let mut findings = vec![];
    if !rules.is_allowed(before.ip) && !rules.is_allowed(now.ip) {
        findings.extend(network(before, now).and_then(|detail| rules.finding(Rule::IpChanged, detail)));
        findings.extend(country(before, now).and_then(|detail| rules.finding(Rule::CountryChanged, detail)));
        let limit = rules.threshold(Rule::ImpossibleTravel);
        let trip = travel::impossible(&before.place, &now.place, now_at.distance(before_at), limit);
        findings.extend(trip.and_then(|detail| rules.finding(Rule::ImpossibleTravel, detail)));
    }
    if !before.device.is_same_device(&now.device) {
        let detail = json!({"from": before.device.label(), "to": now.device.label()});
        findings.extend(rules.finding(Rule::DeviceChanged, detail));
    }
    findings
}

/// Whether a request came from another network than the previous one. Trusted networks do not count. A host may use IPv4
/// and IPv6 in turn, so that a change between them counts only together with a change of the country.
pub fn has_moved(rules: &Rules, before: &ClientContext, now: &ClientContext) -> bool {
    let changes_family = before
        .ip
        .zip(now.ip)
        .is_some_and(|(from, to)| Network::of(from).is_ipv4() != Network::of(to).is_ipv4());
    let moved = network(before, now).is_some() || (changes_family && country(before, now).is_some());
    moved && !rules.is_allowed(before.ip) && !rules.is_allowed(now.ip)
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

/// The change of the network, if there is one. Only networks of one address family are compared, because a host with IPv4
/// and IPv6 may use either at any time.
fn network(before: &ClientContext, now: &ClientContext) -> Option<Value> {
    let (from, to) = (Network::of(before.ip?), Network::of(now.ip?));
    let changed = from != to && from.is_ipv4() == to.is_ipv4();
    changed.then(|| json!({"from": from.to_string(), "to": to.to_string()}))
}

fn country(before: &ClientContext, now: &ClientContext) -> Option<Value> {
    let (from, to) = (before.place.country.as_deref()?, now.place.country.as_deref()?);
    (from != to).then(|| json!({"from": from, "to": to}))
}

#[cfg(test)]
mod tests;
