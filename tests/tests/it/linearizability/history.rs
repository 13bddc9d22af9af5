//! Requests and responses in the order in which they happened.

use std::collections::BTreeSet;
use std::fmt;

use super::model::{Answer, Call};

/// One call. Its times are positions in the common order of all starts and ends.
pub(crate) struct Op {
    pub(crate) call: Call,
    pub(crate) started: usize,
    /// None while the call runs, or if its response was lost. Then the call may or may not have had an effect.
    pub(crate) answered: Option<(usize, Answer)>,
    /// When the response was lost. The call has no effect after this time, because the engine finishes before the loss.
    pub(crate) lost_at: Option<usize>,
}

#[derive(Default)]
pub(crate) struct History {
    pub(crate) ops: Vec<Op>,
    moment: usize,
}

/// A call that still runs.
pub(crate) struct PendingCall(usize);

impl History {
    pub(crate) fn begin(&mut self, call: Call) -> PendingCall {
        self.moment += 1;
        self.ops.push(Op { call, started: self.moment, answered: None, lost_at: None });
        PendingCall(self.ops.len() - 1)
    }

    pub(crate) fn end(&mut self, call: PendingCall, answer: Answer) {
        self.moment += 1;
        self.ops[call.0].answered = Some((self.moment, answer));
    }

    /// Records that the response was lost.
    pub(crate) fn give_up(&mut self, call: PendingCall) {
        self.moment += 1;
        self.ops[call.0].lost_at = Some(self.moment);
    }

    /// How many starts and ends of other calls there were since this call began.
    pub(crate) fn others_during(&self, call: &PendingCall) -> usize {
        self.moment - self.ops[call.0].started
    }

    /// Records a second fact that the same request shows, with the times of the request.
    pub(crate) fn add_observation(&mut self, call: &PendingCall, observed: Call, answer: Answer) {
        let started = self.ops[call.0].started;
        self.moment += 1;
        self.ops.push(Op { call: observed, started, answered: Some((self.moment, answer)), lost_at: None });
    }

    /// Drops the lists with a session whose sign-in has no response, because its name is unknown.
    pub(crate) fn drop_lists_with_unknown_sessions(&mut self) {
        let opened = |op: &Op| match &op.answered {
            Some((_, Answer::Opened(session))) => Some(session.clone()),
            _ => None,
        };
        let known: BTreeSet<String> = self.ops.iter().filter_map(opened).collect();
        self.ops.retain(|op| match &op.answered {
            Some((_, Answer::Live(sessions))) => sessions.is_subset(&known),
            _ => true,
        });
    }

    /// Records that the call may have taken effect once more without a response.
    pub(crate) fn add_possible_repeat(&mut self, call: &PendingCall) {
        self.moment += 1;
        let Op { call, started, .. } = &self.ops[call.0];
        let again = Op { call: call.clone(), started: *started, answered: None, lost_at: Some(self.moment) };
        self.ops.push(again);
    }

    /// Replaces the call, because its response showed a fact of another kind than expected.
    pub(crate) fn reinterpret(&mut self, call: &PendingCall, observed: Call) {
        self.ops[call.0].call = observed;
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Op { call, started, answered, .. } in &self.ops {
            match answered {
                Some((moment, answer)) => writeln!(f, "{started:>4} .. {moment:<4} {call:?} -> {answer:?}")?,
                None => writeln!(f, "{started:>4} ..      {call:?} -> no answer")?,
            }
        }
        Ok(())
    }
}
