//! Alerts: a WARN log line and a message on the alert stream, without delay.

use latchkey_tests::world::{Tokens, World};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::TryRecvError;

/// A session whose old refresh token comes back after grace, from another network.
async fn theft(world: &World) -> Tokens {
    let device = world.device();
    let first = device.sign_in("alice").await;
    device.refresh(&first.refresh).await.assert_status(200);
    world.advance(61);
    device.elsewhere().refresh(&first.refresh).await.assert_ended("security");
    first
}

#[tokio::test]
async fn token_reuse_alerts_once_and_usual_events_do_not() {
    let world = World::new().await;
    let mut alerts = world.server.alerts.listen();
    let device = world.device();
    let usual = device.sign_in("bob").await;
    device.refresh(&usual.refresh).await.assert_status(200);
    device.revoke(&usual.access, json!({"strategy": "all"})).await.assert_status(200);
    assert_eq!(alerts.try_recv(), Err(TryRecvError::Empty));
    let stolen = theft(&world).await;
    let alert = alerts.try_recv().expect("an alert");
    assert_eq!(
        (&alert["event_type"], &alert["severity"], &alert["user_id"], &alert["session_id"]),
        (&json!("token_reused"), &json!("critical"), &json!("alice"), &json!(stolen.session))
    );
    assert_eq!(alert["created_at"], json!(world.now().to_rfc3339()));
    let id = alert["event_id"].as_str().expect("an id").to_owned();
    let rows = world.raw_events("alice", "token_reused").await;
    assert_eq!(rows[0]["event_id"].as_s().unwrap(), &id, "the alert names the event in the trail");
    assert_eq!(alerts.try_recv(), Err(TryRecvError::Empty), "one theft, one alert");
}

#[tokio::test]
async fn an_alert_whose_end_is_committed_late_is_sent_once() {
    use latchkey_local::dev_controls::faults::FaultKind;
    let world = World::new().await;
    let mut alerts = world.server.alerts.listen();
    let device = world.device();
    let first = device.sign_in("alice").await;
    device.refresh(&first.refresh).await.assert_status(200);
    world.advance(61);
    // After three conflicts, the pending end and the alert are written. The fifth attempt commits the transaction.
    world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Conflict, 4);
    device.elsewhere().refresh(&first.refresh).await.assert_ended("security");
    let messages: Vec<Value> = std::iter::from_fn(|| alerts.try_recv().ok()).collect();
    assert_eq!(messages.len(), 1, "{messages:?}");
}

#[tokio::test]
async fn an_event_that_was_not_written_sends_no_alert() {
    use latchkey_local::dev_controls::faults::FaultKind;
    let world = World::new().await;
    let mut alerts = world.server.alerts.listen();
    let device = world.device();
    let first = device.sign_in("alice").await;
    device.refresh(&first.refresh).await.assert_status(200);
    world.advance(61);
    world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Error500, 3);
    device.elsewhere().refresh(&first.refresh).await.assert_problem(503, "store_unavailable");
    assert_eq!(alerts.try_recv(), Err(TryRecvError::Empty));
}

#[tokio::test]
async fn a_global_revocation_alerts() {
    let world = World::new().await;
    let mut alerts = world.server.alerts.listen();
    let root = world.device().login(&world.assertion_with("root", json!({"scope": "latchkey:admin"}))).await;
    let body = json!({"strategy": "everyone", "reason": "a key leaked"});
    world.device().revoke(&Tokens::of(&root).access, body).await.assert_status(200);
    let alert = alerts.try_recv().expect("an alert");
    assert_eq!((&alert["event_type"], &alert["user_id"]), (&json!("emergency_revocation"), &json!(null)));
    assert_eq!(
        (&alert["details"]["by"], &alert["details"]["note"]),
        (&json!({"kind": "admin", "id": "root"}), &json!("a key leaked"))
    );
}
