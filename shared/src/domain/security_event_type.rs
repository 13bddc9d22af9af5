//! The events of identity providers that can end sessions. *Source*: OpenID CAEP 1.0 and RISC 1.0.

use serde_json::Value;
use strum::VariantArray;

/// An event that can end sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
pub enum SecurityEventType {
    /// CAEP: a session at the provider was revoked.
    SessionRevoked,
    /// CAEP: a password or another credential was changed.
    CredentialChange,
    /// RISC: the account was disabled.
    AccountDisabled,
    /// RISC: the account was deleted.
    AccountPurged,
    /// RISC, deprecated there and sent by Google: all sessions of the user were revoked.
    SessionsRevoked,
}

/// Changes of a credential that may be the reaction to a theft. A new passkey must not sign its user out.
const CHANGES: [&str; 3] = ["update", "revoke", "delete"];

impl SecurityEventType {
    /// The name in the settings: the end of the URI.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SessionRevoked => "session-revoked",
            Self::CredentialChange => "credential-change",
            Self::AccountDisabled => "account-disabled",
            Self::AccountPurged => "account-purged",
            Self::SessionsRevoked => "sessions-revoked",
        }
    }

    /// The event with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::VARIANTS.iter().copied().find(|kind| kind.name() == name)
    }

    /// The event with this URI.
    pub fn of(uri: &str) -> Option<Self> {
        let (family, name) =
            uri.strip_prefix("https://schemas.openid.net/secevent/")?.split_once("/event-type/")?;
        Self::parse(name).filter(|kind| kind.family() == family)
    }

    const fn family(self) -> &'static str {
        match self {
            Self::SessionRevoked | Self::CredentialChange => "caep",
            Self::AccountDisabled | Self::AccountPurged | Self::SessionsRevoked => "risc",
        }
    }

    /// Whether this event ends sessions.
    pub fn ends_sessions(self, event: &Value) -> bool {
        match self {
            Self::CredentialChange => {
                event["change_type"].as_str().is_some_and(|change| CHANGES.contains(&change))
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_is_known_by_its_whole_uri() {
        let base = "https://schemas.openid.net/secevent";
        for (family, name) in [
            ("caep", "session-revoked"),
            ("caep", "credential-change"),
            ("risc", "account-disabled"),
            ("risc", "account-purged"),
            ("risc", "sessions-revoked"),
        ] {
            let kind = SecurityEventType::of(&format!("{base}/{family}/event-type/{name}"));
            assert_eq!(kind.map(SecurityEventType::name), Some(name));
        }
        for other in [
            "session-revoked",
            "https://evil.example/secevent/caep/event-type/session-revoked",
            "https://schemas.openid.net/secevent/risc/event-type/session-revoked",
            "https://schemas.openid.net/secevent/caep/event-type/session-revoked/",
            "https://schemas.openid.net/secevent/ssf/event-type/verification",
        ] {
            assert_eq!(SecurityEventType::of(other), None, "{other}");
        }
    }

    #[test]
    fn a_new_credential_ends_no_session() {
        for (change, ends) in
            [("create", false), ("update", true), ("revoke", true), ("delete", true), ("x", false)]
        {
            assert_eq!(
                SecurityEventType::CredentialChange.ends_sessions(&json!({"change_type": change})),
                ends
            );
        }
        assert!(!SecurityEventType::CredentialChange.ends_sessions(&json!({})));
        assert!(SecurityEventType::SessionRevoked.ends_sessions(&json!({})));
    }
}
