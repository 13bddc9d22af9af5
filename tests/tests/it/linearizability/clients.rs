//! Four clients of one user, each on a task of its own, and what happens to them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::random::SeededRandom;
use latchkey_tests::world::{Device, Reply, Tokens, World, payload};
use serde_json::json;
use tokio::task::JoinSet;

use super::history::{History, UnderWay};
use super::model::{Answer, Call, LIMIT};

const USER: &str = "alice";
const CLIENTS: u64 = 4;
const CALLS: u64 = 8;
/// Every fourth call of a client meets a fault, when there are faults.
const FAULTS: [FaultKind; 4] = [
    FaultKind::TimeoutAfterCommit,
    FaultKind::TimeoutBefore,
    FaultKind::TimeoutAfterCommit,
    FaultKind::Conflict,
];

/// Whether answers are lost on the way from the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Faults {
    None,
    Some,
}

/// Data that all clients share: one of them may present a token that another one received.
#[derive(Default)]
struct Board {
    history: History,
    sessions: Vec<Tokens>,
    refresh_tokens: Vec<String>,
}

/// Runs the history of `seed`. The calls are the same each time, but how they interleave is not.
pub(crate) async fn live_side_by_side(seed: u64, faults: Faults) -> History {
    let limit = LIMIT.to_string();
    let world = World::with(&[
        ("SESSION_LIMIT", limit.as_str()),
        ("SESSION_LIMIT_POLICY", "reject"),
        // These make more calls than people do, and no limit of calls is under test.
        ("LIMIT_REFRESH", "1000000/5m/15m"),
        ("LIMIT_GENERAL", "1000000/15m"),
        ("LIMIT_LOGIN", "1000000/15m/30m"),
    ])
    .await;
    let board = Arc::new(Mutex::new(Board::default()));
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let random = SeededRandom::from_seed(seed * CLIENTS + number);
        let (device, board) = (world.device(), Arc::clone(&board));
        clients.spawn(Client { world: world.clone(), device, board, random, faults }.live());
    }
    while let Some(client) = clients.join_next().await {
        client.expect("a client gets through");
    }
    let mut history = std::mem::take(&mut lock(&board).history);
    history.forget_lists_of_the_unheard_of();
    history
}

struct Client {
    world: World,
    device: Device,
    board: Arc<Mutex<Board>>,
    random: SeededRandom,
    faults: Faults,
}

impl Client {
    async fn live(mut self) {
        self.sign_in().await;
        for _ in 0..CALLS {
            if self.faults == Faults::Some && self.random.below(4) == 0 {
                let kind = FAULTS[self.random.below(FAULTS.len())];
                // Three are as many as a call of the store is tried.
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

    /// With one assertion until there is an answer, as a client does: a repetition finds what was opened.
    async fn sign_in(&self) {
        let assertion = self.world.assertion(USER);
        let call = self.begin(Call::SignIn { assertion: payload(&assertion)["jti"].to_string() });
        let reply = until_answered(|| self.device.login(&assertion)).await;
        let mut board = lock(&self.board);
        match reply.status.as_u16() {
            409 => return board.history.end(call, Answer::Full),
            // The session was opened, its response was lost, and another client has ended it.
            401 if self.faults == Faults::Some => return board.history.give_up(call),
            _ => {}
        }
        let tokens = Tokens::of(reply.assert_status(201));
        board.history.end(call, Answer::Opened(tokens.session.clone()));
        board.refresh_tokens.push(tokens.refresh.clone());
        board.sessions.push(tokens);
    }

    /// Mostly one of the last tokens that any client received, and sometimes an older one, which is reuse.
    async fn refresh(&mut self) {
        let token = {
            let board = lock(&self.board);
            let Some(last) = board.refresh_tokens.len().checked_sub(1) else { return };
            let back = if self.random.below(6) == 0 { self.random.below(8) } else { self.random.below(3) };
            board.refresh_tokens[last.saturating_sub(back)].clone()
        };
        let reply = until_answered(|| self.present(&token)).await;
        let mut board = lock(&self.board);
        if reply.status == 200 {
            board.refresh_tokens.push(Tokens::of(&reply).refresh);
        }
    }

    /// One call: the next one that presents the token may find that this one was carried out.
    async fn present(&self, token: &str) -> Reply {
        let (session, generation) = named(token);
        let call = self.begin(Call::Refresh { session, generation });
        let reply = self.device.refresh(token).await;
        let history = &mut lock(&self.board).history;
        if is_over(&reply) {
            if self.faults == Faults::Some {
                // The first attempt may have moved the session without a response, and the retry found it ended.
                history.perhaps(&call);
            }
            history.end(call, Answer::Lives(false));
        } else if reply.status == 503 {
            history.give_up(call);
        } else {
            let successor = Tokens::of(reply.assert_status(200)).refresh;
            history.end(call, Answer::Rotated(named(&successor).1));
        }
        reply
    }

    async fn list(&mut self) {
        let Some(caller) = self.somebody() else { return };
        let call = self.begin(Call::List);
        let reply = until_answered(|| self.device.list(&caller.access)).await;
        let mut board = lock(&self.board);
        if is_over(&reply) {
            board.history.was(&call, Call::IsLive { session: caller.session });
            return board.history.end(call, Answer::Lives(false));
        }
        let rows = reply.assert_status(200).body["sessions"].as_array().expect("a list").clone();
        let id = |row: &serde_json::Value| row["session_id"].as_str().expect("an id").to_owned();
        let live: BTreeSet<String> = rows.iter().map(id).collect();
        assert!(live.contains(&caller.session), "a caller is in its own list");
        board.history.end(call, Answer::Live(live));
    }

    async fn end_one(&mut self) {
        let (Some(caller), Some(target)) = (self.somebody(), self.somebody()) else { return };
        let call = self.begin(Call::End { session: target.session.clone() });
        let path = format!("/api/auth/sessions/{}", target.session);
        let reply = self.device.clone().bearer(&caller.access).delete(&path).await;
        self.told(call, &caller, &reply);
    }

    async fn end_others(&mut self) {
        let Some(caller) = self.somebody() else { return };
        let call = self.begin(Call::EndOthers { but: caller.session.clone() });
        let device = self.device.clone().bearer(&caller.access);
        let reply = device.delete("/api/auth/sessions?scope=others").await;
        self.told(call, &caller, &reply);
    }

    async fn sign_out(&mut self) {
        let Some(caller) = self.somebody() else { return };
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
        self.told(call, &caller, &reply);
    }

    /// The result of a revocation: done, nothing to do, not allowed, or unknown.
    fn told(&self, call: UnderWay, caller: &Tokens, reply: &Reply) {
        let mut board = lock(&self.board);
        let is_live = Call::IsLive { session: caller.session.clone() };
        if reply.status == 503 {
            return board.history.give_up(call);
        }
        if is_over(reply) {
            board.history.was(&call, is_live);
            return board.history.end(call, Answer::Lives(false));
        }
        board.history.also(&call, is_live, Answer::Lives(true));
        if reply.status == 404 {
            drop(board);
            return self.nothing_ended(call);
        }
        let ended = reply.assert_status(200).body["ended"].as_u64().expect("a number");
        let ended = usize::try_from(ended).expect("it is small");
        if self.faults == Faults::Some {
            // The first attempt may have ended some sessions without a response, and the retry ended later sign-ins.
            board.history.perhaps(&call);
            return board.history.end(call, Answer::EndedUpTo(ended));
        }
        board.history.end(call, Answer::Ended(ended));
    }

    /// With lost answers it may have ended it itself, and have found it gone when it tried again.
    fn nothing_ended(&self, call: UnderWay) {
        let history = &mut lock(&self.board).history;
        if self.faults == Faults::Some {
            history.perhaps(&call);
        }
        history.end(call, Answer::Ended(0));
    }

    /// A session that any client opened, ended or not.
    fn somebody(&mut self) -> Option<Tokens> {
        let board = lock(&self.board);
        let last = board.sessions.len().checked_sub(1)?;
        Some(board.sessions[last.saturating_sub(self.random.below(4))].clone())
    }

    fn begin(&self, call: Call) -> UnderWay {
        lock(&self.board).history.begin(call)
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
    panic!("fifty faults, one after the other")
}

fn is_over(reply: &Reply) -> bool {
    reply.status == 401 && reply.code() == "session_ended"
}

/// Which session and generation a refresh token names.
fn named(token: &str) -> (String, u64) {
    let claims = payload(token);
    (claims["sid"].as_str().expect("a session").to_owned(), claims["gen"].as_u64().expect("a generation"))
}

fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().expect("no holder of the lock panics")
}
