//! Refused assertions count for their network. A valid assertion is never refused because of them.

use latchkey::telemetry::metrics::Counter;
use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{Device, World};
use serde_json::json;

/// Presents an assertion without a valid signature.
async fn fail_login(device: &Device, status: u16, code: &str) {
    device.login("made.up.assertion").await.assert_problem(status, code);
}

#[tokio::test]
async fn after_five_refusals_only_invalid_assertions_are_blocked() {
    let world = World::new().await;
    let device = world.device().at("198.51.100.7");
    for _ in 0..5 {
        fail_login(&device, 401, "invalid_assertion").await;
    }
    let neighbour = world.device().at("198.51.100.200");
    let refused = neighbour.login("made.up.assertion").await;
    assert_eq!(refused.assert_problem(429, "rate_limited").header("retry-after"), "1800");
    assert_eq!(refused.body["policy"], "login");
    device.sign_in("alice").await;
    neighbour.sign_in("bob").await;
    fail_login(&world.device().at("198.51.101.7"), 401, "invalid_assertion").await;
    world.advance(1_799);
    fail_login(&device, 429, "rate_limited").await;
    world.advance(1);
    fail_login(&device, 401, "invalid_assertion").await;
}

#[tokio::test]
async fn every_kind_of_refused_assertion_counts() {
    let world = World::new().await;
    let device = world.device();
    let used = world.assertion("alice");
    device.login(&used).await.assert_status(201);
    let elsewhere = world.device().agent("curl/8.0");
    for bad in [
        used.clone(),
        world.assertion_with("alice", json!({"aud": "another"})),
        world.assertion_with("alice", json!({"exp": 1})),
        world.assertion_with("alice", json!({"iss": "https://untrusted.example"})),
        String::new(),
    ] {
        elsewhere.login(&bad).await.assert_problem(401, "invalid_assertion");
    }
    elsewhere.login(&used).await.assert_problem(429, "rate_limited");
}

#[tokio::test]
async fn no_notation_or_header_changes_the_network() {
    let world = World::with(&[("LIMIT_LOGIN", "2/15m/30m")]).await;
    fail_login(&world.device().at("::ffff:198.51.100.7"), 401, "invalid_assertion").await;
    fail_login(&world.device().at("198.51.100.8"), 401, "invalid_assertion").await;
    fail_login(&world.device().at("198.51.100.9"), 429, "rate_limited").await;
    for name in ["x-forwarded-for", "x-real-ip", "forwarded", "cf-connecting-ip", "true-client-ip"] {
        fail_login(&world.device().at("198.51.100.9").header(name, "203.0.113.1"), 429, "rate_limited").await;
    }
    fail_login(&world.device().at("2001:db8:1:2::1"), 401, "invalid_assertion").await;
    fail_login(&world.device().at("2001:db8:1:2:ffff::2"), 401, "invalid_assertion").await;
    fail_login(&world.device().at("2001:0db8:0001:0002::3"), 429, "rate_limited").await;
    fail_login(&world.device().at("2001:db8:1:3::1"), 401, "invalid_assertion").await;
}

#[tokio::test]
async fn a_block_is_recorded_once_with_its_network() {
    let world = World::with(&[("LIMIT_LOGIN", "2/15m/30m")]).await;
    let device = world.device();
    for _ in 0..9 {
        device.login("made.up.assertion").await;
    }
    let tables = world.everything().await;
    let blocks: Vec<&str> = tables.lines().filter(|row| row.contains("blocked")).collect();
    assert_eq!(blocks.len(), 1, "{tables}");
    assert!(blocks[0].contains("\"pk\": \"S(\\\"net#"), "{}", blocks[0]);
}

#[tokio::test]
async fn a_login_is_503_while_refused_logins_cannot_be_counted() {
    let world = World::new().await;
    let device = world.device();
    world.server.faults.queue(Some("UpdateItem"), FaultKind::Error500, 1);
    fail_login(&device, 503, "store_unavailable").await;
    assert_eq!(world.server.app.metrics().value(Counter::LimitsFailedClosed), 1);
    fail_login(&device, 401, "invalid_assertion").await;
}
