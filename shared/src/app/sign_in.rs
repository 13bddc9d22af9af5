//! Sign-in: a verified assertion opens a session, in two round trips: one read, then one transaction.
//!
//! The read returns the user record and the user's sessions, consistently. The transaction commits only if the
//! user record has not changed since; otherwise the sign-in starts again. So the session limit holds at every
//! moment, and an assertion is used once, however many sign-ins run at the same time.

mod previous;
mod repeat;

use std::time::Duration;

use crate::app::App;
use crate::app::sign_in::previous::{is_proven, presented, read, report_forged_cookie, theft_shown_by};
use crate::app::sign_in::repeat::answer_repeat;
use crate::app::sign_out::count_end;
use crate::app::theft::report_reuse_after_end;
use crate::config::BindingPolicy;
use crate::domain::actor::Actor;
use crate::domain::client_context::ClientContext;
use crate::domain::event::{Event, EventKind};
use crate::domain::limit::{LimitMode, Policy};
use crate::domain::risk::{self, Finding, StoredFinding};
use crate::domain::session::binding::BoundKey;
use crate::domain::session::end::{EndReason, PendingEnd, SessionEnd};
use crate::domain::session::evidence::KeyHash;
use crate::domain::session::idempotency_key::IdempotencyKey;
use crate::domain::session::nonce::Nonce;
use crate::domain::session::refresh_token::RefreshToken;
use crate::domain::session::session_limit::make_room;
use crate::domain::session::{ASSERTION_CLOCK_SKEW, NewSession, Session};
use crate::domain::time::Timestamp;
use crate::store::backoff::back_off;
use crate::store::{
    SessionOpening, StoreError, TransactionOutcome, UpstreamLink, UpstreamRow, UserRecord, UserState,
};
use crate::token::assertion::{Assertion, UsedMark};

/// Assertions of one user that can be used within [`USED_FOR`], because their marks must fit into the user record.
const USED_MAX: usize = 32;

/// How long a used assertion is remembered: its greatest age, plus the permitted clock skew, plus a minute for
/// instances whose clocks differ.
const USED_FOR: Duration = Duration::from_secs(720);

/// `USED_MAX` and `USED_FOR` as a rate limit, for the headers of a refusal.
pub const USED_LIMIT: Policy = Policy {
    name: "login",
    attempts: USED_MAX as u32,
    window: USED_FOR,
    block: None,
    mode: LimitMode::Enforce,
};

/// Sessions that a sign-in ends: three writes each, plus the session, the user record, the link to the identity provider's session, a
/// row of the revocation feed and up to five events make 99 of DynamoDB's 100. The address takes the last one. Only a sign-in after `SESSION_LIMIT` was lowered from 30 to 1
/// would end more, and the next one ends the rest.
const ENDS_MAX: usize = 30;

/// Attempts before a contended sign-in fails. The request's deadline usually comes first.
const ATTEMPTS: u32 = 40;

/// A sign-in whose assertion has been verified.
#[derive(Clone)]
pub struct SignIn<'s> {
    /// The verified assertion.
    pub assertion: &'s Assertion,
    /// The assertion's text, from which the session's nonce is derived.
    pub text: &'s str,
    /// The idempotency key of the request. It makes the session's first generation.
    pub key: Option<&'s IdempotencyKey>,
    /// The key whose possession the request proves. The session is bound to it.
    pub proven_key: Option<BoundKey>,
    /// Where the request comes from.
    pub client: &'s ClientContext,
    /// The browser's refresh cookie. Its session ends with this sign-in.
    pub previous: Option<&'s RefreshToken>,
    /// The idempotency keys of the refreshes with that cookie.
    pub previous_keys: &'s [IdempotencyKey],
}

/// Omits the assertion's text, which is a credential.
impl std::fmt::Debug for SignIn<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("SignIn").field("assertion", self.assertion).finish_non_exhaustive()
    }
}

/// A session that this sign-in opened.
#[derive(Debug)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// The session's secret.
    pub nonce: Nonce,
    /// The sessions that it ended.
    pub ended: Vec<SessionEnd>,
    /// Whether the session has no key, although another one on the same kind of device has one.
    pub lacks_key: bool,
    /// Whether the same assertion had opened it before.
    pub is_repeated: bool,
    /// The findings of the risk rules.
    pub findings: Vec<Finding>,
    /// The critical event about the browser's previous session, if its refresh cookie was an older one.
    pub theft: Option<Event>,
}

/// Why a verified assertion does not open a session.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// It was used before, and the request is not a retry by the same device within grace.
    #[error("the assertion was used before")]
    Used,
    /// It was issued before the user, or all users, were signed out everywhere, or before the provider ended the sessions.
    #[error("the assertion is older than the last sign-out everywhere or by the provider")]
    Void,
    /// The user is suspended.
    #[error("the user is suspended")]
    Suspended,
    /// The user signs in too often; the next sign-in is possible at this second.
    #[error("too many sign-ins of one user")]
    TooMany(Timestamp),
    /// The user has the greatest number of sessions, and the policy is to refuse another.
    #[error("the session limit is reached")]
    LimitReached,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens a session, or returns the session that the same assertion opened moments ago.
///
/// *Atomicity*: one transaction writes the session, the user record, the events and the ends of other sessions.
///
/// # Errors
/// See [`SignInError`]. After `Store` the session may be open: repeating the same sign-in returns it.
pub async fn sign_in(app: &App, request: &SignIn<'_>, now: Timestamp) -> Result<SignedIn, SignInError> {
    for attempt in 0..ATTEMPTS {
        let (state, previous) = read(app, request, now).await?;
        if attempt == 0 {
            report_forged_cookie(app, request, &previous, now).await;
            if let Some(presented) = presented(request, now) {
                report_reuse_after_end(app, &presented, previous.as_ref()).await?;
            }
        }
        let previous = previous.filter(|row| is_proven(request, row));
        let revocation = app.store().global_revocation(now).await?;
        let used = marks_in_use(&state.record, now);
        let asserted_at = request.assertion.issued_at;
        // Before the next check, because the repeat of an assertion from before a sign-out everywhere is evidence, too.
        if used.iter().any(|(mark, _)| *mark == request.assertion.used_mark) {
            return answer_repeat(app, request, &state, now).await;
        }
        let upstream = link(app, request.assertion, attempt).await?;
        let is_over = upstream.is_some_and(|link| link.row.is_over(asserted_at));
        if is_void(request.assertion, &state.record) || is_over || revocation.invalidates(asserted_at) {
            return Err(SignInError::Void);
        }
        if state.suspension(now).is_some() {
            return Err(SignInError::Suspended);
        }
        if used.len() >= USED_MAX {
            return Err(SignInError::TooMany(next_free_slot(&used, now)));
        }
        let mut signed_in = decide(app, request, &state, previous.as_ref(), now)?;
        // A session counts as opened after a global revocation, even within the same second.
        let opened = revocation.not_before.map_or(now, |moment| now.max(moment + Duration::from_secs(1)));
        signed_in.session.created_at = opened;
        let used: Vec<_> = used.into_iter().chain([(request.assertion.used_mark, now)]).collect();
        let events = events(&signed_in, app.now_millis());
        let opening = SessionOpening {
            session: &signed_in.session,
            record: &state.record,
            used: &used,
            upstream,
            ends: &signed_in.ended,
            events: &events,
            now_millis: app.now_millis(),
        };
        if app.store().open(&opening).await? == TransactionOutcome::Committed {
            events.iter().for_each(|event| app.on_recorded(event));
            signed_in.ended.iter().for_each(|end| count_end(app, end));
            return Ok(signed_in);
        }
        back_off(attempt).await;
    }
    Err(StoreError::Contended.into())
}

/// Whether the user was signed out everywhere, by themselves or by the provider, after the assertion was issued.
fn is_void(assertion: &Assertion, record: &UserRecord) -> bool {
    let asserted_at = assertion.issued_at;
    record.is_ordered_out(asserted_at, assertion.upstream.as_ref())
        || record.tokens_valid_after.is_some_and(|after| asserted_at + ASSERTION_CLOCK_SKEW < after)
}

/// The session at the provider that the assertion names. Its row is a condition of the transaction, so that it is read only after
/// a transaction that failed.
async fn link<'a>(
    app: &App,
    assertion: &'a Assertion,
    attempt: u32,
) -> Result<Option<UpstreamLink<'a>>, StoreError> {
    let Some(session) = &assertion.upstream else { return Ok(None) };
    let row = match attempt {
        0 => UpstreamRow::default(),
        _ => app.store().read_upstream_session(session).await?,
    };
    Ok(Some(UpstreamLink { session, row }))
}

fn decide(
    app: &App,
    request: &SignIn<'_>,
    state: &UserState,
    previous: Option<&Session>,
    now: Timestamp,
) -> Result<SignedIn, SignInError> {
    let (config, assertion) = (app.config(), request.assertion);
    let key = &config.keys.refresh()[0];
    let nonce = key.nonce(request.text);
    let id = key.session_id(&assertion.signing_input, assertion.issued_at);
    let new = NewSession {
        user: assertion.user.clone(),
        id,
        made_by: request.key.map(|key| KeyHash::of(&id, key)),
        nonce: &nonce,
        key: key.tag(),
        bound_key: request.proven_key,
        client: request.client.clone(),
        auth_time: assertion.auth_time,
        asserted_at: assertion.issued_at,
        upstream: assertion.upstream.map(|upstream| upstream.mark()),
        scope: assertion.scope.clone(),
    };
    let mut session = Session::open(new, now, &config.lifetimes);
    let known: Vec<&ClientContext> = state.live(now).map(|row| &row.client).collect();
    let findings = risk::assess_sign_in(&config.risk_rules, &known, request.client);
    session.findings = findings.iter().filter_map(|finding| StoredFinding::of(finding, now)).collect();
    let binds = app.config().binding.policy != BindingPolicy::Off;
    let has_bound =
        |row: &Session| row.bound_key.is_some() && row.client.device.is_same_device(&request.client.device);
    let lacks_key = binds && request.proven_key.is_none() && state.live(now).any(has_bound);
    let previous = previous.filter(|row| row.is_live(now));
    let others = state.live(now).filter(|row| previous.is_none_or(|previous| previous.id != row.id));
    let evicted = make_room(others, config.session_limit, config.session_limit_policy)
        .map_err(|_| SignInError::LimitReached)?;
    let end = |row: &Session, reason, by| SessionEnd::of(row, PendingEnd::new(reason, by, now));
    let theft = previous.and_then(|row| theft_shown_by(app, request, row, now));
    let (previous, theft) = match theft {
        Some(theft) => (Some(theft.end), Some(theft.event)),
        None => (previous.map(|row| end(row, EndReason::SignedOut, Actor::User)), None),
    };
    let evicted = evicted.into_iter().map(|row| end(row, EndReason::Evicted, Actor::System));
    // An instance whose clock is behind could still refresh these, and the user would be over the limit.
    let just_expired = state.sessions.iter().filter(|row| row.may_be_live(now) && !row.is_live(now));
    let expired = just_expired.map(|row| end(row, EndReason::Expired, Actor::System));
    let ended = previous.into_iter().chain(evicted).chain(expired).take(ENDS_MAX).collect();
    Ok(SignedIn { session, nonce, ended, lacks_key, is_repeated: false, findings, theft })
}

/// The events of a sign-in: the sign-in itself, its findings, and evicted sessions.
fn events(signed_in: &SignedIn, now_millis: i64) -> Vec<Event> {
    let session = &signed_in.session;
    let event = |about, kind| Event::new(&session.user, about, now_millis, kind).from_client(&session.client);
    let login = event(session.id, EventKind::Login { binding: session.binding() });
    let lacks_key = signed_in.lacks_key.then(|| event(session.id, EventKind::BindingMissing));
    let findings =
        signed_in.findings.iter().map(|finding| event(session.id, EventKind::Risk(finding.clone())));
    let evicted: Vec<&SessionEnd> =
        signed_in.ended.iter().filter(|end| end.reason == EndReason::Evicted).collect();
    let eviction = evicted.first().map(|end| {
        event(end.session, EventKind::SessionEvicted { new_session: session.id, evicted: evicted.len() })
    });
    std::iter::once(login)
        .chain(lacks_key)
        .chain(findings)
        .chain(eviction)
        .chain(signed_in.theft.clone())
        .collect()
}

fn marks_in_use(record: &UserRecord, now: Timestamp) -> Vec<(UsedMark, Timestamp)> {
    record.used.iter().copied().filter(|(_, at)| now < *at + USED_FOR).collect()
}

fn next_free_slot(used: &[(UsedMark, Timestamp)], now: Timestamp) -> Timestamp {
    used.iter().map(|(_, at)| *at + USED_FOR).min().unwrap_or(now)
}
