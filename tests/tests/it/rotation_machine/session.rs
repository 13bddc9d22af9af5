//! One session as the contract has it, written without a look at the code.
//!
//! ```text
//!   a refresh token of generation n, at t, from a device
//!     past its own end ........................... Over(expired)
//!     the session has ended or sleeps too long ... Over(why)
//!     n is the predecessor, in grace, same device  Again      (also while blocked)
//!     n is the newest, and a tab says that it was overtaken: in grace,
//!         same device ............................ Again      (also while blocked)
//!     n is older otherwise ....................... Reuse      (also while blocked)
//!     blocked .................................... Blocked
//!     the window is full ......................... Block
//!     else ....................................... Rotate
//! ```

use super::steps::Agent;

const DAY: i64 = 86_400;
const GRACE: i64 = 60;
const REFRESH: i64 = 7 * DAY;
const SESSION: i64 = 30 * DAY;
const ACCESS: i64 = 3_600;
const WINDOW: i64 = 300;
const BLOCK: i64 = 900;

/// A session, from its sign-in on for ever.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) user: usize,
    pub(crate) id: String,
    pub(crate) created: i64,
    /// When its owner last did anything: what eviction goes by.
    pub(crate) active: i64,
    pub(crate) generations: Vec<Generation>,
    pub(crate) blocked: Option<i64>,
    pub(crate) state: State,
    /// The agent of the last rotation.
    agent: Agent,
    /// An access token of it, and its end.
    pub(crate) access: Option<(String, i64)>,
    /// The secret that all its refresh tokens carry.
    pub(crate) nonce: Option<String>,
    /// Blocks that were answered, and blocks in all: an event may be lost with its answer.
    pub(crate) blocks: (usize, usize),
}

/// One generation and its refresh token.
#[derive(Clone, Debug)]
pub(crate) struct Generation {
    pub(crate) began: i64,
    pub(crate) expires: i64,
    /// Start and count.
    pub(crate) window: (i64, u32),
    /// The token, once any answer has shown it.
    pub(crate) text: Option<String>,
    /// Whether a client holds it.
    pub(crate) held: bool,
}

/// Whether it has ended. Inactivity follows from the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Live,
    /// Ended, with a pending end: its record is still to be written.
    Marked(Reason),
    Ended(Reason),
}

/// Why a session is over.
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
    Over(Reason),
    Again,
    Reuse,
    Blocked(i64),
    Block(i64),
    Rotate(Generation),
}

impl Reason {
    /// As clients see it: no more than a thief may know.
    pub(crate) fn public(self) -> &'static str {
        if self == Self::Reuse { "security" } else { self.recorded() }
    }

    /// As the audit trail keeps it.
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
    /// A session that begins.
    pub(crate) fn new(user: usize, id: String, agent: Agent, now: i64) -> Self {
        // The refresh window begins with the sign-in, which is not counted.
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
            agent,
            access: None,
            nonce: None,
            blocks: (0, 0),
        }
    }

    /// The end that no refresh moves.
    pub(crate) fn absolute(&self) -> i64 {
        self.created + SESSION
    }

    /// The number of its newest generation.
    pub(crate) fn current(&self) -> usize {
        self.generations.len() - 1
    }

    /// Its newest generation.
    pub(crate) fn newest(&self) -> &Generation {
        &self.generations[self.current()]
    }

    /// Why it is over; `None` while it lives.
    pub(crate) fn over(&self, now: i64) -> Option<Reason> {
        match self.state {
            State::Marked(reason) | State::Ended(reason) => Some(reason),
            State::Live => (now >= self.newest().expires).then_some(Reason::Expired),
        }
    }

    /// Whether only its record is still to be written.
    pub(crate) fn is_marked(&self) -> bool {
        matches!(self.state, State::Marked(_))
    }

    /// Whether a sign-out finds something to end: a live one, or one that was only marked.
    pub(crate) fn can_end(&self, now: i64) -> bool {
        self.is_marked() || self.over(now).is_none()
    }

    /// It ends; one that was marked keeps its reason.
    pub(crate) fn end(&mut self, reason: Reason) {
        self.state = match self.state {
            State::Marked(first) | State::Ended(first) => State::Ended(first),
            State::Live => State::Ended(reason),
        };
    }

    /// Its end is marked.
    pub(crate) fn mark(&mut self, reason: Reason) {
        if self.state == State::Live {
            self.state = State::Marked(reason);
        }
    }

    /// Grace counts from the rotation, in both directions, for the device that rotated.
    pub(crate) fn in_grace(&self, agent: Agent, now: i64) -> bool {
        (now - self.newest().began).abs() <= GRACE && agent.is_same_device(self.agent)
    }

    /// Whether a tab with the claim that it was overtaken gets the current token again.
    pub(crate) fn is_overtaken(&self, generation: usize, agent: Agent, now: i64) -> bool {
        self.over(now).is_none() && generation == self.current() && self.in_grace(agent, now)
    }

    /// The result of a refresh with the token of `generation`.
    pub(crate) fn refresh(&self, generation: usize, agent: Agent, now: i64, attempts: u32) -> Refresh {
        let token = &self.generations[generation];
        if now >= token.expires {
            return Refresh::Over(Reason::Expired);
        }
        if let Some(reason) = self.over(now) {
            return Refresh::Over(reason);
        }
        if generation + 1 == self.current() && self.in_grace(agent, now) {
            return Refresh::Again;
        }
        if generation < self.current() {
            return Refresh::Reuse;
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

    /// The state after a refresh.
    pub(crate) fn apply(&mut self, refresh: &Refresh, agent: Agent) {
        match refresh {
            Refresh::Over(_) | Refresh::Again | Refresh::Blocked(_) => {}
            Refresh::Reuse => self.end(Reason::Reuse),
            Refresh::Block(until) => {
                self.blocked = Some(*until);
                self.blocks.1 += 1;
            }
            Refresh::Rotate(generation) => {
                self.active = generation.began;
                self.generations.push(generation.clone());
                self.blocked = None;
                self.agent = agent;
            }
        }
    }

    /// When an access token minted now ends: no later than its session.
    pub(crate) fn access_expires(&self, now: i64) -> i64 {
        self.absolute().min(now + ACCESS)
    }
}
