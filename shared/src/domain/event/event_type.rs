//! Every type of event, by the name that rows, filters and the API use.

use strum::VariantArray;

use crate::domain::risk::Rule;

/// The type of an event. A finding has the type of its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, VariantArray)]
#[expect(missing_docs, reason = "`EventKind` and `Rule` describe each one")]
pub enum EventType {
    Login,
    SignInRefused,
    SignInConfirmed,
    SignInReported,
    Logout,
    SessionEnded,
    SessionEvicted,
    EmergencyRevocation,
    AccountSuspended,
    AccountResumed,
    TokenReused,
    StateRegression,
    TokenForged,
    Blocked,
    RateLimited,
    TokenReplayed,
    AssertionReused,
    BindingFailed,
    BindingMissing,
    SessionBound,
    ProviderOrderRefused,
    AdminRead,
    NewDevice,
    NewCountry,
    IpChanged,
    CountryChanged,
    ImpossibleTravel,
    DeviceChanged,
}

/// The names of all event types, for filters.
pub const EVENT_TYPES: [&str; EventType::ALL.len()] = names();

const fn names() -> [&'static str; EventType::ALL.len()] {
    let mut names = [""; EventType::ALL.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = EventType::ALL[index].name();
        index += 1;
    }
    names
}

impl EventType {
    /// All types.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The name, as stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::SignInRefused => "sign_in_refused",
            Self::SignInConfirmed => "sign_in_confirmed",
            Self::SignInReported => "sign_in_reported",
            Self::Logout => "logout",
            Self::SessionEnded => "session_ended",
            Self::SessionEvicted => "session_evicted",
            Self::EmergencyRevocation => "emergency_revocation",
            Self::AccountSuspended => "account_suspended",
            Self::AccountResumed => "account_resumed",
            Self::TokenReused => "token_reused",
            Self::StateRegression => "state_regression",
            Self::TokenForged => "token_forged",
            Self::Blocked => "blocked",
            Self::RateLimited => "rate_limited",
            Self::TokenReplayed => "token_replayed",
            Self::AssertionReused => "assertion_reused",
            Self::BindingFailed => "binding_failed",
            Self::BindingMissing => "binding_missing",
            Self::SessionBound => "session_bound",
            Self::ProviderOrderRefused => "provider_order_refused",
            Self::AdminRead => "admin_read",
            Self::NewDevice => Rule::NewDevice.name(),
            Self::NewCountry => Rule::NewCountry.name(),
            Self::IpChanged => Rule::IpChanged.name(),
            Self::CountryChanged => Rule::CountryChanged.name(),
            Self::ImpossibleTravel => Rule::ImpossibleTravel.name(),
            Self::DeviceChanged => Rule::DeviceChanged.name(),
        }
    }

    /// The type with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event_type| event_type.name() == name)
    }
}

impl From<Rule> for EventType {
    fn from(rule: Rule) -> Self {
        match rule {
            Rule::NewDevice => Self::NewDevice,
            Rule::NewCountry => Self::NewCountry,
            Rule::IpChanged => Self::IpChanged,
            Rule::CountryChanged => Self::CountryChanged,
            Rule::ImpossibleTravel => Self::ImpossibleTravel,
            Rule::DeviceChanged => Self::DeviceChanged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_type_is_found_by_its_name() {
        for (index, event_type) in EventType::ALL.iter().enumerate() {
            assert_eq!(EventType::parse(EVENT_TYPES[index]), Some(*event_type));
        }
        assert_eq!(EventType::parse("Login"), None);
    }

    #[test]
    fn a_finding_has_the_type_of_its_rule() {
        for rule in Rule::ALL {
            assert_eq!(EventType::from(*rule).name(), rule.name());
        }
    }
}
