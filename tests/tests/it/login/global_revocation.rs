//! Signing out everywhere also makes unused assertions invalid.

use latchkey_tests::world::{PATIENT, Tokens, World};
use serde_json::json;
use tokio::task::JoinSet;

#[tokio::test]
async fn an_assertion_older_than_a_sign_out_everywhere_is_refused() {
    let world = World::patient().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let (mine, others) = (world.assertion("alice"), world.assertion("victor"));
    world.advance(11);
    device.revoke(&tokens.access, json!({"strategy": "all"})).await.assert_status(200);
    device.login(&mine).await.assert_problem(401, "invalid_assertion");
    assert!(world.live("alice").await.is_empty());
    assert_eq!(device.login(&others).await.status, 201, "another user's assertion is still valid");
    assert_eq!(device.login(&world.assertion("alice")).await.status, 201, "a newer assertion is valid");
}

#[tokio::test]
async fn an_assertion_ten_seconds_older_than_a_sign_out_everywhere_is_accepted() {
    let world = World::patient().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let (early, edge) =
        (world.assertion("alice"), world.assertion_with("alice", json!({"iat": world.now().seconds() + 1})));
    world.advance(11);
    device.revoke(&tokens.access, json!({"strategy": "all"})).await.assert_status(200);
    device.login(&early).await.assert_problem(401, "invalid_assertion");
    assert_eq!(device.login(&edge).await.status, 201);
}

#[tokio::test]
async fn the_repeat_of_a_login_does_not_survive_a_sign_out_everywhere() {
    let world = World::patient().await;
    let (device, assertion) = (world.device(), world.assertion("alice"));
    let tokens = Tokens::of(&device.login(&assertion).await);
    world.advance(5);
    device.revoke(&tokens.access, json!({"strategy": "all"})).await.assert_status(200);
    device.login(&assertion).await.assert_problem(401, "invalid_assertion");
    assert!(world.live("alice").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_old_login_succeeds_during_a_sign_out_everywhere() {
    let world = World::with(&[PATIENT[0], ("SESSION_LIMIT", "30")]).await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let assertions: Vec<String> = (0..12).map(|_| world.assertion("alice")).collect();
    world.advance(11);
    let mut logins = JoinSet::new();
    for assertion in assertions {
        let device = device.clone();
        logins.spawn(async move { device.login(&assertion).await.status.as_u16() });
    }
    let out = device.revoke(&tokens.access, json!({"strategy": "all"})).await;
    let statuses = logins.join_all().await;
    assert!(statuses.iter().all(|status| [201, 401, 503].contains(status)), "{statuses:?}");
    assert_eq!(out.status, 200, "{}", out.body);
    assert!(world.live("alice").await.is_empty(), "{statuses:?}");
}
