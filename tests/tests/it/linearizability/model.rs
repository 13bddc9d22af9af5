//! The sequential model: the responses of a user's sessions if there are no concurrent calls.

use std::collections::{BTreeMap, BTreeSet};

/// Live sessions a user may have, with `SESSION_LIMIT_POLICY=reject`: at the limit a sign-in is refused, so that
/// a limit that is overrun or that counts the dead shows.
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
    /// The generation of the token that was given.
    Rotated(u64),
    /// All that live.
    Live(BTreeSet<String>),
    /// Whether it lives; also the answer to a refresh of what ended.
    Lives(bool),
    Ended(usize),
    /// So many, of which the call's last attempt ended some or all.
    EndedUpTo(usize),
}

impl Answer {
    /// The kind, in one word.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Opened(_) => "opened",
            Self::Full => "full",
            Self::Rotated(_) => "rotated",
            Self::Live(_) => "live",
            Self::Lives(true) => "lives",
            Self::Lives(false) => "over",
            Self::Ended(0) | Self::EndedUpTo(0) => "nothing ended",
            Self::Ended(_) | Self::EndedUpTo(_) => "ended",
        }
    }
}

/// A user's live sessions, each with its generation. The clock stands still: everything is in grace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Sessions(BTreeMap<String, u64>);

impl Sessions {
    /// The sessions after `call`, if it may be answered so.
    pub(crate) fn after(&self, call: &Call, answer: &Answer) -> Option<Self> {
        let mut next = self.clone();
        let true_answer = match (call, answer) {
            (_, Answer::EndedUpTo(most)) => {
                let ended = next.carry_out(call);
                return matches!(ended, Answer::Ended(count) if count <= *most).then_some(next);
            }
            (Call::SignIn { .. }, Answer::Opened(session)) => {
                let had_room = next.0.len() < LIMIT;
                let is_new = next.0.insert(session.clone(), 0).is_none();
                return (had_room && is_new).then_some(next);
            }
            _ => next.carry_out(call),
        };
        (true_answer == *answer).then_some(next)
    }

    /// The sessions after a `call` that was carried out and whose response was lost.
    pub(crate) fn after_unseen(&self, call: &Call) -> Self {
        let mut next = self.clone();
        next.carry_out(call);
        next
    }

    fn carry_out(&mut self, call: &Call) -> Answer {
        match call {
            Call::SignIn { .. } if self.0.len() >= LIMIT => Answer::Full,
            // Latchkey chose its real name, and no client received it.
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

    /// Section 4 of the contract, as far as it goes while the clock stands still and the device is the same.
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
