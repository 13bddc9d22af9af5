//! Refresh: replace a refresh token by its successor, in one round trip.
//!
//! [`crate::domain::session::rotation`] decides and has the state diagram; this file orders the decisions and performs
//! their writes.

mod findings;

use crate::app::App;
use crate::app::forged_token::report_forged_token;
use crate::app::sign_out::{self, end_one};
use crate::app::theft::{Theft, report_reuse_after_end};
use crate::config::BindingPolicy;
use crate::domain::actor::Actor;
use crate::domain::client_context::ClientContext;
use crate::domain::event::{Event, EventKind, LimitExceeded};
use crate::domain::limit::LimitMode;
use crate::domain::risk::{self, Finding};
use crate::domain::session::Session;
use crate::domain::session::binding::BoundKey;
use crate::domain::session::end::{EndReason, PendingEnd, SessionEnd};
use crate::domain::session::evidence::{EvidenceRules, RequestKeys};
use crate::domain::session::presented::Presented;
use crate::domain::session::refresh_token::RefreshToken;
use crate::domain::session::rotation::{Plan, Rotation, Verdict, judge, plan};
use crate::domain::time::Timestamp;
use crate::store::{ConditionalWrite, StoreError};
use crate::telemetry::metrics::Counter;

/// One refresh with a token whose seal has been checked.
#[derive(Clone, Copy)]
pub struct RefreshAttempt<'a> {
    /// The application.
    pub app: &'a App,
    /// The refresh token.
    pub token: &'a RefreshToken,
    /// The idempotency keys of the request.
    pub keys: RequestKeys,
    /// The key whose possession the request proves. If the token is bound, it is the token's.
    pub proven_key: Option<BoundKey>,
    /// Where the request comes from.
    pub client: &'a ClientContext,
    /// The time of the request.
    pub now: Timestamp,
}

/// The outcome of a refresh.
#[derive(Debug)]
pub enum RefreshOutcome {
    /// The session at its next generation. Its refresh token is the answer.
    Rotated(Box<Session>),
    /// The session at the generation that the client had made before. Its refresh token is the answer.
    Replayed(Box<Session>),
    /// A later request of the same client was faster. Nothing is granted and nothing has ended.
    Superseded,
    /// The token is from before the session's device key was confirmed. Nothing is granted and nothing has ended.
    DeviceProofRequired,
    /// The session has ended.
    SessionEnded(EndReason),
    /// The token's seal is valid and its nonce is not the session's.
    ForgedToken,
    /// Over a rate limit until this second. The token stays valid.
    Blocked(Timestamp),
}

/// The result of the write that the plan asked for.
enum WriteResult {
    /// The outcome is decided.
    Decided(RefreshOutcome),
    /// The write's condition failed. This is the row, if there is one.
    Rejected(Option<Box<Session>>),
}

impl RefreshAttempt<'_> {
    /// Performs the refresh.
    ///
    /// *Atomicity*: one conditional write. A second write follows only after reuse, a block or a finding, and before an
    /// answer on weak evidence. If a risk rule can end sessions, one read comes before the write.
    ///
    /// # Errors
    /// The store failed, or the row changed twice during the call. The token stays valid; the call can be repeated.
    pub async fn run(&self) -> Result<RefreshOutcome, StoreError> {
        if let Some(until) = self.app.replay_limit().refused_until(&self.presented()) {
            return Ok(RefreshOutcome::Blocked(until));
        }
        let config = self.app.config();
        let key = config.keys.refresh()[0].tag();
        let plan = plan(&self.presented(), key, &config.limits.refresh, &config.lifetimes);
        if plan != Plan::Expired
            && (config.risk_rules.can_end() || self.needs_binding())
            && let Some(outcome) = self.end_first().await?
        {
            return Ok(outcome);
        }
        for _ in 0..2 {
            match self.write(&plan).await? {
                WriteResult::Decided(outcome) => return Ok(outcome),
                WriteResult::Rejected(row) => {
                    if let Some(outcome) = self.act_on(&plan, row).await? {
                        return Ok(outcome);
                    }
                }
            }
        }
        Err(StoreError::Contended)
    }

    fn presented(&self) -> Presented<'_> {
        Presented {
            token: self.token,
            keys: self.keys,
            proven_key: self.proven_key,
            client: self.client,
            now: self.now,
        }
    }

    /// Whether the session has no key and `SESSION_BINDING` requires one.
    fn needs_binding(&self) -> bool {
        self.app.config().binding.policy == BindingPolicy::Require && self.token.bound_key.is_none()
    }

    /// Ends the session if it must have a key and has none, or if a risk rule with mode `end` matches a rotation. This happens
    /// before the rotation, so that a failed end leaves the row unchanged and the repeated request is assessed again.
    async fn end_first(&self) -> Result<Option<RefreshOutcome>, StoreError> {
        let row = self.app.store().read_session(&self.token.user, &self.token.session, self.now).await?;
        // An older token may be a replay or reuse, which `act_on` decides from the row of the rejected write.
        let is_current = |row: &Session| {
            row.is_live(self.now)
                && row.nonce_hash == self.token.nonce.hash()
                && row.generation == self.token.generation
        };
        let Some(row) = row.filter(is_current) else { return Ok(None) };
        if self.needs_binding() {
            let end = SessionEnd::of(&row, PendingEnd::new(EndReason::Unbound, Actor::System, self.now));
            return self.end_for_safety(&end, &[]).await.map(Some);
        }
        self.end_if_a_rule_ends(&row, &self.assess(&row)).await
    }

    /// Performs the plan's write.
    async fn write(&self, plan: &Plan) -> Result<WriteResult, StoreError> {
        let store = self.app.store();
        let outcome = match plan {
            Plan::Expired => RefreshOutcome::SessionEnded(EndReason::Expired),
            Plan::Rotate(rotation) => match store.rotate(self.token, rotation).await? {
                ConditionalWrite::Applied(before) => self.finish_rotation(&before, rotation).await,
                ConditionalWrite::AppliedToEnded(row) => self.record_pending_end(&row).await,
                ConditionalWrite::Rejected(row) => return Ok(WriteResult::Rejected(row)),
            },
            Plan::Block(until) => match store.block(self.token, self.keys.newest, *until, self.now).await? {
                ConditionalWrite::Applied(_) => self.finish_block(*until).await,
                ConditionalWrite::AppliedToEnded(row) => self.record_pending_end(&row).await,
                ConditionalWrite::Rejected(row) => return Ok(WriteResult::Rejected(row)),
            },
        };
        Ok(WriteResult::Decided(outcome))
    }

    /// Acts on the row of a rejected write. `None` means that the write is tried once more.
    async fn act_on(
        &self,
        plan: &Plan,
        row: Option<Box<Session>>,
    ) -> Result<Option<RefreshOutcome>, StoreError> {
        let rules = EvidenceRules::of(&self.app.config().lifetimes);
        let verdict = judge(&self.presented(), row.as_deref(), &rules);
        let Some(row) = row else { return self.end_from_record().await.map(Some) };
        Ok(Some(match verdict {
            Verdict::Retry => return Ok(None),
            Verdict::Ended(_) if row.pending_end.is_some() => {
                report_reuse_after_end(self.app, &self.presented(), Some(&row)).await?;
                self.record_pending_end(&row).await
            }
            Verdict::Ended(reason) => RefreshOutcome::SessionEnded(reason.unwrap_or(EndReason::Expired)),
            Verdict::Forged => {
                report_forged_token(self.app, &self.token.user, self.token.session, self.client).await;
                RefreshOutcome::ForgedToken
            }
            Verdict::Replay | Verdict::ProvenReplay => self.replay(verdict, row).await?,
            Verdict::RecordedReplay => {
                if !self.app.store().record_replay(&row).await? {
                    return Ok(None);
                }
                self.replay(verdict, row).await?
            }
            Verdict::Superseded => RefreshOutcome::Superseded,
            Verdict::DeviceProofRequired => RefreshOutcome::DeviceProofRequired,
            Verdict::Reuse => self.end_for_theft(Theft::reuse(self.app, &self.presented(), &row)).await?,
            Verdict::Regression => {
                self.end_for_theft(Theft::regression(self.app, &self.presented(), &row)).await?
            }
            Verdict::Blocked(until) if self.has_blocked(plan, until) => self.finish_block(until).await,
            Verdict::Blocked(until) => RefreshOutcome::Blocked(until),
        }))
    }

    /// Counts what a limit in shadow mode would have refused, and records the findings about the change of the client.
    async fn finish_rotation(&self, before: &Session, rotation: &Rotation) -> RefreshOutcome {
        let limit = &self.app.config().limits.refresh;
        if limit.mode == LimitMode::Shadow && rotation.window.count > limit.attempts {
            self.app.metrics().count(Counter::LimitedInShadow);
        }
        let mut session = rotation.apply(before);
        self.record_findings(&mut session, self.assess(before)).await;
        RefreshOutcome::Rotated(Box::new(session))
    }

    /// Returns the current token again. The risk rules judge the request like a rotation. An event records, once for each
    /// second and address, that the token went to another network, or that only the key of a bound session speaks for the
    /// client: a copy of the browser's profile has that key, too.
    async fn replay(&self, verdict: Verdict, mut row: Box<Session>) -> Result<RefreshOutcome, StoreError> {
        let findings = self.assess(&row);
        if let Some(outcome) = self.end_if_a_rule_ends(&row, &findings).await? {
            return Ok(outcome);
        }
        let has_moved = risk::change_between(&self.app.config().risk_rules, &row.client, self.client).network;
        if has_moved || verdict == Verdict::ProvenReplay {
            let what = format!("replayed {:?}", self.client.ip);
            let event = Event::once_per_second(&row.user, row.id, self.now, &what, EventKind::TokenReplayed);
            self.app.record_events(&[event.from_client(self.client)], std::future::ready(Ok(()))).await;
        }
        self.record_findings(&mut row, findings).await;
        self.app.replay_limit().count(&self.presented(), &row.rotation_state());
        Ok(RefreshOutcome::Replayed(row))
    }

    /// Whether this request wrote the block, and the write's reply was lost before the event was recorded.
    fn has_blocked(&self, plan: &Plan, found: Timestamp) -> bool {
        let block = self.app.config().limits.refresh.block;
        *plan == Plan::Block(found) && block.is_some_and(|block| self.now + block == found)
    }

    /// Records the event of a block under an id derived from the block, so that a repeated write is one event.
    async fn finish_block(&self, until: Timestamp) -> RefreshOutcome {
        let over = LimitExceeded { policy: "refresh", until };
        let kind = EventKind::Blocked(over);
        let event = Event::once_per_second(&self.token.user, self.token.session, self.now, "blocked", kind);
        self.app.record_events(&[event.from_client(self.client)], std::future::ready(Ok(()))).await;
        RefreshOutcome::Blocked(until)
    }

    /// The reason from the end record, because the row is gone. A session without a record has expired.
    async fn end_from_record(&self) -> Result<RefreshOutcome, StoreError> {
        let reason = report_reuse_after_end(self.app, &self.presented(), None).await?;
        Ok(RefreshOutcome::SessionEnded(reason.unwrap_or(EndReason::Expired)))
    }

    /// Records the end that is marked on the row. The session counts as ended whether that write succeeds or not.
    async fn record_pending_end(&self, row: &Session) -> RefreshOutcome {
        let Some(end) = SessionEnd::marked(row) else {
            return RefreshOutcome::SessionEnded(EndReason::Expired);
        };
        sign_out::record_pending_end(self.app, &end).await;
        RefreshOutcome::SessionEnded(end.reason)
    }

    /// Ends the session if one of the findings belongs to a rule with mode `end`.
    async fn end_if_a_rule_ends(
        &self,
        row: &Session,
        findings: &[Finding],
    ) -> Result<Option<RefreshOutcome>, StoreError> {
        if !findings.iter().any(|finding| finding.ends) {
            return Ok(None);
        }
        let event = |finding: &Finding| {
            Event::new(&row.user, row.id, self.app.now_millis(), EventKind::Risk(finding.clone()))
                .from_client(self.client)
        };
        let events: Vec<Event> = findings.iter().map(event).collect();
        let end = SessionEnd::of(row, PendingEnd::new(EndReason::Risk, Actor::System, self.now));
        self.end_for_safety(&end, &events).await.map(Some)
    }

    async fn end_for_theft(&self, theft: Theft) -> Result<RefreshOutcome, StoreError> {
        self.end_for_safety(&theft.end, &[theft.event]).await
    }

    /// Ends the session. The end is committed before the response, so that a store fault neither lets a thief in nor
    /// signs an honest user out.
    async fn end_for_safety(&self, end: &SessionEnd, events: &[Event]) -> Result<RefreshOutcome, StoreError> {
        end_one(self.app, end, events).await?;
        Ok(RefreshOutcome::SessionEnded(end.reason))
    }
}
