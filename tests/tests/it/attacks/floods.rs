//! Can an attacker cause more work than the requests cost? Concurrent requests, large bodies, one hot key.

use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{Tokens, World};
use serde_json::json;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_cleanups_end_each_session_once() {
    let world = World::new().await;
    for number in 0..40 {
        world.device().sign_in(&format!("user-{number}")).await;
    }
    world.advance(8 * 86_400);
    let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let root = Tokens::of(&world.device().login(&root).await);
    let mut runs = JoinSet::new();
    for _ in 0..30 {
        let device = world.device().bearer(&root.access);
        runs.spawn(async move { device.post("/api/auth/sessions", json!({"action": "cleanup"})).await });
    }
    let mut ended = 0;
    for reply in runs.join_all().await {
        match reply.status.as_u16() {
            200 => ended += reply.body["ended"].as_u64().expect("a number"),
            _ => drop(reply.assert_problem(409, "cleanup_running")),
        }
    }
    assert_eq!(ended, 40);
    for number in 0..40 {
        assert_eq!(world.count_events(&format!("user-{number}"), "session_ended").await, 1, "{number}");
    }
}

/// `{"strategy":"all"}`, and the same with 64 KiB of spaces after it, both compressed with gzip.
const SMALL: &str = "H4sIAAAAAAAC/6tWKi4pSixJTa9UslJKzMlRqgUAnvhoghIAAAA=";
const BOMB: &str = "H4sIAAAAAAAC/+3BsQ0AEBAAwFXkx7CNQjQqNCJ2Z5C7OzHXKKu2HTlK73ETAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAfA+Nu5UrEgABAA==";

#[tokio::test]
async fn a_compressed_body_is_never_decompressed() {
    let world = World::new().await;
    let tokens = world.device().sign_in("alice").await;
    for (name, body) in [("small", SMALL), ("bomb", BOMB)] {
        use base64::Engine as _;
        let packed = base64::engine::general_purpose::STANDARD.decode(body).expect("base64");
        for coding in ["gzip", "x-gzip", "deflate", "br", "gzip, gzip", "identity"] {
            let device = world.device().bearer(&tokens.access).header("content-encoding", coding);
            let reply =
                device.send("POST", "/api/auth/revoke", Some("application/json"), packed.clone()).await;
            assert!([400, 415].contains(&reply.status.as_u16()), "{name} {coding}: {}", reply.body);
        }
    }
    assert_eq!(world.live("alice").await, [tokens.session]);
}

#[tokio::test]
async fn a_throttled_partition_key_does_not_affect_other_keys() {
    let world = World::new().await;
    let device = world.device();
    let (hot, other) = (device.sign_in("alice").await, device.sign_in("bob").await);
    // The store throttles the key that these calls count on.
    for _ in 0..30 {
        world.server.faults.queue(Some("UpdateItem"), FaultKind::Throttle, 1);
        let refused = device.list(&hot.access).await;
        assert_eq!(refused.assert_problem(429, "rate_limited").header("retry-after"), "1");
        device.list(&other.access).await.assert_status(200);
    }
    assert_eq!(world.server.faults.pending(), 0);
    device.list(&hot.access).await.assert_status(200);
    device.refresh(&hot.refresh).await.assert_status(200);
}
