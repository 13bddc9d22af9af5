//! Refreshes: single, concurrent, and concurrent with a sign-out.

use latchkey_tests::world::{Device, Reply};
use serde_json::json;

use super::answer::{self, Mismatch, ensure};
use super::machine::{AT_HOME, Machine, at_once};
use super::session::{Reason, Refresh, Shown};
use super::steps::{From, TRANSACT, Trouble, UPDATE};
use super::store_trouble::CallResult;

/// Sends a refresh with its keys.
async fn send(device: Device, token: &str, shown: &Shown) -> Reply {
    let device = match &shown.newest {
        Some(key) => device.header("idempotency-key", key),
        None => device,
    };
    let body = json!({"refresh_token": token, "previous_keys": shown.previous});
    device.post("/api/auth/refresh", body).await
}

impl Machine {
    /// One refresh.
    pub(crate) async fn refresh(
        &mut self,
        (index, generation): (usize, usize),
        from: From,
        lost: bool,
        trouble: &Trouble,
    ) -> Result<(), Mismatch> {
        let (now, shown) = (self.now(), self.shown(index, from));
        let session = &self.model.sessions[index];
        let expected = session.refresh(generation, &shown, now, self.model.attempts);
        let pending_end = session.has_pending_end();
        self.arrange(trouble).await;
        let reply = send(self.device(from), &self.text(index, generation), &shown).await;
        let mut result = self.call_result(trouble);
        if pending_end && trouble.operation == TRANSACT {
            // The session has a pending end. The client gets its reason, even though the end record cannot be written.
            result = CallResult::Delivered;
        }
        self.note(
            self.model.sessions[index].user,
            &format!("session {index}, generation {generation}"),
            &reply,
        );
        if result != CallResult::Delivered {
            answer::is_unavailable(&reply)?;
            let done = match expected {
                Refresh::Rotate(_) | Refresh::Block(_) => result.was_carried_out(UPDATE),
                Refresh::Reuse => result.was_carried_out(TRANSACT),
                Refresh::Ended(_)
                | Refresh::CurrentToken
                | Refresh::RecordedToken
                | Refresh::Superseded
                | Refresh::Blocked(_) => false,
            };
            if done {
                self.model.sessions[index].apply(&expected, &shown);
            }
            return Ok(());
        }
        self.model.sessions[index].apply(&expected, &shown);
        self.adopt_end(index).await;
        if matches!(expected, Refresh::Block(_)) && trouble.faults.is_empty() {
            self.model.sessions[index].blocks.0 += 1;
        }
        if matches!(expected, Refresh::Ended(_)) {
            self.model.sessions[index].note_after_end(generation, &shown, now);
        }
        self.check_refresh(index, &expected, &reply, !lost)?;
        if reply.status == 200 { Ok(()) } else { self.check_access(index).await }
    }

    fn check_refresh(
        &mut self,
        index: usize,
        expected: &Refresh,
        reply: &Reply,
        keeps_token: bool,
    ) -> Result<(), Mismatch> {
        let now = self.now();
        match expected {
            Refresh::Ended(reason) => answer::is_ended(reply, *reason),
            Refresh::Reuse => answer::is_ended(reply, Reason::Reuse),
            Refresh::Blocked(until) | Refresh::Block(until) => answer::is_blocked(reply, *until, now),
            Refresh::Superseded => answer::is(reply, 409, "refresh_superseded"),
            Refresh::CurrentToken | Refresh::RecordedToken | Refresh::Rotate(_) => {
                answer::has_tokens(reply, 200, &mut self.model.sessions[index], keeps_token, now)
            }
        }
    }

    /// Sends the same refresh several times concurrently. All responses have the same new token.
    pub(crate) async fn burst(
        &mut self,
        (index, generation): (usize, usize),
        from: From,
        copies: usize,
        trouble: &Trouble,
    ) -> Result<(), Mismatch> {
        let (now, attempts) = (self.now(), self.model.attempts);
        let shown = self.shown(index, from);
        let expected = self.model.sessions[index].refresh(generation, &shown, now, attempts);
        self.arrange(trouble).await;
        let replies = at_once((0..copies).map(|_| {
            let (device, text, shown) = (self.device(from), self.text(index, generation), shown.clone());
            async move { send(device, &text, &shown).await }
        }))
        .await;
        ensure(self.call_result(trouble) == CallResult::Delivered, || {
            "there were too few faults to make a call fail".to_owned()
        })?;
        self.model.sessions[index].apply(&expected, &shown);
        self.adopt_end(index).await;
        if matches!(expected, Refresh::Ended(_)) {
            self.model.sessions[index].note_after_end(generation, &shown, now);
        }
        for reply in &replies {
            self.note(
                self.model.sessions[index].user,
                &format!("session {index}, generation {generation}, at once"),
                reply,
            );
            self.check_refresh(index, &expected, reply, true)?;
        }
        if replies[0].status == 200 { Ok(()) } else { self.check_access(index).await }
    }

    /// Sends refreshes and a sign-out of their session concurrently. In any order, the session has ended afterwards.
    pub(crate) async fn race(
        &mut self,
        (index, generation): (usize, usize),
        copies: usize,
        trouble: &Trouble,
    ) -> Result<(), Mismatch> {
        let (now, attempts) = (self.now(), self.model.attempts);
        let shown = self.shown(index, AT_HOME);
        let expected = self.model.sessions[index].refresh(generation, &shown, now, attempts);
        if !matches!(expected, Refresh::CurrentToken | Refresh::Rotate(_)) {
            return Ok(());
        }
        self.arrange(trouble).await;
        let replies = at_once((0..=copies).map(|copy| {
            let (device, text) = (self.device(AT_HOME), self.text(index, generation));
            // The sign-out is neither the first nor the last request, if there are enough of them.
            let signs_out = copy == copies.min(1);
            async move {
                if signs_out {
                    let body = json!({"strategy": "current", "refresh_token": text});
                    return (true, device.post("/api/auth/revoke", body).await);
                }
                (false, device.refresh(&text).await)
            }
        }))
        .await;
        ensure(self.call_result(trouble) == CallResult::Delivered, || {
            "there were too few faults to make a call fail".to_owned()
        })?;
        let mut rotated = false;
        for (signs_out, reply) in &replies {
            let what = if *signs_out { "sign-out".to_owned() } else { format!("generation {generation}") };
            self.note(self.model.sessions[index].user, &format!("session {index}, {what}, at once"), reply);
            if *signs_out {
                answer::is(reply, 200, "")?;
                ensure(reply.body["ended"] == 1, || format!("the sign-out ended {}", reply.body))?;
            } else if reply.status == 200 {
                if !rotated {
                    self.model.sessions[index].apply(&expected, &shown);
                }
                rotated = true;
                answer::has_tokens(reply, 200, &mut self.model.sessions[index], true, now)?;
            } else {
                answer::is_ended(reply, Reason::SignedOut)?;
            }
        }
        self.model.sessions[index].may_have_rotated = !rotated;
        self.model.sessions[index].end(Reason::SignedOut);
        self.check_access(index).await
    }
}
