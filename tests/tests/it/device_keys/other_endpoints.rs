//! The other endpoints for a session with a confirmed device key.

use latchkey_tests::world::{BoundBrowser, DeviceKey, SECURE, World};

#[tokio::test]
async fn a_refresh_without_a_proof_is_refused_and_clears_the_access_cookie() {
    let world = World::with(&SECURE).await;
    for device in [world.device(), world.device().with_key(&DeviceKey::generate())] {
        let browser = BoundBrowser::bound(&world, "alice", device).await;
        let mut copy = BoundBrowser { device: world.device().elsewhere(), ..browser.clone() };
        let reply = copy.refresh_by_script().await;
        assert_eq!((reply.status.as_u16(), reply.code()), (400, "device_proof_required"));
        assert_eq!(reply.cookie("__Host-latchkey_access").as_deref(), Some(""));
        assert_eq!(reply.cookie("__Host-latchkey_refresh"), None);
        let row = world.row("alice", &browser.session).await.unwrap();
        assert_eq!(row.generation, 1, "nothing has changed");
    }
}

#[tokio::test]
async fn a_refresh_with_the_dpop_key_moves_the_refresh_token_only() {
    let world = World::with(&SECURE).await;
    let device = world.device().with_key(&DeviceKey::generate());
    let mut browser = BoundBrowser::bound(&world, "alice", device).await;
    let before = browser.refresh.clone();
    let reply = browser.refresh_by_script().await;
    assert_eq!((reply.status.as_u16(), reply.body["binding"].as_str()), (200, Some("dbsc")));
    assert_eq!(reply.cookie("__Host-latchkey_access"), None);
    assert_ne!(browser.refresh, before);
    assert_eq!(browser.renew().await.status, 200);
}

/// A copy of the browser's profile has the DPoP key, which Chromium stores in plain.
#[tokio::test]
async fn a_copied_profile_gets_no_access_token_in_the_body() {
    let world = World::with(&SECURE).await;
    let mut browser =
        BoundBrowser::sign_in(&world, "alice", world.device().with_key(&DeviceKey::generate())).await;
    browser.register().await.assert_status(200);
    let unconfirmed = browser.refresh.clone();
    browser.renew().await.assert_status(200);
    for token in [&browser.refresh, &unconfirmed] {
        let reply = browser.device.refresh(token).await;
        assert_eq!(reply.status, 400, "{}", reply.body);
        assert!(reply.body["access_token"].is_null());
    }
}

#[tokio::test]
async fn the_status_leaves_the_refresh_to_the_browser() {
    let world = World::with(&SECURE).await;
    let browser = BoundBrowser::bound(&world, "alice", world.device()).await;
    world.advance(599);
    let status = browser.device.status(&browser.cookies()).await;
    assert_eq!(
        (status.body["binding"].as_str(), status.body["needs_refresh"].as_bool()),
        (Some("dbsc"), Some(false))
    );
    assert_eq!(status.body["state"], "expiring");
}
