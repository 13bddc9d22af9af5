//! How severe is an event?

use serde::{Serialize, Serializer};
use strum::VariantArray;

/// The severity of an event or a finding, from harmless to critical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, VariantArray)]
pub enum Severity {
    /// An ordinary event, such as a sign-in.
    Info,
    /// Useful when an incident is investigated later.
    Low,
    /// Unusual: a user or an administrator should review it.
    Medium,
    /// Raises an alert.
    High,
    /// Raises an alert that needs action at once.
    Critical,
}

impl Severity {
    pub(crate) const ALL: &[Self] = Self::VARIANTS;

    /// Parses the name that [`Severity::as_str`] returns.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|severity| severity.as_str() == text)
    }

    /// The name in the audit trail, in settings and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// As [`Severity::as_str`].
impl Serialize for Severity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_severity_is_parsed_from_its_name_and_serialised_as_it() {
        for (severity, name) in Severity::ALL.iter().zip(["info", "low", "medium", "high", "critical"]) {
            assert_eq!(Severity::parse(name), Some(*severity));
            assert_eq!(serde_json::to_value(severity).unwrap(), name);
        }
        assert_eq!(Severity::parse("Info"), None);
    }
}
