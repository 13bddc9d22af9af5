//! How far may a run go? Until its deadline or its number of sessions, whichever comes first.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::Progress;
use crate::domain::time::Timestamp;

/// What a run may take.
#[derive(Debug)]
pub struct Budget {
    deadline: Instant,
    sessions: u64,
    lease_renewed_at: AtomicI64,
    progress: Arc<Progress>,
}

impl Budget {
    /// Until `deadline`, and at most some more than `sessions`: a page that was begun is finished.
    pub fn new(deadline: Instant, sessions: u64) -> Self {
        let lease_renewed_at = AtomicI64::new(i64::MIN);
        Self { deadline, sessions, lease_renewed_at, progress: Arc::default() }
    }

    /// How far its run has come, to be read while it runs.
    pub fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// For a call that somebody waits for: 20 s, since API Gateway waits no longer than 30, or 5,000
    /// sessions.
    pub fn on_demand() -> Self {
        Self::new(Instant::now() + Duration::from_secs(20), 5_000)
    }

    /// Until 30 s before a function's own deadline.
    pub fn scheduled(deadline: Instant) -> Self {
        let margin = Duration::from_secs(30);
        Self::new(deadline.checked_sub(margin).unwrap_or(deadline), u64::MAX)
    }

    /// Whether nothing more may be begun.
    pub(super) fn is_spent(&self, ended: &AtomicU64) -> bool {
        Instant::now() >= self.deadline || ended.load(Ordering::Relaxed) >= self.sessions
    }

    /// Whether the lease must be renewed: a third of its life is over, or it was never taken. The one who is
    /// told so renews it.
    pub(super) fn lease_is_due(&self, now: Timestamp, lease: Duration) -> bool {
        let renewed = self.lease_renewed_at.load(Ordering::Relaxed);
        let third = i64::try_from(lease.as_secs() / 3).unwrap_or(i64::MAX);
        let due = now.seconds() < renewed || now.seconds() >= renewed.saturating_add(third);
        due && self
            .lease_renewed_at
            .compare_exchange(renewed, now.seconds(), Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_ends_by_time_or_by_number() {
        let later = Instant::now() + Duration::from_secs(60);
        assert!(!Budget::new(later, 5).is_spent(&AtomicU64::new(4)));
        assert!(Budget::new(later, 5).is_spent(&AtomicU64::new(5)));
        assert!(Budget::new(Instant::now(), 5).is_spent(&AtomicU64::new(0)));
        assert!(Budget::scheduled(Instant::now() + Duration::from_secs(29)).is_spent(&AtomicU64::new(0)));
    }

    #[test]
    fn a_lease_is_renewed_by_one_in_a_third_of_its_life() {
        let budget = Budget::on_demand();
        let at = Timestamp::from_seconds;
        let lease = Duration::from_secs(120);
        assert!(budget.lease_is_due(at(1_000), lease), "it was never taken");
        assert!(!budget.lease_is_due(at(1_039), lease));
        assert!(budget.lease_is_due(at(1_040), lease));
        assert!(!budget.lease_is_due(at(1_040), lease), "one renews it for all");
        assert!(budget.lease_is_due(at(900), lease), "a clock that was set back");
    }
}
