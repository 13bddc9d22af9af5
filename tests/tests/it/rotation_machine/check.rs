//! The state after a story: the rows, the access tokens, the audit trail.

use std::collections::BTreeSet;

use latchkey::domain::session::Session as Row;
use latchkey::domain::time::Timestamp;
use latchkey_tests::world::Event;

use super::answer::{self, Mismatch, ensure};
use super::machine::{Machine, USERS};
use super::session::{Reason, Session, State};

impl Machine {
    /// The user has exactly one row for each session that has not ended, with its generation, and not too many sessions.
    pub(crate) async fn check_rows(&self, user: usize) -> Result<(), Mismatch> {
        let name = USERS[user];
        let id = name.parse().expect("a user id");
        let state = self
            .world
            .server
            .store
            .read_user_state(&id, self.world.now())
            .await
            .map_err(|error| format!("the rows of {name}: {error}"))?;
        let found: BTreeSet<String> = state.sessions.iter().map(fingerprint_of_row).collect();
        let sessions = self.model.sessions.iter().filter(|session| session.user == user);
        let kept = sessions.filter(|session| !matches!(session.state, State::Ended(_)));
        let expected: BTreeSet<String> = kept.map(fingerprint).collect();
        ensure(found == expected, || {
            let only = |these: &BTreeSet<String>, those: &BTreeSet<String>| {
                these.difference(those).map(|row| format!("\n    {row}")).collect::<String>()
            };
            let (expected, found) = (only(&expected, &found), only(&found, &expected));
            format!("rows of {name}\n  expected{expected}\n  found{found}")
        })?;
        // A clock that was set back can make an expired session live again. At the latest time, the limit always holds.
        let live = self.model.live(user, self.latest).len();
        ensure(live <= self.model.limit, || format!("{name} has {live} live sessions"))
    }

    /// Copies the time of the last activity to the model, because a session that signs others out may count as active.
    pub(crate) async fn adopt_activity(&mut self, index: usize) -> Result<(), Mismatch> {
        let (now, session) = (self.now(), &mut self.model.sessions[index]);
        let Some(row) = self.world.row(USERS[session.user], &session.id).await else { return Ok(()) };
        let found = row.last_activity.seconds();
        ensure(found == session.active || found == now, || {
            format!("{} was active at {found}, expected {} or {now}", session.id, session.active)
        })?;
        session.active = found;
        Ok(())
    }

    /// Copies an end to the model, because a refresh completes a pending end if the store lets it.
    pub(crate) async fn adopt_end(&mut self, index: usize) {
        let session = &mut self.model.sessions[index];
        if let State::PendingEnd(reason) = session.state
            && self.world.row(USERS[session.user], &session.id).await.is_none()
        {
            session.end(reason);
        }
    }

    /// The access token of a session is accepted exactly as long as both the token and the session live.
    pub(crate) async fn check_access(&self, index: usize) -> Result<(), Mismatch> {
        let session = &self.model.sessions[index];
        let Some((access, expires)) = &session.access else { return Ok(()) };
        let now = self.now();
        let reply = self.world.device().list(access).await;
        let what = |mismatch| format!("the access token of session {index}: {mismatch}");
        if now >= *expires {
            return answer::is(&reply, 401, "token_expired").map_err(what);
        }
        if let Some(reason) = session.end_reason(now) {
            return answer::is_ended(&reply, reason).map_err(what);
        }
        answer::is(&reply, 200, "").map_err(what)?;
        let listed = reply.body["sessions"].as_array().cloned().unwrap_or_default();
        let listed: BTreeSet<&str> =
            listed.iter().filter_map(|session| session["session_id"].as_str()).collect();
        let live = self.model.live(session.user, now);
        let live: BTreeSet<&str> = live.iter().map(|index| self.model.sessions[*index].id.as_str()).collect();
        ensure(listed == live, || format!("expected the list {live:?}, got {listed:?}"))
    }

    /// The access tokens of all sessions of a user.
    pub(crate) async fn check_user_access(&self, user: usize) -> Result<(), Mismatch> {
        for index in (0..self.model.sessions.len()).filter(|index| self.model.sessions[*index].user == user) {
            self.check_access(index).await?;
        }
        Ok(())
    }

    /// Checks the audit trails of all users, and their rows once more.
    pub(crate) async fn check_trails(&self) -> Result<(), Mismatch> {
        for (user, name) in USERS.iter().enumerate() {
            self.check_rows(user).await?;
            self.check_user_access(user).await?;
            let events = self.world.events(name).await;
            for session in self.model.sessions.iter().filter(|session| session.user == user) {
                let own: Vec<&Event> = events.iter().filter(|event| event.session == session.id).collect();
                check_events(session, &own)?;
                self.check_record(session, &own).await?;
            }
        }
        Ok(())
    }

    /// Either the event of the end and the end record both exist with the same reason, or neither exists.
    async fn check_record(&self, session: &Session, own: &[&Event]) -> Result<(), Mismatch> {
        let id = session.id.parse().expect("a session id");
        let record =
            self.world.server.store.end_record(&id).await.map_err(|error| format!("the record: {error}"))?;
        let recorded = record.map(|record| record.reason.as_str());
        let event_reason =
            own.iter().find(|event| event.event_type == "session_ended").map(|event| event.reason.as_str());
        let expected = ended(session).map(Reason::recorded);
        ensure((event_reason, recorded) == (expected, expected), || {
            format!(
                "{}: expected the end {expected:?}, got {event_reason:?} in the event and {recorded:?} in the end record",
                session.id
            )
        })
    }
}

/// One `login` per session, one `session_ended` per end, one `token_reused` per theft, one `blocked` per block.
fn check_events(session: &Session, own: &[&Event]) -> Result<(), Mismatch> {
    let count = |event_type: &str| own.iter().filter(|event| event.event_type == event_type).count();
    let ended = ended(session);
    let expected = [1, usize::from(ended.is_some())];
    let found = ["login", "session_ended"].map(count);
    ensure(found == expected, || {
        format!("{}: (login, session_ended) expected {expected:?}, found {found:?}", session.id)
    })?;
    // The alarm does not wait for the record of the end. Tokens that another client presents more than a minute after the end are
    // events, too.
    let is_theft = matches!(session.state, State::PendingEnd(Reason::Reuse) | State::Ended(Reason::Reuse));
    let (thefts, later) = (usize::from(is_theft), session.presented_after_end.len());
    let reused = count("token_reused");
    ensure((thefts..=thefts + later).contains(&reused), || {
        format!("{}: {reused} token_reused, expected {thefts} and up to {later} after the end", session.id)
    })?;
    let (fewest, most) = session.blocks;
    ensure((fewest..=most).contains(&count("blocked")), || {
        format!("{}: {} events of blocks, expected {fewest} to {most}", session.id, count("blocked"))
    })
}

fn ended(session: &Session) -> Option<Reason> {
    match session.state {
        State::Ended(reason) => Some(reason),
        State::Live | State::PendingEnd(_) => None,
    }
}

/// The expected content of the row of a session, in one line.
fn fingerprint(session: &Session) -> String {
    let newest = session.newest();
    let pending_end = match session.state {
        State::PendingEnd(reason) => Some(reason.recorded()),
        State::Live | State::Ended(_) => None,
    };
    format!(
        "{}: generation {}, began {}, active {}, expires {}, absolute {}, window {:?}, blocked {:?}, recorded {:?}, keys {}, ending {pending_end:?}",
        session.id,
        session.current(),
        newest.began,
        session.active,
        newest.expires,
        session.absolute(),
        newest.window,
        session.blocked,
        session.recorded,
        session.keys.iter().rev().take(3).flatten().count(),
    )
}

fn fingerprint_of_row(row: &Row) -> String {
    format!(
        "{}: generation {}, began {}, active {}, expires {}, absolute {}, window {:?}, blocked {:?}, recorded {:?}, keys {}, ending {:?}",
        row.id,
        row.generation,
        row.rotated_at.seconds(),
        row.last_activity.seconds(),
        row.expires_at.seconds(),
        row.absolute_expires_at.seconds(),
        (row.window.start.seconds(), row.window.count),
        row.blocked_until.map(Timestamp::seconds),
        row.recorded_replay,
        row.made_by.iter().flatten().count(),
        row.pending_end.as_ref().map(|ending| ending.reason.as_str()),
    )
}
