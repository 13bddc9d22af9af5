//! The faults on the way to the store, and their results.

use latchkey_local::dev_controls::faults::FaultKind;

use super::machine::Machine;
use super::steps::{ATTEMPTS, TRANSACT, Trouble};

/// The result of a call on its way to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Luck {
    /// It came through, at once or by a retry.
    Good,
    /// It did not; the operation that failed, and what it had done by then.
    Bad { operation: &'static str, done: Done },
}

/// The effect of an operation at the moment its caller gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    Nothing,
    All,
    /// The end is marked, its transaction never came through.
    Marked,
}

impl Luck {
    /// Whether this operation was carried out all the same, so that only its answer is lost.
    pub(crate) fn did(self, operation: &str) -> bool {
        matches!(self, Self::Bad { operation: failed, done: Done::All } if failed == operation)
    }
}

impl Machine {
    /// Has the next attempts of an operation fail. That everyone was signed out is asked before: the trouble is
    /// meant for the call itself.
    pub(crate) async fn arrange(&self, trouble: &Trouble) {
        self.world.server.store.global_revocation(self.world.now()).await.expect("nothing is in the way yet");
        for kind in &trouble.faults {
            self.world.server.faults.queue(Some(trouble.operation), *kind, 1);
        }
    }

    /// The results of the faults. Faults that are left over are dropped.
    pub(crate) fn luck(&self, trouble: &Trouble) -> Luck {
        let left = self.world.server.faults.pending() as usize;
        self.world.server.faults.clear(None);
        let met = &trouble.faults[..trouble.faults.len() - left];
        let conflicts = trouble.operation == TRANSACT && met.contains(&FaultKind::Conflict);
        let done = match () {
            () if conflicts && left > 0 && met.len() > ATTEMPTS => Done::Marked,
            () if conflicts || met.len() < ATTEMPTS => return Luck::Good,
            () if met.contains(&FaultKind::TimeoutAfterCommit) => Done::All,
            () => Done::Nothing,
        };
        Luck::Bad { operation: trouble.operation, done }
    }
}
