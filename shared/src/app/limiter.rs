//! Rate limits: count an attempt in one atomic call and decide. A refusal is remembered, and recorded once.

use crate::app::App;
use crate::domain::client_context::EventClient;
use crate::domain::event::{Event, EventKind, LimitExceeded, Subject};
use crate::domain::id::SessionId;
use crate::domain::limit::sliding_window::{LimitDecision, decide};
use crate::domain::limit::{LimitMode, Policy, Quota};
use crate::domain::time::Timestamp;
use crate::store::{Attempt, RefusalOutcome, StoreError};
use crate::telemetry::metrics::Counter;

/// The subject of a rate limit, and how its refusal is recorded.
#[derive(Clone, Debug)]
pub struct LimitSubject {
    /// The subject in the limit's key: one spelling for one client or account.
    pub key: String,
    /// The audit trail that gets the refusal's event.
    pub event_subject: Subject,
    /// The session, if there is one.
    pub session: Option<SessionId>,
    /// The client.
    pub client: EventClient,
    /// Whether a success can end a refusal early. Then no instance remembers refusals.
    pub can_be_cleared: bool,
}

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckResult {
    /// Counted and within the limit.
    WithinLimit(Quota),
    /// Over the limit, and refused until this second.
    OverLimit(Timestamp),
    /// Not limited: the limit is off or in shadow mode.
    Unlimited,
}

/// Counts one attempt under a policy.
///
/// *Atomicity*: one call to the store. Of any number of attempts at the same time exactly the policy's number is
/// within the limit. The first attempt over the limit costs a second call; an attempt for a key that this instance
/// already refuses costs none.
///
/// # Errors
/// The store failed. The caller decides what that means: [`fails_open`] or [`fails_closed`].
pub async fn check(
    app: &App,
    policy: &Policy,
    subject: &LimitSubject,
    now: Timestamp,
) -> Result<CheckResult, StoreError> {
    if policy.mode == LimitMode::Off {
        return Ok(CheckResult::Unlimited);
    }
    let key = format!("{}#{}", policy.name, subject.key);
    let remembered = app.refusal_cache().until(&key, now).filter(|_| !subject.can_be_cleared);
    if let Some(until) = remembered {
        return Ok(over(app, policy, until));
    }
    let counts = match app.store().attempt(&key, policy, now).await {
        Ok(Attempt::Counted(counts)) => counts,
        Ok(Attempt::Refused(until)) => {
            remember(app, subject, &key, until, now);
            return Ok(over(app, policy, until));
        }
        // DynamoDB throttles this key because of too many attempts, which is what the limit is for.
        Err(error) if error.is_throttle() => return Ok(over(app, policy, now + THROTTLED_FOR)),
        Err(error) => return Err(error),
    };
    let until = match decide(policy, &counts, now) {
        LimitDecision::WithinLimit(quota) if policy.mode == LimitMode::Enforce => {
            return Ok(CheckResult::WithinLimit(quota));
        }
        LimitDecision::WithinLimit(_) => return Ok(CheckResult::Unlimited),
        LimitDecision::OverLimit(until) => until,
    };
    let refusal = match app.store().refuse(&key, policy, until, now).await {
        Ok(refusal) => refusal,
        Err(error) => {
            tracing::warn!(policy = policy.name, %error, "could not write the refusal of a rate limit");
            // The refusal may have been written and only the reply lost. No other request would record the event.
            RefusalOutcome { until, first: !error.is_throttle() }
        }
    };
    remember(app, subject, &key, refusal.until, now);
    if refusal.first {
        record_refusal(app, policy, subject, &key, refusal.until, now).await;
    }
    Ok(over(app, policy, refusal.until))
}

fn remember(app: &App, subject: &LimitSubject, key: &str, until: Timestamp, now: Timestamp) {
    if !subject.can_be_cleared {
        app.refusal_cache().remember(key, until, now);
    }
}

/// How long a key is refused that DynamoDB throttles.
const THROTTLED_FOR: std::time::Duration = std::time::Duration::from_secs(1);

fn over(app: &App, policy: &Policy, until: Timestamp) -> CheckResult {
    if policy.mode == LimitMode::Enforce {
        return CheckResult::OverLimit(until);
    }
    app.metrics().count(Counter::LimitedInShadow);
    tracing::info!(policy = policy.name, until = %until, "a rate limit in shadow mode would have refused");
    CheckResult::Unlimited
}

/// Records one event for a refusal, not one for each refused attempt: the event's id is derived from the second,
/// the key and the end of the refusal. A limit in shadow mode records nothing, because it refuses nothing.
async fn record_refusal(
    app: &App,
    policy: &Policy,
    subject: &LimitSubject,
    key: &str,
    until: Timestamp,
    now: Timestamp,
) {
    if policy.mode != LimitMode::Enforce {
        return;
    }
    let over = LimitExceeded { policy: policy.name, until };
    let kind = if policy.block.is_some() { EventKind::Blocked(over) } else { EventKind::RateLimited(over) };
    let name = format!("{key} {}", until.seconds());
    let event = Event::with_derived_id(subject.event_subject.clone(), subject.session, now, &name, kind);
    let event = Event { client: subject.client.clone(), ..event };
    app.record_events(&[event], std::future::ready(Ok(()))).await;
}

/// For a limit that only keeps order: after a store fault the attempt passes, uncounted.
pub fn fails_open(app: &App, policy: &Policy, checked: Result<CheckResult, StoreError>) -> CheckResult {
    checked.unwrap_or_else(|error| {
        app.metrics().count(Counter::LimitsFailedOpen);
        tracing::warn!(policy = policy.name, %error, "could not check a rate limit; the request passes");
        CheckResult::Unlimited
    })
}

/// For a limit that protects a secret: after a store fault the attempt is refused, so that an attacker cannot guess
/// during an outage. A limit in shadow mode still lets it pass.
///
/// # Errors
/// The store's error, which is counted.
pub fn fails_closed(
    app: &App,
    policy: &Policy,
    checked: Result<CheckResult, StoreError>,
) -> Result<CheckResult, StoreError> {
    if policy.mode != LimitMode::Enforce {
        return Ok(fails_open(app, policy, checked));
    }
    checked.inspect_err(|_| app.metrics().count(Counter::LimitsFailedClosed))
}
