//! What did an administrator read?

use crate::domain::id::UserId;
use crate::domain::place::{Network, cut};

/// The longest target in an event, in bytes, so that the event costs one write unit. A user id is never longer.
pub const TARGET_MAX_BYTES: usize = 382;

/// The target of an administrator's call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadTarget {
    /// The data of one user.
    User(UserId),
    /// The events or sign-ins of a network.
    Network(Network),
    /// A user, a session or a network of this name.
    Search(String),
    /// The events or the numbers of all users.
    Everyone,
    /// A file with the events of this target. It is a target of its own, because it leaves the console.
    Export(Box<ReadTarget>),
}

impl ReadTarget {
    /// The kind of the target, as events have it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Network(_) => "network",
            Self::Search(_) => "search",
            Self::Everyone => "everyone",
            Self::Export(_) => "export",
        }
    }

    /// Whether it is data of this user only.
    pub fn is_of(&self, user: &UserId) -> bool {
        match self {
            Self::User(target) => target == user,
            Self::Export(target) => target.is_of(user),
            Self::Network(_) | Self::Search(_) | Self::Everyone => false,
        }
    }

    /// The name of the target; `None` for all users. An export has that of its events.
    pub fn name(&self) -> Option<String> {
        match self {
            Self::User(user) => Some(user.to_string()),
            Self::Network(network) => Some(network.to_string()),
            Self::Search(text) => Some(cut(text, TARGET_MAX_BYTES).to_owned()),
            Self::Everyone => None,
            Self::Export(target) => target.name(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_a_kind_and_a_bounded_name() {
        let network = Network::of("203.0.113.9".parse().unwrap());
        let cases = [
            (ReadTarget::User("paul".parse().unwrap()), "user", Some("paul".to_owned())),
            (ReadTarget::Network(network), "network", Some("203.0.113.0/24".to_owned())),
            (ReadTarget::Search("ü".repeat(400)), "search", Some("ü".repeat(191))),
            (ReadTarget::Everyone, "everyone", None),
            (ReadTarget::Export(Box::new(ReadTarget::Everyone)), "export", None),
            (
                ReadTarget::Export(Box::new(ReadTarget::Network(network))),
                "export",
                Some("203.0.113.0/24".to_owned()),
            ),
        ];
        for (target, kind, name) in cases {
            assert_eq!((target.kind(), target.name()), (kind, name));
        }
    }

    #[test]
    fn a_target_is_of_a_user_if_it_has_no_data_of_others() {
        let paul: UserId = "paul".parse().unwrap();
        let own = ReadTarget::User(paul.clone());
        assert!(own.is_of(&paul) && ReadTarget::Export(Box::new(own.clone())).is_of(&paul));
        assert!(!own.is_of(&"mary".parse().unwrap()));
        for other in [ReadTarget::Everyone, ReadTarget::Search("paul".into())] {
            assert!(!other.is_of(&paul) && !ReadTarget::Export(Box::new(other)).is_of(&paul));
        }
    }
}
