//! The settings `RISK_RULES` and `NETWORK_ALLOWLIST`.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use super::{Finding, Rule};
use crate::domain::severity::Severity;

/// The effect of a rule that matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleMode {
    /// Nothing.
    Off,
    /// An event with a severity below high, which raises no alert.
    Record,
    /// An event with severity high or critical, which raises an alert.
    Alert,
    /// An alert, and the session ends.
    End,
}

#[derive(Clone, Copy, Debug)]
struct Setting {
    mode: RuleMode,
    severity: Severity,
    threshold: f64,
}

/// All rules with their settings, and the trusted networks.
#[derive(Clone, Debug)]
pub struct Rules {
    settings: [Setting; Rule::ALL.len()],
    allowed: Vec<IpNet>,
}

/// Why `RISK_RULES` or `NETWORK_ALLOWLIST` is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RiskError {
    /// An entry is not `rule=mode[:severity[:threshold]]`.
    #[error("entry {0}: expected rule=mode[:severity[:threshold]], such as impossible_travel=alert:high:900")]
    Form(usize),
    /// The rule is unknown.
    #[error(
        "entry {0}: the rules are new_device, new_country, ip_changed, country_changed, impossible_travel, device_changed"
    )]
    Rule(usize),
    /// The mode is unknown.
    #[error("entry {0}: the modes are off, record, alert, end")]
    Mode(usize),
    /// The severity is unknown.
    #[error("entry {0}: the severities are info, low, medium, high, critical")]
    Severity(usize),
    /// Another rule than `impossible_travel` has a threshold, or the threshold is out of range.
    #[error("entry {0}: only impossible_travel has a threshold: km/h, from 1 to 100000")]
    Threshold(usize),
    /// A rule about sign-ins has mode `end`.
    #[error(
        "entry {0}: new_device and new_country cannot have mode end, because the session is only being opened"
    )]
    EndsNothing(usize),
    /// An entry is not a network.
    #[error("entry {0}: expected a network such as 203.0.113.0/24 or 2001:db8::/32")]
    Network(usize),
}

impl Default for Rules {
    fn default() -> Self {
        let setting = |position: usize| {
            let (mode, severity) = match Rule::ALL[position] {
                Rule::NewDevice => (RuleMode::Record, Severity::Low),
                Rule::IpChanged => (RuleMode::Record, Severity::Info),
                Rule::NewCountry | Rule::CountryChanged | Rule::DeviceChanged => {
                    (RuleMode::Record, Severity::Medium)
                }
                Rule::ImpossibleTravel => (RuleMode::Alert, Severity::High),
            };
            Setting { mode, severity, threshold: 900.0 }
        };
        Self { settings: std::array::from_fn(setting), allowed: vec![] }
    }
}

impl Rules {
    /// Parses `RISK_RULES`. A rule that is not named keeps its default.
    ///
    /// # Errors
    /// The first invalid entry, counted from 1.
    pub fn parse(text: &str) -> Result<Self, RiskError> {
        let mut rules = Self::default();
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        for (entry, number) in entries.zip(1..) {
            rules.set(entry, number)?;
        }
        Ok(rules)
    }

    /// Adds the trusted networks of `NETWORK_ALLOWLIST`: offices and VPNs, whose place has no meaning.
    ///
    /// # Errors
    /// The first invalid entry, counted from 1.
    pub fn allowing(mut self, text: &str) -> Result<Self, RiskError> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let parse =
            |(entry, number): (&str, usize)| entry.parse::<IpNet>().map_err(|_| RiskError::Network(number));
        self.allowed = entries.zip(1..).map(parse).collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// Whether an address is in a trusted network.
    pub fn is_allowed(&self, ip: Option<IpAddr>) -> bool {
        ip.is_some_and(|ip| self.allowed.iter().any(|network| network.contains(&ip.to_canonical())))
    }

    /// Whether a rule is off.
    pub fn is_off(&self, rule: Rule) -> bool {
        self.setting(rule).mode == RuleMode::Off
    }

    /// Whether a rule can end sessions. Then a refresh reads the row before it writes.
    pub fn can_end(&self) -> bool {
        self.settings.iter().any(|setting| setting.mode == RuleMode::End)
    }

    pub(super) fn threshold(&self, rule: Rule) -> f64 {
        self.setting(rule).threshold
    }

    /// The finding of a rule that matched; `None` if the rule is off.
    pub(super) fn finding(&self, rule: Rule, mut detail: Value) -> Option<Finding> {
        let Setting { mode, severity, .. } = *self.setting(rule);
        let severity = match mode {
            RuleMode::Off => return None,
            RuleMode::Record => severity.min(Severity::Medium),
            RuleMode::Alert | RuleMode::End => severity.max(Severity::High),
        };
        detail["mode"] = mode.name().into();
        Some(Finding { rule, severity, ends: mode == RuleMode::End, detail })
    }

    fn set(&mut self, entry: &str, number: usize) -> Result<(), RiskError> {
        let (name, rest) = entry.split_once('=').ok_or(RiskError::Form(number))?;
        let is_named = |rule: &Rule| rule.name() == name.trim();
        let rule = Rule::ALL.iter().copied().find(is_named).ok_or(RiskError::Rule(number))?;
        let mut parts = rest.split(':').map(str::trim);
        let mut setting = *self.setting(rule);
        setting.mode = RuleMode::parse(parts.next().unwrap_or_default()).ok_or(RiskError::Mode(number))?;
        if let Some(severity) = parts.next() {
            setting.severity = Severity::parse(severity).ok_or(RiskError::Severity(number))?;
        }
        if let Some(threshold) = parts.next() {
            let threshold = threshold.parse().ok().filter(|_| rule == Rule::ImpossibleTravel);
            let sane = threshold.filter(|limit| (1.0..=100_000.0).contains(limit));
            setting.threshold = sane.ok_or(RiskError::Threshold(number))?;
        }
        if parts.next().is_some() {
            return Err(RiskError::Form(number));
        }
        if setting.mode == RuleMode::End && matches!(rule, Rule::NewDevice | Rule::NewCountry) {
            return Err(RiskError::EndsNothing(number));
        }
        self.settings[rule as usize] = setting;
        Ok(())
    }

    fn setting(&self, rule: Rule) -> &Setting {
        &self.settings[rule as usize]
    }
}

impl RuleMode {
    fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Record => "record",
            Self::Alert => "alert",
            Self::End => "end",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Off, Self::Record, Self::Alert, Self::End].into_iter().find(|mode| mode.name() == text)
    }
}
