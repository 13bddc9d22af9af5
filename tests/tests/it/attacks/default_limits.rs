//! Each of the four limits has exactly its documented default effect, for the client that exceeds it and no other.

use std::sync::Arc;

use latchkey::token::fetch::IssuerKeyCache;
use latchkey::token::keys::generate_key_set;
use latchkey_tests::world::{Device, Reply, World};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// A limit and its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    Refresh,
    Login,
    PasswordReset,
    General,
}

impl Limit {
    const ALL: [Self; 4] = [Self::Refresh, Self::Login, Self::PasswordReset, Self::General];

    /// The attempts, the window and the wait of the first refused call, in seconds.
    fn facts(self) -> (usize, u64, std::ops::RangeInclusive<u64>) {
        match self {
            Self::Refresh => (20, 300, 900..=900),
            Self::Login => (5, 900, 1_800..=1_800),
            Self::PasswordReset => (3, 3_600, 3_240..=3_600),
            Self::General => (100, 900, 810..=900),
        }
    }
}

/// A client that reaches a limit.
#[derive(Clone)]
struct LimitedClient {
    limit: Limit,
    world: World,
    device: Device,
    access: String,
    refresh: String,
}

impl LimitedClient {
    async fn new(world: &World, limit: Limit, user: &str, address: &str) -> Self {
        let device = world.device().at(address);
        let tokens = device.sign_in(user).await;
        Self { limit, world: world.clone(), device, access: tokens.access, refresh: tokens.refresh }
    }

    async fn attempt(&mut self) -> Reply {
        match self.limit {
            Limit::Refresh => {
                let reply = self.device.refresh(&self.refresh).await;
                if reply.status == 200 {
                    self.refresh = reply.text("refresh_token");
                }
                reply
            }
            Limit::Login => self.device.login("made.up.assertion").await,
            Limit::PasswordReset => {
                let service = self.world.assertion_with("b", json!({"scope": "latchkey:attempts"}));
                let subject = self.refresh.rsplit_once('.').expect("a token").1;
                let body = json!({"policy": "password_reset", "subject": subject, "ip": "203.0.113.9"});
                self.device.clone().bearer(&service).post("/api/auth/login/attempts", body).await
            }
            Limit::General => self.device.list(&self.access).await,
        }
    }

    /// Checks that an attempt is not refused by the limit. It may fail for another reason.
    async fn passes(&mut self) {
        let reply = self.attempt().await;
        let expected = if self.limit == Limit::Login { 401 } else { 200 };
        assert_eq!(reply.status, expected, "{:?}: {}", self.limit, reply.body);
    }

    /// Checks that an attempt is refused by the limit, and returns the wait in seconds.
    async fn refused(&mut self) -> u64 {
        let reply = self.attempt().await;
        reply.assert_problem(429, "rate_limited").assert_no_cookie();
        assert!(
            reply.header("ratelimit").contains(";r=0;"),
            "{:?}: {}",
            self.limit,
            reply.header("ratelimit")
        );
        let (attempts, window, _) = self.limit.facts();
        let policy = reply.header("ratelimit-policy").to_owned();
        assert!(policy.ends_with(&format!(";q={attempts};w={window}")), "{:?}: {policy}", self.limit);
        reply.header("retry-after").parse().expect("seconds")
    }
}

#[tokio::test]
async fn a_refused_client_passes_at_retry_after_despite_repeated_calls() {
    for limit in Limit::ALL {
        let keys = generate_key_set();
        let settings = [("LATCHKEY_KEYS", keys.as_str())];
        let world = World::with(&settings).await;
        let address = "198.51.100.7";
        let mut attempter = LimitedClient::new(&world, limit, "alice", address).await;
        let mut neighbour = LimitedClient::new(&world, limit, "bob", "203.0.113.7").await;
        let (attempts, _, waits) = limit.facts();
        for _ in 0..attempts {
            attempter.passes().await;
        }
        let wait = attempter.refused().await;
        assert!(waits.contains(&wait), "{limit:?}: {wait}");
        let mut left = wait;
        while left > 1 {
            let step = (left / 20).max(1).min(left - 1);
            world.advance(step);
            left -= step;
            // Half of the calls reach an instance that has just started and has no refusals in its cache.
            let fresh = world.redeployed(&settings, IssuerKeyCache::default());
            let mut elsewhere = attempter.clone();
            elsewhere.device = fresh.device().at(address);
            for caller in [&mut elsewhere, &mut attempter] {
                assert_eq!(caller.refused().await, left, "{limit:?}: refused calls neither help nor harm");
            }
        }
        neighbour.passes().await;
        world.advance(1);
        attempter.passes().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_five_times_as_many_concurrent_calls_exactly_the_limit_pass() {
    for limit in [Limit::Login, Limit::PasswordReset, Limit::General] {
        let world = World::new().await;
        let attempter = LimitedClient::new(&world, limit, "alice", "198.51.100.7").await;
        let (attempts, ..) = limit.facts();
        // The number of requests in flight. More would only wait for the engine and reach the deadline on a slow machine.
        let in_flight = Arc::new(Semaphore::new(25));
        let mut tries = JoinSet::new();
        for _ in 0..attempts * 5 {
            let (mut attempter, in_flight) = (attempter.clone(), Arc::clone(&in_flight));
            tries.spawn(async move {
                let _place = in_flight.acquire().await.expect("the semaphore stays open");
                attempter.attempt().await.status.as_u16()
            });
        }
        let statuses = tries.join_all().await;
        let refused = statuses.iter().filter(|status| **status == 429).count();
        assert_eq!(statuses.len() - refused, attempts, "{limit:?}: {statuses:?}");
        assert!(statuses.iter().all(|status| *status < 500), "{limit:?}: {statuses:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeated_refreshes_count_no_more_than_single_ones() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let mut newest = tokens.refresh.clone();
    for round in 0..21 {
        let mut crowd = JoinSet::new();
        for _ in 0..5 {
            let (device, token) = (device.clone(), newest.clone());
            crowd.spawn(async move { device.refresh(&token).await });
        }
        let replies = crowd.join_all().await;
        let expected = if round < 20 { 200 } else { 429 };
        assert!(replies.iter().all(|reply| reply.status == expected), "round {round}: {}", replies[0].body);
        if expected == 200 {
            newest = replies[0].text("refresh_token");
        }
    }
    assert_eq!(world.row("alice", &tokens.session).await.unwrap().generation, 20);
    assert_eq!(world.count_events("alice", "blocked").await, 1);
}
