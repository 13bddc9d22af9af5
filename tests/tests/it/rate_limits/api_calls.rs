//! The general limit: authenticated calls of one session.

use latchkey::telemetry::metrics::Counter;
use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{Jar, Tokens, World};
use serde_json::json;
use tokio::task::JoinSet;

const LIST: &str = "/api/auth/sessions";

async fn world_with_small_limit() -> World {
    World::with(&[("LIMIT_GENERAL", "3/15m")]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_concurrent_calls_exactly_as_many_as_the_limit_pass() {
    let world = World::with(&[("LIMIT_GENERAL", "20/15m")]).await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let mut calls = JoinSet::new();
    for _ in 0..100 {
        let (device, access) = (device.clone(), tokens.access.clone());
        calls.spawn(async move { device.list(&access).await.status.as_u16() });
    }
    let statuses = calls.join_all().await;
    let of = |status| statuses.iter().filter(|given| **given == status).count();
    assert_eq!((of(200), of(429)), (20, 80));
    assert_eq!(world.count_events("alice", "rate_limited").await, 1, "the first refusal records one event");
}

#[tokio::test]
async fn every_authenticated_path_counts_for_its_session_only() {
    let world = World::with(&[("LIMIT_GENERAL", "4/15m")]).await;
    let device = world.device();
    let (tokens, other) = (device.sign_in("alice").await, device.sign_in("alice").await);
    let own = device.clone().bearer(&tokens.access);
    let one = format!("{LIST}/{}", tokens.session);
    for path in [LIST, &one, "/api/auth/sessions/events", "/api/auth/revoke"] {
        own.get(path).await.assert_status(200);
    }
    for path in [LIST, &one, "/api/auth/sessions/events", "/api/auth/revoke"] {
        own.get(path).await.assert_problem(429, "rate_limited");
    }
    device.list(&other.access).await.assert_status(200);
    world.device().at("203.0.113.200").list(&tokens.access).await.assert_problem(429, "rate_limited");
}

#[tokio::test]
async fn the_general_limit_never_refuses_a_refresh_a_status_or_a_sign_out() {
    let world = world_with_small_limit().await;
    let device = world.device();
    let other = device.sign_in("alice").await;
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    for _ in 0..3 {
        device.list(&jar.access).await.assert_status(200);
    }
    device.list(&jar.access).await.assert_problem(429, "rate_limited");
    device.status(&jar.line()).await.assert_status(200);
    let next = Jar::of(device.refresh_with_cookies(&jar.line()).await.assert_status(200));
    device.list(&next.access).await.assert_problem(429, "rate_limited");
    let path = format!("{LIST}/{}", other.session);
    device.clone().bearer(&next.access).delete(&path).await.assert_status(200);
    device.revoke(&next.access, json!({"strategy": "others"})).await.assert_status(200);
    device.revoke(&next.access, json!({"strategy": "current"})).await.assert_status(200);
    assert!(world.live("alice").await.is_empty());
}

#[tokio::test]
async fn a_call_passes_at_retry_after_and_not_a_second_earlier() {
    let world = world_with_small_limit().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    world.advance(17);
    for _ in 0..3 {
        device.list(&tokens.access).await.assert_status(200);
    }
    let refused = device.list(&tokens.access).await;
    let wait: u64 = refused.assert_problem(429, "rate_limited").header("retry-after").parse().unwrap();
    assert!((810..=900).contains(&wait), "{wait}");
    for left in (1..wait).rev() {
        world.advance(1);
        if left % 60 == 1 || left < 3 {
            let again = device.list(&tokens.access).await;
            assert_eq!(again.assert_problem(429, "rate_limited").header("retry-after"), left.to_string());
        }
    }
    world.advance(1);
    device.list(&tokens.access).await.assert_status(200);
}

#[tokio::test]
async fn a_refused_call_is_not_counted() {
    let world = world_with_small_limit().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    device.list(&tokens.access).await.assert_status(200);
    world.advance(300);
    for _ in 0..2 {
        device.list(&tokens.access).await.assert_status(200);
    }
    let refused = device.list(&tokens.access).await;
    let wait: u64 = refused.assert_problem(429, "rate_limited").header("retry-after").parse().unwrap();
    assert!(wait < 600, "the first call leaves the window first: {wait}");
    world.advance(wait);
    // One call is free, and the refused call has not used it.
    device.list(&tokens.access).await.assert_status(200);
    device.list(&tokens.access).await.assert_problem(429, "rate_limited");
}

#[tokio::test]
async fn calls_after_the_first_refusal_cost_no_store_call() {
    let world = world_with_small_limit().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    for _ in 0..4 {
        device.list(&tokens.access).await;
    }
    world.server.stats.reset();
    for _ in 0..50 {
        device.list(&tokens.access).await.assert_problem(429, "rate_limited");
        let watching = device.clone().bearer(&tokens.access).header("if-none-match", "\"x\"");
        watching.get(LIST).await.assert_problem(429, "rate_limited");
    }
    assert_eq!(world.server.stats.total().calls, 0);
}

#[tokio::test]
async fn polling_an_unchanged_list_uses_no_quota() {
    let world = world_with_small_limit().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let tag = device.list(&tokens.access).await.header("etag").to_owned();
    let watching = device.clone().bearer(&tokens.access).header("if-none-match", &tag);
    for _ in 0..50 {
        let unchanged = watching.get(LIST).await;
        assert_eq!(unchanged.status, 304);
        assert_eq!(unchanged.header("ratelimit"), "", "a response that is not counted has no limit headers");
    }
    device.sign_in("alice").await;
    let changed = watching.get(LIST).await;
    assert_eq!(changed.assert_status(200).header("ratelimit"), "\"general\";r=1;t=820");
    watching.get(LIST).await.assert_status(200);
    watching.get(LIST).await.assert_problem(429, "rate_limited");
}

#[tokio::test]
async fn an_ended_session_is_401_before_the_limit_is_checked() {
    let world = world_with_small_limit().await;
    let device = world.device();
    let (tokens, other) = (device.sign_in("alice").await, device.sign_in("alice").await);
    for _ in 0..3 {
        device.list(&tokens.access).await.assert_status(200);
    }
    device.revoke(&other.access, json!({"strategy": "others"})).await.assert_status(200);
    device.list(&tokens.access).await.assert_ended("signed_out");
}

#[tokio::test]
async fn error_responses_have_the_rate_limit_headers() {
    let world = world_with_small_limit().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let unknown = device.clone().bearer(&tokens.access).get(&format!("{LIST}/nothing")).await;
    assert_eq!(unknown.assert_problem(404, "not_found").header("ratelimit"), "\"general\";r=2;t=820");
}

#[tokio::test]
async fn the_general_limit_fails_open_and_logs_it() {
    let world = world_with_small_limit().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    for _ in 0..6 {
        world.server.faults.queue(Some("UpdateItem"), FaultKind::Error500, 1);
        let reply = device.list(&tokens.access).await;
        assert_eq!(reply.assert_status(200).header("ratelimit"), "");
    }
    assert_eq!(world.server.faults.pending(), 0, "a count is attempted only once");
    assert_eq!(world.server.app.metrics().value(Counter::LimitsFailedOpen), 6);
    device.list(&tokens.access).await.assert_status(200);
}

#[tokio::test]
async fn a_count_whose_reply_is_lost_is_not_repeated() {
    let world = world_with_small_limit().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    world.server.faults.queue(Some("UpdateItem"), FaultKind::TimeoutAfterCommit, 1);
    device.list(&tokens.access).await.assert_status(200);
    let reply = device.list(&tokens.access).await;
    assert_eq!(reply.header("ratelimit"), "\"general\";r=1;t=820", "the lost count and this one");
}

#[tokio::test]
async fn a_refusal_that_cannot_be_written_holds_in_its_instance() {
    let world = World::with(&[("LIMIT_GENERAL", "1/15m")]).await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    device.list(&tokens.access).await.assert_status(200);
    world.server.faults.queue(Some("UpdateItem"), FaultKind::TimeoutAfterCommit, 0);
    device.list(&tokens.access).await.assert_problem(429, "rate_limited");
    let tokens = Tokens::of(&device.refresh(&tokens.refresh).await);
    device.list(&tokens.access).await.assert_problem(429, "rate_limited");
}

#[tokio::test]
async fn a_refusal_whose_reply_is_lost_is_recorded_once() {
    let world = World::with(&[("LIMIT_GENERAL", "1/15m/30m")]).await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    device.list(&tokens.access).await.assert_status(200);
    // The count succeeds. The write of the refusal after it succeeds, too, but its response is lost.
    world.server.faults.queue_after(1, Some("UpdateItem"), FaultKind::TimeoutAfterCommit, 1);
    for _ in 0..3 {
        device.list(&tokens.access).await.assert_problem(429, "rate_limited");
    }
    assert_eq!(world.server.faults.pending(), 0);
    assert_eq!(world.count_events("alice", "blocked").await, 1);
}

#[tokio::test]
async fn each_call_after_an_idle_time_costs_one_write() {
    let world = world_with_small_limit().await;
    let device = world.device();
    let mut tokens = device.sign_in("alice").await;
    for _ in 0..20 {
        tokens = Tokens::of(device.refresh(&tokens.refresh).await.assert_status(200));
        world.server.stats.reset();
        device.list(&tokens.access).await.assert_status(200);
        assert_eq!(world.server.stats.snapshot().dynamodb["UpdateItem"].calls, 1);
        world.advance(3_000);
    }
}
