//! The steps of a story.

use std::fmt;

use latchkey_local::dev_controls::faults::FaultKind;

/// A whole story, printed one step a line.
#[derive(Clone)]
pub(crate) struct Script(pub(crate) Vec<Op>);

/// One step.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// A sign-in with a new assertion of some age in seconds. The response may be lost.
    SignIn { user: usize, from: From, age: i64, lost: bool, trouble: Trouble },
    /// An assertion comes again.
    Repeat { assertion: usize, from: From, trouble: Trouble },
    /// Sign-ins at once: each with an assertion of its own, or all with the same.
    SignInBurst { user: usize, copies: usize, same: bool, trouble: Trouble },
    /// A refresh; the answer may be lost.
    Refresh { token: Pick, from: From, lost: bool, trouble: Trouble },
    /// A refresh of a tab that claims that another one has overtaken it.
    Overtaken { token: Pick, from: From, lost: bool, trouble: Trouble },
    /// A refresh whose answer is lost, and the same token again so many seconds later; or earlier, by a clock
    /// that was set back.
    Retry { token: Pick, from: From, again: From, seconds: i64, trouble: Trouble },
    /// One refresh token, several times at once.
    Burst { token: Pick, from: From, copies: usize, trouble: Trouble },
    /// The newest token, again and again: into the limit.
    Rush { session: usize, times: usize },
    /// A refresh every six days: up to the session's absolute end.
    Linger { session: usize, times: usize },
    /// A sign-out.
    SignOut { session: usize, how: How, trouble: Trouble },
    /// Refreshes and the sign-out of their session, all at once.
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

/// From where a call comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct From {
    pub(crate) agent: Agent,
    /// From another network than usual.
    pub(crate) moved: bool,
}

/// What calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Agent {
    Chrome,
    /// The same browser after an update: the same device.
    ChromeUpdated,
    Firefox,
    /// No user agent at all.
    Nameless,
}

/// Which sessions a sign-out means, and what proves the right to it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    Current,
    /// The current one, by a refresh token.
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

/// Attempts that the store client makes in all.
pub(crate) const ATTEMPTS: usize = 3;

/// More conflicts than any caller waits for.
pub(crate) const ENDLESS: usize = 60;

impl Agent {
    /// Whether both are one device: a version never counts.
    pub(crate) fn is_same_device(self, other: Self) -> bool {
        let family = |agent| if agent == Self::ChromeUpdated { Self::Chrome } else { agent };
        family(self) == family(other)
    }
}

impl Trouble {
    /// Nothing goes wrong.
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
        write!(out, "{:?} {}", self.agent, if self.moved { "elsewhere" } else { "at home" })
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
