//! What happened? One line of the audit trail.

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

/// Whom an event is about, and so in whose trail it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A user.
    User(UserId),
    /// A network that nobody signed in from.
    Network(Network),
    /// All of the deployment.
    Everyone,
}

static PLACE: AtomicU16 = AtomicU16::new(0);

/// One event.
#[derive(Clone, Debug)]
pub struct Event {
    /// A UUID of version 7: newest last in the table.
    pub id: Uuid,
    /// About whom.
    pub subject: Subject,
    /// In which session, if in one.
    pub session: Option<SessionId>,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
}

impl Event {
    /// An event of a user's session at `now_millis`, with a random id.
    pub fn new(user: &UserId, session: SessionId, now_millis: i64, kind: EventKind) -> Self {
        Self { session: Some(session), ..Self::about(Subject::User(user.clone()), now_millis, kind) }
    }

    /// An event of a session that can happen once a second: its id is made of it, so that telling it again
    /// tells nothing new.
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

    /// An event whose id is made of its second and its name.
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

    /// An event of no session.
    pub fn about(subject: Subject, now_millis: i64, kind: EventKind) -> Self {
        let mut random = [0; 10];
        // Without randomness the count below still tells events of one process apart.
        let _ = aws_lc_rs::rand::fill(&mut random);
        // Events of one millisecond keep their order: the first 12 bits after the time count.
        let place = PLACE.fetch_add(1, Ordering::Relaxed);
        random[..2].copy_from_slice(&place.to_be_bytes());
        let millis = u64::try_from(now_millis).unwrap_or(0);
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        let at = Timestamp::from_seconds(now_millis.div_euclid(1000));
        Self { id, subject, session: None, at, kind }
    }

    /// The end of a session as an event, at the moment of the end: it may be told of much later.
    pub fn ended(end: &SessionEnd, now_millis: i64) -> Self {
        let kind = EventKind::SessionEnded(end.clone());
        if end.at.seconds() == now_millis.div_euclid(1000) {
            return Self::new(&end.user, end.session, now_millis, kind);
        }
        Self::once_per_second(&end.user, end.session, end.at, "ended", kind)
    }
}
