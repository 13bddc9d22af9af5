//! Which webhook does an event become? Each event has a type of its own, in the form that the specification recommends.

use crate::domain::event::EventType;

/// The type of the webhook for an event, such as `session.created`.
pub const fn name_of(event_type: EventType) -> &'static str {
    match event_type {
        EventType::Login => "session.created",
        EventType::SignInRefused => "sign_in.refused",
        EventType::SignInConfirmed => "sign_in.confirmed",
        EventType::SignInReported => "sign_in.reported",
        EventType::Logout => "user.signed_out",
        EventType::SessionEnded => "session.ended",
        EventType::SessionEvicted => "session.limit_reached",
        EventType::EmergencyRevocation => "sessions.ended_for_everyone",
        EventType::AccountSuspended => "account.suspended",
        EventType::AccountResumed => "account.resumed",
        EventType::TokenReused => "token.reused",
        EventType::StateRegression => "token.newer_than_session",
        EventType::TokenForged => "token.forged",
        EventType::Blocked => "rate_limit.blocked",
        EventType::RateLimited => "rate_limit.exceeded",
        EventType::TokenReplayed => "token.replayed",
        EventType::AssertionReused => "assertion.reused",
        EventType::BindingFailed => "binding.failed",
        EventType::BindingMissing => "binding.missing",
        EventType::SessionBound => "session.bound",
        EventType::ProviderOrderRefused => "provider_order.refused",
        EventType::AdminRead => "admin.read",
        EventType::NewDevice => "sign_in.new_device",
        EventType::NewCountry => "sign_in.new_country",
        EventType::IpChanged => "session.ip_changed",
        EventType::CountryChanged => "session.country_changed",
        EventType::ImpossibleTravel => "session.impossible_travel",
        EventType::DeviceChanged => "session.device_changed",
    }
}

/// The event that becomes a webhook of this type.
pub fn parse(name: &str) -> Option<EventType> {
    EventType::ALL.iter().copied().find(|event_type| name_of(*event_type) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_a_webhook_type_of_its_own() {
        for event_type in EventType::ALL {
            assert_eq!(parse(name_of(*event_type)), Some(*event_type));
        }
        assert_eq!(parse("login"), None);
    }

    /// The specification allows these characters only, so that a type can be a filter or a part of a file name.
    #[test]
    fn a_webhook_type_has_words_and_dots_only() {
        for name in EventType::ALL.iter().map(|event_type| name_of(*event_type)) {
            let is_word =
                |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            assert!(name.split('.').count() == 2 && name.split('.').all(is_word), "{name}");
        }
    }
}
