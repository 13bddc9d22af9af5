//! One session as the contract describes it. The model shares no code with the product.
//!
//! ```text
//!   a refresh token of generation n, at t, from a device
//!     past its own end ........................... Ended(expired)
//!     the session has ended or was idle too long . Ended(reason)
//!     n is the newest, and the request's own key made it, within 10 minutes . CurrentToken (all of these also while blocked)
//!     n is older, and one of the keys made the newest ....................... CurrentToken
//!     n is older, and one of the keys made n or a later one, within 60 s .... Superseded
//!     n is the predecessor, same device:
//!         no key in the last three generations, within 60 s ................. CurrentToken
//!         a key in them, within 10 s, or the same network within a day ...... RecordedToken, not twice in a row
//!     n is older otherwise .................................................. Reuse
//!     blocked .................................... Blocked
//!     the window is full ......................... Block
//!     else ....................................... Rotate
//! ```

use std::collections::BTreeSet;

use super::steps::{Agent, From};

const DAY: i64 = 86_400;
const GRACE: i64 = 60;
const KEYED_GRACE: i64 = 10;
const KEY_REPLAY: i64 = 600;
const LATE_RETRY: i64 = DAY;
const SUPERSEDED: i64 = 60;
const REFRESH: i64 = 7 * DAY;
const SESSION: i64 = 30 * DAY;
const ACCESS: i64 = 3_600;
const WINDOW: i64 = 300;
const BLOCK: i64 = 900;
const CLOCKS_DIFFER: i64 = 60;

/// A session from its sign-in on. It stays in the model after its end.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) user: usize,
    pub(crate) id: String,
    pub(crate) created: i64,
    /// The last activity. Eviction compares it.
    pub(crate) active: i64,
    pub(crate) generations: Vec<Generation>,
    pub(crate) blocked: Option<i64>,
    pub(crate) state: State,
    /// The agent and the network of the last rotation.
    agent: Agent,
    moved: bool,
    /// The key that made each generation.
    pub(crate) keys: Vec<Option<String>>,
    /// The generation for which a replay was last recorded.
    pub(crate) recorded: Option<usize>,
    /// The older generations that another client presented after the end. Each may be one event.
    pub(crate) presented_after_end: BTreeSet<(usize, i64)>,
    /// Whether the row may be one generation ahead, because the sign-out overtook a rotation whose response was lost.
    pub(crate) may_have_rotated: bool,
    /// The latest access token and its expiry.
    pub(crate) access: Option<(String, i64)>,
    /// The secret in all refresh tokens of the session.
    pub(crate) nonce: Option<String>,
    /// The blocks with a response, and all blocks. An event may be lost together with its response.
    pub(crate) blocks: (usize, usize),
}

/// One generation and its refresh token.
#[derive(Clone, Debug)]
pub(crate) struct Generation {
    pub(crate) began: i64,
    pub(crate) expires: i64,
    /// Start and count of the rate limit window.
    pub(crate) window: (i64, u32),
    /// The token, as soon as a response contained it.
    pub(crate) text: Option<String>,
    /// Whether a client received the token.
    pub(crate) held: bool,
}

/// Whether the session has ended. Inactivity is computed from the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Live,
    /// Ended, but the end record is not written yet.
    PendingEnd(Reason),
    Ended(Reason),
}

/// Why a session has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Expired,
    SignedOut,
    Evicted,
    Reuse,
}

/// The result of a refresh.
#[derive(Clone, Debug)]
pub(crate) enum Refresh {
    Ended(Reason),
    CurrentToken,
    /// As `CurrentToken`, and the row records it.
    RecordedToken,
    Superseded,
    Reuse,
    Blocked(i64),
    Block(i64),
    Rotate(Generation),
}

/// The client of a request: its agent, its network and its keys.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) agent: Agent,
    pub(crate) moved: bool,
    pub(crate) newest: Option<String>,
    pub(crate) previous: Vec<String>,
}

impl Shown {
    /// A client without keys.
    pub(crate) fn without_keys(from: From) -> Self {
        Self { agent: from.agent, moved: from.moved, newest: None, previous: vec![] }
    }
}

impl Reason {
    /// The reason in responses. It hides from a thief that the reuse was detected.
    pub(crate) fn public(self) -> &'static str {
        if self == Self::Reuse { "security" } else { self.recorded() }
    }

    /// The reason in the audit trail.
    pub(crate) fn recorded(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::SignedOut => "signed_out",
            Self::Evicted => "evicted",
            Self::Reuse => "reuse_detected",
        }
    }
}

impl Session {
    /// A new session.
    pub(crate) fn new(user: usize, id: String, from: From, key: Option<String>, now: i64) -> Self {
        // The rate limit window begins with the sign-in, which does not count as a refresh.
        let first =
            Generation { began: now, expires: now + REFRESH, window: (now, 0), text: None, held: false };
        Self {
            user,
            id,
            created: now,
            active: now,
            generations: vec![first],
            blocked: None,
            state: State::Live,
            agent: from.agent,
            moved: from.moved,
            keys: vec![key],
            recorded: None,
            presented_after_end: BTreeSet::new(),
            may_have_rotated: false,
            access: None,
            nonce: None,
            blocks: (0, 0),
        }
    }

    /// The absolute end, which no refresh extends.
    pub(crate) fn absolute(&self) -> i64 {
        self.created + SESSION
    }

    /// The number of the newest generation.
    pub(crate) fn current(&self) -> usize {
        self.generations.len() - 1
    }

    /// The newest generation.
    pub(crate) fn newest(&self) -> &Generation {
        &self.generations[self.current()]
    }

    /// Why the session has ended; `None` while it lives.
    pub(crate) fn end_reason(&self, now: i64) -> Option<Reason> {
        match self.state {
            State::PendingEnd(reason) | State::Ended(reason) => Some(reason),
            State::Live => (now >= self.newest().expires).then_some(Reason::Expired),
        }
    }

    /// Whether the session has ended and its end record is not written yet.
    pub(crate) fn has_pending_end(&self) -> bool {
        matches!(self.state, State::PendingEnd(_))
    }

    /// Whether the session has expired, and a clock that is behind by [`CLOCKS_DIFFER`] at most does not show it yet.
    pub(crate) fn just_expired(&self, now: i64) -> bool {
        self.end_reason(now) == Some(Reason::Expired) && self.end_reason(now - CLOCKS_DIFFER).is_none()
    }

    /// Whether a sign-out ends this session: it lives, has just expired, or has a pending end.
    pub(crate) fn can_end(&self, now: i64) -> bool {
        self.has_pending_end() || self.end_reason(now - CLOCKS_DIFFER).is_none()
    }

    /// Ends the session. A pending end keeps its reason.
    pub(crate) fn end(&mut self, reason: Reason) {
        self.state = match self.state {
            State::PendingEnd(first) | State::Ended(first) => State::Ended(first),
            State::Live => State::Ended(reason),
        };
    }

    /// Gives a live session a pending end.
    pub(crate) fn set_pending_end(&mut self, reason: Reason) {
        if self.state == State::Live {
            self.state = State::PendingEnd(reason);
        }
    }

    /// Whether the device that rotated is within grace. Grace counts from the rotation, in both directions of the clock.
    pub(crate) fn in_grace(&self, agent: Agent, now: i64) -> bool {
        (now - self.newest().began).abs() <= GRACE && agent.is_same_device(self.agent)
    }

    /// The result of a token that does not rotate. `None` for the newest token.
    pub(crate) fn evidence(&self, generation: usize, shown: &Shown, now: i64) -> Option<Refresh> {
        let (current, elapsed) = (self.current(), (now - self.newest().began).abs());
        let made = |number: usize| self.keys[number].as_ref();
        if generation == current {
            let repeats = made(current).is_some() && made(current) == shown.newest.as_ref();
            return (repeats && elapsed < KEY_REPLAY).then_some(Refresh::CurrentToken);
        }
        let is_predecessor = generation + 1 == current;
        let is_same_client = shown.agent == self.agent && shown.moved == self.moved;
        if is_predecessor
            && elapsed == 0
            && is_same_client
            && made(current).is_none()
            && shown.newest.is_none()
        {
            return Some(Refresh::CurrentToken);
        }
        let shows = |number: usize| {
            made(number).is_some_and(|key| shown.newest.as_ref() == Some(key) || shown.previous.contains(key))
        };
        if shows(current) {
            return Some(Refresh::CurrentToken);
        }
        let oldest = current.saturating_sub(2);
        if elapsed <= SUPERSEDED && (oldest.max(generation)..current).any(shows) {
            return Some(Refresh::Superseded);
        }
        if !is_predecessor || !shown.agent.is_same_device(self.agent) {
            return Some(Refresh::Reuse);
        }
        let has_keys = (oldest..=current).any(|number| made(number).is_some());
        if !has_keys && elapsed <= GRACE {
            return Some(Refresh::CurrentToken);
        }
        let is_weak =
            has_keys && elapsed <= KEYED_GRACE || shown.moved == self.moved && elapsed <= LATE_RETRY;
        Some(match self.recorded {
            _ if !is_weak => Refresh::Reuse,
            Some(recorded) if recorded == current => Refresh::CurrentToken,
            Some(recorded) if recorded == generation => Refresh::Reuse,
            _ => Refresh::RecordedToken,
        })
    }

    /// The result of a refresh with the token of `generation`.
    pub(crate) fn refresh(&self, generation: usize, shown: &Shown, now: i64, attempts: u32) -> Refresh {
        let token = &self.generations[generation];
        if now >= token.expires {
            return Refresh::Ended(Reason::Expired);
        }
        if let Some(reason) = self.end_reason(now) {
            return Refresh::Ended(reason);
        }
        if let Some(result) = self.evidence(generation, shown, now) {
            return result;
        }
        if let Some(until) = self.blocked.filter(|until| now < *until) {
            return Refresh::Blocked(until);
        }
        let (start, count) = token.window;
        let window = match () {
            () if now >= start + WINDOW || now < start => (now, 1),
            () if count < attempts => (start, count + 1),
            () => return Refresh::Block((now + BLOCK).max(start + WINDOW)),
        };
        let expires = self.absolute().min(now + REFRESH);
        Refresh::Rotate(Generation { began: now, expires, window, text: None, held: false })
    }

    /// Notes that a token was presented after the end, if it is an older one and does not come from the last client. There is one event for each
    /// hour at most.
    pub(crate) fn note_after_end(&mut self, generation: usize, shown: &Shown, now: i64) {
        let is_last_client = shown.agent.is_same_device(self.agent) && shown.moved == self.moved;
        let theft_is_known = matches!(self.state, State::Ended(Reason::Reuse));
        let is_older = generation < self.current() + usize::from(self.may_have_rotated);
        if is_older && !is_last_client && !theft_is_known {
            self.presented_after_end.insert((generation, now.div_euclid(3_600)));
        }
    }

    /// Applies the result of a refresh.
    pub(crate) fn apply(&mut self, refresh: &Refresh, shown: &Shown) {
        match refresh {
            Refresh::Ended(_) | Refresh::CurrentToken | Refresh::Superseded | Refresh::Blocked(_) => {}
            Refresh::RecordedToken => self.recorded = Some(self.current()),
            Refresh::Reuse => self.end(Reason::Reuse),
            Refresh::Block(until) => {
                self.blocked = Some(*until);
                self.blocks.1 += 1;
            }
            Refresh::Rotate(generation) => {
                self.active = generation.began;
                self.generations.push(generation.clone());
                self.blocked = None;
                self.keys.push(shown.newest.clone());
                self.agent = shown.agent;
                self.moved = shown.moved;
            }
        }
    }

    /// When an access token that is issued now expires: no later than its session.
    pub(crate) fn access_expires(&self, now: i64) -> i64 {
        self.absolute().min(now + ACCESS)
    }
}
