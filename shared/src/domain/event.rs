//! An event of the audit trail.

mod kind;
mod stored;

use std::sync::atomic::{AtomicU16, Ordering};

use aws_lc_rs::digest;
use uuid::Uuid;

pub use kind::{EVENT_TYPES, EventKind, LimitExceeded};
pub use stored::StoredEvent;

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
    /// What happened.
    pub kind: EventKind,
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
        Self { id, subject, session, at, kind }
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
        Self { id, subject, session: None, at, kind }
    }

    /// The event of an ended session, at the moment of the end, which may be long ago.
    pub fn ended(end: &SessionEnd, now_millis: i64) -> Self {
        let kind = EventKind::SessionEnded(end.clone());
        if end.at.seconds() == now_millis.div_euclid(1000) {
            return Self::new(&end.user, end.session, now_millis, kind);
        }
        Self::once_per_second(&end.user, end.session, end.at, "ended", kind)
    }
}
