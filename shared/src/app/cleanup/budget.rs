//! The budget of a run: it ends at a deadline or after a number of sessions, whichever comes first.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::Progress;
use crate::domain::time::Timestamp;

/// The limits of a run.
#[derive(Debug)]
pub struct Budget {
    deadline: Instant,
    sessions: u64,
    lease_renewed_at: AtomicI64,
    progress: Arc<Progress>,
}

impl Budget {
    /// A budget that ends at `deadline` or after `sessions`. A run finishes the page that it has begun, so that it may end
    /// some more sessions.
    pub fn new(deadline: Instant, sessions: u64) -> Self {
        let lease_renewed_at = AtomicI64::new(i64::MIN);
        Self { deadline, sessions, lease_renewed_at, progress: Arc::default() }
    }

    /// The progress of the run, which can be read during the run.
    pub fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// The budget of a run that a request has started: 20 s, because API Gateway waits at most 30 s, or 5,000 sessions.
    pub fn on_demand() -> Self {
        Self::new(Instant::now() + Duration::from_secs(20), 5_000)
    }

    /// The budget of a scheduled run: until 30 s before the function's own deadline.
    pub fn scheduled(deadline: Instant) -> Self {
        let margin = Duration::from_secs(30);
        Self::new(deadline.checked_sub(margin).unwrap_or(deadline), u64::MAX)
    }

    /// Whether the run must not begin another page.
    pub(super) fn is_spent(&self, ended: &AtomicU64) -> bool {
        Instant::now() >= self.deadline || ended.load(Ordering::Relaxed) >= self.sessions
    }

    /// Whether the caller must renew the lease, because a third of its time has passed or it was never taken. Of several
    /// concurrent callers, only one gets `true`.
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
    fn a_budget_is_spent_at_its_deadline_or_its_number_of_sessions() {
        let later = Instant::now() + Duration::from_secs(60);
        assert!(!Budget::new(later, 5).is_spent(&AtomicU64::new(4)));
        assert!(Budget::new(later, 5).is_spent(&AtomicU64::new(5)));
        assert!(Budget::new(Instant::now(), 5).is_spent(&AtomicU64::new(0)));
        assert!(Budget::scheduled(Instant::now() + Duration::from_secs(29)).is_spent(&AtomicU64::new(0)));
    }

    #[test]
    fn one_caller_renews_the_lease_after_a_third_of_its_time() {
        let budget = Budget::on_demand();
        let at = Timestamp::from_seconds;
        let lease = Duration::from_secs(120);
        assert!(budget.lease_is_due(at(1_000), lease), "it was never taken");
        assert!(!budget.lease_is_due(at(1_039), lease));
        assert!(budget.lease_is_due(at(1_040), lease));
        assert!(!budget.lease_is_due(at(1_040), lease), "the first caller renews it");
        assert!(budget.lease_is_due(at(900), lease), "the clock was set back");
    }
}
