//! The review of a sign-in: its user answers whether it was them, by a link in a message about it.
//!
//! The link can do one thing: end the session that this sign-in opened. "It was me" is only recorded, because a thief may read
//! the user's mail: it switches no rule off and takes nothing away from a later "It wasn't me".

use std::time::Duration;

use uuid::Uuid;

use super::client_context::ClientContext;
use super::event::{Event, EventKind};
use super::id::{SessionId, UserId};
use super::time::Timestamp;

/// How long a link works after the sign-in: 7 d, so that it still works after a holiday.
pub const REVIEW_LIFETIME: Duration = Duration::from_secs(7 * 86_400);

/// The sign-in that a link is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInReview {
    /// The user.
    pub user: UserId,
    /// The session that the sign-in opened.
    pub session: SessionId,
    /// The event about which the user was written to.
    pub event: Uuid,
    /// The end of the link.
    pub expires_at: Timestamp,
}

/// The user's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewAnswer {
    /// "It was me".
    WasMe,
    /// "It wasn't me": the session ends.
    WasNotMe,
}

impl SignInReview {
    /// The review of the sign-in that an event of `at` is about. It depends on the event alone and not on when a message is sent,
    /// so that a message that is sent twice has the same link.
    pub fn of_event(user: UserId, session: SessionId, event: Uuid, at: Timestamp) -> Self {
        Self { user, session, event, expires_at: at + REVIEW_LIFETIME }
    }

    /// Whether the link has stopped working.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }

    /// The event of an answer. Its id is derived from the link, the answer and the hour, so that a repeated answer does not fill the
    /// audit trail.
    pub fn answered(&self, answer: ReviewAnswer, client: &ClientContext, now: Timestamp) -> Event {
        let (what, kind) = match answer {
            ReviewAnswer::WasMe => ("confirmed", EventKind::SignInConfirmed { event: self.event }),
            ReviewAnswer::WasNotMe => ("reported", EventKind::SignInReported { event: self.event }),
        };
        let name = format!("sign-in {what} {}", self.event);
        let signed_in = self.expires_at.before(REVIEW_LIFETIME);
        Event::once_an_hour(&self.user, self.session, signed_in, now, &name, kind).from_client(client)
    }
}

impl ReviewAnswer {
    /// Its name in the form of the page.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WasMe => "was_me",
            Self::WasNotMe => "was_not_me",
        }
    }

    /// Parses the name that [`ReviewAnswer::as_str`] returns.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::WasMe, Self::WasNotMe].into_iter().find(|answer| answer.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::session::tests::session;
    use crate::domain::severity::Severity;

    fn review() -> SignInReview {
        let session = session(1);
        SignInReview::of_event(
            session.user,
            session.id,
            Uuid::from_bytes([7; 16]),
            Timestamp::from_seconds(0),
        )
    }

    #[test]
    fn a_link_works_for_seven_days_from_the_event() {
        let at = |seconds| Timestamp::from_seconds(seconds);
        assert!(!review().is_expired(at(7 * 86_400 - 1)));
        assert!(review().is_expired(at(7 * 86_400)));
    }

    #[test]
    fn an_answer_is_recorded_once_an_hour_and_only_a_report_alerts() {
        let client = ClientContext::default();
        let of = |answer, second| review().answered(answer, &client, Timestamp::from_seconds(second));
        let report = of(ReviewAnswer::WasNotMe, 7_200);
        assert_eq!((report.id, report.at.seconds()), (of(ReviewAnswer::WasNotMe, 10_799).id, 7_200));
        assert_ne!(report.id, of(ReviewAnswer::WasNotMe, 10_800).id);
        let millis = |event: &Event| event.id.as_u128() >> 80;
        let late = SignInReview { expires_at: Timestamp::from_seconds(9_000) + REVIEW_LIFETIME, ..review() };
        let answer = late.answered(ReviewAnswer::WasNotMe, &client, Timestamp::from_seconds(9_500));
        assert_eq!((millis(&report), millis(&answer)), (7_200_000, 9_000_000), "not before the session");
        let confirmed = of(ReviewAnswer::WasMe, 7_200);
        assert_ne!(report.id, confirmed.id);
        let other = SignInReview { event: Uuid::from_bytes([8; 16]), ..review() };
        assert_ne!(report.id, other.answered(ReviewAnswer::WasNotMe, &client, report.at).id);
        assert_eq!((report.kind.severity(), confirmed.kind.severity()), (Severity::High, Severity::Info));
        assert_eq!((report.kind.name(), confirmed.kind.name()), ("sign_in_reported", "sign_in_confirmed"));
    }

    #[test]
    fn an_answer_is_parsed_from_its_name() {
        for answer in [ReviewAnswer::WasMe, ReviewAnswer::WasNotMe] {
            assert_eq!(ReviewAnswer::parse(answer.as_str()), Some(answer));
        }
        for text in ["", "was_Me", "me", "was_me "] {
            assert_eq!(ReviewAnswer::parse(text), None, "{text}");
        }
    }
}
