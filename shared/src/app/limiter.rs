//! Is this one attempt too many? One atomic call says so; who is refused is remembered and told of once.

use std::net::IpAddr;

use crate::app::App;
use crate::domain::event::{Event, EventKind, LimitExceeded, Subject};
use crate::domain::id::SessionId;
use crate::domain::limit::sliding_window::{LimitDecision, judge};
use crate::domain::limit::{LimitMode, Policy, Quota};
use crate::domain::time::Timestamp;
use crate::store::{Attempt, Refusal, StoreError};
use crate::telemetry::metrics::Counter;

/// Who attempts something, and what to tell of it.
#[derive(Clone, Debug)]
pub struct LimitSubject {
    /// Who, as the key has it: one spelling for one client or account.
    pub key: String,
    /// In whose trail a refusal is told.
    pub subject: Subject,
    /// In which session.
    pub session: Option<SessionId>,
    /// From where.
    pub ip: Option<IpAddr>,
    /// Whether a success elsewhere may end a refusal: then no instance remembers one.
    pub can_be_cleared: bool,
}

/// What an attempt gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckResult {
    /// It is counted and within the limit.
    WithinLimit(Quota),
    /// It is over the limit, until this second.
    OverLimit(Timestamp),
    /// The limit refuses nobody: it is off, or only watches.
    Unlimited,
}

/// Counts one attempt under a policy.
///
/// *Atomicity*: one call for an attempt that is counted, of N at once exactly the policy's number are
/// within; one more for the first that is not; none for a key that this instance has refused before.
///
/// # Errors
/// The store cannot say. What that means is the caller's: [`fails_open`] or [`fails_closed`].
pub async fn check(
    app: &App,
    policy: &Policy,
    who: &LimitSubject,
    now: Timestamp,
) -> Result<CheckResult, StoreError> {
    if policy.mode == LimitMode::Off {
        return Ok(CheckResult::Unlimited);
    }
    let key = format!("{}#{}", policy.name, who.key);
    let remembered = app.refused().until(&key, now).filter(|_| !who.can_be_cleared);
    if let Some(until) = remembered {
        return Ok(over(app, policy, until));
    }
    let counts = match app.store().attempt(&key, policy, now).await {
        Ok(Attempt::Counted(counts)) => counts,
        Ok(Attempt::Refused(until)) => {
            remember(app, who, &key, until, now);
            return Ok(over(app, policy, until));
        }
        // Too many write this very key: that is the limit's own case, and no fault of the store.
        Err(error) if error.is_throttle() => return Ok(over(app, policy, now + THROTTLED_FOR)),
        Err(error) => return Err(error),
    };
    let until = match judge(policy, &counts, now) {
        LimitDecision::WithinLimit(standing) if policy.mode == LimitMode::Enforce => {
            return Ok(CheckResult::WithinLimit(standing));
        }
        LimitDecision::WithinLimit(_) => return Ok(CheckResult::Unlimited),
        LimitDecision::OverLimit(until) => until,
    };
    let refusal = match app.store().refuse(&key, policy, until, now).await {
        Ok(refusal) => refusal,
        Err(error) => {
            tracing::warn!(policy = policy.name, %error, "a refusal could not be written");
            // Perhaps it is written and only the reply is lost: then nobody else tells of it.
            Refusal { until, first: !error.is_throttle() }
        }
    };
    remember(app, who, &key, refusal.until, now);
    if refusal.first {
        tell(app, policy, who, &key, refusal.until, now).await;
    }
    Ok(over(app, policy, refusal.until))
}

fn remember(app: &App, who: &LimitSubject, key: &str, until: Timestamp, now: Timestamp) {
    if !who.can_be_cleared {
        app.refused().remember(key, until, now);
    }
}

/// How long a key is refused that DynamoDB throttles.
const THROTTLED_FOR: std::time::Duration = std::time::Duration::from_secs(1);

fn over(app: &App, policy: &Policy, until: Timestamp) -> CheckResult {
    if policy.mode == LimitMode::Enforce {
        return CheckResult::OverLimit(until);
    }
    app.metrics().count(Counter::LimitedInShadow);
    tracing::info!(policy = policy.name, until = %until, "a limit in shadow mode would have refused");
    CheckResult::Unlimited
}

/// One event a refusal, not one a refused attempt: its id is made of its second, the key and the end. A limit
/// that only watches writes none: nobody was refused.
async fn tell(app: &App, policy: &Policy, who: &LimitSubject, key: &str, until: Timestamp, now: Timestamp) {
    if policy.mode != LimitMode::Enforce {
        return;
    }
    let over = LimitExceeded { policy: policy.name, until, ip: who.ip };
    let kind = if policy.block.is_some() { EventKind::Blocked(over) } else { EventKind::RateLimited(over) };
    let name = format!("{key} {}", until.seconds());
    let event = Event::with_derived_id(who.subject.clone(), who.session, now, &name, kind);
    app.record_events(&[event], std::future::ready(Ok(()))).await;
}

/// What a store fault means for a limit that only keeps the peace: the attempt passes, uncounted.
pub fn fails_open(app: &App, policy: &Policy, checked: Result<CheckResult, StoreError>) -> CheckResult {
    checked.unwrap_or_else(|error| {
        app.metrics().count(Counter::LimitsFailedOpen);
        tracing::warn!(policy = policy.name, %error, "a limit could not be checked and let one pass");
        CheckResult::Unlimited
    })
}

/// What a store fault means for a limit that guards a secret: nobody passes. One that only watches lets
/// everybody pass, now as ever.
///
/// # Errors
/// The store's own, counted.
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
