//! Refresh: replace a refresh token by its successor, in one round trip.
//!
//! [`crate::domain::session::rotation`] decides; this file orders the decisions and performs their writes.

use crate::app::App;
use crate::app::forged_token::report_forged_token;
use crate::app::sign_out::{self, end_one};
use crate::domain::actor::Actor;
use crate::domain::client_context::ClientContext;
use crate::domain::event::{Event, EventKind, LimitExceeded};
use crate::domain::limit::LimitMode;
use crate::domain::risk::{self, Finding, Rule, StoredFinding, merge_recent};
use crate::domain::session::Session;
use crate::domain::session::end::{EndReason, PendingEnd, SessionEnd};
use crate::domain::session::refresh_token::RefreshToken;
use crate::domain::session::rotation::{Plan, Rotation, Verdict, is_current, is_overtaken, judge, plan};
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;
use crate::store::{ConditionalWrite, StoreError};
use crate::telemetry::metrics::Counter;

/// The outcome of a refresh.
#[derive(Debug)]
pub enum RefreshOutcome {
    /// The session at its current generation. Its refresh token is the answer.
    Granted(Box<Session>),
    /// The session has ended. `None` when the row is gone: the end record has the reason.
    SessionEnded(Option<EndReason>),
    /// The token's seal is valid and its nonce is not the session's.
    ForgedToken,
    /// Over the rate limit until this second. The token stays valid.
    Blocked(Timestamp),
}

/// Refreshes with a token whose seal has been checked. `replaces` is the `expires_at` of the access token that the
/// client wants to replace, if the request has it.
///
/// *Atomicity*: one conditional write; a second write only after reuse, a block or a finding. If `replaces` shows
/// that another tab was faster, one read and no write to the session. If a risk rule can end sessions, one read
/// before the write.
///
/// # Errors
/// The store failed, or the row changed twice during the call. The token stays valid; the call can be repeated.
pub async fn refresh(
    app: &App,
    token: &RefreshToken,
    replaces: Option<Timestamp>,
    client: &ClientContext,
    now: Timestamp,
) -> Result<RefreshOutcome, StoreError> {
    let config = app.config();
    let key = config.keys.refresh()[0].tag();
    let plan = plan(token, client.clone(), key, now, &config.limits.refresh, &config.lifetimes);
    let overtaken = replaces.is_some_and(|replaces| is_overtaken(token, replaces, now, &config.lifetimes));
    if (overtaken || config.risk_rules.can_end())
        && let Some(row) = live_row(app, token, now).await?
    {
        if let Some(outcome) = end_by_rule(app, token, &row, client, now).await? {
            return Ok(outcome);
        }
        if overtaken && can_reuse_current_token(app, token, &row, client, now) {
            return Ok(replay_current_token(app, Box::new(row), client, now).await);
        }
    }
    for _ in 0..2 {
        let row = match carry_out(app, token, &plan, client, now).await? {
            WriteResult::Done(outcome) => return Ok(outcome),
            WriteResult::ConditionFailed(row) => row,
        };
        let verdict = judge(token, row.as_deref(), client, now, config.lifetimes.grace);
        if let (Plan::Block(until), Verdict::Blocked(found)) = (&plan, verdict)
            && *until == found
            && config.limits.refresh.block.is_some_and(|block| now + block == found)
        {
            // The block was written by this request, and its reply was lost before the event was recorded.
            record_block(app, token, client, found, now).await;
        }
        if let Some(outcome) = apply_verdict(app, token, row, verdict, client, now).await? {
            return Ok(outcome);
        }
    }
    Err(StoreError::Contended)
}

/// The live session of the token: one read, for the cases that must be decided before the write.
async fn live_row(app: &App, token: &RefreshToken, now: Timestamp) -> Result<Option<Session>, StoreError> {
    let row = app.store().read_session(&token.user, &token.session, now).await?;
    Ok(row.filter(|row| row.is_live(now) && row.nonce_hash == token.nonce.hash()))
}

/// Whether a faster tab has just made the current generation, so that its token can be the answer. The network may
/// differ, because some clients use several at once. With any other finding, or an alert, the token rotates, and
/// the rotation records the finding.
fn can_reuse_current_token(
    app: &App,
    token: &RefreshToken,
    row: &Session,
    client: &ClientContext,
    now: Timestamp,
) -> bool {
    let (rules, grace) = (&app.config().risk_rules, app.config().lifetimes.grace);
    let findings = risk::assess_change(rules, &row.client, row.rotated_at, client, now);
    let is_small = |finding: &Finding| finding.rule == Rule::IpChanged && finding.severity < Severity::High;
    is_current(token, row, client, now, grace) && findings.iter().all(is_small)
}

/// Returns the current token again. If it goes to another network, an event records that, once for each second and
/// address.
async fn replay_current_token(
    app: &App,
    row: Box<Session>,
    client: &ClientContext,
    now: Timestamp,
) -> RefreshOutcome {
    if risk::has_moved(&app.config().risk_rules, &row.client, client) {
        let name = format!("replayed {:?}", client.ip);
        let event = Event::once_per_second(&row.user, row.id, now, &name, EventKind::TokenReplayed);
        app.record_events(&[event.from_client(client)], std::future::ready(Ok(()))).await;
    }
    RefreshOutcome::Granted(row)
}

/// The result of the write that the plan asked for.
enum WriteResult {
    /// The outcome is decided.
    Done(RefreshOutcome),
    /// The write's condition failed. This is the row, if there is one.
    ConditionFailed(Option<Box<Session>>),
}

async fn carry_out(
    app: &App,
    token: &RefreshToken,
    plan: &Plan,
    client: &ClientContext,
    now: Timestamp,
) -> Result<WriteResult, StoreError> {
    let store = app.store();
    Ok(match plan {
        Plan::Expired => WriteResult::Done(RefreshOutcome::SessionEnded(Some(EndReason::Expired))),
        Plan::Rotate(rotation) => match store.rotate(token, rotation).await? {
            ConditionalWrite::Applied(before) if before.pending_end.is_some() => {
                WriteResult::Done(record_pending_end(app, &before).await)
            }
            ConditionalWrite::Applied(before) => {
                count_in_shadow(app, rotation);
                WriteResult::Done(record_findings(app, &before, rotation, now).await)
            }
            ConditionalWrite::Rejected(row) => WriteResult::ConditionFailed(row),
        },
        Plan::Block(until) => match store.block(token, *until, now).await? {
            ConditionalWrite::Applied(before) if before.pending_end.is_some() => {
                WriteResult::Done(record_pending_end(app, &before).await)
            }
            ConditionalWrite::Applied(_) => {
                record_block(app, token, client, *until, now).await;
                WriteResult::Done(RefreshOutcome::Blocked(*until))
            }
            ConditionalWrite::Rejected(row) => WriteResult::ConditionFailed(row),
        },
    })
}

/// Records the event of a block under an id derived from the block, so that a repeated write is one event.
async fn record_block(
    app: &App,
    token: &RefreshToken,
    client: &ClientContext,
    until: Timestamp,
    now: Timestamp,
) {
    let over = LimitExceeded { policy: "refresh", until };
    let kind = EventKind::Blocked(over);
    let event = Event::once_per_second(&token.user, token.session, now, "blocked", kind);
    app.record_events(&[event.from_client(client)], std::future::ready(Ok(()))).await;
}

/// Ends the session if a risk rule with mode `end` matches. This happens before the rotation, so that a failed end
/// leaves the row unchanged and the repeated request is assessed again.
async fn end_by_rule(
    app: &App,
    token: &RefreshToken,
    row: &Session,
    client: &ClientContext,
    now: Timestamp,
) -> Result<Option<RefreshOutcome>, StoreError> {
    // An older generation is reuse, which `judge` handles.
    if row.generation > token.generation + 1 {
        return Ok(None);
    }
    let findings = risk::assess_change(&app.config().risk_rules, &row.client, row.rotated_at, client, now);
    if !findings.iter().any(|finding| finding.ends) {
        return Ok(None);
    }
    let kinds = findings.into_iter().map(EventKind::Risk).collect();
    end_for_safety(app, row, EndReason::Risk, kinds, client, now).await.map(Some)
}

/// Counts what a rate limit in shadow mode would have refused.
fn count_in_shadow(app: &App, rotation: &Rotation) {
    let limit = &app.config().limits.refresh;
    if limit.mode == LimitMode::Shadow && rotation.window.count > limit.attempts {
        app.metrics().count(Counter::LimitedInShadow);
    }
}

/// Records the findings of the risk rules about the change since the previous generation.
async fn record_findings(app: &App, before: &Session, rotation: &Rotation, now: Timestamp) -> RefreshOutcome {
    let rules = &app.config().risk_rules;
    let findings = risk::assess_change(rules, &before.client, before.rotated_at, &rotation.client, now);
    let mut session = rotation.apply(before);
    if findings.is_empty() {
        return RefreshOutcome::Granted(Box::new(session));
    }
    let stored: Vec<StoredFinding> =
        findings.iter().filter_map(|finding| StoredFinding::of(finding, now)).collect();
    let changed = !stored.is_empty();
    if changed {
        session.findings = merge_recent(stored, &before.findings);
    }
    let kinds: Vec<EventKind> = findings.into_iter().map(EventKind::Risk).collect();
    record_events(app, &session, kinds, changed.then_some(&session.findings)).await;
    RefreshOutcome::Granted(Box::new(session))
}

/// Acts on the verdict. `None` means that the write is tried once more.
async fn apply_verdict(
    app: &App,
    token: &RefreshToken,
    row: Option<Box<Session>>,
    verdict: Verdict,
    client: &ClientContext,
    now: Timestamp,
) -> Result<Option<RefreshOutcome>, StoreError> {
    Ok(Some(match (verdict, row) {
        (Verdict::Retry, _) => return Ok(None),
        (Verdict::Ended(Some(_)), Some(row)) if row.pending_end.is_some() => {
            record_pending_end(app, &row).await
        }
        (Verdict::Ended(reason), _) => RefreshOutcome::SessionEnded(reason),
        (Verdict::Blocked(until), _) => RefreshOutcome::Blocked(until),
        (Verdict::Forged, _) => {
            report_forged_token(app, &token.user, token.session, client).await;
            RefreshOutcome::ForgedToken
        }
        (Verdict::Replay, Some(row)) => replay_current_token(app, row, client, now).await,
        (Verdict::Reuse, Some(row)) => {
            let kind = EventKind::TokenReused {
                presented: token.generation,
                current: row.generation,
                ended_device: row.client.device.label(),
            };
            end_for_safety(app, &row, EndReason::ReuseDetected, vec![kind], client, now).await?
        }
        (Verdict::Regression, Some(row)) => {
            let kind = EventKind::StateRegression {
                presented: token.generation,
                current: row.generation,
                ended_device: row.client.device.label(),
            };
            end_for_safety(app, &row, EndReason::StateRegression, vec![kind], client, now).await?
        }
        (Verdict::Replay | Verdict::Reuse | Verdict::Regression, None) => RefreshOutcome::SessionEnded(None),
    }))
}

/// Records the end that is marked on the row. The session counts as ended whether that write succeeds or not.
async fn record_pending_end(app: &App, row: &Session) -> RefreshOutcome {
    let Some(end) = SessionEnd::marked(row) else { return RefreshOutcome::SessionEnded(None) };
    sign_out::record_pending_end(app, &end).await;
    RefreshOutcome::SessionEnded(Some(end.reason))
}

/// Ends the session because of reuse, state regression or a risk rule. The end is committed before the response,
/// so that a store fault neither lets a thief in nor signs an honest user out.
async fn end_for_safety(
    app: &App,
    row: &Session,
    reason: EndReason,
    kinds: Vec<EventKind>,
    client: &ClientContext,
    now: Timestamp,
) -> Result<RefreshOutcome, StoreError> {
    let event = |kind| Event::new(&row.user, row.id, app.now_millis(), kind).from_client(client);
    let events: Vec<Event> = kinds.into_iter().map(event).collect();
    end_one(app, &SessionEnd::of(row, PendingEnd::new(reason, Actor::System, now)), &events).await?;
    Ok(RefreshOutcome::SessionEnded(Some(reason)))
}

/// Writes the findings to the audit trail and, if `findings` is given, to the row. A failure is logged and does not
/// fail the request.
async fn record_events(
    app: &App,
    session: &Session,
    kinds: Vec<EventKind>,
    findings: Option<&Vec<StoredFinding>>,
) {
    let event =
        |kind| Event::new(&session.user, session.id, app.now_millis(), kind).from_client(&session.client);
    let events: Vec<Event> = kinds.into_iter().map(event).collect();
    let write = async {
        match findings {
            Some(findings) => app.store().write_findings(&session.user, &session.id, findings).await,
            None => Ok(()),
        }
    };
    app.record_events(&events, write).await;
}
