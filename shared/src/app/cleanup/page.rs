//! One page of a bucket: records the ends of the sessions that are due, then deletes their rows.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::task::JoinSet;

use super::state::Run;
use crate::domain::actor::Actor;
use crate::domain::event::Event;
use crate::domain::session::Session;
use crate::domain::session::end::{EndReason, PendingEnd, SessionEnd};
use crate::domain::time::Timestamp;
use crate::store::{Consumed, RowKey, StoreError, TransactionOutcome};

/// A run stops after this number of consecutive failures, because the store is probably down then.
const FAILURES_IN_A_ROW: u32 = 5;

/// Cleans the sessions with these keys. True if none that is due is left.
pub(super) async fn clean_page(run: &Run, keys: Vec<RowKey>) -> Result<bool, StoreError> {
    if keys.is_empty() {
        return Ok(true);
    }
    let (due, now) = (run.due(), run.clock.now());
    let (sessions, malformed) = run.store.sessions(keys, now, &run.consumed).await?;
    run.skipped.fetch_add(malformed, Ordering::Relaxed);
    // The index is eventually consistent, and today's buckets contain sessions that are not due.
    let (expired, others): (Vec<Session>, Vec<Session>) =
        sessions.into_iter().partition(|session| is_due(session, due));
    let waiting = others.iter().filter(|session| is_due(session, now)).count();
    run.waiting.fetch_add(u64::try_from(waiting).unwrap_or(u64::MAX), Ordering::Relaxed);
    let (pending, expired): (Vec<Session>, Vec<Session>) =
        expired.into_iter().partition(|session| session.pending_end.is_some());
    if run.dry {
        let found = pending.len() + expired.len();
        run.ended.fetch_add(u64::try_from(found).unwrap_or(u64::MAX), Ordering::Relaxed);
        return Ok(true);
    }
    let events: Vec<Event> = expired.iter().map(event_of).collect();
    run.store.record_all(&events, &run.consumed).await?;
    let all_deleted = delete_all(run, expired, due).await;
    let all_ended = end_all_pending(run, &pending).await;
    Ok(all_deleted && all_ended)
}

fn is_due(session: &Session, due: Timestamp) -> bool {
    session.expires_at.min(session.absolute_expires_at) <= due
}

/// The event of an expired session, at the second of its expiry. Recorded twice, it is one event.
fn event_of(session: &Session) -> Event {
    let at = session.expires_at.min(session.absolute_expires_at);
    let end = SessionEnd::of(session, PendingEnd::new(EndReason::Expired, Actor::System, at));
    Event::ended_once(&end, "expired")
}

/// Deletes the rows in parallel, because each delete takes a round trip, and there may be a million.
async fn delete_all(run: &Run, sessions: Vec<Session>, due: Timestamp) -> bool {
    let consumed = Arc::new(Consumed::default());
    let mut deletes: JoinSet<Result<bool, StoreError>> = JoinSet::new();
    for session in sessions {
        let (store, consumed) = (run.store.clone(), Arc::clone(&consumed));
        let permit = Arc::clone(&run.deletes).acquire_owned().await.expect("the semaphore is never closed");
        deletes.spawn(async move {
            let _permit = permit;
            store.delete_expired(&session, due, &consumed).await
        });
    }
    let mut all = true;
    while let Some(outcome) = deletes.join_next().await {
        match outcome {
            Ok(Ok(true)) => drop(run.ended.fetch_add(1, Ordering::Relaxed)),
            // The row was deleted already, or a server with a slower clock has refreshed the session.
            Ok(Ok(false)) => {}
            Ok(Err(_)) | Err(_) => {
                all = false;
                run.failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    run.consumed.add(&consumed);
    all
}

/// Completes pending ends. These sessions were revoked, so that end and end record are written in one transaction.
async fn end_all_pending(run: &Run, sessions: &[Session]) -> bool {
    let (mut all, mut failed_in_a_row) = (true, 0);
    for session in sessions {
        // Each transaction may take seconds, so that budget and lease are checked before each one.
        if failed_in_a_row == FAILURES_IN_A_ROW
            || run.must_stop()
            || !run.holds_lease().await.unwrap_or(false)
        {
            run.stopped.store(true, Ordering::Relaxed);
            return false;
        }
        let Some(end) = SessionEnd::marked(session) else { continue };
        let ended = run.store.record_pending_end(&end, run.clock.now_millis(), &run.consumed);
        match ended.await {
            Ok(TransactionOutcome::Committed) => {
                failed_in_a_row = 0;
                run.ended.fetch_add(1, Ordering::Relaxed);
            }
            Ok(TransactionOutcome::ConditionFailed) => {}
            Ok(TransactionOutcome::Contended) | Err(_) => {
                all = false;
                failed_in_a_row += 1;
                run.failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    all
}
