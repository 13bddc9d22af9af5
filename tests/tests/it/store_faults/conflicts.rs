//! Conflicts with another transaction: retry with a delay, and then record a pending end in one simple write, which
//! cannot conflict.

use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{Jar, Tokens, World};
use serde_json::json;

fn conflicts(world: &World, count: u32) {
    world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, count);
}

#[tokio::test]
async fn a_login_that_meets_conflicts_is_retried() {
    let world = World::new().await;
    conflicts(&world, 5);
    let tokens = world.device().sign_in("alice").await;
    assert_eq!(world.live("alice").await, [tokens.session]);
}

#[tokio::test]
async fn a_login_that_meets_only_conflicts_is_503_and_writes_nothing() {
    let world = World::new().await;
    conflicts(&world, 1_000);
    let (device, assertion) = (world.device(), world.assertion("alice"));
    device.login(&assertion).await.assert_problem(503, "store_unavailable").assert_no_cookie();
    world.server.faults.clear(None);
    assert_eq!(world.everything().await, "");
    assert_eq!(device.login(&assertion).await.status, 201);
}

#[tokio::test]
async fn a_sign_out_after_a_few_conflicts_is_done_when_it_returns() {
    for count in [1, 2, 3, 6] {
        let world = World::new().await;
        let device = world.device();
        let tokens = device.sign_in("alice").await;
        conflicts(&world, count);
        let out = device.revoke(&tokens.access, json!({"strategy": "current"})).await;
        assert_eq!(out.assert_status(200).body["ended"], 1, "{count} conflicts");
        assert!(world.raw_row("alice", &tokens.session).await.is_none());
        let trail = world.events("alice").await;
        let end = trail.iter().find(|event| event.event_type == "session_ended").unwrap();
        assert_eq!(end.reason, "signed_out");
    }
}

#[tokio::test]
async fn a_pending_sign_out_is_honored_before_its_transaction() {
    let world = World::new().await;
    let device = world.device();
    let other = device.sign_in("alice").await;
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    conflicts(&world, 1_000);
    let out = device.revoke_with_cookies(&jar.line(), json!({"strategy": "current"})).await;
    out.assert_problem(503, "store_unavailable").assert_no_cookie();
    let row = world.raw_row("alice", &jar.session).await.expect("its transaction has not come through");
    assert_eq!(row["z"].as_s().unwrap(), "signed_out");
    // The conflicts continue, and the session has ended nevertheless.
    let refused = device.refresh_with_cookies(&jar.line()).await;
    refused.assert_ended("signed_out").assert_cookies_cleared();
    device.list(&jar.access).await.assert_ended("signed_out");
    assert_eq!(device.list(&other.access).await.body["sessions"].as_array().unwrap().len(), 1);
    world.server.faults.clear(None);
    let again = device.revoke_with_cookies(&jar.line(), json!({"strategy": "current"})).await;
    assert_eq!(again.assert_status(200).body["ended"], 1);
    assert!(world.raw_row("alice", &jar.session).await.is_none());
    assert_eq!(world.count_events("alice", "session_ended").await, 1);
}

#[tokio::test]
async fn token_reuse_is_refused_while_conflicts_continue() {
    let world = World::new().await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    let second = Tokens::of(&device.refresh(&first.refresh).await);
    world.advance(61);
    conflicts(&world, 1_000);
    let thief = device.clone().elsewhere();
    thief.refresh(&first.refresh).await.assert_problem(503, "store_unavailable").assert_no_cookie();
    for token in [&first.refresh, &second.refresh] {
        device.refresh(token).await.assert_ended("security");
    }
    device.list(&second.access).await.assert_ended("security");
    assert_eq!(
        world.count_events("alice", "token_reused").await,
        1,
        "the event is recorded while the conflicts continue"
    );
}

#[tokio::test]
async fn token_reuse_that_is_committed_late_is_recorded_once() {
    let world = World::new().await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    device.refresh(&first.refresh).await;
    world.advance(61);
    conflicts(&world, 5);
    device.elsewhere().refresh(&first.refresh).await.assert_ended("security");
    assert_eq!(world.count_events("alice", "token_reused").await, 1);
    assert_eq!(world.count_events("alice", "session_ended").await, 1);
}

#[tokio::test]
async fn a_delayed_sign_out_everywhere_marks_each_session() {
    let world = World::new().await;
    let device = world.device();
    let (one, two) = (device.sign_in("alice").await, device.sign_in("alice").await);
    conflicts(&world, 1_000);
    let body = json!({"strategy": "all"});
    device.revoke(&one.access, body).await.assert_problem(503, "store_unavailable");
    for tokens in [&one, &two] {
        device.refresh(&tokens.refresh).await.assert_ended("signed_out");
    }
    assert!(world.live("alice").await.is_empty());
    world.server.faults.clear(None);
    let third = device.sign_in("alice").await;
    let out = device.revoke(&third.access, json!({"strategy": "others"})).await;
    assert_eq!(out.assert_status(200).body["ended"], 2, "the next request completes the pending ends");
    assert_eq!(world.count_events("alice", "session_ended").await, 2);
}
