//! Users and administrators see which sessions are bound, and which refreshes were refused.

use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::DeviceKey;

use super::Bound;

#[tokio::test]
async fn status_list_and_trail_show_the_binding() {
    let bound = Bound::new().await;
    let status = bound.browser.status(&bound.jar.line()).await;
    assert_eq!(status.assert_status(200).body["binding"], "dpop");
    let list = bound.browser.clone().cookies(&bound.jar.line()).get("/api/auth/sessions").await;
    assert_eq!(list.assert_status(200).body["sessions"][0]["binding"], "dpop");
    let trail = bound.browser.clone().cookies(&bound.jar.line()).get("/api/auth/sessions/events").await;
    let login = &trail.assert_status(200).body["events"][0];
    assert_eq!((&login["event_type"], &login["details"]["binding"]), (&"login".into(), &"dpop".into()));
    let none = bound.world.device().get("/api/auth/refresh").await;
    assert!(none.assert_status(200).body.get("binding").is_none());
}

#[tokio::test]
async fn refused_proofs_are_one_event_of_each_severity_an_hour_after_one_read() {
    let bound = Bound::new().await;
    let read = || bound.world.server.stats.total();
    bound.world.server.store.global_revocation(bound.world.now()).await.unwrap();
    let start = read();
    bound.browser.refresh_with_cookies(&bound.jar.line()).await.assert_problem(400, "device_proof_required");
    let first = read();
    assert_eq!(
        (first.calls - start.calls, first.write_units - start.write_units),
        (2, 2.0),
        "a read, and an event with its place in the fleet index"
    );
    for _ in 0..20 {
        bound
            .browser
            .refresh_with_cookies(&bound.jar.line())
            .await
            .assert_problem(400, "device_proof_required");
    }
    assert_eq!(read(), first, "no further call");
    for _ in 0..20 {
        let other = bound.browser.clone().with_key(&DeviceKey::generate());
        other.refresh_with_cookies(&bound.jar.line()).await.assert_problem(400, "device_proof_required");
    }
    let second = read();
    assert_eq!(
        (second.calls - first.calls, second.write_units - first.write_units),
        (2, 3.0),
        "an alert has an entry in two indexes"
    );
    bound.world.advance(3_700);
    bound.browser.refresh_with_cookies(&bound.jar.line()).await.assert_problem(400, "device_proof_required");
    assert_eq!(bound.world.count_events("alice", "binding_failed").await, 3);
}

#[tokio::test]
async fn an_ended_session_gets_no_event() {
    let bound = Bound::new().await;
    bound.browser.revoke_with_cookies(&bound.jar.line(), serde_json::json!({"strategy": "current"})).await;
    bound.browser.refresh_with_cookies(&bound.jar.line()).await.assert_problem(400, "device_proof_required");
    assert_eq!(bound.world.count_events("alice", "binding_failed").await, 0);
}

#[tokio::test]
async fn a_refusal_needs_no_store() {
    let bound = Bound::new().await;
    bound.world.server.faults.queue(None, FaultKind::Error500, 100);
    bound.browser.refresh_with_cookies(&bound.jar.line()).await.assert_problem(400, "device_proof_required");
    bound.world.server.faults.clear(None);
    bound.browser.refresh_with_cookies(&bound.jar.line()).await.assert_problem(400, "device_proof_required");
    assert_eq!(bound.world.count_events("alice", "binding_failed").await, 1, "the event follows");
}

#[tokio::test]
async fn an_unbound_sign_in_on_a_device_that_was_bound_is_an_event() {
    let bound = Bound::new().await;
    let plain = bound.world.device();
    let session = plain.sign_in("alice").await.session;
    let missing = bound.world.events("alice").await;
    let missing: Vec<_> = missing.iter().filter(|event| event.event_type == "binding_missing").collect();
    assert_eq!(missing.len(), 1);
    assert_eq!((missing[0].severity.as_str(), &missing[0].session), ("medium", &session));
    // Another kind of device may never have had a key.
    bound.world.device().agent("curl/8.0").sign_in("alice").await;
    assert_eq!(bound.world.count_events("alice", "binding_missing").await, 1);
}
