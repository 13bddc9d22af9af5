//! Which sessions does the feed list? Every revoked one, and no other.

use latchkey_tests::random::SeededRandom;
use latchkey_tests::world::{Device, Jar, Tokens, World, payload};
use serde_json::json;

#[tokio::test]
async fn an_expired_session_is_not_listed() {
    let world = World::new().await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    world.advance(7 * 86_400);
    // The next sign-in ends the session that has just expired, because an instance whose clock is behind could prolong it.
    let next = device.clone().cookies(&jar.line()).login_in_browser(&world.assertion("alice")).await;
    next.assert_status(201);
    assert!(world.raw_row("alice", &jar.session).await.is_none());
    world.advance(1);
    assert!(world.feed().await.is_empty());
    assert!(world.feed_rows().await.is_empty());
}

#[tokio::test]
async fn a_revocation_of_everyone_is_one_moment_and_no_entry() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let root = Tokens::of(device.login(&root).await.assert_status(201));
    world.advance(60);
    let refreshed = Tokens::of(device.refresh(&tokens.refresh).await.assert_status(200));
    let moment = world.now().seconds() - 60;
    let before = world.now().before(std::time::Duration::from_secs(60)).to_rfc3339();
    let body = json!({"strategy": "everyone", "reason": "a drill", "before": before});
    device.revoke(&root.access, body).await.assert_status(200);
    world.advance(10);
    // The next request records the end, and the feed still lists no session.
    device.refresh(&refreshed.refresh).await.assert_ended("admin");
    let later = device.sign_in("bob").await;
    let feed = world.feed().await;
    assert_eq!((feed.payload["not_before"].as_i64(), feed.len()), (Some(moment), 0));
    let start = |tokens: &Tokens| payload(&tokens.access)["sst"].as_i64().expect("a number");
    assert!(start(&refreshed) <= moment, "a token that was refreshed after the moment has ended, too");
    assert!(start(&later) > moment);
}

/// Verifiers and our endpoints must agree for each age of an assertion, or an honest session would be refused.
#[tokio::test]
async fn the_start_of_a_session_decides_as_our_endpoints_do() {
    let world = World::with(&[("SESSION_LIMIT", "30")]).await;
    let device = world.device();
    let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let root = Tokens::of(device.login(&root).await.assert_status(201));
    let (now, mut sessions) = (world.now().seconds(), vec![]);
    for age in 0..25 {
        let assertion = world.assertion_with("alice", json!({"iat": now - age}));
        sessions.push(Tokens::of(device.login(&assertion).await.assert_status(201)));
    }
    let before = world.now().before(std::time::Duration::from_secs(12)).to_rfc3339();
    let body = json!({"strategy": "everyone", "reason": "a drill", "before": before});
    device.revoke(&root.access, body).await.assert_status(200);
    let not_before = world.feed().await.payload["not_before"].as_i64().expect("a number");
    let mut ended = 0;
    for tokens in &sessions {
        let is_refused = device.list(&tokens.access).await.status == 401;
        let start = payload(&tokens.access)["sst"].as_i64().expect("a number");
        assert_eq!(start <= not_before, is_refused, "sst {start}, not_before {not_before}");
        ended += usize::from(is_refused);
    }
    assert_eq!(ended, 2, "those whose assertion is 23 or 24 s old");
}

/// The sessions of one user in a random story.
struct Story {
    world: World,
    device: Device,
    live: Vec<Tokens>,
    ended: Vec<String>,
}

impl Story {
    async fn step(&mut self, random: &mut SeededRandom) {
        self.world.advance(u64::try_from(random.below(40)).expect("it is small"));
        if self.live.is_empty() || random.below(3) == 0 {
            let reply = self.device.login(&self.world.assertion("alice")).await;
            if reply.status == 429 {
                return self.world.advance(720);
            }
            let ended: Vec<String> = reply.assert_status(201).body["ended"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|end| end["session_id"].as_str().expect("an id").to_owned())
                .collect();
            self.live.push(Tokens::of(&reply));
            return self.end(&ended);
        }
        let chosen = random.below(self.live.len());
        let tokens = self.live[chosen].clone();
        let device = self.device.clone();
        let caller = device.clone().bearer(&tokens.access);
        let other = self.live[random.below(self.live.len())].session.clone();
        let ended: Vec<String> = match random.below(5) {
            0 | 1 => {
                let reply = device.refresh(&tokens.refresh).await;
                if reply.status == 200 {
                    self.live[chosen] = Tokens::of(&reply);
                }
                vec![]
            }
            2 => {
                let reply = caller.delete(&format!("/api/auth/sessions/{other}")).await;
                if reply.status == 200 { vec![other] } else { vec![] }
            }
            3 => {
                let reply = device
                    .post("/api/auth/revoke", json!({"strategy": "token", "token": tokens.refresh}))
                    .await;
                if reply.assert_status(200).body["ended"] == 1 { vec![tokens.session] } else { vec![] }
            }
            _ => {
                let reply = caller.delete("/api/auth/sessions?scope=others").await;
                let others = self.live.iter().map(|other| other.session.clone());
                if reply.status == 200 {
                    others.filter(|other| *other != tokens.session).collect()
                } else {
                    vec![]
                }
            }
        };
        self.end(&ended);
    }

    fn end(&mut self, ended: &[String]) {
        self.live.retain(|tokens| !ended.contains(&tokens.session));
        self.ended.extend_from_slice(ended);
    }
}

#[tokio::test]
async fn in_random_stories_the_feed_lists_the_ended_sessions_and_no_other() {
    for seed in 0..4 {
        let world = World::new().await;
        let mut random = SeededRandom::from_seed(seed);
        let mut story = Story { device: world.device(), world: world.clone(), live: vec![], ended: vec![] };
        for step in 0..30 {
            story.step(&mut random).await;
            world.advance(1);
            let feed = world.feed().await;
            for tokens in &story.live {
                assert!(!feed.lists(&tokens.session), "seed {seed}, step {step}: a live session is listed");
            }
        }
        let feed = world.feed().await;
        let listed = story.ended.iter().filter(|session| feed.lists(session)).count();
        assert!(!story.ended.is_empty(), "seed {seed} ended no session");
        assert_eq!((listed, feed.len()), (story.ended.len(), story.ended.len()), "seed {seed}");
    }
}
