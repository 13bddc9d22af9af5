//! Runs a story against the real handlers and compares each response with the model.

use std::time::Duration;

use latchkey_tests::world::{CHROME, Device, FIREFOX, Reply, START, World};
use serde_json::json;

use super::answer::Mismatch;
use super::model::{ASSERTION, Assertion, Model};
use super::session::Shown;
use super::steps::{Agent, From, Keys, Op, Pick, Script, Trouble};

const CHROME_UPDATED: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";

/// The users of the stories.
pub(crate) const USERS: [&str; 2] = ["alice", "bob"];

/// Where most calls come from.
pub(crate) const AT_HOME: From = From { agent: Agent::Chrome, moved: false, keys: Keys::None };
/// Steps pick a live session by number. This number picks one of all sessions, so it may have ended.
const ANY_SESSION: usize = 5;
const HALF_AN_HOUR: i64 = 1_800;
const SIX_DAYS: i64 = 6 * 86_400;
/// Seconds that the clock may be set back: the clock skew that is allowed for access tokens.
const FURTHEST_BACK: i64 = 60;

/// A world and the model of its expected state.
pub(crate) struct Machine {
    pub(crate) world: World,
    pub(crate) model: Model,
    trace: Vec<String>,
    /// The users whose sessions the current step may have changed.
    touched: Option<usize>,
    /// The latest time so far. The clock may be behind it by [`FURTHEST_BACK`] at most.
    pub(crate) latest: i64,
    /// The number of keys so far.
    keys: usize,
}

/// Runs a story in a world of its own.
///
/// # Errors
/// The first mismatch, with the steps that led to it.
pub(crate) async fn play(
    script: &Script,
    settings: &[(&str, &str)],
    attempts: u32,
    limit: usize,
) -> Result<(), Mismatch> {
    let mut machine = Machine {
        world: World::with(settings).await,
        model: Model { attempts, limit, users: Default::default(), sessions: vec![], assertions: vec![] },
        trace: vec![],
        touched: None,
        latest: START,
        keys: 0,
    };
    let mut outcome = Ok(());
    for (index, op) in script.0.iter().enumerate() {
        machine.trace.push(format!("{:>2}. {op:?}", index + 1));
        outcome = machine.step(op).await;
        if outcome.is_err() {
            break;
        }
    }
    if outcome.is_ok() {
        outcome = machine.check_trails().await;
    }
    outcome.map_err(|mismatch| format!("{mismatch}\n{}", machine.trace.join("\n")))
}

impl Machine {
    pub(crate) fn now(&self) -> i64 {
        self.world.now().seconds()
    }

    pub(crate) fn device(&self, from: From) -> Device {
        let device = self.world.device().at(if from.moved { "198.51.100.99" } else { "203.0.113.7" });
        match from.agent {
            Agent::Chrome => device.agent(CHROME),
            Agent::ChromeUpdated => device.agent(CHROME_UPDATED),
            Agent::Firefox => device.agent(FIREFOX),
            Agent::Nameless => device.no_agent(),
        }
    }

    /// A key that no request has shown before.
    pub(crate) fn fresh_key(&mut self) -> String {
        self.keys += 1;
        format!("key-of-a-story-{:08}", self.keys)
    }

    /// The client of a request for a session, with its keys.
    pub(crate) fn shown(&mut self, index: usize, from: From) -> Shown {
        let made = |machine: &Self, back: usize| {
            let keys = &machine.model.sessions[index].keys;
            keys.len().checked_sub(back + 1).and_then(|generation| keys[generation].clone())
        };
        let (newest, previous) = match from.keys {
            Keys::None => (None, vec![]),
            Keys::Made(back) => (made(self, back), vec![]),
            Keys::Fresh => (Some(self.fresh_key()), vec![made(self, 0), made(self, 1)]),
            Keys::Forgetful => (Some(self.fresh_key()), vec![]),
            Keys::After(back) => (Some(self.fresh_key()), vec![made(self, back)]),
        };
        Shown {
            agent: from.agent,
            moved: from.moved,
            newest,
            previous: previous.into_iter().flatten().collect(),
        }
    }

    async fn step(&mut self, op: &Op) -> Result<(), Mismatch> {
        match op {
            Op::SignIn { user, from, age, lost, trouble } => {
                let assertion = self.assertion(*user, *age);
                self.model.assertions.push(assertion);
                self.sign_in(self.model.assertions.len() - 1, *from, *lost, trouble).await?;
            }
            Op::Repeat { assertion, from, trouble } if !self.model.assertions.is_empty() => {
                let index = self.model.assertions.len() - 1 - assertion % self.model.assertions.len();
                self.sign_in(index, *from, false, trouble).await?;
            }
            Op::SignInBurst { user, copies, same, trouble } => {
                self.sign_in_burst(*user, *copies, *same, trouble).await?;
            }
            Op::Refresh { token, from, lost, trouble } => {
                let Some(token) = self.find(*token) else { return Ok(()) };
                self.refresh(token, *from, *lost, trouble).await?;
            }
            Op::Retry { token, from, again, seconds, trouble } => {
                let Some(token) = self.find(*token) else { return Ok(()) };
                self.refresh(token, *from, true, trouble).await?;
                self.wait(*seconds);
                self.refresh(token, *again, false, &Trouble::none()).await?;
            }
            Op::Burst { token, from, copies, trouble } => {
                let Some(token) = self.find(*token) else { return Ok(()) };
                self.burst(token, *from, *copies, trouble).await?;
            }
            Op::Rush { session, times } => self.refresh_every(|_| 0, *session, *times).await?,
            Op::Linger { session, times } => self.refresh_every(towards_the_end, *session, *times).await?,
            Op::SignOut { session, how, trouble } => {
                let Some(own) = self.session(*session) else { return Ok(()) };
                self.sign_out(own, *how, trouble).await?;
            }
            Op::Race { session, copies, trouble } => {
                let Some(token) = self.find(Pick { session: *session, back: 0 }) else { return Ok(()) };
                self.race(token, *copies, trouble).await?;
            }
            Op::Wait(seconds) => self.wait(*seconds),
            Op::Repeat { .. } => {}
        }
        match self.touched.take() {
            Some(user) => self.check_rows(user).await,
            None => Ok(()),
        }
    }

    /// Advances the clock or sets it back, but never more than [`FURTHEST_BACK`] behind the latest time.
    fn wait(&mut self, seconds: i64) {
        let now = self.now();
        self.latest = self.latest.max(now);
        let seconds = (now + seconds).max(self.latest - FURTHEST_BACK) - now;
        let by = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 {
            self.world.server.clock.step_back(by)
        } else {
            self.world.server.clock.advance(by)
        }
        self.latest = self.latest.max(self.now());
    }

    /// Refreshes with the newest token until the session ends. `pause` computes each pause from the seconds that are left.
    async fn refresh_every(
        &mut self,
        pause: fn(i64) -> i64,
        session: usize,
        times: usize,
    ) -> Result<(), Mismatch> {
        let Some(index) = self.session(session) else { return Ok(()) };
        for _ in 0..times {
            self.wait(pause(self.model.sessions[index].absolute() - self.now()));
            let Some(token) = self.held(index, 0) else { return Ok(()) };
            self.refresh(token, AT_HOME, false, &Trouble::none()).await?;
            if self.model.sessions[index].end_reason(self.now()).is_some() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// An unused assertion that was issued `age` seconds ago.
    pub(crate) fn assertion(&self, user: usize, age: i64) -> Assertion {
        let issued = self.now() - age;
        let times = json!({"iat": issued, "exp": issued + ASSERTION});
        let text = self.world.assertion_with(USERS[user], times);
        Assertion { user, text, issued, opened: None }
    }

    /// The session and the generation of a token that a client holds.
    fn find(&self, pick: Pick) -> Option<(usize, usize)> {
        self.held(self.session(pick.session)?, pick.back)
    }

    /// The `back`-th before the newest token of a session that a client holds.
    pub(crate) fn held(&self, index: usize, back: usize) -> Option<(usize, usize)> {
        let generations = &self.model.sessions[index].generations;
        let held: Vec<usize> = (0..generations.len()).filter(|number| generations[*number].held).collect();
        let newest = held.len().checked_sub(1)?;
        Some((index, held[newest.saturating_sub(back)]))
    }

    /// The `number`-th newest live session. [`ANY_SESSION`] picks one of all sessions.
    pub(crate) fn session(&self, number: usize) -> Option<usize> {
        let (now, sessions) = (self.now(), &self.model.sessions);
        let live: Vec<usize> =
            (0..sessions.len()).filter(|index| sessions[*index].end_reason(now).is_none()).collect();
        if number < ANY_SESSION && !live.is_empty() {
            return Some(live[live.len() - 1 - number % live.len()]);
        }
        let latest = sessions.len().checked_sub(1)?;
        Some(latest - number.min(latest))
    }

    pub(crate) fn text(&self, session: usize, generation: usize) -> String {
        self.model.sessions[session].generations[generation].text.clone().unwrap_or_default()
    }

    /// Adds a request to the report that is printed when the story fails.
    pub(crate) fn note(&mut self, user: usize, what: &str, reply: &Reply) {
        self.touched = Some(user);
        let at = self.now() - START;
        let reason = reply.body["reason"].as_str().map(|reason| format!(" ({reason})")).unwrap_or_default();
        let (status, code) = (reply.status.as_u16(), reply.code());
        self.trace.push(format!("      t {at:+} s: {what} -> {status} {code}{reason}"));
    }
}

/// A pause of six days at most; then one until half an hour before the end; then one until the end.
fn towards_the_end(left: i64) -> i64 {
    if left > HALF_AN_HOUR { SIX_DAYS.min(left - HALF_AN_HOUR) } else { left }
}

/// Runs all calls concurrently. They start in this order.
pub(crate) async fn at_once<F>(calls: impl Iterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let tasks: Vec<_> = calls.map(tokio::spawn).collect();
    let mut outputs = vec![];
    for task in tasks {
        outputs.push(task.await.expect("no call panics"));
    }
    outputs
}
