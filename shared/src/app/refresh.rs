//! What does a refresh token get? Its successor, in one round trip; or the reason why not.
//!
//! The decisions are in [`crate::domain::session::rotation`]; this is their order and their writes.

use crate::app::App;
use crate::app::forged_token::report_forged_token;
use crate::app::sign_out::{self, end_one};
use crate::domain::client_context::ClientContext;
use crate::domain::event::{Event, EventKind, Over};
use crate::domain::id::{SessionId, UserId};
use crate::domain::limit::Mode;
use crate::domain::risk::{self, Finding, Noted, Rule, newest};
use crate::domain::session::Session;
use crate::domain::session::end::{Actor, End, EndReason, Ending};
use crate::domain::session::refresh_token::RefreshToken;
use crate::domain::session::rotation::{Plan, Rotation, Verdict, is_current, is_overtaken, judge, plan};
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;
use crate::store::{Conditional, StoreError};
use crate::telemetry::metrics::Counter;

/// How the exchange came out.
#[derive(Debug)]
pub enum Exchange {
    /// The session at its current generation, whose token is the answer.
    Successor(Box<Session>),
    /// The session is over; `None` when its row is gone and its record must say why.
    Over(Option<EndReason>),
    /// The token carries our seal and is not of this session.
    Forged,
    /// Refused until this second; the token stays good.
    Blocked(Timestamp),
}

/// Exchanges a token that carries our seal; `replaces` is the end of the access token that the client means to
/// replace, if it says so.
///
/// *Atomicity*: one conditional write; a second one only when something is wrong. Where another tab was faster,
/// one read and no write to the session; where it only said so, or a rule may end sessions, a read and the write.
///
/// # Errors
/// The store cannot say, or the row changed under us twice. The token stays good: repeat it.
pub async fn exchange(
    app: &App,
    token: &RefreshToken,
    replaces: Option<Timestamp>,
    seen: &ClientContext,
    now: Timestamp,
) -> Result<Exchange, StoreError> {
    let config = app.config();
    let key = config.keys.refresh()[0].tag();
    let plan = plan(token, seen.clone(), key, now, &config.limits.refresh, &config.lifetimes);
    let overtaken = replaces.is_some_and(|replaces| is_overtaken(token, replaces, now, &config.lifetimes));
    if (overtaken || config.risk_rules.can_end())
        && let Some(row) = live_row(app, token, now).await?
    {
        if let Some(exchange) = end_by_rule(app, token, &row, seen, now).await? {
            return Ok(exchange);
        }
        if overtaken && has_the_answer(app, token, &row, seen, now) {
            return Ok(again(app, Box::new(row), seen, now).await);
        }
    }
    for _ in 0..2 {
        let row = match carry_out(app, token, &plan, seen, now).await? {
            Carried::Out(exchange) => return Ok(exchange),
            Carried::Refused(row) => row,
        };
        let verdict = judge(token, row.as_deref(), seen, now, config.lifetimes.grace);
        if let (Plan::Block(until), Verdict::Blocked(found)) = (&plan, verdict)
            && *until == found
            && config.limits.refresh.block.is_some_and(|block| now + block == found)
        {
            // It is this very block: the reply to the write was lost, and with it what is told of it.
            tell_of_block(app, token, seen, found, now).await;
        }
        if let Some(exchange) = settle(app, token, row, verdict, seen, now).await? {
            return Ok(exchange);
        }
    }
    Err(StoreError::Contended)
}

/// The row that the token is of, while it lives: one read, and only where something hangs on it before the write.
async fn live_row(app: &App, token: &RefreshToken, now: Timestamp) -> Result<Option<Session>, StoreError> {
    let row = app.store().session(&token.user, &token.session, now).await?;
    Ok(row.filter(|row| row.is_live(now) && row.nonce_hash == token.nonce.hash()))
}

/// Whether the row is what a faster tab has just made of it. A network alone may differ, since some people leave by
/// several at once; what a rule alerts of, or a place that changed, is told of where it rotates.
fn has_the_answer(
    app: &App,
    token: &RefreshToken,
    row: &Session,
    seen: &ClientContext,
    now: Timestamp,
) -> bool {
    let (rules, grace) = (&app.config().risk_rules, app.config().lifetimes.grace);
    let findings = risk::of_change(rules, &row.seen, row.rotated_at, seen, now);
    let is_small = |finding: &Finding| finding.rule == Rule::IpChanged && finding.severity < Severity::High;
    is_current(token, row, seen, now, grace) && findings.iter().all(is_small)
}

/// The current generation once more; that it went to another network is told, once a second and address.
async fn again(app: &App, row: Box<Session>, seen: &ClientContext, now: Timestamp) -> Exchange {
    if risk::has_moved(&app.config().risk_rules, &row.seen, seen) {
        let kind = EventKind::TokenReplayed { ip: seen.ip };
        let event = Event::named(&row.user, row.id, now, &format!("replayed {:?}", seen.ip), kind);
        app.observe(&[event], std::future::ready(Ok(()))).await;
    }
    Exchange::Successor(row)
}

/// What became of the plan.
enum Carried {
    /// It settles the matter.
    Out(Exchange),
    /// The write was refused; this is the row to judge.
    Refused(Option<Box<Session>>),
}

async fn carry_out(
    app: &App,
    token: &RefreshToken,
    plan: &Plan,
    seen: &ClientContext,
    now: Timestamp,
) -> Result<Carried, StoreError> {
    let store = app.store();
    Ok(match plan {
        Plan::Expired => Carried::Out(Exchange::Over(Some(EndReason::Expired))),
        Plan::Rotate(rotation) => match store.rotate(token, rotation).await? {
            Conditional::Held(before) if before.ending.is_some() => Carried::Out(finish(app, &before).await),
            Conditional::Held(before) => {
                count_in_shadow(app, rotation);
                Carried::Out(note_changes(app, &before, rotation, now).await)
            }
            Conditional::Refused(row) => Carried::Refused(row),
        },
        Plan::Block(until) => match store.block(token, *until, now).await? {
            Conditional::Held(before) if before.ending.is_some() => Carried::Out(finish(app, &before).await),
            Conditional::Held(_) => {
                tell_of_block(app, token, seen, *until, now).await;
                Carried::Out(Exchange::Blocked(*until))
            }
            Conditional::Refused(row) => Carried::Refused(row),
        },
    })
}

/// Tells of a block under an id that is made of it: told twice, it is still one event.
async fn tell_of_block(
    app: &App,
    token: &RefreshToken,
    seen: &ClientContext,
    until: Timestamp,
    now: Timestamp,
) {
    let over = Over { policy: "refresh", until, ip: seen.ip };
    let kind = EventKind::Blocked(over);
    let event = Event::named(&token.user, token.session, now, "blocked", kind);
    app.observe(&[event], std::future::ready(Ok(()))).await;
}

/// Ends the session when a rule whose mode is `end` fires, before anything is rotated: an end that cannot
/// be committed leaves the row as it was, and a repeated request is judged again.
async fn end_by_rule(
    app: &App,
    token: &RefreshToken,
    row: &Session,
    seen: &ClientContext,
    now: Timestamp,
) -> Result<Option<Exchange>, StoreError> {
    // An older generation is the state machine's to judge: it is theft, not a journey.
    if row.generation > token.generation + 1 {
        return Ok(None);
    }
    let findings = risk::of_change(&app.config().risk_rules, &row.seen, row.rotated_at, seen, now);
    if !findings.iter().any(|finding| finding.ends) {
        return Ok(None);
    }
    let kinds = findings.into_iter().map(EventKind::Risk).collect();
    end_for_safety(app, row, EndReason::Risk, kinds, now).await.map(Some)
}

/// A limit in shadow mode tells what it would have refused.
fn count_in_shadow(app: &App, rotation: &Rotation) {
    let limit = &app.config().limits.refresh;
    if limit.mode == Mode::Shadow && rotation.window.count > limit.attempts {
        app.metrics().count(Counter::LimitedInShadow);
    }
}

/// Records what changed since the generation before.
async fn note_changes(app: &App, before: &Session, rotation: &Rotation, now: Timestamp) -> Exchange {
    let rules = &app.config().risk_rules;
    let findings = risk::of_change(rules, &before.seen, before.rotated_at, &rotation.seen, now);
    let mut session = rotation.apply(before);
    if findings.is_empty() {
        return Exchange::Successor(Box::new(session));
    }
    let noted: Vec<Noted> = findings.iter().filter_map(|finding| Noted::of(finding, now)).collect();
    let changed = !noted.is_empty();
    if changed {
        session.noted = newest(noted, &before.noted);
    }
    let kinds: Vec<EventKind> = findings.into_iter().map(EventKind::Risk).collect();
    observe(app, &session.user, session.id, kinds, changed.then_some(&session.noted)).await;
    Exchange::Successor(Box::new(session))
}

/// Does what the verdict asks for; `None` means once more.
async fn settle(
    app: &App,
    token: &RefreshToken,
    row: Option<Box<Session>>,
    verdict: Verdict,
    seen: &ClientContext,
    now: Timestamp,
) -> Result<Option<Exchange>, StoreError> {
    Ok(Some(match (verdict, row) {
        (Verdict::Again, _) => return Ok(None),
        (Verdict::Over(Some(_)), Some(row)) if row.ending.is_some() => finish(app, &row).await,
        (Verdict::Over(reason), _) => Exchange::Over(reason),
        (Verdict::Blocked(until), _) => Exchange::Blocked(until),
        (Verdict::Forged, _) => {
            report_forged_token(app, &token.user, token.session, seen.ip).await;
            Exchange::Forged
        }
        (Verdict::Successor, Some(row)) => again(app, row, seen, now).await,
        (Verdict::Reuse, Some(row)) => {
            let kind = EventKind::TokenReused {
                presented: token.generation,
                current: row.generation,
                ip: seen.ip,
                device: seen.device.label(),
            };
            end_for_safety(app, &row, EndReason::ReuseDetected, vec![kind], now).await?
        }
        (Verdict::Regression, Some(row)) => {
            let kind = EventKind::StateRegression { presented: token.generation, current: row.generation };
            end_for_safety(app, &row, EndReason::StateRegression, vec![kind], now).await?
        }
        (Verdict::Successor | Verdict::Reuse | Verdict::Regression, None) => Exchange::Over(None),
    }))
}

/// A session that is over already, and only its row is still there: now its end gets its record. Whether that
/// can be written or not, every reader takes it for gone.
async fn finish(app: &App, row: &Session) -> Exchange {
    let Some(end) = End::marked(row) else { return Exchange::Over(None) };
    sign_out::finish(app, &end).await;
    Exchange::Over(Some(end.reason))
}

/// The end must be committed before the answer says so: a store fault lets nobody in and signs nobody out.
async fn end_for_safety(
    app: &App,
    row: &Session,
    reason: EndReason,
    kinds: Vec<EventKind>,
    now: Timestamp,
) -> Result<Exchange, StoreError> {
    let event = |kind| Event::new(&row.user, row.id, app.now_millis(), kind);
    let events: Vec<Event> = kinds.into_iter().map(event).collect();
    end_one(app, &End::of(row, Ending::new(reason, Actor::System, now)), &events).await?;
    Ok(Exchange::Over(Some(reason)))
}

/// Writes what was noticed, into the trail and, if `noted` is given, onto the row; that it could not is
/// logged and never the client's concern.
async fn observe(
    app: &App,
    user: &UserId,
    session: SessionId,
    kinds: Vec<EventKind>,
    noted: Option<&Vec<Noted>>,
) {
    let event = |kind| Event::new(user, session, app.now_millis(), kind);
    let events: Vec<Event> = kinds.into_iter().map(event).collect();
    let note = async {
        match noted {
            Some(noted) => app.store().note(user, &session, noted).await,
            None => Ok(()),
        }
    };
    app.observe(&events, note).await;
}
