//! The sequential model: the responses of a user's sessions if there are no concurrent calls.

use std::collections::{BTreeMap, BTreeSet};

/// The session limit. With `SESSION_LIMIT_POLICY=reject`, a sign-in at the limit is refused, so that the model finds a
/// limit that is exceeded or that counts ended sessions.
pub(crate) const LIMIT: usize = 3;

/// A call. A request of one session that ends another one is two calls, because the caller's session lives at some
/// moment of the request, and the other session ends at some moment of it.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    SignIn { assertion: String },
    Refresh { session: String, generation: u64 },
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
    /// The generation of the new token.
    Rotated(u64),
    /// All live sessions.
    Live(BTreeSet<String>),
    /// Whether the session lives. A refresh of an ended session has this answer, too.
    Lives(bool),
    Ended(usize),
    /// At most this many sessions ended, because only the last attempt of the call is reported.
    EndedUpTo(usize),
}

impl Answer {
    /// A name for the kind of answer.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Opened(_) => "opened",
            Self::Full => "full",
            Self::Rotated(_) => "rotated",
            Self::Live(_) => "live",
            Self::Lives(true) => "lives",
            Self::Lives(false) => "not live",
            Self::Ended(0) | Self::EndedUpTo(0) => "nothing ended",
            Self::Ended(_) | Self::EndedUpTo(_) => "ended",
        }
    }
}

/// A user's live sessions with their generations. The clock stands still, so every predecessor is in grace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Sessions(BTreeMap<String, u64>);

impl Sessions {
    /// The sessions after `call`, or none if the answer is not correct.
    pub(crate) fn after(&self, call: &Call, answer: &Answer) -> Option<Self> {
        let mut next = self.clone();
        let expected = match (call, answer) {
            (_, Answer::EndedUpTo(most)) => {
                let ended = next.apply(call);
                return matches!(ended, Answer::Ended(count) if count <= *most).then_some(next);
            }
            (Call::SignIn { .. }, Answer::Opened(session)) => {
                let is_below_limit = next.0.len() < LIMIT;
                let is_new = next.0.insert(session.clone(), 0).is_none();
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
            Call::SignIn { assertion } => {
                self.0.insert(assertion.clone(), 0);
                Answer::Opened(assertion.clone())
            }
            Call::Refresh { session, generation } => self.refresh(session, *generation),
            Call::IsLive { session } => Answer::Lives(self.0.contains_key(session)),
            Call::List => Answer::Live(self.0.keys().cloned().collect()),
            Call::End { session } => Answer::Ended(usize::from(self.0.remove(session).is_some())),
            Call::EndOthers { but } => self.end_where(|session| session != but),
            Call::EndAll => self.end_where(|_| true),
        }
    }

    /// The rules of a refresh while the clock stands still and all requests come from one device.
    fn refresh(&mut self, session: &str, generation: u64) -> Answer {
        match self.0.get_mut(session) {
            None => Answer::Lives(false),
            Some(current) if *current == generation => {
                *current += 1;
                Answer::Rotated(*current)
            }
            Some(current) if *current == generation + 1 => Answer::Rotated(*current),
            Some(_) => {
                self.0.remove(session);
                Answer::Lives(false)
            }
        }
    }

    fn end_where(&mut self, ends: impl Fn(&String) -> bool) -> Answer {
        let before = self.0.len();
        self.0.retain(|session, _| !ends(session));
        Answer::Ended(before - self.0.len())
    }
}
