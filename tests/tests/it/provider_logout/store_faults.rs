//! An order survives faults of the store as long as the time of a request permits, because most providers send it once.

use latchkey_local::dev_controls::faults::FaultKind;
use serde_json::json;

use super::{Scene, send};

/// The SDK makes three attempts of one call. Seven faults fail two whole calls.
#[tokio::test]
async fn an_order_outlasts_faults_that_fail_whole_calls() {
    for (operation, kind) in [
        ("Query", FaultKind::Throttle),
        ("Query", FaultKind::TimeoutBefore),
        ("UpdateItem", FaultKind::Error500),
        ("UpdateItem", FaultKind::TimeoutAfterCommit),
        ("TransactWriteItems", FaultKind::Conflict),
        ("TransactWriteItems", FaultKind::TimeoutAfterCommit),
    ] {
        let scene = Scene::new().await;
        let tokens = scene.sign_in("alice", json!({"sid": "s"})).await;
        scene.world.server.faults.queue(Some(operation), kind, 7);
        scene.log_out(json!({"sub": "alice", "sid": "s"})).await.assert_status(200);
        assert!(!scene.is_alive(&tokens).await, "{operation} {kind:?}");
        assert_eq!(scene.world.count_events("alice", "session_ended").await, 1);
        assert_eq!(scene.failed_orders(), 0);
    }
}

#[tokio::test]
async fn an_order_that_cannot_be_carried_out_is_503_and_counted() {
    for kind in [FaultKind::Error500, FaultKind::Throttle, FaultKind::TimeoutBefore] {
        let scene = Scene::new().await;
        let tokens = scene.sign_in("alice", json!({"sid": "s"})).await;
        let token = scene.logout_token(json!({"sub": "alice"}));
        scene.world.server.faults.queue(None, kind, 100_000);
        let started = std::time::Instant::now();
        let reply = send(&scene.world, &token).await;
        let elapsed = started.elapsed().as_millis();
        assert_eq!((reply.status.as_u16(), reply.code()), (503, "store_unavailable"), "{}", reply.body);
        assert_eq!(reply.header("retry-after"), "2");
        assert!(elapsed >= 2_500, "{kind:?}: it gave up after {elapsed} ms");
        assert_eq!(scene.failed_orders(), 1);
        scene.world.server.faults.clear(None);
        send(&scene.world, &token).await.assert_status(200);
        assert!(!scene.is_alive(&tokens).await);
    }
}
