//! Sign-outs: the session has ended when the response arrives.

use serde_json::json;

use super::answer::{self, Mismatch, ensure};
use super::machine::{AT_HOME, Machine};
use super::session::{Reason, Refresh, Shown};
use super::steps::{How, TRANSACT, Trouble};
use super::store_trouble::{CallResult, Effect};

impl Machine {
    /// One sign-out, by a session's access token or one of its refresh tokens.
    pub(crate) async fn sign_out(&mut self, own: usize, how: How, trouble: &Trouble) -> Result<(), Mismatch> {
        let Some((access, expires)) = self.model.sessions[own].access.clone() else { return Ok(()) };
        let (now, user) = (self.now(), self.model.sessions[own].user);
        let body = match how {
            How::Current => json!({"strategy": "current"}),
            How::CurrentByRefresh(back) => {
                let Some((_, generation)) = self.held(own, back) else { return Ok(()) };
                json!({"strategy": "current", "refresh_token": self.text(own, generation)})
            }
            How::Session(other) => {
                let id = self.session(other).map(|index| &self.model.sessions[index].id);
                json!({"strategy": "session", "session_id": id})
            }
            How::Others => json!({"strategy": "others"}),
            How::All => json!({"strategy": "all"}),
        };
        self.arrange(trouble).await;
        let device = self.device(AT_HOME);
        let by_refresh = matches!(how, How::CurrentByRefresh(_));
        let device = if by_refresh { device } else { device.bearer(&access) };
        let reply = device.post("/api/auth/revoke", body).await;
        let result = self.call_result(trouble);
        self.note(user, &format!("sign-out by session {own}, {how:?}"), &reply);
        if matches!(how, How::Session(_) | How::Others) {
            self.adopt_activity(own).await?;
        }
        let mut targets = self.targets(own, how, now);
        let mut reason = Reason::SignedOut;
        if let How::CurrentByRefresh(back) = how
            && let Some((_, generation)) = self.held(own, back)
        {
            // A refresh token past its end ends nothing, and an older one may have been stolen.
            let session = &self.model.sessions[own];
            if now >= session.generations[generation].expires {
                targets.clear();
            }
            let evidence = session.evidence(generation, &Shown::without_keys(AT_HOME), now);
            if session.end_reason(now).is_none() && matches!(evidence, Some(Refresh::Reuse)) {
                reason = Reason::Reuse;
            }
        }
        if let CallResult::Failed { effect, .. } = result {
            answer::is_unavailable(&reply)?;
            match effect {
                Effect::Complete if result.was_carried_out(TRANSACT) => {
                    self.signed_out(user, how, &targets, reason, now)
                }
                Effect::PendingEnd => {
                    targets.iter().for_each(|index| self.model.sessions[*index].set_pending_end(reason))
                }
                Effect::Complete | Effect::None => {}
            }
            return self.check_user_access(user).await;
        }
        // An expired token is enough to end its own session, because signing out never fails for a stale credential.
        let current = matches!(how, How::Current | How::CurrentByRefresh(_));
        if !current && now >= expires {
            return answer::is(&reply, 401, "token_expired");
        }
        if let Some(reason) = self.model.sessions[own].end_reason(now).filter(|_| !current) {
            return answer::is_ended(&reply, reason);
        }
        if matches!(how, How::Session(_)) && targets.is_empty() {
            return answer::is(&reply, 404, "not_found");
        }
        answer::is(&reply, 200, "")?;
        ensure(reply.body["ended"] == json!(targets.len()), || {
            format!("expected {} to end, got {}", targets.len(), reply.body)
        })?;
        self.signed_out(user, how, &targets, reason, now);
        self.check_user_access(user).await
    }

    /// The sessions that a sign-out ends.
    fn targets(&self, own: usize, how: How, now: i64) -> Vec<usize> {
        let user = self.model.sessions[own].user;
        let named = |index: usize| match how {
            How::Current | How::CurrentByRefresh(_) => index == own,
            How::Session(other) => self.session(other) == Some(index),
            How::Others => index != own,
            How::All => true,
        };
        let ends = |index: &usize| {
            let session = &self.model.sessions[*index];
            session.user == user && session.can_end(now)
        };
        (0..self.model.sessions.len()).filter(|index| named(*index)).filter(ends).collect()
    }

    fn signed_out(&mut self, user: usize, how: How, targets: &[usize], reason: Reason, now: i64) {
        targets.iter().for_each(|index| self.model.sessions[*index].end(reason));
        if matches!(how, How::All) {
            self.model.invalidate_before(user, now);
        }
    }
}
