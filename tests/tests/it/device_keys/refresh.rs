//! Refreshes with a device key: challenges, faults, rotations, and the attacks on them.

use latchkey::token::fetch::IssuerKeyCache;
use latchkey::token::keys::generate_key_set;
use latchkey_tests::world::{BoundBrowser, DeviceKey, SECURE, World, ends_device_session};
use serde_json::json;

/// The number of calls, write units and read units of the requests since the last reset.
fn usage(world: &World) -> (u64, f64, f64) {
    let total = world.server.stats.total();
    (total.calls, total.write_units, total.read_units)
}

#[tokio::test]
async fn a_refresh_is_one_read_unit_and_no_write() {
    let world = World::with(&SECURE).await;
    let mut browser = BoundBrowser::bound(&world, "alice", world.device()).await;
    for _ in 0..5 {
        world.advance(480);
        world.server.store.global_revocation(world.now()).await.unwrap();
        world.server.stats.reset();
        browser.renew().await.assert_status(200);
        assert_eq!(usage(&world), (1, 0.0, 1.0));
    }
    world.server.stats.reset();
    let challenged = browser.renew_without_proof().await;
    assert_eq!((challenged.status.as_u16(), usage(&world).0), (403, 0), "a challenge needs no store");
}

#[tokio::test]
async fn a_request_without_a_fresh_proof_gets_a_challenge_that_works() {
    let world = World::with(&SECURE).await;
    let mut browser = BoundBrowser::bound(&world, "alice", world.device()).await;
    world.advance(900);
    let stale = browser.renew().await;
    assert_eq!((stale.status.as_u16(), stale.code()), (403, "device_challenge"));
    assert_eq!(browser.renew().await.status, 200, "it signed the new challenge");
    let missing = browser.renew_without_proof().await;
    assert_eq!((missing.status.as_u16(), missing.code()), (403, "device_challenge"));
    let malformed = browser.renew_with("a.b.c").await;
    assert_eq!((malformed.status.as_u16(), malformed.code()), (403, "device_challenge"));
}

#[tokio::test]
async fn a_lost_answer_can_be_repeated_with_the_same_proof() {
    let world = World::with(&SECURE).await;
    let mut browser = BoundBrowser::bound(&world, "alice", world.device()).await;
    for seconds in [480, 3_600] {
        world.advance(seconds);
        if browser.renew_without_proof().await.status == 403 {
            browser.take(&browser.renew_without_proof().await);
        }
        let proof = browser.refresh_proof();
        for _ in 0..3 {
            assert_eq!(browser.renew_with(&proof).await.status, 200);
        }
        assert_eq!(browser.renew().await.status, 200);
    }
    let row = world.row("alice", &browser.session).await.unwrap();
    assert_eq!(row.generation, 2, "one rotation at the hour, however often it was repeated");
}

#[tokio::test]
async fn an_active_user_stays_signed_in_until_the_absolute_end() {
    let world = World::with(&SECURE).await;
    let mut browser = BoundBrowser::bound(&world, "alice", world.device()).await;
    for _ in 0..29 * 4 {
        world.advance(6 * 3_600);
        browser.take(&browser.renew_without_proof().await);
        browser.renew().await.assert_status(200);
    }
    world.advance(86_400);
    browser.take(&browser.renew_without_proof().await);
    assert!(ends_device_session(&browser.renew().await));
}

#[tokio::test]
async fn only_the_registered_key_gets_an_access_cookie() {
    let world = World::with(&SECURE).await;
    let browser = BoundBrowser::bound(&world, "alice", world.device()).await;
    let mut alerts = world.server.alerts.listen();
    // The whole cookie jar, without the key.
    let thief =
        BoundBrowser { key: DeviceKey::generate(), device: world.device().elsewhere(), ..browser.clone() };
    let reply = thief.renew_with(&thief.refresh_proof()).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (403, "device_challenge"));
    assert_eq!(reply.cookie("__Host-latchkey_access"), None);
    assert_eq!(world.count_events("alice", "binding_failed").await, 1);
    let alert = alerts.try_recv().expect("another key is an alert");
    assert_eq!(
        (&alert["event_type"], &alert["details"]["fault"]),
        (&json!("binding_failed"), &json!("other_key"))
    );
    assert!(alerts.try_recv().is_err(), "one alert");
    let list = thief.device.clone().cookies(&thief.cookies()).get("/api/auth/sessions").await;
    assert_eq!(list.status, 200, "the copied access cookie works until its end");
    world.advance(600);
    let list = thief.device.clone().cookies(&thief.cookies()).get("/api/auth/sessions").await;
    assert_eq!((list.status.as_u16(), list.code()), (401, "token_expired"));
    assert_eq!(browser.clone().renew().await.status, 200, "the owner stays signed in");
}

#[tokio::test]
async fn a_challenge_of_another_session_is_refused() {
    let world = World::with(&SECURE).await;
    let browser = BoundBrowser::bound(&world, "alice", world.device()).await;
    let other = BoundBrowser::bound(&world, "alice", world.device()).await;
    let mixed = BoundBrowser { challenge: other.challenge.clone(), ..browser.clone() };
    assert_eq!(mixed.renew_with(&mixed.refresh_proof()).await.code(), "device_challenge");
    let offered = BoundBrowser { challenge: browser.offer.clone(), ..browser };
    assert_eq!(offered.renew_with(&offered.refresh_proof()).await.code(), "device_challenge");
}

#[tokio::test]
async fn an_ended_or_foreign_session_is_forgotten_by_the_browser() {
    let world = World::with(&SECURE).await;
    let mut ended = BoundBrowser::bound(&world, "alice", world.device()).await;
    let own = ended.device.clone().cookies(&ended.cookies());
    own.post("/api/auth/revoke", json!({"strategy": "current"})).await.assert_status(200);
    let reply = ended.renew().await;
    assert!(ends_device_session(&reply), "{} {}", reply.status, reply.body);
    assert_eq!(reply.body["session_identifier"], json!(ended.session));

    let first = BoundBrowser::bound(&world, "bob", world.device()).await;
    let second = BoundBrowser::bound(&world, "carol", first.device.clone()).await;
    let mixed = BoundBrowser { refresh: second.refresh.clone(), ..first.clone() };
    assert!(ends_device_session(&mixed.renew_with(&mixed.refresh_proof()).await));
    let without_cookie = BoundBrowser { refresh: String::new(), ..first.clone() };
    assert!(ends_device_session(&without_cookie.renew_with(&first.refresh_proof()).await));
    assert_eq!(first.clone().renew().await.status, 200, "none of this ended the session itself");
}

#[tokio::test]
async fn a_script_cannot_refresh() {
    let world = World::with(&SECURE).await;
    let browser = BoundBrowser::bound(&world, "alice", world.device()).await;
    let by_script = browser.device.clone().cookies(&browser.cookies()).header("sec-fetch-mode", "cors");
    let by_script =
        by_script.header("sec-secure-session-id", &browser.session).header("sec-fetch-dest", "empty");
    let reply = by_script.send("POST", "/api/auth/dbsc/refresh", None, "").await;
    assert_eq!((reply.status.as_u16(), reply.code()), (403, "csrf_rejected"));
}

/// `require` means a DPoP key, which a script's requests prove, too.
#[tokio::test]
async fn a_device_key_alone_does_not_satisfy_a_required_binding() {
    let keys = generate_key_set();
    let settings = [SECURE[0], ("LATCHKEY_KEYS", keys.as_str())];
    let world = World::with(&settings).await;
    let mut device_only = BoundBrowser::bound(&world, "alice", world.device()).await;
    let with_dpop = world.device().with_key(&DeviceKey::generate());
    let mut both = BoundBrowser::bound(&world, "bob", with_dpop).await;
    let settings = [settings[0], settings[1], ("SESSION_BINDING", "require")];
    let required = world.redeployed(&settings, IssuerKeyCache::default());
    for browser in [&mut device_only, &mut both] {
        browser.device = browser.device.clone().in_world(&required);
    }
    assert!(ends_device_session(&device_only.renew().await));
    assert_eq!(both.renew().await.status, 200);
}
