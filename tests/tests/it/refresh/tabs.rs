//! The tabs of a browser share a cookie jar and a record of their keys, and reach instances whose clocks differ.

use latchkey_tests::world::{Device, Jar, Reply, Tokens, World};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;
use tokio::task::JoinSet;

const SIGN_IN_KEY: &str = "key-of-the-sign-in-01";
/// How far the clocks of three instances are ahead of the time of the sign-in, in seconds.
const CLOCKS: [i64; 3] = [0, -10, 10];
/// The most that two of them differ.
const MOST_APART: u64 = 20;

fn key(number: usize) -> String {
    format!("key-of-the-refresh-{number:02}")
}

async fn refresh(client: &Device, token: &str, own: usize, previous: &[String]) -> Reply {
    let body = json!({"refresh_token": token, "previous_keys": previous});
    client.clone().key(&key(own)).post("/api/auth/refresh", body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_with_other_clocks_make_one_rotation_for_one_key() {
    let world = World::with(&[("LIMIT_REFRESH", "1000000/5m/15m")]).await;
    let instances = CLOCKS.map(|ahead| world.instance(ahead).device());
    let mut newest = world.device().key(SIGN_IN_KEY).sign_in("alice").await.refresh;
    for round in 1..=6 {
        let mut requests = JoinSet::new();
        for request in 0..12 {
            let (instance, token) = (instances[request % instances.len()].clone(), newest.clone());
            requests.spawn(async move { refresh(&instance, &token, round, &[]).await });
        }
        let replies = requests.join_all().await;
        let mut tokens: Vec<_> = replies.iter().map(|reply| Tokens::of(reply).refresh).collect();
        tokens.dedup();
        assert_eq!(tokens.len(), 1, "round {round}");
        newest = tokens.remove(0);
    }
    let session = latchkey_tests::world::payload(&newest)["sid"].as_str().expect("a session").to_owned();
    assert_eq!(world.row("alice", &session).await.unwrap().generation, 6);
}

/// The response of another instance to a request of the owner or of a thief, some seconds after a rotation.
async fn later(rotates: i64, answers: i64, seconds: u64, is_owner: bool) -> Reply {
    let world = World::new().await;
    let device = world.device();
    let first = device.clone().key(SIGN_IN_KEY).sign_in("alice").await;
    let (rotates, answers) = (world.instance(rotates), world.instance(answers));
    let own = |world: &World| world.device().at("198.51.100.7");
    refresh(&own(&rotates), &first.refresh, 1, &[SIGN_IN_KEY.to_owned()]).await.assert_status(200);
    answers.advance(seconds);
    if is_owner {
        // A request that was under way while a key that it does not show made the next generation.
        let slow = own(&answers).elsewhere().key(SIGN_IN_KEY);
        return slow.refresh(&first.refresh).await;
    }
    own(&answers).elsewhere().refresh(&first.refresh).await
}

#[tokio::test]
async fn no_period_grows_or_shrinks_by_more_than_clocks_differ() {
    let apart = i64::try_from(MOST_APART).expect("it is small");
    for (rotates, answers) in [(0, 0), (-10, 10), (10, -10)] {
        let difference: i64 = answers - rotates;
        assert!(difference.abs() <= apart);
        let what = format!("the clocks differ by {difference} s");
        // The grace period of 10 s of a thief, and the minute of a request that was overtaken.
        assert_eq!(later(rotates, answers, 10 + MOST_APART + 1, false).await.status, 401, "{what}");
        let at = |seconds: u64| later(rotates, answers, seconds, true);
        assert_eq!(at(60 - MOST_APART).await.status, 409, "{what}");
        assert_eq!(at(60 + MOST_APART + 1).await.status, 401, "{what}");
    }
}

/// One step of ten tabs that share a cookie jar and a record of their keys.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The tab decides to refresh, and takes cookie and keys of this moment.
    Begin(usize),
    /// The tab's request reaches the server.
    Arrive(usize),
    /// The response reaches the browser, which takes its cookie.
    Answer(usize),
    /// Some seconds pass.
    Wait(u64),
}

/// The tabs of a browser: its cookie, its newest three keys, and whether the newest one is still under way. Each tab reaches
/// one of the instances.
struct Browser {
    instances: Vec<World>,
    address: &'static str,
    cookie: String,
    keys: Vec<String>,
    is_pending: bool,
    rotations: usize,
    /// Seconds that have passed since the first request under way began.
    waited: u64,
    waiting: [Option<Request>; 10],
    answers: [Option<(Reply, Request)>; 10],
}

/// A request of a tab.
#[derive(Clone)]
struct Request {
    cookie: String,
    keys: Vec<String>,
    began: usize,
}

impl Browser {
    fn begin(&mut self, tab: usize) {
        // A request that three later rotations overtook is reuse, so that no tab waits for so long here.
        let oldest = self.waiting.iter().flatten().map(|request| request.began).min();
        let has_room = oldest.is_none_or(|oldest| self.rotations < oldest + 2);
        if self.waiting[tab].is_some() || self.answers[tab].is_some() || !(has_room || self.is_pending) {
            return;
        }
        if !self.is_pending {
            self.rotations += 1;
            self.keys.insert(0, key(self.rotations));
            self.keys.truncate(3);
            self.is_pending = true;
        }
        let request = Request { cookie: self.cookie.clone(), keys: self.keys.clone(), began: self.rotations };
        self.waiting[tab] = Some(request);
    }

    /// Lets time pass. A request that arrives more than a minute late, by the clocks of both instances, may be reuse, and the
    /// client gives up before that.
    fn wait(&mut self, seconds: u64) {
        if self.waiting.iter().all(Option::is_none) {
            self.waited = 0;
        } else if self.waited + seconds > 60 - MOST_APART {
            return;
        } else {
            self.waited += seconds;
        }
        self.instances.iter().for_each(|instance| instance.advance(seconds));
    }

    async fn arrive(&mut self, tab: usize) {
        let Some(request) = self.waiting[tab].take() else { return };
        let page = self.instances[tab % self.instances.len()].device().at(self.address);
        let page = page.key(&request.keys[0]).cookies(&format!("latchkey_refresh={}", request.cookie));
        let reply = page.post("/api/auth/refresh", json!({"previous_keys": request.keys[1..]})).await;
        assert!([200, 409].contains(&reply.status.as_u16()), "{} {}", reply.status, reply.body);
        self.answers[tab] = Some((reply, request));
    }

    fn answer(&mut self, tab: usize) {
        let Some((reply, request)) = self.answers[tab].take() else { return };
        if reply.status == 200 {
            self.cookie = Jar::of(&reply).refresh;
        }
        let is_unused = reply.body["key_used"] == false;
        if self.keys.first() == request.keys.first() && !is_unused {
            self.is_pending = false;
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let tab = || 0..10_usize;
    let step = prop_oneof![
        4 => tab().prop_map(Step::Begin),
        4 => tab().prop_map(Step::Arrive),
        4 => tab().prop_map(Step::Answer),
        1 => (0..20_u64).prop_map(Step::Wait),
    ];
    vec(step, 20..120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tabs_that_share_their_keys_are_never_treated_as_theft(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let world = World::with(&[("LIMIT_REFRESH", "1000000/5m/15m")]).await;
            let address = "198.51.100.7";
            let login = world.device().at(address).key(SIGN_IN_KEY);
            let login = login.login_in_browser(&world.assertion("alice")).await;
            let mut browser = Browser {
                instances: CLOCKS.map(|ahead| world.instance(ahead)).into(),
                address,
                cookie: Jar::of(&login).refresh,
                keys: vec![SIGN_IN_KEY.to_owned()],
                is_pending: false,
                rotations: 0,
                waited: 0,
                waiting: Default::default(),
                answers: Default::default(),
            };
            for step in steps {
                match step {
                    Step::Begin(tab) => browser.begin(tab),
                    Step::Arrive(tab) => browser.arrive(tab).await,
                    Step::Answer(tab) => browser.answer(tab),
                    Step::Wait(seconds) => browser.wait(seconds),
                }
            }
            assert_eq!(world.count_events("alice", "token_reused").await, 0);
            assert_eq!(world.live("alice").await.len(), 1);
        });
    }
}
