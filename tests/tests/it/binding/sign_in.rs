//! A sign-in binds its session to the key of its proof, and nothing else ever binds a session.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_tests::world::{DeviceKey, FIREFOX, Jar, World};
use serde_json::json;

use super::Bound;

#[tokio::test]
async fn a_sign_in_with_a_proof_binds_its_session() {
    let Bound { world, key, jar, .. } = Bound::new().await;
    let row = world.raw_row("alice", &jar.session).await.unwrap();
    let Some(AttributeValue::B(stored)) = row.get("jk") else { panic!("{row:?}") };
    let bytes = latchkey_verifier::dpop::Thumbprint::parse(&key.thumbprint()).unwrap().truncated();
    assert_eq!(stored.as_ref(), bytes);
}

#[tokio::test]
async fn a_sign_in_without_a_proof_opens_an_unbound_session() {
    let world = World::new().await;
    let reply = world.device().login_in_browser(&world.assertion("alice")).await;
    assert_eq!(reply.assert_status(201).body["binding"], "none");
    assert!(!world.raw_row("alice", &reply.text("session_id")).await.unwrap().contains_key("jk"));
}

#[tokio::test]
async fn a_wrong_proof_opens_no_session_and_costs_no_call() {
    let world = World::new().await;
    let (key, device) = (DeviceKey::generate(), world.device());
    let mut claims = DeviceKey::claims("POST", "/api/auth/login", world.now());
    claims["htu"] = json!("https://elsewhere.example/api/auth/login");
    let assertion = world.assertion("alice");
    let before = world.server.stats.total();
    let reply = device.clone().proof(&key.sign(&claims)).login_in_browser(&assertion).await;
    reply.assert_problem(400, "invalid_dpop_proof").assert_no_cookie();
    let late =
        DeviceKey::claims("POST", "/api/auth/login", world.now().before(std::time::Duration::from_secs(61)));
    let reply = device.clone().proof(&key.sign(&late)).login_in_browser(&assertion).await;
    reply.assert_problem(400, "use_dpop_nonce").assert_no_cookie();
    assert!(!reply.header("dpop-nonce").is_empty());
    assert_eq!(world.server.stats.total(), before);
    device.with_key(&key).login_in_browser(&assertion).await.assert_status(201);
}

#[tokio::test]
async fn a_repeated_sign_in_needs_the_key_of_the_first() {
    let world = World::patient().await;
    let (key, other, device) = (DeviceKey::generate(), DeviceKey::generate(), world.device());
    let assertion = world.assertion("alice");
    let first = device.clone().with_key(&key).login_in_browser(&assertion).await;
    let session = first.assert_status(201).text("session_id");
    for refused in [device.clone(), device.clone().with_key(&other)] {
        refused
            .login_in_browser(&assertion)
            .await
            .assert_problem(401, "invalid_assertion")
            .assert_no_cookie();
    }
    let again = device.with_key(&key).login_in_browser(&assertion).await;
    assert_eq!(again.assert_status(201).text("session_id"), session);
    assert_eq!(Jar::of(&again).refresh, Jar::of(&first).refresh);
}

#[tokio::test]
async fn a_repeated_sign_in_binds_no_unbound_session() {
    let world = World::patient().await;
    let (key, device) = (DeviceKey::generate(), world.device());
    let assertion = world.assertion("alice");
    let session = device.login_in_browser(&assertion).await.assert_status(201).text("session_id");
    let reply = device.clone().with_key(&key).login_in_browser(&assertion).await;
    reply.assert_problem(401, "invalid_assertion");
    assert!(!world.raw_row("alice", &session).await.unwrap().contains_key("jk"));
    device.login_in_browser(&assertion).await.assert_status(201);
}

#[tokio::test]
async fn a_new_sign_in_with_the_old_cookie_of_the_same_key_is_no_theft() {
    let bound = Bound::new().await;
    bound.world.advance(1_000);
    bound.signing().refresh_with_cookies(&bound.jar.line()).await.assert_status(200);
    bound.world.advance(100_000);
    // The browser has lost the newer cookie in a crash, and has no idempotency keys.
    let elsewhere = bound.signing().elsewhere().agent(FIREFOX).cookies(&bound.jar.line());
    let reply = elsewhere.login_in_browser(&bound.world.assertion("alice")).await;
    assert_eq!(reply.assert_status(201).body["ended"][0]["reason"], "signed_out");
    assert_eq!(bound.world.count_events("alice", "token_reused").await, 0);
}
