//! The attack that a bound session is for: a thief copies the whole cookie jar of a browser.

use latchkey_tests::world::{Device, DeviceKey, Jar};
use serde_json::json;

use super::Bound;

#[tokio::test]
async fn a_copied_cookie_jar_refreshes_nothing_and_the_owner_stays_signed_in() {
    let bound = Bound::new().await;
    let mut alerts = bound.world.server.alerts.listen();
    bound.world.advance(1_800);
    let stolen = bound.jar.clone();
    // The thief imitates the browser from the same network, with and without a key of their own.
    for thief in [bound.browser.clone(), bound.browser.clone().with_key(&DeviceKey::generate())] {
        let reply = thief.refresh_with_cookies(&stolen.line()).await;
        reply.assert_problem(400, "device_proof_required").assert_no_cookie();
        let body = thief.refresh(&stolen.refresh).await;
        body.assert_problem(400, "device_proof_required");
    }
    let next = Jar::of(bound.signing().refresh_with_cookies(&stolen.line()).await.assert_status(200));
    // The copied access cookie is good until it expires, and no refresh token of the thief ever works.
    bound.world.advance(1_800);
    bound
        .browser
        .clone()
        .cookies(&stolen.line())
        .get("/api/auth/sessions")
        .await
        .assert_problem(401, "token_expired");
    bound.browser.refresh_with_cookies(&next.line()).await.assert_problem(400, "device_proof_required");
    bound.signing().refresh_with_cookies(&next.line()).await.assert_status(200);
    let events = bound.world.events("alice").await;
    let failed: Vec<_> = events.iter().filter(|event| event.event_type == "binding_failed").collect();
    let mut severities: Vec<_> = failed.iter().map(|event| event.severity.as_str()).collect();
    severities.sort_unstable();
    assert_eq!(severities, ["high", "medium"], "{events:?}");
    let alert = alerts.try_recv().expect("another key is an alert");
    assert_eq!(
        (&alert["event_type"], &alert["details"]["fault"]),
        (&"binding_failed".into(), &"other_key".into())
    );
    assert!(alerts.try_recv().is_err(), "one alert");
    assert_eq!(bound.world.live("alice").await.len(), 1);
}

/// A thief without a key from another place, or with another program, is an alert. The refusal of the owner's old page does
/// not hold it back.
#[tokio::test]
async fn a_copied_cookie_from_elsewhere_is_an_alert() {
    let elsewhere: fn(Device) -> Device = Device::elsewhere;
    for thief in [elsewhere, |device| device.agent("curl/8.0")] {
        let bound = Bound::new().await;
        let mut alerts = bound.world.server.alerts.listen();
        bound
            .browser
            .refresh_with_cookies(&bound.jar.line())
            .await
            .assert_problem(400, "device_proof_required");
        assert!(alerts.try_recv().is_err(), "an old page of the owner is no alert");
        let thief = thief(bound.browser.clone());
        thief.refresh_with_cookies(&bound.jar.line()).await.assert_problem(400, "device_proof_required");
        let alert = alerts.try_recv().expect("an alert");
        assert_eq!(
            (&alert["event_type"], &alert["details"]["fault"]),
            (&"binding_failed".into(), &"missing".into())
        );
    }
}

/// A device that presents the owner's cookies.
type Caller = fn(&Bound) -> Device;

/// Only a proof by the session's key speaks for an older token, and a sign-out never fails for its proof.
#[tokio::test]
async fn signing_out_with_a_superseded_cookie_needs_the_key_to_be_no_theft() {
    let made_up = |bound: &Bound| bound.browser.clone().proof("made.up.proof");
    let other_key = |bound: &Bound| bound.browser.clone().with_key(&DeviceKey::generate());
    let for_refresh = |bound: &Bound| {
        bound.browser.clone().proof(&bound.key.proof("POST", "/api/auth/refresh", bound.world.now()))
    };
    let cases: [(Caller, usize); 5] = [
        (Bound::signing, 0),
        (|bound| bound.browser.clone(), 1),
        (made_up, 1),
        (other_key, 1),
        (for_refresh, 1),
    ];
    for (number, (device, alarms)) in cases.into_iter().enumerate() {
        let bound = Bound::new().await;
        bound.world.advance(4_000);
        bound.signing().refresh_with_cookies(&bound.jar.line()).await.assert_status(200);
        bound.world.advance(120);
        let body = json!({"strategy": "current"});
        let reply = device(&bound).revoke_with_cookies(&bound.jar.line(), body).await;
        assert_eq!(reply.assert_status(200).body["ended"], 1, "case {number}");
        assert_eq!(bound.world.count_events("alice", "token_reused").await, alarms, "case {number}");
    }
}
