//! An order survives faults of the store as long as the time of a request permits, because most providers send it once.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_local::dev_controls::faults::FaultKind;
use serde_json::json;

use super::security_events::{ALL, RISC, push, user};
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

impl Scene {
    /// Makes the user record unreadable. The user must have this session.
    async fn spoil_record(&self, user: &str, session: &str) {
        let mut row = self.world.raw_row(user, session).await.expect("the session is there");
        row.retain(|name, _| name == "pk");
        row.insert("sk".into(), AttributeValue::S("HEAD".into()));
        row.insert("v".into(), AttributeValue::S("soon".into()));
        self.world.put_row(row).await;
    }
}

/// The events are carried out in the order of their names. The fault is ours, so that it is 500 also beside a refused event.
#[tokio::test]
async fn a_malformed_record_of_one_user_does_not_stop_the_other_events() {
    let (disabled, purged) = (format!("{RISC}/account-disabled"), format!("{RISC}/account-purged"));
    for (of_bob, of_alice) in [(&disabled, &purged), (&purged, &disabled)] {
        let scene = Scene::receiving(&ALL).await;
        let (alice, bob) = (scene.sign_in("alice", json!({})).await, scene.sign_in("bob", json!({})).await);
        scene.spoil_record("bob", &bob.session).await;
        let events = json!({
            of_bob: {"subject": user("bob")},
            of_alice: {"subject": user("alice")},
            format!("{RISC}/sessions-revoked"): {"subject": {"format": "email", "email": "c@example.com"}},
        });
        let reply = push(&scene.world, &scene.event_token(json!({"events": events}))).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (500, "internal"), "{}", reply.body);
        assert!(!scene.is_alive(&alice).await, "{of_alice}");
        assert!(scene.world.everything().await.contains("provider_order_refused"), "the third is reported");
        assert_eq!(scene.failed_orders(), 2, "the malformed record and the refused event");
    }
}

/// A `sid` that leads to another user than the order names: each of the two is an end of its own.
#[tokio::test]
async fn a_malformed_record_of_one_user_does_not_spare_the_other_of_an_order() {
    for spoiled in ["alice", "bob"] {
        let scene = Scene::new().await;
        let alice = scene.sign_in("alice", json!({"sid": "s"})).await;
        let bob = scene.sign_in("bob", json!({})).await;
        let (bad, good) = if spoiled == "alice" { (&alice, &bob) } else { (&bob, &alice) };
        scene.spoil_record(spoiled, &bad.session).await;
        let reply = scene.log_out(json!({"sub": "bob", "sid": "s"})).await;
        assert_eq!(reply.status, 500, "{}", reply.body);
        assert!(!scene.is_alive(good).await, "{spoiled}");
        assert_eq!(scene.failed_orders(), 1);
    }
}
