//! Each action adds exactly its events to the audit trail and to the log.

use latchkey_tests::world::{Device, FIREFOX, Jar, Logs, Tokens, World};
use serde_json::{Value, json};

/// Alice, signed in on a device.
struct Story {
    world: World,
    device: Device,
    tokens: Tokens,
}

impl Story {
    async fn begin() -> Self {
        let world = World::with(&[("LIMIT_REFRESH", "2/5m/15m"), ("LIMIT_GENERAL", "2/15m")]).await;
        let device = world.device();
        let tokens = device.sign_in("alice").await;
        Self { world, device, tokens }
    }

    /// The tokens after two refreshes: the window is full, and the first token is two generations old.
    async fn with_full_window(&self) -> Tokens {
        let next = Tokens::of(self.device.refresh(&self.tokens.refresh).await.assert_status(200));
        Tokens::of(self.device.refresh(&next.refresh).await.assert_status(200))
    }

    async fn root(&self) -> Tokens {
        let assertion = self.world.assertion_with("root", json!({"scope": "latchkey:admin"}));
        Tokens::of(self.world.device().login(&assertion).await.assert_status(201))
    }

    /// The events that were added to the trail, sorted.
    async fn new_events(&self) -> Vec<String> {
        let mut types: Vec<String> =
            self.world.events("alice").await.into_iter().map(|event| event.event_type).collect();
        let begun = types.iter().position(|name| name == "login").expect("her sign-in is told");
        types.remove(begun);
        types.sort_unstable();
        types
    }
}

#[tokio::test]
async fn each_successful_action_is_recorded_once_under_its_name() {
    let story = Story::begin().await;
    story.device.refresh(&story.tokens.refresh).await.assert_status(200);
    assert_eq!(story.new_events().await, [""; 0], "a refresh without findings records no event");

    let story = Story::begin().await;
    story.device.sign_in("alice").await;
    assert_eq!(story.new_events().await, ["login"]);

    let story = Story::begin().await;
    story.device.clone().agent(FIREFOX).sign_in("alice").await;
    assert_eq!(story.new_events().await, ["login", "new_device"]);

    let story = Story::begin().await;
    story.device.revoke(&story.tokens.access, json!({"strategy": "current"})).await.assert_status(200);
    assert_eq!(story.new_events().await, ["logout", "session_ended"]);

    let story = Story::begin().await;
    for _ in 0..5 {
        story.world.advance(1);
        story.device.sign_in("alice").await;
    }
    let mut expected = vec!["login"; 5];
    expected.extend(["session_ended", "session_evicted"]);
    assert_eq!(story.new_events().await, expected);

    let story = Story::begin().await;
    let body = json!({"strategy": "user", "user_id": "alice", "reason": "stolen laptop"});
    let root = story.root().await;
    story.device.revoke(&root.access, body).await.assert_status(200);
    assert_eq!(story.new_events().await, ["session_ended"]);
}

#[tokio::test]
async fn each_refusal_or_finding_is_recorded_once_under_its_name() {
    let story = Story::begin().await;
    story.with_full_window().await;
    for _ in 0..3 {
        story.device.refresh(&story.tokens.refresh).await.assert_ended("security");
    }
    assert_eq!(story.new_events().await, ["session_ended", "token_reused"]);

    let story = Story::begin().await;
    let newest = story.with_full_window().await;
    for _ in 0..3 {
        story.device.refresh(&newest.refresh).await.assert_problem(429, "rate_limited");
    }
    assert_eq!(story.new_events().await, ["blocked"]);

    let story = Story::begin().await;
    for _ in 0..5 {
        story.device.list(&story.tokens.access).await;
    }
    assert_eq!(story.new_events().await, ["rate_limited"]);

    let story = Story::begin().await;
    story
        .device
        .clone()
        .agent(FIREFOX)
        .at("203.0.113.9")
        .refresh(&story.tokens.refresh)
        .await
        .assert_status(200);
    assert_eq!(story.new_events().await, ["device_changed", "ip_changed"]);

    let story = Story::begin().await;
    story.device.refresh(&story.tokens.refresh).await.assert_status(200);
    story.device.clone().at("203.0.113.9").refresh(&story.tokens.refresh).await.assert_status(200);
    assert_eq!(story.new_events().await, ["ip_changed", "token_replayed"]);
}

#[tokio::test]
async fn forged_requests_are_logged_but_enter_no_audit_trail() {
    let logs = Logs::listen();
    let world = World::with(&[("LOG_SAMPLE", "1000000"), ("LIMIT_LOGIN", "1000/15m")]).await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let victor = device.sign_in("victor").await;
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    let own = device.clone().bearer(&tokens.access);
    let (before, begun) = (world.everything().await, logs.ours().len());
    let mut codes = vec![];
    for _ in 0..3 {
        let foreign = format!("/api/auth/sessions/{}", victor.session);
        let stranger = device.clone().header("cookie", &jar.line()).header("origin", "https://evil.example");
        for reply in [
            device.login("made.up.assertion").await,
            device.refresh("made.up.token").await,
            device.list("made.up.token").await,
            device.get("/api/auth/sessions").await,
            own.delete(&foreign).await,
            own.get("/api/auth/sessions/events?user_id=victor").await,
            own.post("/api/auth/sessions", json!({"action": "cleanup"})).await,
            stranger.post("/api/auth/revoke", json!({"strategy": "all"})).await,
            device.post("/api/auth/login", json!({"assertion": 7})).await,
            device.send("TRACE", "/api/auth/login", None, "").await,
        ] {
            codes.push(reply.code().to_owned());
        }
    }
    let lines = logs.ours();
    let told: Vec<&Value> = lines[begun..].iter().filter(|line| line.get("status").is_some()).collect();
    let logged: Vec<&str> = told.iter().filter_map(|line| line["code"].as_str()).collect();
    assert_eq!(logged, codes, "every refusal is logged, even if successes are sampled");
    for line in told {
        assert!(line["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "{line}");
        assert!(line["request_id"].is_string() && line["route"].is_string(), "{line}");
    }
    world.assert_unchanged(&before, "a forged request must not add to an audit trail").await;
}
