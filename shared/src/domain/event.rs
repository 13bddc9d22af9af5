//! An event of the audit trail.

mod event_type;
mod kind;
mod stored;

use std::sync::atomic::{AtomicU16, Ordering};

use aws_lc_rs::digest;
use serde_json::{Map, Value};
use uuid::Uuid;

pub use event_type::{EVENT_TYPES, EventType};
pub use kind::{EventKind, LimitExceeded, SignInRefusal};
pub use stored::StoredEvent;

use crate::domain::client_context::{ClientContext, EventClient};
use crate::domain::fleet::read_target::ReadTarget;
use crate::domain::id::{SessionId, UserId};
use crate::domain::place::Network;
use crate::domain::session::end::SessionEnd;
use crate::domain::time::Timestamp;

/// The subject of an event, which decides in which audit trail the event is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A user.
    User(UserId),
    /// A network without a known user, for example after refused sign-ins.
    Network(Network),
    /// The whole deployment.
    Everyone,
}

static PLACE: AtomicU16 = AtomicU16::new(0);

/// An event.
#[derive(Clone, Debug)]
pub struct Event {
    /// A UUID of version 7, so that events sort by time.
    pub id: Uuid,
    /// The subject.
    pub subject: Subject,
    /// The session, if there is one.
    pub session: Option<SessionId>,
    /// When it happened.
    pub at: Timestamp,
    /// The kind of the event, with the details that only this kind has.
    pub kind: EventKind,
    /// The client that caused the event; for the end of a session, the client of that session.
    pub client: EventClient,
}

impl Event {
    /// An event of a session at `now_millis`, with a random id.
    pub fn new(user: &UserId, session: SessionId, now_millis: i64, kind: EventKind) -> Self {
        Self { session: Some(session), ..Self::about(Subject::User(user.clone()), now_millis, kind) }
    }

    /// An event of a session that can happen at most once in a second. Its id is derived from it, so that writing it
    /// again changes nothing.
    pub fn once_per_second(
        user: &UserId,
        session: SessionId,
        at: Timestamp,
        what: &str,
        kind: EventKind,
    ) -> Self {
        let name = format!("{what} {session} {}", at.seconds());
        Self::with_derived_id(Subject::User(user.clone()), Some(session), at, &name, kind)
    }

    /// An event of a session that is recorded once an hour, however often it happens. Its id is derived from `what` and begins with the
    /// hour, or with `since` if that is later, so that it is not before the session.
    pub fn once_an_hour(
        user: &UserId,
        session: SessionId,
        since: Timestamp,
        now: Timestamp,
        what: &str,
        kind: EventKind,
    ) -> Self {
        // A `since` of an instance whose clock is ahead would be after the event.
        let begin = since.max(now.start_of_hour()).min(now);
        Self { at: now, ..Self::once_per_second(user, session, begin, what, kind) }
    }

    /// An event whose id is derived from its second and its name.
    pub fn with_derived_id(
        subject: Subject,
        session: Option<SessionId>,
        at: Timestamp,
        name: &str,
        kind: EventKind,
    ) -> Self {
        let digest = digest::digest(&digest::SHA256, name.as_bytes());
        let mut tail = [0; 10];
        tail.copy_from_slice(&digest.as_ref()[..10]);
        let millis = u64::try_from(at.seconds().saturating_mul(1_000)).unwrap_or(0);
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid();
        Self { id, subject, session, at, kind, client: EventClient::default() }
    }

    /// An event without a session, with a random id.
    pub fn about(subject: Subject, now_millis: i64, kind: EventKind) -> Self {
        let mut random = [0; 10];
        // If the random generator fails, the counter below still makes ids of one process distinct.
        let _ = aws_lc_rs::rand::fill(&mut random);
        // Events of the same millisecond keep their order: the first 12 bits after the time are a counter.
        let place = PLACE.fetch_add(1, Ordering::Relaxed);
        random[..2].copy_from_slice(&place.to_be_bytes());
        let millis = u64::try_from(now_millis).unwrap_or(0);
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        let at = Timestamp::from_seconds(now_millis.div_euclid(1000));
        Self { id, subject, session: None, at, kind, client: EventClient::default() }
    }

    /// The event of an ended session, at the moment of the end, which may be long ago.
    pub fn ended(end: &SessionEnd, now_millis: i64) -> Self {
        if end.at.seconds() == now_millis.div_euclid(1000) {
            let kind = EventKind::SessionEnded(Box::new(end.clone()));
            return Self {
                client: end.client.clone(),
                ..Self::new(&end.user, end.session, now_millis, kind)
            };
        }
        Self::ended_once(end, "ended")
    }

    /// The event of an ended session under an id that is derived from the moment of the end.
    pub fn ended_once(end: &SessionEnd, what: &str) -> Self {
        let kind = EventKind::SessionEnded(Box::new(end.clone()));
        let event = Self::once_per_second(&end.user, end.session, end.at, what, kind);
        Self { client: end.client.clone(), ..event }
    }

    /// An administrator read data of other users. The id is derived from the minute, the session and the target, so that a page
    /// that polls is recorded once a minute, and so that the polling page of the administrator does not cover a copied session.
    pub fn admin_read(admin: &UserId, session: SessionId, target: ReadTarget, now: Timestamp) -> Self {
        let minute = Timestamp::from_seconds(now.seconds() - now.seconds().rem_euclid(60));
        let name = format!("admin_read {admin} {session} {target:?}");
        let subject = Subject::User(admin.clone());
        let event =
            Self::with_derived_id(subject, Some(session), minute, &name, EventKind::AdminRead(target));
        Self { at: now, ..event }
    }

    /// The event, caused by this client.
    pub fn from_client(self, client: &ClientContext) -> Self {
        Self { client: EventClient::of(client), ..self }
    }

    /// The details: few, bounded, and never a secret.
    pub fn details(&self) -> Map<String, Value> {
        let mut details = self.kind.details();
        self.client.add_to(&mut details);
        details
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::actor::Actor;
    use crate::domain::device::Device;
    use crate::domain::place::Place;
    use crate::domain::risk::{Finding, Rule};
    use crate::domain::session::end::{EndReason, PendingEnd};
    use crate::domain::session::tests::session;
    use crate::domain::severity::Severity;

    fn reused() -> EventKind {
        EventKind::TokenReused { presented: 1, current: 3, ended_device: "Chrome on Windows".into() }
    }

    #[test]
    fn events_sort_by_time_and_keep_their_order_within_a_millisecond() {
        let event = |millis| Event::about(Subject::Everyone, millis, EventKind::TokenForged);
        let events = [event(1_999), event(2_000), event(2_000)];
        assert!(events.is_sorted_by_key(|event| event.id));
        assert_eq!(events.map(|event| event.at.seconds()), [1, 2, 2]);
    }

    #[test]
    fn a_derived_id_depends_on_second_name_and_session() {
        let (one, two) = (session(1), session(2));
        let id = |session: &crate::domain::session::Session, second, what| {
            Event::once_per_second(&session.user, session.id, Timestamp::from_seconds(second), what, reused())
                .id
        };
        assert_eq!(id(&one, 5, "reused"), id(&one, 5, "reused"));
        let different =
            [id(&one, 5, "reused"), id(&two, 5, "reused"), id(&one, 5, "blocked"), id(&one, 6, "reused")];
        let distinct: std::collections::BTreeSet<_> = different.iter().collect();
        assert_eq!(distinct.len(), different.len());
        assert_eq!(different[0].get_timestamp().map(|time| time.to_unix()), Some((5, 0)));
    }

    #[test]
    fn a_reading_is_one_event_for_each_minute_session_and_target() {
        let everyone = ReadTarget::Everyone;
        let read_in = |number, admin: &str, target: &ReadTarget, second| {
            let now = Timestamp::from_seconds(second);
            Event::admin_read(&admin.parse().unwrap(), session(number).id, target.clone(), now)
        };
        let read = |admin: &str, target: &ReadTarget, second| read_in(1, admin, target, second);
        let first = read("root", &everyone, 125);
        assert_eq!((first.at.seconds(), first.id), (125, read("root", &everyone, 179).id));
        assert_eq!(first.id.get_timestamp().map(|time| time.to_unix()), Some((120, 0)));
        let paul = ReadTarget::User("paul".parse().unwrap());
        let export = ReadTarget::Export(Box::new(everyone.clone()));
        for other in [
            read("root", &everyone, 180),
            read("eve", &everyone, 125),
            read_in(2, "root", &everyone, 125),
            read("root", &paul, 125),
            read("root", &export, 125),
        ] {
            assert_ne!(other.id, first.id);
        }
        assert_eq!(
            Value::from(read("root", &paul, 1).details()),
            json!({"target_kind": "user", "target": "paul"})
        );
    }

    #[test]
    fn an_end_in_the_past_is_recorded_at_its_time_and_once() {
        let session = session(1);
        let at = Timestamp::from_seconds(2_000);
        let end = SessionEnd::of(&session, PendingEnd::new(EndReason::Expired, Actor::System, at));
        let (late, again) = (Event::ended(&end, 9_000_000), Event::ended(&end, 9_500_000));
        assert_eq!((late.at, late.id), (at, again.id));
        let (now, twice) = (Event::ended(&end, 2_000_500), Event::ended(&end, 2_000_500));
        assert!(now.at == at && now.id != twice.id);
    }

    #[test]
    fn the_details_of_an_event_name_its_facts() {
        let note = Some("lost laptop".to_owned());
        let pending =
            PendingEnd { note, ..PendingEnd::new(EndReason::Admin, Actor::User, session(1).created_at) };
        let end = Event::ended(&SessionEnd::of(&session(1), pending), 1_000_000);
        let expected = json!({"reason": "admin", "by": {"kind": "user"}, "lasted_seconds": 0, "note": "lost laptop",
            "device": "Unknown device"});
        assert_eq!(Value::from(end.details()), expected);
        let (user, id) = (session(1).user, session(1).id);
        let reuse = Event::new(&user, id, 0, reused()).from_client(&client());
        let expected = json!({"presented": 1, "current": 3, "ended_device": "Chrome on Windows",
            "ip": "192.0.2.1", "device": "curl", "country": "DE", "region": "BE", "city": "Berlin"});
        assert_eq!(Value::from(reuse.details()), expected);
        assert_eq!((reused().name(), reused().severity().as_str()), ("token_reused", "critical"));
    }

    #[test]
    fn the_end_of_a_session_names_its_device_and_place_and_no_address() {
        let session = crate::domain::session::Session { client: client(), ..session(1) };
        let end =
            SessionEnd::of(&session, PendingEnd::new(EndReason::Expired, Actor::System, session.expires_at));
        for event in [Event::ended(&end, 0), Event::ended(&end, end.at.seconds() * 1_000)] {
            let details = event.details();
            assert_eq!((&details["device"], &details["city"]), (&json!("curl"), &json!("Berlin")));
            assert!(!details.contains_key("ip"));
        }
    }

    #[test]
    fn a_finding_keeps_its_own_facts_beside_those_of_the_client() {
        let detail = json!({"device": "of the rule"});
        let finding = Finding { rule: Rule::NewDevice, severity: Severity::Low, ends: false, detail };
        let event = Event::new(&session(1).user, session(1).id, 0, EventKind::Risk(finding));
        let details = event.from_client(&client()).details();
        assert_eq!((&details["device"], &details["country"]), (&json!("of the rule"), &json!("DE")));
    }

    fn client() -> ClientContext {
        let text = |text: &str| Some(text.to_owned());
        let place =
            Place { country: text("DE"), region: text("BE"), city: text("Berlin"), ..Place::default() };
        let device = Device { browser: text("curl"), ..Device::default() };
        ClientContext { ip: "192.0.2.1".parse().ok(), device, place, ..ClientContext::default() }
    }
}
