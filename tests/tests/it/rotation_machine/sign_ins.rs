//! Sign-ins: single and concurrent.

use super::answer::{self, Mismatch, ensure};
use super::machine::{AT_HOME, Machine, USERS, at_once};
use super::model::{Assertion, SignIn, USED_MAX};
use super::session::Reason;
use super::steps::{From, Keys, TRANSACT, Trouble};
use super::store_trouble::CallResult;

impl Machine {
    /// One sign-in.
    pub(crate) async fn sign_in(
        &mut self,
        assertion: usize,
        from: From,
        lost: bool,
        trouble: &Trouble,
    ) -> Result<(), Mismatch> {
        let (now, given) = (self.now(), self.model.assertions[assertion].clone());
        let expected = self.model.sign_in(&given, from, now);
        self.arrange(trouble).await;
        let key = (from.keys != Keys::None).then(|| self.fresh_key());
        let device = match &key {
            Some(key) => self.device(from).header("idempotency-key", key),
            None => self.device(from),
        };
        let reply = device.login(&given.text).await;
        let result = self.call_result(trouble);
        self.note(given.user, &format!("assertion {assertion} of {}", USERS[given.user]), &reply);
        if result != CallResult::Delivered {
            answer::is_unavailable(&reply)?;
            if let SignIn::Opens(evicted) = &expected
                && result.was_carried_out(TRANSACT)
            {
                let id = self.unknown_session(given.user).await?;
                self.model.open(assertion, id, (from, key), evicted, now);
            }
            return Ok(());
        }
        let session = match expected {
            SignIn::Refused => return answer::is(&reply, 401, "invalid_assertion"),
            SignIn::TooMany => return answer::is(&reply, 429, "rate_limited"),
            SignIn::Same(session) => session,
            SignIn::Opens(evicted) => {
                let id = answer::text(&reply, "session_id")?;
                self.model.open(assertion, id, (from, key), &evicted, now)
            }
        };
        answer::has_tokens(&reply, 201, &mut self.model.sessions[session], !lost, now)
    }

    /// Finds the session that a sign-in without a successful response opened.
    async fn unknown_session(&self, user: usize) -> Result<String, Mismatch> {
        let live = self.world.live(USERS[user]).await;
        let known = |id: &String| self.model.sessions.iter().any(|session| session.id == *id);
        live.into_iter()
            .find(|id| !known(id))
            .ok_or_else(|| "a committed sign-in opened no session".to_owned())
    }

    /// Sends sign-ins concurrently from one device.
    pub(crate) async fn sign_in_burst(
        &mut self,
        user: usize,
        copies: usize,
        same: bool,
        trouble: &Trouble,
    ) -> Result<(), Mismatch> {
        let now = self.now();
        if self.model.used(user, now) + copies > USED_MAX {
            return Ok(());
        }
        let first = self.model.assertions.len();
        let assertions: Vec<Assertion> =
            (0..if same { 1 } else { copies }).map(|_| self.assertion(user, 0)).collect();
        if let SignIn::Refused = self.model.sign_in(&assertions[0], AT_HOME, now) {
            return Ok(());
        }
        self.arrange(trouble).await;
        let calls = (0..copies).map(|copy| {
            let (device, text) = (self.device(AT_HOME), assertions[copy % assertions.len()].text.clone());
            async move { device.login(&text).await }
        });
        let replies = at_once(calls).await;
        ensure(self.call_result(trouble) == CallResult::Delivered, || {
            "there were too few faults to make a call fail".to_owned()
        })?;
        self.model.assertions.extend(assertions);
        for (copy, reply) in replies.iter().enumerate() {
            self.note(user, "sign-in, at once", reply);
            answer::is(reply, 201, "")?;
            let assertion = if same { first } else { first + copy };
            let index = match self.model.assertions[assertion].opened {
                Some(index) => index,
                // The rows show which session was evicted for which sign-in.
                None => {
                    let id = answer::text(reply, "session_id")?;
                    self.model.open(assertion, id, (AT_HOME, None), &[], now)
                }
            };
            answer::has_tokens(reply, 201, &mut self.model.sessions[index], true, now)?;
        }
        self.adopt_evictions(user, now).await
    }

    /// Copies the evictions to the model, because concurrent sign-ins are processed in any order. In any order, the limit
    /// must hold and the least active sessions must be evicted.
    async fn adopt_evictions(&mut self, user: usize, now: i64) -> Result<(), Mismatch> {
        let (before, live) = (self.model.live(user, now), self.world.live(USERS[user]).await);
        let activity = |index: &usize| self.model.sessions[*index].active;
        let (stayed, evicted): (Vec<usize>, Vec<usize>) =
            before.iter().partition(|index| live.contains(&self.model.sessions[**index].id));
        ensure(stayed.len() == before.len().min(self.model.limit), || {
            format!("{} of {} sessions stayed, the limit is {}", stayed.len(), before.len(), self.model.limit)
        })?;
        // If the clock was set back, even the newest session may be the least active one, and the order matters.
        let forward = before.iter().map(activity).all(|active| active <= now);
        let in_order =
            evicted.is_empty() || evicted.iter().map(activity).max() <= stayed.iter().map(activity).min();
        ensure(in_order || !forward, || {
            "a session was evicted that was more active than one that stayed".to_owned()
        })?;
        evicted.into_iter().for_each(|index| self.model.sessions[index].end(Reason::Evicted));
        Ok(())
    }
}
