//! How does an assertion become a session? Two round trips: look, then one transaction.
//!
//! The look is a consistent read of the user's head and sessions; the transaction holds only if the head
//! has not moved since. A lost race is looked at again, so the session limit holds at every moment and an
//! assertion is used once.

use std::time::Duration;

use crate::app::App;
use crate::app::forged_token::report_forged_token;
use crate::app::sign_out::count_end;
use crate::domain::client_context::ClientContext;
use crate::domain::event::{Event, EventKind};
use crate::domain::limit::{LimitMode, Policy};
use crate::domain::risk::{self, Finding, StoredFinding};
use crate::domain::session::Session;
use crate::domain::session::end::{Actor, EndReason, PendingEnd, SessionEnd};
use crate::domain::session::nonce::Nonce;
use crate::domain::session::refresh_token::RefreshToken;
use crate::domain::session::rotation::in_grace;
use crate::domain::session::session_limit::make_room;
use crate::domain::time::Timestamp;
use crate::store::backoff::back_off;
use crate::store::{SKEW, SessionOpening, StoreError, TransactionOutcome, UserRecord, UserState};
use crate::token::assertion::{Assertion, UsedMark};

/// Assertions of one user that may be used within [`USED_FOR`]: their marks must fit the head's row.
const USED_MAX: usize = 32;

/// How long a used assertion is remembered: its greatest age, the clock skew it is allowed, and a minute
/// for instances whose clocks differ.
const USED_FOR: Duration = Duration::from_secs(720);

/// The two as a limit, for the headers of a refusal.
pub const USED_LIMIT: Policy = Policy {
    name: "login",
    attempts: USED_MAX as u32,
    window: USED_FOR,
    block: None,
    mode: LimitMode::Enforce,
};

/// Attempts before a contended sign-in gives up; the request's deadline usually comes first.
const ATTEMPTS: u32 = 40;

/// A sign-in that was verified and wants a session.
#[derive(Clone)]
pub struct SignIn<'s> {
    /// Who, says the issuer.
    pub assertion: &'s Assertion,
    /// The assertion's text, which the nonce is made of.
    pub text: &'s str,
    /// From where and with what.
    pub client: &'s ClientContext,
    /// The refresh cookie that came along: its session ends with this sign-in.
    pub previous: Option<&'s RefreshToken>,
}

/// Without the assertion, which is a credential.
impl std::fmt::Debug for SignIn<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("SignIn").field("assertion", self.assertion).finish_non_exhaustive()
    }
}

/// A session that is open.
#[derive(Debug)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// Its secret.
    pub nonce: Nonce,
    /// The sessions that ended for it.
    pub ended: Vec<SessionEnd>,
    /// What was noticed.
    pub findings: Vec<Finding>,
}

/// Why a verified assertion opens no session.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// It was used before, and this is not the same device repeating it in grace.
    #[error("the assertion was used before")]
    Used,
    /// The user signed out everywhere after it was made.
    #[error("the assertion is older than the last sign-out everywhere")]
    Void,
    /// The user's assertions come too fast; the next one may come at this second.
    #[error("too many sign-ins of one user")]
    TooMany(Timestamp),
    /// The session limit is reached and its policy is to refuse.
    #[error("the session limit is reached")]
    LimitReached,
    /// The store cannot say.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens a session, or finds the one that this very assertion opened moments ago.
///
/// # Errors
/// See [`SignInError`]. After `Store` the session may be open: repeating the same login finds it.
pub async fn sign_in(app: &App, request: &SignIn<'_>, now: Timestamp) -> Result<SignedIn, SignInError> {
    for attempt in 0..ATTEMPTS {
        let (state, previous) = look(app, request, now).await?;
        if attempt == 0 {
            tell_of_forgery(app, request, &previous, now).await;
        }
        let previous = previous.filter(|row| is_proven(request, row));
        let revocation = app.store().global_revocation(now).await?;
        let used = still_remembered(&state.record, now);
        let asserted_at = request.assertion.issued_at;
        let void = state.record.tokens_valid_after.is_some_and(|after| asserted_at + SKEW < after);
        if void || revocation.invalidates(asserted_at) {
            return Err(SignInError::Void);
        }
        if used.iter().any(|(mark, _)| *mark == request.assertion.used_mark) {
            return repeated(app, request, &state, now).ok_or(SignInError::Used);
        }
        if used.len() >= USED_MAX {
            return Err(SignInError::TooMany(room_at(&used, now)));
        }
        let mut signed_in = decide(app, request, &state, previous.as_ref(), now)?;
        // Whoever signs in after everyone was signed out is in, even within the same second.
        let opened = revocation.not_before.map_or(now, |moment| now.max(moment + Duration::from_secs(1)));
        signed_in.session.created_at = opened;
        let used: Vec<_> = used.into_iter().chain([(request.assertion.used_mark, now)]).collect();
        let events = events(&signed_in, app.now_millis());
        let opening = SessionOpening {
            session: &signed_in.session,
            record: &state.record,
            used: &used,
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

/// The user's head and sessions; and, at the same time, the cookie's session when it is somebody else's.
async fn look(
    app: &App,
    request: &SignIn<'_>,
    now: Timestamp,
) -> Result<(UserState, Option<Session>), StoreError> {
    let (store, user) = (app.store(), &request.assertion.user);
    let Some(token) = request.previous else { return Ok((store.user(user, now).await?, None)) };
    let (state, row) = if token.user == *user {
        let state = store.user(user, now).await?;
        let row = state.sessions.iter().find(|row| row.id == token.session).cloned();
        (state, row)
    } else {
        tokio::try_join!(store.user(user, now), store.session(&token.user, &token.session, now))?
    };
    Ok((state, row))
}

/// Without the session's own nonce the cookie names a session and proves nothing about it.
fn is_proven(request: &SignIn<'_>, row: &Session) -> bool {
    request.previous.is_some_and(|token| row.nonce_hash == token.nonce.hash())
}

async fn tell_of_forgery(app: &App, request: &SignIn<'_>, row: &Option<Session>, now: Timestamp) {
    let forged = row.as_ref().filter(|row| row.is_live(now) && !is_proven(request, row));
    if let Some(row) = forged {
        report_forged_token(app, &row.user, row.id, request.client.ip).await;
    }
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
    let mut session = Session::open(
        assertion.user.clone(),
        key.session_id(&assertion.signing_input, assertion.issued_at),
        &nonce,
        key.tag(),
        request.client.clone(),
        assertion.auth_time,
        assertion.scope.clone(),
        now,
        &config.lifetimes,
    );
    let known: Vec<&ClientContext> = state.live(now).map(|row| &row.client).collect();
    let findings = risk::assess_sign_in(&config.risk_rules, &known, request.client);
    session.asserted_at = assertion.issued_at;
    session.findings = findings.iter().filter_map(|finding| StoredFinding::of(finding, now)).collect();
    let previous = previous.filter(|row| row.is_live(now));
    let others = state.live(now).filter(|row| previous.is_none_or(|previous| previous.id != row.id));
    let evicted = make_room(others, config.session_limit, config.session_limit_policy)
        .map_err(|_| SignInError::LimitReached)?;
    let end = |row: &Session, reason, by| SessionEnd::of(row, PendingEnd::new(reason, by, now));
    let signed_out = previous.map(|row| end(row, EndReason::SignedOut, Actor::User));
    let evicted = evicted.into_iter().map(|row| end(row, EndReason::Evicted, Actor::System));
    let ended = signed_out.into_iter().chain(evicted).collect();
    Ok(SignedIn { session, nonce, ended, findings })
}

/// The session that this assertion opened, for its own device, in grace, before its first refresh: a login
/// whose answer was lost costs nothing.
fn repeated(app: &App, request: &SignIn<'_>, state: &UserState, now: Timestamp) -> Option<SignedIn> {
    let grace = app.config().lifetimes.grace;
    // Whichever key was active then: a rotation of keys must not break a retry.
    app.config().keys.refresh().iter().find_map(|key| {
        let id = key.session_id(&request.assertion.signing_input, request.assertion.issued_at);
        let session = state.live_session(&id, now)?;
        let nonce = key.nonce(request.text);
        let same = session.nonce_hash == nonce.hash()
            && session.generation == 0
            && in_grace(session, request.client, now, grace);
        same.then(|| SignedIn { session: session.clone(), nonce, ended: vec![], findings: vec![] })
    })
}

/// The sign-in, what was noticed about it, and that others had to make room.
fn events(signed_in: &SignedIn, now_millis: i64) -> Vec<Event> {
    let session = &signed_in.session;
    let device = session.client.device.label();
    let event = |about, kind| Event::new(&session.user, about, now_millis, kind);
    let login = event(session.id, EventKind::Login { ip: session.client.ip, device: device.clone() });
    let findings =
        signed_in.findings.iter().map(|finding| event(session.id, EventKind::Risk(finding.clone())));
    let evicted: Vec<&SessionEnd> =
        signed_in.ended.iter().filter(|end| end.reason == EndReason::Evicted).collect();
    let eviction = evicted.first().map(|end| {
        event(end.session, EventKind::SessionEvicted { by: session.id, device, evicted: evicted.len() })
    });
    std::iter::once(login).chain(findings).chain(eviction).collect()
}

fn still_remembered(record: &UserRecord, now: Timestamp) -> Vec<(UsedMark, Timestamp)> {
    record.used.iter().copied().filter(|(_, at)| now < *at + USED_FOR).collect()
}

fn room_at(used: &[(UsedMark, Timestamp)], now: Timestamp) -> Timestamp {
    used.iter().map(|(_, at)| *at + USED_FOR).min().unwrap_or(now)
}
