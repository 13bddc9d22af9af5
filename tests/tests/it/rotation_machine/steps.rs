//! The steps of a story.

use std::fmt;

use latchkey_local::dev_controls::faults::FaultKind;

/// A whole story. It is printed with one step per line.
#[derive(Clone)]
pub(crate) struct Script(pub(crate) Vec<Op>);

/// One step.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// A sign-in with a new assertion of some age in seconds. The response may be lost.
    SignIn { user: usize, from: From, age: i64, lost: bool, trouble: Trouble },
    /// A repeated sign-in with an assertion that was presented before.
    Repeat { assertion: usize, from: From, trouble: Trouble },
    /// Concurrent sign-ins: each with an assertion of its own, or all with the same assertion.
    SignInBurst { user: usize, copies: usize, same: bool, trouble: Trouble },
    /// A refresh. The response may be lost.
    Refresh { token: Pick, from: From, lost: bool, trouble: Trouble },
    /// A refresh whose response is lost, and a retry with the same token some seconds later, or earlier if the clock was
    /// set back.
    Retry { token: Pick, from: From, again: From, seconds: i64, trouble: Trouble },
    /// Several concurrent refreshes with one token.
    Burst { token: Pick, from: From, copies: usize, trouble: Trouble },
    /// Refreshes without a pause, up to the rate limit.
    Rush { session: usize, times: usize },
    /// A refresh every six days, up to the session's absolute end.
    Linger { session: usize, times: usize },
    /// A sign-out.
    SignOut { session: usize, how: How, trouble: Trouble },
    /// Concurrent refreshes and the sign-out of their session.
    Race { session: usize, copies: usize, trouble: Trouble },
    /// Time passes, or the clock is set back, in seconds.
    Wait(i64),
}

/// A token that a client holds: the `back`-th before the newest of some session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pick {
    pub(crate) session: usize,
    pub(crate) back: usize,
}

/// The browser and the network of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct From {
    pub(crate) agent: Agent,
    /// From another network than usual.
    pub(crate) moved: bool,
    pub(crate) keys: Keys,
}

/// The idempotency keys that a request shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    None,
    /// A new key, and as previous ones the keys of the newest two generations.
    Fresh,
    /// A new key alone.
    Forgetful,
    /// The key that made the generation so many before the newest one.
    Made(usize),
    /// A new key, and as the previous one the key that made the generation so many before the newest one.
    After(usize),
}

/// The user agent of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Agent {
    Chrome,
    /// The same browser after an update: the same device.
    ChromeUpdated,
    Firefox,
    /// No user agent at all.
    Nameless,
}

/// The sessions that a sign-out ends, and the token that authorizes it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    Current,
    /// The current session, authorized by a refresh token.
    CurrentByRefresh(usize),
    Session(usize),
    Others,
    All,
}

/// The faults on the way to the store: the first attempts of one operation fail.
#[derive(Clone)]
pub(crate) struct Trouble {
    pub(crate) operation: &'static str,
    pub(crate) faults: Vec<FaultKind>,
}

pub(crate) const UPDATE: &str = "UpdateItem";
pub(crate) const TRANSACT: &str = "TransactWriteItems";
pub(crate) const QUERY: &str = "Query";
pub(crate) const GET: &str = "GetItem";

/// The attempts of the store client for one call.
pub(crate) const ATTEMPTS: usize = 3;

/// More conflicts than any caller retries.
pub(crate) const ENDLESS: usize = 60;

impl Agent {
    /// Whether both agents are the same device. The browser's version does not count.
    pub(crate) fn is_same_device(self, other: Self) -> bool {
        let family = |agent| if agent == Self::ChromeUpdated { Self::Chrome } else { agent };
        family(self) == family(other)
    }
}

impl Trouble {
    /// No faults.
    pub(crate) fn none() -> Self {
        Self { operation: UPDATE, faults: vec![] }
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(index, op)| write!(out, "\n  {:>2}. {op:?}", index + 1))
    }
}

impl fmt::Debug for From {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.moved { "elsewhere" } else { "at home" };
        write!(out, "{:?} {place}, keys {:?}", self.agent, self.keys)
    }
}

impl fmt::Debug for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.faults.as_slice() {
            [] => out.write_str("none"),
            faults if faults.len() == ENDLESS => write!(out, "endless conflicts on {}", self.operation),
            faults => write!(out, "{faults:?} on {}", self.operation),
        }
    }
}
