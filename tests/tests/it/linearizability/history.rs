//! Requests and responses in the order in which they happened.

use std::collections::BTreeSet;
use std::fmt;

use super::model::{Answer, Call};

/// One call: the moments are places in the one order of all beginnings and ends.
pub(crate) struct Op {
    pub(crate) call: Call,
    pub(crate) begun: usize,
    /// None while the call runs, or if its response was lost: then it may have happened, or not.
    pub(crate) answered: Option<(usize, Answer)>,
    /// After this moment it cannot happen any more: the engine is done before the answer is lost.
    pub(crate) over: Option<usize>,
}

#[derive(Default)]
pub(crate) struct History {
    pub(crate) ops: Vec<Op>,
    moment: usize,
}

/// A call under way.
pub(crate) struct UnderWay(usize);

impl History {
    pub(crate) fn begin(&mut self, call: Call) -> UnderWay {
        self.moment += 1;
        self.ops.push(Op { call, begun: self.moment, answered: None, over: None });
        UnderWay(self.ops.len() - 1)
    }

    pub(crate) fn end(&mut self, call: UnderWay, answer: Answer) {
        self.moment += 1;
        self.ops[call.0].answered = Some((self.moment, answer));
    }

    /// The response was lost.
    pub(crate) fn give_up(&mut self, call: UnderWay) {
        self.moment += 1;
        self.ops[call.0].over = Some(self.moment);
    }

    /// A second thing that the same call shows, from its beginning to now.
    pub(crate) fn also(&mut self, call: &UnderWay, shown: Call, answer: Answer) {
        let begun = self.ops[call.0].begun;
        self.moment += 1;
        self.ops.push(Op { call: shown, begun, answered: Some((self.moment, answer)), over: None });
    }

    /// Drops the lists with a session whose sign-in has no response, because its name is unknown.
    pub(crate) fn forget_lists_of_the_unheard_of(&mut self) {
        let opened = |op: &Op| match &op.answered {
            Some((_, Answer::Opened(session))) => Some(session.clone()),
            _ => None,
        };
        let heard_of: BTreeSet<String> = self.ops.iter().filter_map(opened).collect();
        self.ops.retain(|op| match &op.answered {
            Some((_, Answer::Live(sessions))) => sessions.is_subset(&heard_of),
            _ => true,
        });
    }

    /// The same call, carried out once more or not, unseen.
    pub(crate) fn perhaps(&mut self, call: &UnderWay) {
        self.moment += 1;
        let Op { call, begun, .. } = &self.ops[call.0];
        let again = Op { call: call.clone(), begun: *begun, answered: None, over: Some(self.moment) };
        self.ops.push(again);
    }

    /// The call turned out to show something else than was thought when it began.
    pub(crate) fn was(&mut self, call: &UnderWay, shown: Call) {
        self.ops[call.0].call = shown;
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Op { call, begun, answered, .. } in &self.ops {
            match answered {
                Some((moment, answer)) => writeln!(f, "{begun:>4} .. {moment:<4} {call:?} -> {answer:?}")?,
                None => writeln!(f, "{begun:>4} ..      {call:?} -> no answer")?,
            }
        }
        Ok(())
    }
}
