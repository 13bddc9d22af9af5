//! `SESSION_BINDING`: whether a sign-in binds, and what happens to unbound sessions.

use latchkey::token::fetch::IssuerKeyCache;
use latchkey::token::keys::generate_key_set;
use latchkey_tests::world::{DeviceKey, Jar, World, payload};
use serde_json::json;

use super::Bound;

/// The same tables under another policy.
fn with_policy(world: &World, keys: &str, policy: &str) -> World {
    world.redeployed(&[("LATCHKEY_KEYS", keys), ("SESSION_BINDING", policy)], IssuerKeyCache::default())
}

#[tokio::test]
async fn off_binds_no_session() {
    let bound = Bound::with(&[("SESSION_BINDING", "off")]).await;
    bound.browser.refresh_with_cookies(&bound.jar.line()).await.assert_status(200);
    assert!(!bound.world.raw_row("alice", &bound.jar.session).await.unwrap().contains_key("jk"));
}

#[tokio::test]
async fn off_still_checks_a_session_that_is_bound() {
    let keys = generate_key_set();
    let bound = Bound::with(&[("LATCHKEY_KEYS", &keys)]).await;
    let world = with_policy(&bound.world, &keys, "off");
    let plain = world.device();
    plain.refresh_with_cookies(&bound.jar.line()).await.assert_problem(400, "device_proof_required");
    plain.with_key(&bound.key).refresh_with_cookies(&bound.jar.line()).await.assert_status(200);
}

#[tokio::test]
async fn require_refuses_a_sign_in_without_a_proof() {
    let world = World::with(&[("SESSION_BINDING", "require")]).await;
    let assertion = world.assertion("alice");
    let reply = world.device().login_in_browser(&assertion).await;
    reply.assert_problem(400, "device_proof_required").assert_no_cookie();
    assert!(reply.text("detail").contains("only sessions that are bound to a key"), "{}", reply.body);
    assert!(!reply.header("dpop-nonce").is_empty());
    let bound = world.device().with_key(&DeviceKey::generate());
    assert_eq!(bound.login_in_browser(&assertion).await.assert_status(201).body["binding"], "dpop");
}

#[tokio::test]
async fn require_ends_an_unbound_session_at_its_next_refresh() {
    let keys = generate_key_set();
    let before = World::with(&[("LATCHKEY_KEYS", &keys)]).await;
    let device = before.device();
    let jar = Jar::of(&device.login_in_browser(&before.assertion("alice")).await);
    let world = with_policy(&before, &keys, "require");
    let device = world.device();
    let list = device.clone().cookies(&jar.line()).get("/api/auth/sessions").await;
    list.assert_status(200);
    let reply = device.with_key(&DeviceKey::generate()).refresh_with_cookies(&jar.line()).await;
    reply.assert_ended("security").assert_cookies_cleared();
    let events = world.events("alice").await;
    assert_eq!(events.last().map(|event| event.reason.as_str()), Some("unbound"), "{events:?}");
    assert!(world.live("alice").await.is_empty());
}

#[tokio::test]
async fn an_older_token_under_require_is_still_reuse() {
    let keys = generate_key_set();
    let before = World::with(&[("LATCHKEY_KEYS", &keys)]).await;
    let device = before.device();
    let old = Jar::of(&device.login_in_browser(&before.assertion("alice")).await);
    device.refresh_with_cookies(&old.line()).await.assert_status(200);
    let world = with_policy(&before, &keys, "require");
    world.advance(3_600);
    world.device().elsewhere().refresh_with_cookies(&old.line()).await.assert_ended("security");
    assert_eq!(world.count_events("alice", "token_reused").await, 1);
}

#[tokio::test]
async fn a_scope_for_bound_sessions_is_left_out_of_others() {
    let world = World::with(&[("SESSION_BINDING_SCOPES", "latchkey:admin")]).await;
    let assertion = || world.assertion_with("root", json!({"scope": "latchkey:admin orders:read"}));
    let plain = world.device().login(&assertion()).await.assert_status(201).text("access_token");
    assert_eq!(payload(&plain).get("scope"), None);
    let bound = world.device().with_key(&DeviceKey::generate());
    let bound = bound.login(&assertion()).await.assert_status(201).text("access_token");
    assert_eq!(payload(&bound)["scope"], "latchkey:admin");
}
