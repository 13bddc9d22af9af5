//! Refreshes, one by one, all at once, and against a sign-out.

use latchkey_tests::world::Reply;
use serde_json::json;

use super::answer::{self, Mismatch, ensure};
use super::machine::{AT_HOME, Machine, at_once};
use super::session::{Reason, Refresh};
use super::steps::{From, TRANSACT, Trouble, UPDATE};
use super::store_trouble::Luck;

/// The end of an access token that is older than any refresh token.
const LONG_AGO: &str = "1970-01-01T00:00:00Z";

impl Machine {
    /// One refresh.
    pub(crate) async fn refresh(
        &mut self,
        token: (usize, usize),
        from: From,
        lost: bool,
        trouble: &Trouble,
    ) -> Result<(), Mismatch> {
        self.exchange(token, from, false, lost, trouble).await
    }

    /// One refresh, perhaps with the claim that another tab has overtaken this one, rightly or not.
    pub(crate) async fn exchange(
        &mut self,
        (index, generation): (usize, usize),
        from: From,
        overtaken: bool,
        lost: bool,
        trouble: &Trouble,
    ) -> Result<(), Mismatch> {
        let now = self.now();
        let session = &self.model.sessions[index];
        let expected = if overtaken && session.is_overtaken(generation, from.agent, now) {
            Refresh::Again
        } else {
            session.refresh(generation, from.agent, now, self.model.attempts)
        };
        let marked = session.is_marked();
        self.arrange(trouble).await;
        let replaces = overtaken.then_some(LONG_AGO);
        let body = json!({"refresh_token": self.text(index, generation), "replaces": replaces});
        let reply = self.device(from).post("/api/auth/refresh", body).await;
        let mut luck = self.luck(trouble);
        if marked && trouble.operation == TRANSACT {
            // It is over already: that its record still cannot be written is not the client's concern.
            luck = Luck::Good;
        }
        self.note(
            self.model.sessions[index].user,
            &format!("session {index}, generation {generation}"),
            &reply,
        );
        if luck != Luck::Good {
            answer::is_unavailable(&reply)?;
            let done = match expected {
                Refresh::Rotate(_) | Refresh::Block(_) => luck.did(UPDATE),
                Refresh::Reuse => luck.did(TRANSACT),
                Refresh::Over(_) | Refresh::Again | Refresh::Blocked(_) => false,
            };
            if done {
                self.model.sessions[index].apply(&expected, from.agent);
            }
            return Ok(());
        }
        self.model.sessions[index].apply(&expected, from.agent);
        self.adopt_end(index).await;
        if matches!(expected, Refresh::Block(_)) && trouble.faults.is_empty() {
            self.model.sessions[index].blocks.0 += 1;
        }
        self.check_refresh(index, &expected, &reply, !lost)?;
        if reply.status == 200 { Ok(()) } else { self.check_access(index).await }
    }

    fn check_refresh(
        &mut self,
        index: usize,
        expected: &Refresh,
        reply: &Reply,
        hold: bool,
    ) -> Result<(), Mismatch> {
        let now = self.now();
        match expected {
            Refresh::Over(reason) => answer::is_over(reply, *reason),
            Refresh::Reuse => answer::is_over(reply, Reason::Reuse),
            Refresh::Blocked(until) | Refresh::Block(until) => answer::is_blocked(reply, *until, now),
            Refresh::Again | Refresh::Rotate(_) => {
                answer::has_tokens(reply, 200, &mut self.model.sessions[index], hold, now)
            }
        }
    }

    /// The same refresh several times at once: one successor for all.
    pub(crate) async fn burst(
        &mut self,
        (index, generation): (usize, usize),
        from: From,
        copies: usize,
        trouble: &Trouble,
    ) -> Result<(), Mismatch> {
        let (now, attempts) = (self.now(), self.model.attempts);
        let expected = self.model.sessions[index].refresh(generation, from.agent, now, attempts);
        self.arrange(trouble).await;
        let replies = at_once((0..copies).map(|_| {
            let (device, text) = (self.device(from), self.text(index, generation));
            async move { device.refresh(&text).await }
        }))
        .await;
        ensure(self.luck(trouble) == Luck::Good, || "too little trouble for a failure".to_owned())?;
        self.model.sessions[index].apply(&expected, from.agent);
        self.adopt_end(index).await;
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

    /// Refreshes against the sign-out of their session: in any order, it has ended afterwards.
    pub(crate) async fn race(
        &mut self,
        (index, generation): (usize, usize),
        copies: usize,
        trouble: &Trouble,
    ) -> Result<(), Mismatch> {
        let (now, attempts) = (self.now(), self.model.attempts);
        let expected = self.model.sessions[index].refresh(generation, AT_HOME.agent, now, attempts);
        if !matches!(expected, Refresh::Again | Refresh::Rotate(_)) {
            return Ok(());
        }
        self.arrange(trouble).await;
        let replies = at_once((0..=copies).map(|copy| {
            let (device, text) = (self.device(AT_HOME), self.text(index, generation));
            // The sign-out is neither first nor last, if it can be helped.
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
        ensure(self.luck(trouble) == Luck::Good, || "too little trouble for a failure".to_owned())?;
        let mut rotated = false;
        for (signs_out, reply) in &replies {
            let what = if *signs_out { "sign-out".to_owned() } else { format!("generation {generation}") };
            self.note(self.model.sessions[index].user, &format!("session {index}, {what}, at once"), reply);
            if *signs_out {
                answer::is(reply, 200, "")?;
                ensure(reply.body["ended"] == 1, || format!("the sign-out ended {}", reply.body))?;
            } else if reply.status == 200 {
                if !rotated {
                    self.model.sessions[index].apply(&expected, AT_HOME.agent);
                }
                rotated = true;
                answer::has_tokens(reply, 200, &mut self.model.sessions[index], true, now)?;
            } else {
                answer::is_over(reply, Reason::SignedOut)?;
            }
        }
        self.model.sessions[index].end(Reason::SignedOut);
        self.check_access(index).await
    }
}
