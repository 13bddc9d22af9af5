//! The suspension of a user: while it lasts, no sign-in of the user opens a session.

use crate::domain::actor::Actor;
use crate::domain::time::Timestamp;

/// A suspension, which ended the user's sessions when it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    /// The administrator.
    pub by: Actor,
    /// The administrator's reason.
    pub note: String,
    /// When it began.
    pub since: Timestamp,
    /// When it ends; `None` if only an administrator ends it.
    pub until: Option<Timestamp>,
}

impl Suspension {
    /// Whether the user is suspended at `now`. DynamoDB may delete the row days after `until`, so that every reader checks.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suspension_ends_at_its_second_or_never() {
        let suspension = |until| Suspension {
            by: Actor::System,
            note: "x".into(),
            since: Timestamp::from_seconds(0),
            until,
        };
        let (until, at) = (Some(Timestamp::from_seconds(10)), Timestamp::from_seconds);
        assert!(suspension(until).is_active(at(9)) && !suspension(until).is_active(at(10)));
        assert!(suspension(None).is_active(at(i64::MAX)));
    }
}
