//! When the store fails, no user is signed out, no ended session gets access, and a retry succeeds.
//!
//! The SDK has one retry budget per process, and nextest runs each test in a process of its own.

mod conflicts;
mod crowd;
mod outages;

use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{Jar, Tokens, World};
use serde_json::json;

/// Makes the next `count` calls of an operation fail.
fn fail(world: &World, operation: &str, kind: FaultKind, count: u32) {
    world.server.faults.queue(Some(operation), kind, count);
}

#[tokio::test]
async fn a_refresh_that_is_throttled_twice_succeeds() {
    for kind in [FaultKind::Throttle, FaultKind::Error500, FaultKind::TimeoutBefore, FaultKind::Conflict] {
        let world = World::new().await;
        let device = world.device();
        let tokens = device.sign_in("alice").await;
        fail(&world, "UpdateItem", kind, 2);
        let reply = device.refresh(&tokens.refresh).await;
        assert_eq!(reply.status, 200, "{kind:?}: {}", reply.body);
        assert_eq!(world.row("alice", &tokens.session).await.unwrap().generation, 1);
    }
}

#[tokio::test]
async fn a_refresh_that_fails_three_times_is_503_and_changes_nothing() {
    for kind in [FaultKind::Throttle, FaultKind::Error500, FaultKind::TimeoutBefore, FaultKind::Conflict] {
        let world = World::new().await;
        let device = world.device();
        let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
        let before = world.everything().await;
        fail(&world, "UpdateItem", kind, 3);
        let reply = device.refresh_with_cookies(&jar.line()).await;
        reply.assert_problem(503, "store_unavailable").assert_no_cookie();
        assert_eq!(reply.header("retry-after"), "2");
        assert_eq!(reply.body["retry_after"], 2);
        assert_eq!(world.server.faults.pending(), 0);
        world.assert_unchanged(&before, "a failed call must change nothing").await;
        device.refresh_with_cookies(&jar.line()).await.assert_status(200);
    }
}

#[tokio::test]
async fn a_refresh_whose_answer_was_lost_once_moves_one_generation() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    fail(&world, "UpdateItem", FaultKind::TimeoutAfterCommit, 1);
    let next = Tokens::of(device.refresh(&tokens.refresh).await.assert_status(200));
    assert_eq!(world.row("alice", &tokens.session).await.unwrap().generation, 1);
    assert_eq!(world.events("alice").await.len(), 1, "a retry of the SDK records no event");
    device.refresh(&next.refresh).await.assert_status(200);
}

#[tokio::test]
async fn an_sdk_retry_succeeds_even_without_grace() {
    let world = World::with(&[("REFRESH_GRACE", "0s"), ("REFRESH_LATE_RETRY", "0s")]).await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    for _ in 0..3 {
        fail(&world, "UpdateItem", FaultKind::TimeoutAfterCommit, 2);
        device.refresh(&tokens.refresh).await.assert_status(200);
    }
    assert_eq!(world.row("alice", &tokens.session).await.unwrap().generation, 1);
}

#[tokio::test]
async fn a_clients_retry_gets_the_refresh_whose_answers_were_all_lost() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    fail(&world, "UpdateItem", FaultKind::TimeoutAfterCommit, 3);
    let lost = device.refresh(&tokens.refresh).await;
    lost.assert_problem(503, "store_unavailable");
    assert_eq!(world.row("alice", &tokens.session).await.unwrap().generation, 1);
    world.advance(60);
    let next = Tokens::of(device.refresh(&tokens.refresh).await.assert_status(200));
    let again = Tokens::of(device.refresh(&tokens.refresh).await.assert_status(200));
    assert_eq!(again.refresh, next.refresh);
    assert_eq!(world.row("alice", &tokens.session).await.unwrap().generation, 1);
    device.refresh(&next.refresh).await.assert_status(200);
    assert_eq!(world.count_events("alice", "token_reused").await, 0);
}

#[tokio::test]
async fn a_clients_retry_gets_the_login_whose_answers_were_all_lost() {
    for count in [1, 3] {
        let world = World::new().await;
        let (device, assertion) = (world.device(), world.assertion("alice"));
        fail(&world, "TransactWriteItems", FaultKind::TimeoutAfterCommit, count);
        let first = device.login(&assertion).await;
        if count == 3 {
            first.assert_problem(503, "store_unavailable").assert_no_cookie();
        }
        let second = Tokens::of(device.login(&assertion).await.assert_status(201));
        assert_eq!(world.live("alice").await, std::slice::from_ref(&second.session));
        assert_eq!(world.count_events("alice", "login").await, 1);
        device.refresh(&second.refresh).await.assert_status(200);
    }
}

#[tokio::test]
async fn a_failed_login_does_not_use_up_the_assertion() {
    for (operation, kind) in [
        ("Query", FaultKind::Throttle),
        ("Query", FaultKind::TimeoutBefore),
        ("TransactWriteItems", FaultKind::Throttle),
        ("TransactWriteItems", FaultKind::TimeoutBefore),
        ("TransactWriteItems", FaultKind::Error500),
    ] {
        let world = World::new().await;
        let (device, assertion) = (world.device(), world.assertion("alice"));
        fail(&world, operation, kind, 3);
        let reply = device.login_in_browser(&assertion).await;
        reply.assert_problem(503, "store_unavailable").assert_no_cookie();
        assert_eq!(world.everything().await, "", "{operation} {kind:?}");
        assert_eq!(device.login(&assertion).await.status, 201);
    }
}

#[tokio::test]
async fn a_sign_out_whose_answer_was_lost_can_be_repeated() {
    for (count, kind) in
        [(1, FaultKind::TimeoutAfterCommit), (3, FaultKind::TimeoutAfterCommit), (3, FaultKind::Error500)]
    {
        let world = World::new().await;
        let device = world.device();
        let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
        fail(&world, "TransactWriteItems", kind, count);
        let first = device.revoke_with_cookies(&jar.line(), json!({"strategy": "current"})).await;
        if count == 3 {
            first.assert_problem(503, "store_unavailable").assert_no_cookie();
        } else {
            first.assert_status(200);
        }
        let second = device.revoke_with_cookies(&jar.line(), json!({"strategy": "current"})).await;
        second.assert_status(200).assert_cookies_cleared();
        device.list(&jar.access).await.assert_ended("signed_out");
        assert_eq!(world.count_events("alice", "session_ended").await, 1);
    }
}

#[tokio::test]
async fn a_revocation_whose_answer_was_lost_ended_all_sessions_or_none() {
    for kind in [FaultKind::TimeoutAfterCommit, FaultKind::TimeoutBefore] {
        let world = World::new().await;
        let device = world.device();
        let (mine, _) = (device.sign_in("alice").await, device.sign_in("alice").await);
        fail(&world, "TransactWriteItems", kind, 3);
        let body = json!({"strategy": "all"});
        device.revoke(&mine.access, body.clone()).await.assert_problem(503, "store_unavailable");
        let left = world.live("alice").await.len();
        let again = device.revoke(&mine.access, body).await;
        if kind == FaultKind::TimeoutAfterCommit {
            assert_eq!(left, 0);
            again.assert_ended("signed_out");
        } else {
            assert_eq!(left, 2);
            assert_eq!(again.assert_status(200).body["ended"], 2);
        }
        assert_eq!(world.count_events("alice", "session_ended").await, 2);
    }
}

#[tokio::test]
async fn token_reuse_whose_end_cannot_be_committed_is_503() {
    for kind in [FaultKind::Throttle, FaultKind::TimeoutBefore, FaultKind::Error500] {
        let world = World::new().await;
        let device = world.device();
        let old = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
        let new = Jar::of(&device.refresh_with_cookies(&old.line()).await);
        world.advance(61);
        fail(&world, "TransactWriteItems", kind, 3);
        let thief = device.clone().elsewhere();
        let reply = thief.refresh_with_cookies(&old.line()).await;
        reply.assert_problem(503, "store_unavailable").assert_no_cookie();
        let members = ["code", "detail", "request_id", "retry_after", "status", "title", "type"];
        assert_eq!(reply.members(), members);
        assert_eq!(
            world.count_events("alice", "token_reused").await,
            0,
            "a failed transaction writes no event"
        );
        thief.refresh_with_cookies(&old.line()).await.assert_ended("security").assert_cookies_cleared();
        device.refresh_with_cookies(&new.line()).await.assert_ended("security");
        assert_eq!(world.count_events("alice", "token_reused").await, 1);
    }
}

#[tokio::test]
async fn a_finding_that_cannot_be_written_does_not_fail_the_refresh() {
    let world = World::with(&[("LIMIT_REFRESH", "1/5m/15m")]).await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    let second = Tokens::of(&device.refresh(&first.refresh).await);
    fail(&world, "PutItem", FaultKind::Error500, 9);
    let moved = device.clone().at("203.0.113.60").refresh(&first.refresh).await;
    assert_eq!(moved.assert_status(200).text("refresh_token"), second.refresh);
    device.refresh(&second.refresh).await.assert_problem(429, "rate_limited");
}
