//! Malformed rows, pending ends, and sessions that a global revocation ended.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{Tokens, World};
use serde_json::json;

use super::{DAY, clean};

#[tokio::test]
async fn a_malformed_row_is_counted_and_does_not_stop_a_run() {
    let world = World::new().await;
    let device = world.device();
    let (bad, _good) = (device.sign_in("alice").await, device.sign_in("alice").await);
    let mut row = world.raw_row("alice", &bad.session).await.unwrap();
    row.insert("g".into(), AttributeValue::S("many".into()));
    world.put_row(row).await;
    world.advance(8 * DAY);
    let report = clean(&world).await.body;
    assert_eq!((&report["ended"], &report["skipped"], &report["failed"]), (&json!(1), &json!(1), &json!(0)));
    assert!(world.raw_row("alice", &bad.session).await.is_some());
}

#[tokio::test]
async fn a_pending_end_is_recorded_with_its_own_reason() {
    let world = World::new().await;
    let device = world.device();
    let pending = device.sign_in("alice").await;
    world.set_pending_end("alice", &pending.session, "reuse_detected").await;
    world.advance(8 * DAY);
    assert_eq!(clean(&world).await.body["ended"], 1);
    let own = device.sign_in("alice").await;
    let path = format!("/api/auth/revoke?session_id={}", pending.session);
    let asked = device.bearer(&own.access).get(&path).await;
    assert_eq!(asked.body["revocations"][0]["reason"], "security");
}

#[tokio::test]
async fn cleanup_records_globally_revoked_sessions_with_that_reason() {
    let world = World::new().await;
    let device = world.device();
    let alice = device.sign_in("alice").await;
    world.advance(60);
    let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let root = Tokens::of(&device.login(&root).await);
    let body = json!({"strategy": "everyone", "reason": "a key leaked"});
    device.revoke(&root.access, body).await.assert_status(200);
    let moment = world.now().seconds();
    world.advance(8 * DAY);
    assert_eq!(clean(&world).await.body["ended"], 2);
    let events = world.raw_events("alice", "session_ended").await;
    let details = events[0]["details"].as_m().unwrap();
    let text = |name: &str| details[name].as_s().unwrap().as_str();
    assert_eq!((text("reason"), text("note")), ("admin", "a key leaked"));
    let by = details["by"].as_m().unwrap();
    assert_eq!((by["kind"].as_s().unwrap().as_str(), by["id"].as_s().unwrap().as_str()), ("admin", "root"));
    assert_eq!(details["lasted_seconds"].as_n().unwrap(), "60", "the duration ends at the global revocation");
    assert_eq!(events[0]["created_at"].as_n().unwrap(), &moment.to_string());
    device.refresh(&alice.refresh).await.assert_ended("expired");
}

#[tokio::test]
async fn rows_of_another_number_of_shards_are_found() {
    let world = World::with(&[("EXPIRY_SHARDS", "3")]).await;
    world.device().sign_in("alice").await;
    assert_eq!(clean(&world).await.body["ended"], 0, "the instance still uses the cached number of shards");
    let keys = latchkey::token::keys::generate_key_set();
    let settings = [("LATCHKEY_KEYS", keys.as_str()), ("EXPIRY_SHARDS", "7")];
    let grown = world.redeployed(&settings, latchkey::token::fetch::IssuerKeyCache::default());
    grown.device().sign_in("bob").await;
    world.advance(8 * DAY);
    assert_eq!(clean(&grown).await.body["ended"], 2);
}

#[tokio::test]
async fn a_session_that_was_refreshed_during_a_run_lives() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    world.advance(6 * DAY);
    let next = Tokens::of(device.refresh(&tokens.refresh).await.assert_status(200));
    // The index still has the session under its old day.
    let mut row = world.raw_row("alice", &tokens.session).await.unwrap();
    let old = latchkey::store::schema::Bucket::of_session(&tokens.session.parse().unwrap(), world.now(), 16);
    row.insert("eb".into(), AttributeValue::S(old.to_string()));
    world.put_row(row).await;
    world.advance(3 * DAY);
    assert_eq!(clean(&world).await.body["ended"], 0);
    device.refresh(&next.refresh).await.assert_status(200);
}

#[tokio::test]
async fn a_session_that_expired_before_a_global_revocation_is_recorded_expired() {
    let world = World::new().await;
    let device = world.device();
    device.sign_in("alice").await;
    world.advance(7 * DAY + 60);
    let root = world.assertion_with("root", json!({"scope": "latchkey:admin"}));
    let root = Tokens::of(&device.login(&root).await);
    let body = json!({"strategy": "everyone", "reason": "a key leaked"});
    device.revoke(&root.access, body).await.assert_status(200);
    world.advance(600);
    assert_eq!(clean(&world).await.body["ended"], 1);
    let events = world.events("alice").await;
    let end = events.iter().find(|event| event.event_type == "session_ended").unwrap();
    assert_eq!(end.reason, "expired");
}

#[tokio::test]
async fn a_failing_end_does_not_stop_the_others() {
    let world = World::with(&[("EXPIRY_SHARDS", "1")]).await;
    let device = world.device();
    let first = device.sign_in("user-0").await;
    for number in 1..230 {
        device.sign_in(&format!("user-{number}")).await;
    }
    world.set_pending_end("user-0", &first.session, "signed_out").await;
    world.advance(8 * DAY);
    let clock = std::sync::Arc::new(world.server.clock.clone());
    let ends = std::time::Instant::now() + std::time::Duration::from_secs(600);
    let budget = latchkey::app::cleanup::Budget::new(ends, u64::MAX);
    // Only the pending end needs a transaction. Expired sessions are deleted in batches.
    world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 10);
    let mode = latchkey::app::cleanup::CleanupMode::Clean;
    let report = latchkey::app::cleanup::run(&world.server.store, clock, 1, budget, mode).await.unwrap();
    assert_eq!((report.ended, report.failed, report.remaining), (229, 1, true));
    world.server.faults.clear(None);
    assert_eq!(clean(&world).await.body["ended"], 1, "the next run completes the end");
}
