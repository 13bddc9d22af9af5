//! `POST /login/attempts`: the backend with the passwords asks before it checks a password.

use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{Device, Reply, World};
use serde_json::{Value, json};

const PATH: &str = "/api/auth/login/attempts";

/// The app's backend.
fn backend(world: &World) -> Device {
    let claims = json!({"scope": "latchkey:attempts", "sub": "backend"});
    world.device().bearer(&world.assertion_with("backend", claims))
}

async fn attempt(backend: &Device, subject: &str, ip: &str, outcome: Option<&str>) -> Reply {
    let mut body = json!({"policy": "login", "subject": subject, "ip": ip});
    if let Some(outcome) = outcome {
        body["outcome"] = outcome.into();
    }
    backend.post(PATH, body).await
}

fn answer(remaining: u32, challenge: bool) -> Value {
    json!({"allowed": true, "remaining": remaining, "challenge": challenge})
}

#[tokio::test]
async fn an_account_is_blocked_in_one_network_only() {
    let world = World::new().await;
    let backend = backend(&world);
    for left in (0..5).rev() {
        let reply = attempt(&backend, "bob@example.com", "203.0.113.9", Some("failure")).await;
        assert_eq!(reply.assert_status(200).body, answer(left, false));
    }
    let refused = attempt(&backend, " BOB@example.com", "::ffff:203.0.113.77", None).await;
    assert_eq!(refused.assert_problem(429, "rate_limited").header("retry-after"), "1800");
    let elsewhere = attempt(&backend, "bob@example.com", "198.51.100.1", None).await;
    assert_eq!(elsewhere.assert_status(200).body["allowed"], true, "other networks are not blocked");
    let other = attempt(&backend, "eve@example.com", "203.0.113.9", None).await;
    assert_eq!(other.assert_status(200).body, answer(4, false));
}

#[tokio::test]
async fn attempts_from_many_networks_challenge_an_account_without_a_block() {
    let world = World::new().await;
    let backend = backend(&world);
    for network in 0..5 {
        let reply = attempt(&backend, "bob", &format!("203.0.{network}.9"), Some("failure")).await;
        assert_eq!(reply.body, answer(4, false), "network {network}");
    }
    for network in 5..40 {
        let reply = attempt(&backend, "bob", &format!("203.0.{network}.9"), Some("failure")).await;
        assert_eq!(reply.assert_status(200).body, answer(4, true), "network {network}");
    }
    world.advance(900);
    let backend = self::backend(&world);
    let later = attempt(&backend, "bob", "203.0.99.9", None).await;
    assert_eq!(later.body, answer(4, false), "a challenge ends with its window");
}

#[tokio::test]
async fn a_success_clears_the_failures_of_its_network() {
    let world = World::new().await;
    let backend = backend(&world);
    for round in 0..6 {
        for _ in 0..4 {
            attempt(&backend, "bob", "203.0.113.9", Some("failure")).await.assert_status(200);
        }
        let asked = attempt(&backend, "bob", "203.0.113.9", None).await;
        assert_eq!(asked.assert_status(200).body, answer(0, false), "round {round}");
        let cleared = attempt(&backend, "bob", "203.0.113.9", Some("success")).await;
        assert_eq!(cleared.assert_status(200).body, answer(5, false));
    }
    // The attempts from other networks stay counted.
    for network in 0..6 {
        attempt(&backend, "bob", &format!("203.0.{network}.9"), Some("failure")).await;
    }
    attempt(&backend, "bob", "203.0.113.9", Some("success")).await;
    let watched = attempt(&backend, "bob", "203.0.113.9", None).await;
    assert_eq!(watched.body, answer(4, true));
}

#[tokio::test]
async fn a_success_ends_a_block_immediately() {
    let world = World::with(&[("LIMIT_LOGIN", "1/15m/30m")]).await;
    let backend = backend(&world);
    attempt(&backend, "bob", "203.0.113.9", None).await.assert_status(200);
    attempt(&backend, "bob", "203.0.113.9", None).await.assert_problem(429, "rate_limited");
    attempt(&backend, "bob", "203.0.113.9", Some("success")).await.assert_status(200);
    attempt(&backend, "bob", "203.0.113.9", None).await.assert_status(200);
}

#[tokio::test]
async fn password_resets_have_their_own_limit() {
    let world = World::new().await;
    let backend = backend(&world);
    let body = json!({"policy": "password_reset", "subject": "bob", "ip": "203.0.113.9"});
    for _ in 0..3 {
        backend.post(PATH, body.clone()).await.assert_status(200);
    }
    let refused = backend.post(PATH, body).await;
    assert_eq!(refused.assert_problem(429, "rate_limited").body["policy"], "password_reset");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((3_240..=3_600).contains(&wait), "{wait}");
    attempt(&backend, "bob", "203.0.113.9", None).await.assert_status(200);
}

#[tokio::test]
async fn only_a_backend_with_the_scope_may_ask() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let body = json!({"policy": "login", "subject": "bob", "ip": "203.0.113.9"});
    device.post(PATH, body.clone()).await.assert_problem(401, "token_missing");
    for (what, token) in [
        ("an access token", tokens.access),
        ("a refresh token", tokens.refresh),
        ("made up", "made.up.token".to_owned()),
        (
            "too long a lifetime",
            world.assertion_with(
                "b",
                json!({"scope": "latchkey:attempts", "exp": world.now().seconds() + 301}),
            ),
        ),
        (
            "too old",
            world.assertion_with(
                "b",
                json!({"scope": "latchkey:attempts", "iat": world.now().seconds() - 301}),
            ),
        ),
        (
            "for another audience",
            world.assertion_with("b", json!({"scope": "latchkey:attempts", "aud": "x"})),
        ),
    ] {
        let reply = device.clone().bearer(&token).post(PATH, body.clone()).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (401, "invalid_token"), "{what}");
    }
    for scope in ["", "latchkey:introspect", "latchkey:admin", "latchkey:attemptsx"] {
        let assertion = world.assertion_with("b", json!({"scope": scope}));
        let reply = device.clone().bearer(&assertion).post(PATH, body.clone()).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (403, "forbidden"), "{scope}");
        assert_eq!(
            reply.header("www-authenticate"),
            "Bearer error=\"insufficient_scope\", scope=\"latchkey:attempts\""
        );
    }
    // The assertion may be used again until it expires, and it opens no session.
    let assertion = world.assertion_with("b", json!({"scope": "latchkey:attempts"}));
    for _ in 0..2 {
        device.clone().bearer(&assertion).post(PATH, body.clone()).await.assert_status(200);
    }
    device.login(&assertion).await.assert_problem(401, "invalid_assertion");
    world.advance(300);
    device.clone().bearer(&assertion).post(PATH, body).await.assert_problem(401, "invalid_token");
}

#[tokio::test]
async fn a_wrong_field_is_named_and_nothing_is_counted() {
    let world = World::new().await;
    let backend = backend(&world);
    for (change, field) in [
        (json!({"policy": "general"}), "policy"),
        (json!({"policy": null}), "policy"),
        (json!({"subject": ""}), "subject"),
        (json!({"subject": "\u{0}"}), "subject"),
        (json!({"subject": 7}), "subject"),
        (json!({"subject": "x".repeat(257)}), "subject"),
        (json!({"ip": "203.0.113"}), "ip"),
        (json!({"ip": "203.0.113.9, 203.0.113.10"}), "ip"),
        (json!({"outcome": "maybe"}), "outcome"),
    ] {
        let mut body = json!({"policy": "login", "subject": "bob", "ip": "203.0.113.9"});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let reply = backend.post(PATH, body).await;
        assert_eq!((reply.status.as_u16(), &reply.body["field"]), (400, &json!(field)), "{change}");
        assert!(!reply.body.to_string().contains("203.0.113, "), "the error must not repeat the value");
    }
    assert_eq!(attempt(&backend, "bob", "203.0.113.9", None).await.body, answer(4, false));
}

#[tokio::test]
async fn without_the_store_an_attempt_is_503() {
    let world = World::new().await;
    let backend = backend(&world);
    for calls in 1..=2 {
        world.server.faults.queue(Some("UpdateItem"), FaultKind::Error500, calls);
        attempt(&backend, "bob", "203.0.113.9", None).await.assert_problem(503, "store_unavailable");
        world.server.faults.clear(None);
    }
    world.server.faults.queue(Some("DeleteItem"), FaultKind::Error500, 3);
    attempt(&backend, "bob", "203.0.113.9", Some("success")).await.assert_problem(503, "store_unavailable");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_concurrent_attempts_exactly_as_many_as_the_limit_pass() {
    let world = World::new().await;
    let backend = backend(&world);
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let backend = backend.clone();
        tries.spawn(async move { attempt(&backend, "bob", "203.0.113.9", None).await.status.as_u16() });
    }
    let statuses = tries.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 5, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
}

#[tokio::test]
async fn a_refusal_in_one_network_challenges_no_other_network() {
    let world = World::new().await;
    for _ in 0..5 {
        attempt(&backend(&world), "bob", "203.0.113.9", Some("failure")).await.assert_status(200);
    }
    attempt(&backend(&world), "bob", "203.0.113.9", None).await.assert_problem(429, "rate_limited");
    // The window has ended, and the block has not.
    world.advance(1_200);
    for _ in 0..6 {
        attempt(&backend(&world), "bob", "203.0.113.9", None).await.assert_problem(429, "rate_limited");
    }
    let owner = attempt(&backend(&world), "bob", "198.51.100.1", None).await;
    assert_eq!(owner.assert_status(200).body, answer(4, false));
}

#[tokio::test]
async fn limits_in_shadow_or_off_mode_ignore_a_store_failure() {
    let settings = [("LIMIT_LOGIN", "1/15m/30m:shadow"), ("LIMIT_PASSWORD_RESET", "1/15m:off")];
    let world = World::with(&settings).await;
    let backend = backend(&world);
    for operation in ["UpdateItem", "DeleteItem"] {
        world.server.faults.queue(Some(operation), FaultKind::Error500, 1_000);
    }
    world.device().login("made-up").await.assert_problem(401, "invalid_assertion");
    for policy in ["login", "password_reset"] {
        for outcome in ["failure", "success"] {
            let body = json!({"policy": policy, "subject": "bob", "ip": "203.0.113.9", "outcome": outcome});
            backend.post(PATH, body).await.assert_status(200);
        }
    }
}

#[tokio::test]
async fn clearable_keys_are_not_cached_and_evict_no_other_key() {
    let world = World::with(&[("LIMIT_LOGIN", "1/15m/30m"), ("LIMIT_GENERAL", "1/15m")]).await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    device.list(&tokens.access).await.assert_status(200);
    device.list(&tokens.access).await.assert_problem(429, "rate_limited");
    for number in 0..1_100 {
        for _ in 0..2 {
            attempt(&backend(&world), &format!("user-{number}"), "203.0.113.9", None).await;
        }
    }
    world.server.stats.reset();
    device.list(&tokens.access).await.assert_problem(429, "rate_limited");
    assert_eq!(world.server.stats.total().calls, 0, "a refused caller causes no store call");
}
