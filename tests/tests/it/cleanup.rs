//! Cleanup records and deletes expired sessions once, despite failures and concurrent runs, and no other sessions.

mod concurrency;
mod costs;
mod interruptions;
mod unusual_rows;

use latchkey_tests::world::{Reply, Tokens, World};
use serde_json::json;

const DAY: u64 = 86_400;

/// Starts a cleanup as an administrator.
async fn clean(world: &World) -> Reply {
    let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let admin = Tokens::of(world.device().login(&root).await.assert_status(201));
    let reply =
        world.device().bearer(&admin.access).post("/api/auth/sessions", json!({"action": "cleanup"})).await;
    world.device().revoke(&admin.access, json!({"strategy": "current"})).await.assert_status(200);
    reply
}

#[tokio::test]
async fn cleanup_records_and_deletes_expired_sessions_only() {
    let world = World::new().await;
    let device = world.device();
    for number in 0..30 {
        device.sign_in(&format!("user-{number}")).await;
    }
    world.advance(4 * DAY);
    let young = device.sign_in("user-0").await;
    world.advance(3 * DAY + 301);
    let reply = clean(&world).await;
    let body = reply.assert_status(200).body.clone();
    assert_eq!(
        reply.members(),
        [
            "duration_ms",
            "ended",
            "failed",
            "read_units",
            "remaining",
            "run_id",
            "skipped",
            "waiting",
            "write_units"
        ]
    );
    assert_eq!((&body["ended"], &body["skipped"], &body["failed"]), (&json!(30), &json!(0), &json!(0)));
    assert_eq!(body["remaining"], false);
    assert_eq!(world.live("user-0").await, std::slice::from_ref(&young.session));
    for number in 0..30 {
        let user = format!("user-{number}");
        let ends: Vec<_> = world
            .events(&user)
            .await
            .into_iter()
            .filter(|event| event.event_type == "session_ended")
            .collect();
        assert_eq!(ends.len(), 1, "{user}");
        assert_eq!(ends[0].reason, "expired");
    }
    device.refresh(&young.refresh).await.assert_status(200);
    assert_eq!(clean(&world).await.body["ended"], 0, "no expired session is left");
}

#[tokio::test]
async fn the_report_counts_expired_sessions_that_wait() {
    let world = World::new().await;
    for user in ["alice", "bob"] {
        world.device().sign_in(user).await;
    }
    world.advance(7 * DAY - 1);
    for (seconds, ended, waiting) in [(0, 0, 0), (1, 0, 2), (299, 0, 2), (1, 2, 0), (3_600, 0, 0)] {
        world.advance(seconds);
        let report = clean(&world).await.body;
        assert_eq!((&report["ended"], &report["waiting"]), (&json!(ended), &json!(waiting)), "{seconds}");
    }
}

#[tokio::test]
async fn the_end_record_has_the_time_and_the_duration() {
    let world = World::new().await;
    let device = world.device();
    device.sign_in("alice").await;
    world.advance(9 * DAY);
    assert_eq!(clean(&world).await.body["ended"], 1);
    let events = world.raw_events("alice", "session_ended").await;
    let details = events[0]["details"].as_m().unwrap();
    assert_eq!(details["lasted_seconds"].as_n().unwrap(), &(7 * DAY).to_string());
    assert_eq!(details["by"].as_m().unwrap()["kind"].as_s().unwrap(), "system");
    assert_eq!(events[0]["created_at"].as_n().unwrap(), &(1_790_000_000 + 7 * DAY).to_string());
}

#[tokio::test]
async fn only_an_administrator_may_clean_and_cleanup_is_the_only_action() {
    let world = World::new().await;
    let device = world.device();
    let alice = device.clone().bearer(&device.sign_in("alice").await.access);
    let path = "/api/auth/sessions";
    alice.post(path, json!({"action": "cleanup"})).await.assert_problem(403, "forbidden");
    alice.post(path, json!({"action": "sweep"})).await.assert_field("action");
    alice.post(path, json!({})).await.assert_field("action");
    device.post(path, json!({"action": "cleanup"})).await.assert_problem(401, "token_missing");
    let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let admin = Tokens::of(&device.login(&root).await);
    world.take_scope("root", &admin.session).await;
    let former = device.bearer(&admin.access);
    former.post(path, json!({"action": "cleanup"})).await.assert_problem(403, "forbidden");
}

#[tokio::test]
async fn a_session_is_cleaned_five_minutes_after_its_expiry() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    world.advance(7 * DAY + 299);
    assert_eq!(clean(&world).await.body["ended"], 0);
    assert!(world.raw_row("alice", &tokens.session).await.is_some());
    world.advance(1);
    assert_eq!(clean(&world).await.body["ended"], 1);
}
