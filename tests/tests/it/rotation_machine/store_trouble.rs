//! Faults between the product and the store, and their effect on a call.

use latchkey_local::dev_controls::faults::FaultKind;

use super::machine::Machine;
use super::steps::{ATTEMPTS, TRANSACT, Trouble};

/// The result of a store call under faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallResult {
    /// The call succeeded, at the first attempt or after retries.
    Delivered,
    /// The call failed: the operation, and its effect on the table by then.
    Failed { operation: &'static str, effect: Effect },
}

/// The effect that an operation has had when its caller gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    None,
    Complete,
    /// The row has a pending end, and the transaction was not committed.
    PendingEnd,
}

impl CallResult {
    /// Whether this operation was carried out and only its response was lost.
    pub(crate) fn was_carried_out(self, operation: &str) -> bool {
        matches!(self, Self::Failed { operation: failed, effect: Effect::Complete } if failed == operation)
    }
}

impl Machine {
    /// Makes the next attempts of an operation fail. It loads the global revocation first, so that the faults affect the
    /// request itself and not this call.
    pub(crate) async fn arrange(&self, trouble: &Trouble) {
        self.world.server.store.global_revocation(self.world.now()).await.expect("there are no faults yet");
        for kind in &trouble.faults {
            self.world.server.faults.queue(Some(trouble.operation), *kind, 1);
        }
    }

    /// The result of the call under these faults. Drops the faults that are left.
    pub(crate) fn call_result(&self, trouble: &Trouble) -> CallResult {
        let left = self.world.server.faults.pending() as usize;
        self.world.server.faults.clear(None);
        let met = &trouble.faults[..trouble.faults.len() - left];
        let conflicts = trouble.operation == TRANSACT && met.contains(&FaultKind::Conflict);
        let effect = match () {
            () if conflicts && left > 0 && met.len() > ATTEMPTS => Effect::PendingEnd,
            () if conflicts || met.len() < ATTEMPTS => return CallResult::Delivered,
            () if met.contains(&FaultKind::TimeoutAfterCommit) => Effect::Complete,
            () => Effect::None,
        };
        CallResult::Failed { operation: trouble.operation, effect }
    }
}
