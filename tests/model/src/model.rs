//! The exhaustive model: one browser with two tabs, one thief and one session, in every order of events.
//!
//! | file | it has |
//! |---|---|
//! | [`scenario`] | the rules under test, the kind of thief, and the bounds of the search |
//! | [`state`] | everything that differs between two moments |
//! | [`owner`] | the steps of the two tabs |
//! | [`network`] | requests and responses arrive late, or never |
//! | [`weather`] | time passes, clocks step, the browser crashes, the user moves to another network |
//! | [`thief`] | what a thief copies and sends |
//! | [`invariants`] | what must hold in every state |
//! | [`search`] | breadth first over all states, so that a counterexample is as short as possible |
//!
//! Time is relative: now is second 0, and a step of time moves all stored times into the past. So two states that differ
//! only in their age are one state.
//!
//! The bounds leave out: a request that arrives more than a minute after it was sent (API Gateway ends every call after
//! 29 s), clocks of instances that differ by more than 20 s, and a store that loses a write. `tests/tests/it` covers the
//! store.

pub mod invariants;
pub mod network;
pub mod owner;
pub mod scenario;
pub mod search;
pub mod state;
pub mod thief;
pub mod weather;

use std::fmt;

use latchkey::domain::session::evidence::Evidence;

use crate::client::Keys;
use scenario::Scenario;
use state::{Message, State};

/// One event between two states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Time passes.
    Wait(i32),
    /// The cookies and the records of the browser reach its disk.
    Flush,
    /// The browser or its machine dies and starts again with what its disk had.
    Crash,
    /// The clock of the browser's machine jumps.
    ClientClock(i32),
    /// The user carries the device to another network.
    Move,
    /// A tab stops waiting for the response, because it was closed or had waited long enough.
    GiveUp(usize),
    /// A tab reads the record without writing it. Only the mutant without transactions does.
    Read(usize),
    /// A tab sends a refresh.
    Send(usize, u64, Keys),
    /// A message is lost.
    Lose(Message),
    /// A request of the owner reaches an instance whose clock differs by these seconds.
    Receive(u64, Keys, i32, Evidence),
    /// A response reaches the browser.
    Answer(Message),
    /// The thief copies the cookie, and perhaps the record.
    Steal(u64, Keys),
    /// The thief sends a refresh.
    Attack(u64, Keys, Evidence),
}

/// All states that can follow `state`.
pub fn successors(scenario: &Scenario, state: &State, next: &mut Vec<(Step, State)>) {
    next.clear();
    if state.is_settled(scenario) {
        return;
    }
    weather::steps(scenario, state, next);
    owner::steps(scenario, state, next);
    network::steps(scenario, state, next);
    thief::steps(scenario, state, next);
    for (_, state) in next.iter_mut() {
        state.normalize(scenario);
    }
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wait(seconds) => write!(out, "{seconds} s pass"),
            Self::Flush => write!(out, "cookies and record reach the disk"),
            Self::Crash => write!(out, "the browser crashes and starts again"),
            Self::ClientClock(seconds) => write!(out, "the client's clock jumps by {seconds} s"),
            Self::Move => write!(out, "the user moves to another network"),
            Self::GiveUp(tab) => write!(out, "tab {tab} stops waiting"),
            Self::Read(tab) => write!(out, "tab {tab} reads the record"),
            Self::Send(tab, generation, keys) => {
                write!(out, "tab {tab} sends token {generation} with {}", show(keys))
            }
            Self::Lose(message) => write!(out, "lost: {message:?}"),
            Self::Receive(generation, keys, 0, evidence) => {
                write!(out, "server: token {generation} of the owner with {}: {evidence:?}", show(keys))
            }
            Self::Receive(generation, keys, clock, evidence) => {
                write!(
                    out,
                    "server, clock {clock:+} s: token {generation} of the owner with {}: {evidence:?}",
                    show(keys)
                )
            }
            Self::Answer(message) => write!(out, "arrives: {message:?}"),
            Self::Steal(generation, keys) => {
                write!(out, "the thief copies token {generation} with {}", show(keys))
            }
            Self::Attack(generation, keys, evidence) => {
                write!(out, "server: token {generation} of the thief with {}: {evidence:?}", show(keys))
            }
        }
    }
}

fn show(keys: &Keys) -> String {
    let keys: Vec<_> = keys.iter().flatten().map(|key| format!("{key:?}")).collect();
    if keys.is_empty() { "no key".into() } else { keys.join(" ") }
}
