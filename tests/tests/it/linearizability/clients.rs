//! Runs four concurrent clients of one user and records their history.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use latchkey::domain::session::evidence::{KeyHash, RequestKeys};
use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::random::SeededRandom;
use latchkey_tests::world::{Device, Reply, Tokens, World, payload};
use serde_json::json;
use tokio::task::JoinSet;

use super::history::{History, PendingCall};
use super::model::{Answer, Call, LIMIT};

const USER: &str = "alice";
const CLIENTS: u64 = 4;
const CALLS: u64 = 8;
/// The faults. With faults, one in four calls of a client meets one of them.
const FAULTS: [FaultKind; 4] = [
    FaultKind::TimeoutAfterCommit,
    FaultKind::TimeoutBefore,
    FaultKind::TimeoutAfterCommit,
    FaultKind::Conflict,
];

/// A call that ends several sessions ends them in one transaction. After three conflicts with other calls it marks them first, one after
/// the other, so that each session ends at a moment of its own.
const CONFLICTS_BEFORE_MARK: usize = 3;

/// Whether responses of the store get lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Faults {
    None,
    Some,
}

/// Data that all clients share: one of them may present a token that another one received.
#[derive(Default)]
struct Shared {
    history: History,
    sessions: Vec<Tokens>,
    refresh_tokens: Vec<String>,
}

/// Runs the history of `seed`. The calls are the same each time, but how they interleave is not.
pub(crate) async fn run_clients(seed: u64, faults: Faults) -> History {
    let limit = LIMIT.to_string();
    let world = World::with(&[
        ("SESSION_LIMIT", limit.as_str()),
        ("SESSION_LIMIT_POLICY", "reject"),
        // The clients send more requests than people do, and the rate limits are not under test.
        ("LIMIT_REFRESH", "1000000/5m/15m"),
        ("LIMIT_GENERAL", "1000000/15m"),
        ("LIMIT_LOGIN", "1000000/15m/30m"),
    ])
    .await;
    let shared = Arc::new(Mutex::new(Shared::default()));
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let random = SeededRandom::from_seed(seed * CLIENTS + number);
        let (device, shared) = (world.device(), Arc::clone(&shared));
        // Half of the clients send idempotency keys.
        let keys = (number % 2 == 0).then(Vec::new);
        clients.spawn(Client { world: world.clone(), device, shared, random, faults, number, keys }.run());
    }
    while let Some(client) = clients.join_next().await {
        client.expect("a client does not panic");
    }
    let mut history = std::mem::take(&mut lock(&shared).history);
    history.drop_lists_with_unknown_sessions();
    history
}

struct Client {
    world: World,
    device: Device,
    shared: Arc<Mutex<Shared>>,
    random: SeededRandom,
    faults: Faults,
    number: u64,
    /// The keys that it has made, if it makes any.
    keys: Option<Vec<String>>,
}

/// A request's keys, the one of this request first. The sequential model needs no hash of a key, because its number is enough.
#[derive(Clone, Default)]
struct Keys(Vec<String>);

impl Keys {
    fn newest(&self) -> Option<KeyHash> {
        self.0.first().map(|key| number_of(key))
    }

    fn shown(&self) -> RequestKeys {
        let previous = [self.0.get(1), self.0.get(2)].map(|key| key.map(|key| number_of(key)));
        RequestKeys { newest: self.newest(), previous }
    }

    /// `device` with the header of this request.
    fn header(&self, device: &Device) -> Device {
        self.0.first().map_or_else(|| device.clone(), |key| device.clone().key(key))
    }
}

fn number_of(key: &str) -> KeyHash {
    let digits = key.rsplit('-').next().and_then(|digits| digits.parse::<u64>().ok());
    KeyHash::from_bytes(digits.expect("a key ends with its number").to_be_bytes())
}

impl Client {
    /// A new key, with the two before it. None if the client makes no keys.
    fn new_keys(&mut self) -> Keys {
        let Some(keys) = &mut self.keys else { return Keys::default() };
        let number = 1_000 * (self.number + 1) + keys.len() as u64;
        keys.push(format!("key-of-a-client-{number}"));
        Keys(keys.iter().rev().take(3).cloned().collect())
    }

    async fn run(mut self) {
        self.sign_in().await;
        for _ in 0..CALLS {
            if self.faults == Faults::Some && self.random.below(4) == 0 {
                let kind = FAULTS[self.random.below(FAULTS.len())];
                // The store client attempts a call three times.
                let count = 1 + self.random.below(3);
                self.world.server.faults.queue(None, kind, u32::try_from(count).expect("it is small"));
            }
            match self.random.below(12) {
                0..=1 => self.sign_in().await,
                2..=6 => self.refresh().await,
                7..=8 => self.list().await,
                9 => self.end_one().await,
                10 => self.end_others().await,
                _ => self.sign_out().await,
            }
        }
    }

    /// Repeats the sign-in with one assertion until there is a response, as a client does. A repeat gets the session that
    /// the first attempt opened.
    async fn sign_in(&mut self) {
        let assertion = self.world.assertion(USER);
        let keys = self.new_keys();
        let jti = payload(&assertion)["jti"].to_string();
        let call = self.begin(Call::SignIn { assertion: jti, key: keys.newest() });
        let device = keys.header(&self.device);
        let reply = until_answered(|| device.login(&assertion)).await;
        let mut shared = lock(&self.shared);
        match reply.status.as_u16() {
            409 => return shared.history.end(call, Answer::Full),
            // The session was opened, its response was lost, and another client has ended it.
            401 if self.faults == Faults::Some => return shared.history.give_up(call),
            _ => {}
        }
        let tokens = Tokens::of(reply.assert_status(201));
        shared.history.end(call, Answer::Opened(tokens.session.clone()));
        shared.refresh_tokens.push(tokens.refresh.clone());
        shared.sessions.push(tokens);
    }

    /// Mostly one of the last tokens that any client received, and sometimes an older one, which is reuse.
    async fn refresh(&mut self) {
        let token = {
            let shared = lock(&self.shared);
            let Some(last) = shared.refresh_tokens.len().checked_sub(1) else { return };
            let back = if self.random.below(6) == 0 { self.random.below(8) } else { self.random.below(3) };
            shared.refresh_tokens[last.saturating_sub(back)].clone()
        };
        let keys = self.new_keys();
        let reply = until_answered(|| self.present(&token, &keys)).await;
        let mut shared = lock(&self.shared);
        if reply.status == 200 {
            shared.refresh_tokens.push(Tokens::of(&reply).refresh);
        }
    }

    /// One refresh. It is one call of the history, because a later refresh may find that this one had an effect.
    async fn present(&self, token: &str, keys: &Keys) -> Reply {
        let (session, generation) = session_and_generation(token);
        let call = self.begin(Call::Refresh { session, generation, keys: keys.shown(), client: self.number });
        let body = json!({"refresh_token": token, "previous_keys": keys.0.get(1..).unwrap_or_default()});
        let reply = keys.header(&self.device).post("/api/auth/refresh", body).await;
        let history = &mut lock(&self.shared).history;
        let answer = match reply.status.as_u16() {
            503 => {
                history.give_up(call);
                return reply;
            }
            409 => Answer::Superseded,
            401 if has_ended(&reply) => Answer::Lives(false),
            _ => {
                let successor = Tokens::of(reply.assert_status(200)).refresh;
                let key_used = reply.body.get("key_used").and_then(serde_json::Value::as_bool);
                Answer::Rotated(session_and_generation(&successor).1, key_used)
            }
        };
        if self.faults == Faults::Some && !matches!(answer, Answer::Rotated(..)) {
            // The first attempt may have moved the session without a response, and the retry found it ended or overtaken.
            history.add_possible_repeat(&call);
        }
        history.end(call, answer);
        reply
    }

    async fn list(&mut self) {
        let Some(caller) = self.any_session() else { return };
        let call = self.begin(Call::List);
        let reply = until_answered(|| self.device.list(&caller.access)).await;
        let mut shared = lock(&self.shared);
        if has_ended(&reply) {
            shared.history.reinterpret(&call, Call::IsLive { session: caller.session });
            return shared.history.end(call, Answer::Lives(false));
        }
        let rows = reply.assert_status(200).body["sessions"].as_array().expect("a list").clone();
        let id = |row: &serde_json::Value| row["session_id"].as_str().expect("an id").to_owned();
        let live: BTreeSet<String> = rows.iter().map(id).collect();
        assert!(live.contains(&caller.session), "a caller is in its own list");
        shared.history.end(call, Answer::Live(live));
    }

    async fn end_one(&mut self) {
        let (Some(caller), Some(target)) = (self.any_session(), self.any_session()) else { return };
        let call = self.begin(Call::End { session: target.session.clone() });
        let path = format!("/api/auth/sessions/{}", target.session);
        let reply = self.device.clone().bearer(&caller.access).delete(&path).await;
        self.record_result(call, &caller, &reply);
    }

    async fn end_others(&mut self) {
        let Some(caller) = self.any_session() else { return };
        let call = self.begin(Call::EndOthers { but: caller.session.clone() });
        let device = self.device.clone().bearer(&caller.access);
        let reply = device.delete("/api/auth/sessions?scope=others").await;
        self.record_result(call, &caller, &reply);
    }

    async fn sign_out(&mut self) {
        let Some(caller) = self.any_session() else { return };
        let everywhere = self.random.below(3) == 0;
        let (strategy, order) = if everywhere {
            ("all", Call::EndAll)
        } else {
            ("current", Call::End { session: caller.session.clone() })
        };
        let call = self.begin(order);
        let reply = self.device.revoke(&caller.access, json!({"strategy": strategy})).await;
        if !everywhere && reply.status == 200 && reply.body["ended"] == 0 {
            // A client with an ended session may sign out.
            return self.nothing_ended(call);
        }
        self.record_result(call, &caller, &reply);
    }

    /// The result of a revocation: done, nothing to do, not allowed, or unknown.
    fn record_result(&self, call: PendingCall, caller: &Tokens, reply: &Reply) {
        let mut shared = lock(&self.shared);
        let is_live = Call::IsLive { session: caller.session.clone() };
        if reply.status == 503 {
            return shared.history.give_up(call);
        }
        if has_ended(reply) {
            shared.history.reinterpret(&call, is_live);
            return shared.history.end(call, Answer::Lives(false));
        }
        shared.history.add_observation(&call, is_live, Answer::Lives(true));
        if reply.status == 404 {
            drop(shared);
            return self.nothing_ended(call);
        }
        let ended = reply.assert_status(200).body["ended"].as_u64().expect("a number");
        let ended = usize::try_from(ended).expect("it is small");
        if self.faults == Faults::Some {
            // The first attempt may have ended some sessions without a response, and the retry ended later sign-ins.
            shared.history.add_possible_repeat(&call);
        }
        if shared.history.others_during(&call) >= CONFLICTS_BEFORE_MARK {
            let ids = reply.body["session_ids"].as_array().expect("the ended sessions");
            for id in ids {
                let session = id.as_str().expect("an id").to_owned();
                shared.history.add_observation(&call, Call::End { session }, Answer::EndedUpTo(1));
            }
        }
        // A call also reports a session that another call has marked, if it records that end.
        shared.history.end(call, Answer::EndedUpTo(ended));
    }

    /// Records that no session ended. With lost responses, the first attempt may have ended the session, so that the retry
    /// found it ended.
    fn nothing_ended(&self, call: PendingCall) {
        let history = &mut lock(&self.shared).history;
        if self.faults == Faults::Some {
            history.add_possible_repeat(&call);
        }
        history.end(call, Answer::Ended(0));
    }

    /// A session that any client opened, ended or not.
    fn any_session(&mut self) -> Option<Tokens> {
        let shared = lock(&self.shared);
        let last = shared.sessions.len().checked_sub(1)?;
        Some(shared.sessions[last.saturating_sub(self.random.below(4))].clone())
    }

    fn begin(&self, call: Call) -> PendingCall {
        lock(&self.shared).history.begin(call)
    }
}

/// A client repeats a repeatable request until it gets a response.
async fn until_answered<Answering: Future<Output = Reply>>(call: impl Fn() -> Answering) -> Reply {
    for _ in 0..50 {
        let reply = call().await;
        if reply.status != 503 {
            return reply;
        }
    }
    panic!("fifty requests in sequence were 503")
}

fn has_ended(reply: &Reply) -> bool {
    reply.status == 401 && reply.code() == "session_ended"
}

/// The session and the generation of a refresh token.
fn session_and_generation(token: &str) -> (String, u64) {
    let claims = payload(token);
    (claims["sid"].as_str().expect("a session").to_owned(), claims["gen"].as_u64().expect("a generation"))
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().expect("no holder of the lock panics")
}
