//! The sequential model: the responses of a user's sessions if there are no concurrent calls.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use latchkey::domain::session::binding::Possession;
use latchkey::domain::session::evidence::{
    Evidence, EvidenceRules, KEY_REPLAY, KEYED_GRACE, KeyHash, Presentation, RequestKeys, RotationState,
    SUPERSEDED_FOR, weigh,
};
use latchkey::domain::time::Timestamp;

/// The session limit. With `SESSION_LIMIT_POLICY=reject`, a sign-in at the limit is refused, so that the model finds a
/// limit that is exceeded or that counts ended sessions.
pub(crate) const LIMIT: usize = 3;

/// A call. A request of one session that ends another one is two calls, because the caller's session lives at some
/// moment of the request, and the other session ends at some moment of it.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    SignIn { assertion: String, key: Option<KeyHash> },
    Refresh { session: String, generation: u64, keys: RequestKeys, client: u64 },
    IsLive { session: String },
    List,
    End { session: String },
    EndOthers { but: String },
    EndAll,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    Opened(String),
    /// The session limit is reached.
    Full,
    /// The generation of the new token, and whether the key of the request made it.
    Rotated(u64, Option<bool>),
    /// A later refresh of the same client was faster.
    Superseded,
    /// All live sessions.
    Live(BTreeSet<String>),
    /// Whether the session lives. A refresh of an ended session has this answer, too.
    Lives(bool),
    Ended(usize),
    /// At most this many sessions ended, because only the last attempt of the call is reported, or because another call reports some of
    /// them, too.
    EndedUpTo(usize),
}

impl Answer {
    /// A name for the kind of answer.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Opened(_) => "opened",
            Self::Full => "full",
            Self::Rotated(_, None) => "rotated",
            Self::Rotated(_, Some(true)) => "rotated by its key",
            Self::Rotated(_, Some(false)) => "replayed",
            Self::Superseded => "superseded",
            Self::Live(_) => "live",
            Self::Lives(true) => "lives",
            Self::Lives(false) => "not live",
            Self::Ended(0) | Self::EndedUpTo(0) => "nothing ended",
            Self::Ended(_) | Self::EndedUpTo(_) => "ended",
        }
    }
}

/// A user's live sessions. The clock stands still, so every predecessor is in grace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Sessions(BTreeMap<String, Session>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Session {
    rotation: RotationState,
    /// The client that made the last rotation.
    client: Option<u64>,
}

/// The time of everything.
const NOW: Timestamp = Timestamp::from_seconds(0);

const RULES: EvidenceRules = EvidenceRules {
    grace: Duration::from_secs(60),
    keyed_grace: KEYED_GRACE,
    key_replay: KEY_REPLAY,
    late_retry: Duration::from_secs(86_400),
    superseded: SUPERSEDED_FOR,
};

impl Session {
    fn signed_in(key: Option<KeyHash>) -> Self {
        let rotation =
            RotationState { generation: 0, rotated_at: NOW, keys: [key, None, None], recorded: None };
        Self { rotation, client: None }
    }

    /// The decision about a refresh while the clock stands still and all requests come from one device.
    fn weigh(&self, generation: u64, keys: RequestKeys, client: u64) -> Evidence {
        let RotationState { generation: current, keys: [made_by, ..], .. } = self.rotation;
        // The row looks as if the request itself had written it.
        let is_own = current == generation + 1
            && made_by.is_none()
            && keys.newest.is_none()
            && self.client == Some(client);
        if is_own {
            return Evidence::Replay;
        }
        let possession = Possession::NotBound;
        let shown = Presentation { generation, keys, possession, same_device: true, same_network: true };
        weigh(&self.rotation, &shown, NOW, &RULES)
    }
}

impl Sessions {
    /// The sessions after `call`, or none if the answer is not correct.
    pub(crate) fn after(&self, call: &Call, answer: &Answer) -> Option<Self> {
        let mut next = self.clone();
        let expected = match (call, answer) {
            (_, Answer::EndedUpTo(most)) => {
                let ended = next.apply(call);
                return matches!(ended, Answer::Ended(count) if count <= *most).then_some(next);
            }
            (Call::SignIn { key, .. }, Answer::Opened(session)) => {
                let is_below_limit = next.0.len() < LIMIT;
                let is_new = next.0.insert(session.clone(), Session::signed_in(*key)).is_none();
                return (is_below_limit && is_new).then_some(next);
            }
            _ => next.apply(call),
        };
        (expected == *answer).then_some(next)
    }

    /// The sessions after a `call` that was carried out and whose response was lost.
    pub(crate) fn after_lost(&self, call: &Call) -> Self {
        let mut next = self.clone();
        next.apply(call);
        next
    }

    fn apply(&mut self, call: &Call) -> Answer {
        match call {
            Call::SignIn { .. } if self.0.len() >= LIMIT => Answer::Full,
            // The real id of the session is unknown, because the response was lost.
            Call::SignIn { assertion, key } => {
                self.0.insert(assertion.clone(), Session::signed_in(*key));
                Answer::Opened(assertion.clone())
            }
            Call::Refresh { session, generation, keys, client } => {
                self.refresh(session, *generation, *keys, *client)
            }
            Call::IsLive { session } => Answer::Lives(self.0.contains_key(session)),
            Call::List => Answer::Live(self.0.keys().cloned().collect()),
            Call::End { session } => Answer::Ended(usize::from(self.0.remove(session).is_some())),
            Call::EndOthers { but } => self.end_where(|session| session != but),
            Call::EndAll => self.end_where(|_| true),
        }
    }

    fn refresh(&mut self, id: &str, generation: u64, keys: RequestKeys, client: u64) -> Answer {
        let Some(session) = self.0.get_mut(id) else { return Answer::Lives(false) };
        match session.weigh(generation, keys, client) {
            Evidence::Rotate => {
                let rotation = session.rotation.rotated(keys.newest, NOW);
                *session = Session { rotation, client: Some(client) };
            }
            Evidence::RecordedReplay => session.rotation = session.rotation.recorded(),
            Evidence::Replay | Evidence::ProvenReplay => {}
            Evidence::Superseded => return Answer::Superseded,
            Evidence::Reuse | Evidence::Regression => {
                self.0.remove(id);
                return Answer::Lives(false);
            }
        }
        let RotationState { generation, keys: [made_by, ..], .. } = session.rotation;
        Answer::Rotated(generation, keys.newest.map(|key| made_by == Some(key)))
    }

    fn end_where(&mut self, ends: impl Fn(&String) -> bool) -> Answer {
        let before = self.0.len();
        self.0.retain(|session, _| !ends(session));
        Answer::Ended(before - self.0.len())
    }
}
