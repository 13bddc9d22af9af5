//! An order of an identity provider to end sessions: which sessions does it end?
//!
//! An order has a time of the provider. It ends the sessions whose assertion was issued at or before that time, and voids unused
//! assertions of that age. Both times are the provider's, so that no difference of clocks matters, and a repeated order ends nothing
//! new: a session that the user opened after the order has a later assertion.

use crate::domain::id::UserId;
use crate::domain::session::Session;
use crate::domain::time::Timestamp;
use crate::domain::upstream_session::UpstreamSession;

/// An order of an identity provider to end sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutOrder {
    /// The sessions that end.
    pub subject: OrderSubject,
    /// Sessions and assertions issued until then end.
    pub until: Timestamp,
}

/// The sessions that an order ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderSubject {
    /// All sessions of a user.
    User(UserId),
    /// The sessions that came from one session at the provider.
    Upstream {
        /// The session at the provider.
        session: UpstreamSession,
        /// Its user, if the order names one.
        user: Option<UserId>,
    },
}

impl LogoutOrder {
    /// Whether the order ends this session of its user.
    ///
    /// A session that does not show from which session at the provider it came ends if the order names the user: it may have come
    /// from that one, for example because it was opened before the provider was allowed to end sessions. An order without a user
    /// ends the sessions that show it, and no others, because it may arrive before anything leads to its user.
    pub fn ends(&self, session: &Session) -> bool {
        let is_meant = match &self.subject {
            OrderSubject::User(_) => true,
            OrderSubject::Upstream { session: upstream, user } => match session.upstream {
                Some(mark) => mark == upstream.mark(),
                None => user.is_some(),
            },
        };
        is_meant && session.asserted_at <= self.until
    }

    /// The order for another user than the one that it names: it ends only the sessions that show the session at the provider.
    pub fn without_user(&self) -> Self {
        let subject = match &self.subject {
            OrderSubject::Upstream { session, .. } => {
                OrderSubject::Upstream { session: *session, user: None }
            }
            whole @ OrderSubject::User(_) => whole.clone(),
        };
        Self { subject, until: self.until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::session::tests::session;

    fn came_from(sid: &str) -> Session {
        Session { upstream: Some(UpstreamSession::of("https://id.example", sid).mark()), ..session(1) }
    }

    fn order(subject: OrderSubject, seconds: i64) -> LogoutOrder {
        let until = Timestamp::from_seconds(session(1).asserted_at.seconds() + seconds);
        LogoutOrder { subject, until }
    }

    #[test]
    fn an_order_ends_sessions_up_to_its_second() {
        let of_user = |seconds| order(OrderSubject::User("alice".parse().unwrap()), seconds);
        assert!(of_user(0).ends(&session(1)) && of_user(9).ends(&session(1)));
        assert!(!of_user(-1).ends(&session(1)));
    }

    #[test]
    fn an_order_for_a_session_at_the_provider_spares_the_others() {
        let upstream = |user: Option<&str>| OrderSubject::Upstream {
            session: UpstreamSession::of("https://id.example", "one"),
            user: user.map(|user| user.parse().unwrap()),
        };
        for user in [None, Some("alice")] {
            assert!(order(upstream(user), 0).ends(&came_from("one")));
            assert!(!order(upstream(user), -1).ends(&came_from("one")));
            assert!(!order(upstream(user), 0).ends(&came_from("two")));
            assert_eq!(order(upstream(user), 0).ends(&session(1)), user.is_some(), "of an unknown one");
        }
    }
}
