//! The sessions and assertions of all users as the contract describes them. The model shares no code with the product.

use super::session::{Reason, Session};
use super::steps::From;

/// The lifetime of an assertion in these tests.
pub(crate) const ASSERTION: i64 = 300;
/// How many seconds before a sign-out everywhere an assertion may be issued and still be valid: the clock skew.
const REVOCATION_SKEW: i64 = 10;
/// How many assertions a user may use in [`REMEMBERED`] seconds.
pub(crate) const USED_MAX: usize = 32;
/// How long used assertions are stored: the maximum age of an assertion and the allowed clock skew.
const REMEMBERED: i64 = 600 + 60;

/// The whole expected state.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) attempts: u32,
    pub(crate) limit: usize,
    pub(crate) users: [User; 2],
    pub(crate) sessions: Vec<Session>,
    pub(crate) assertions: Vec<Assertion>,
}

/// The state of a user without the sessions.
#[derive(Debug, Default)]
pub(crate) struct User {
    valid_after: Option<i64>,
    used: Vec<i64>,
}

/// An assertion that was presented.
#[derive(Clone, Debug)]
pub(crate) struct Assertion {
    pub(crate) user: usize,
    pub(crate) text: String,
    pub(crate) issued: i64,
    /// The session that the assertion opened.
    pub(crate) opened: Option<usize>,
}

/// The result of a sign-in.
#[derive(Clone, Debug)]
pub(crate) enum SignIn {
    Refused,
    TooMany,
    /// The assertion opened this session before.
    Same(usize),
    /// The assertion opens a new session, and these sessions are evicted.
    Opens(Vec<usize>),
}

impl Model {
    /// The live sessions of a user.
    pub(crate) fn live(&self, user: usize, now: i64) -> Vec<usize> {
        let live = |index: &usize| {
            self.sessions[*index].user == user && self.sessions[*index].end_reason(now).is_none()
        };
        (0..self.sessions.len()).filter(live).collect()
    }

    /// The result of a sign-in with an assertion.
    pub(crate) fn sign_in(&self, assertion: &Assertion, from: From, now: i64) -> SignIn {
        let user = &self.users[assertion.user];
        let good = now < assertion.issued + ASSERTION;
        let invalid = user.valid_after.is_some_and(|after| assertion.issued + REVOCATION_SKEW < after);
        if !good || invalid {
            return SignIn::Refused;
        }
        if let Some(index) = assertion.opened {
            let session = &self.sessions[index];
            let untouched = session.end_reason(now).is_none() && session.current() == 0;
            return if untouched && session.in_grace(from.agent, now) {
                SignIn::Same(index)
            } else {
                SignIn::Refused
            };
        }
        if self.used(assertion.user, now) >= USED_MAX {
            return SignIn::TooMany;
        }
        let mut evicted = self.live(assertion.user, now);
        evicted.sort_by_key(|index| self.eviction_order(*index));
        evicted.truncate((evicted.len() + 1).saturating_sub(self.limit));
        SignIn::Opens(evicted)
    }

    /// The number of used assertions that are still stored for the user.
    pub(crate) fn used(&self, user: usize, now: i64) -> usize {
        self.users[user].used.iter().filter(|at| now < **at + REMEMBERED).count()
    }

    fn eviction_order(&self, index: usize) -> (i64, i64, &str) {
        let session = &self.sessions[index];
        (session.active, session.created, &session.id)
    }

    /// Opens a session and ends the `evicted` ones.
    pub(crate) fn open(
        &mut self,
        assertion: usize,
        id: String,
        (from, key): (From, Option<String>),
        evicted: &[usize],
        now: i64,
    ) -> usize {
        let user = self.assertions[assertion].user;
        let index = self.sessions.len();
        self.assertions[assertion].opened = Some(index);
        self.users[user].used.push(now);
        self.sessions.push(Session::new(user, id, from, key, now));
        evicted.iter().for_each(|index| self.sessions[*index].end(Reason::Evicted));
        self.end_just_expired(user, now);
        index
    }

    /// Ends the sessions that a clock which is behind still shows as live.
    fn end_just_expired(&mut self, user: usize, now: i64) {
        let expired =
            self.sessions.iter_mut().filter(|session| session.user == user && session.just_expired(now));
        expired.for_each(|session| session.end(Reason::Expired));
    }

    /// Records that the user signed out everywhere: older assertions become invalid.
    pub(crate) fn invalidate_before(&mut self, user: usize, now: i64) {
        self.users[user].valid_after = Some(now);
    }
}
