//! The sessions and assertions of all users as the contract describes them, written without a look at the code.

use super::session::{Reason, Session};
use super::steps::From;

/// An assertion's life, as the tests make them.
pub(crate) const ASSERTION: i64 = 300;
/// How far an assertion may precede a sign-out everywhere.
const VOID_SKEW: i64 = 10;
/// Assertions of one user that may be used in the time that they are remembered.
pub(crate) const USED_MAX: usize = 32;
/// An assertion's greatest age, and the clock skew it is allowed.
const REMEMBERED: i64 = 600 + 60;

/// Everything there is.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) attempts: u32,
    pub(crate) limit: usize,
    pub(crate) users: [User; 2],
    pub(crate) sessions: Vec<Session>,
    pub(crate) assertions: Vec<Assertion>,
}

/// A user, apart from the sessions.
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
    /// The session that it opened.
    pub(crate) opened: Option<usize>,
}

/// The result of a sign-in.
#[derive(Clone, Debug)]
pub(crate) enum SignIn {
    Refused,
    TooMany,
    /// The session that the assertion opened already.
    Same(usize),
    /// A new one; these make room.
    Opens(Vec<usize>),
}

impl Model {
    /// The live sessions of a user.
    pub(crate) fn live(&self, user: usize, now: i64) -> Vec<usize> {
        let live =
            |index: &usize| self.sessions[*index].user == user && self.sessions[*index].over(now).is_none();
        (0..self.sessions.len()).filter(live).collect()
    }

    /// The result of a sign-in with an assertion.
    pub(crate) fn sign_in(&self, assertion: &Assertion, from: From, now: i64) -> SignIn {
        let user = &self.users[assertion.user];
        let good = now < assertion.issued + ASSERTION;
        let void = user.valid_after.is_some_and(|after| assertion.issued + VOID_SKEW < after);
        if !good || void {
            return SignIn::Refused;
        }
        if let Some(index) = assertion.opened {
            let session = &self.sessions[index];
            let untouched = session.over(now).is_none() && session.current() == 0;
            return if untouched && session.in_grace(from.agent, now) {
                SignIn::Same(index)
            } else {
                SignIn::Refused
            };
        }
        if self.used(assertion.user, now) >= USED_MAX {
            return SignIn::TooMany;
        }
        let mut room = self.live(assertion.user, now);
        room.sort_by_key(|index| self.eviction_order(*index));
        room.truncate((room.len() + 1).saturating_sub(self.limit));
        SignIn::Opens(room)
    }

    /// Assertions that the user's next one is counted with.
    pub(crate) fn used(&self, user: usize, now: i64) -> usize {
        self.users[user].used.iter().filter(|at| now < **at + REMEMBERED).count()
    }

    fn eviction_order(&self, index: usize) -> (i64, i64, &str) {
        let session = &self.sessions[index];
        (session.active, session.created, &session.id)
    }

    /// A session is opened; the `evicted` end for it.
    pub(crate) fn open(
        &mut self,
        assertion: usize,
        id: String,
        from: From,
        evicted: &[usize],
        now: i64,
    ) -> usize {
        let user = self.assertions[assertion].user;
        let index = self.sessions.len();
        self.assertions[assertion].opened = Some(index);
        self.users[user].used.push(now);
        self.sessions.push(Session::new(user, id, from.agent, now));
        evicted.iter().for_each(|index| self.sessions[*index].end(Reason::Evicted));
        index
    }

    /// The user has signed out everywhere.
    pub(crate) fn void_before(&mut self, user: usize, now: i64) {
        self.users[user].valid_after = Some(now);
    }
}
