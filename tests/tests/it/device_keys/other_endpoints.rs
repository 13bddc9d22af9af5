//! The other endpoints for a session with a confirmed device key.

use latchkey::telemetry::metrics::Counter;
use latchkey::token::fetch::IssuerKeyCache;
use latchkey::token::keys::generate_key_set;
use latchkey_tests::world::{BoundBrowser, Device, DeviceKey, FIREFOX, Reply, SECURE, World};
use serde_json::{Value, json};

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
    assert!(
        reply.body["expires_in"].is_null() && reply.body["expires_at"].is_null(),
        "there is no access token"
    );
    assert_ne!(browser.refresh, before);
    assert_eq!(browser.renew().await.status, 200);
}

/// A copy of the browser's profile has the DPoP key, which Chromium stores in plain. The copied refresh token is from before the
/// key was confirmed, so that its seal does not name the device key.
#[tokio::test]
async fn a_copied_profile_gets_no_access_token_in_the_body() {
    let world = World::with(&SECURE).await;
    let dpop = DeviceKey::generate();
    let mut browser = BoundBrowser::sign_in(&world, "alice", world.device().with_key(&dpop)).await;
    browser.register().await.assert_status(200);
    let unconfirmed = browser.refresh.clone();
    let asks = browser.device.refresh(&unconfirmed).await;
    let nonce = asks.assert_problem(400, "use_dpop_nonce").header("dpop-nonce").to_owned();
    browser.renew().await.assert_status(200);
    let before = world.row("alice", &browser.session).await.unwrap();
    for token in [&browser.refresh, &unconfirmed] {
        let mut claims = DeviceKey::claims("POST", "/api/auth/refresh", world.now());
        claims["nonce"] = nonce.as_str().into();
        let reply = world.device().proof(&dpop.sign(&claims)).refresh(token).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (400, "device_proof_required"));
        assert!(reply.body["access_token"].is_null());
        let row = world.row("alice", &browser.session).await.unwrap();
        assert_eq!(row.generation, before.generation, "the owner's token stays the current one");
    }
    browser.refresh_by_script().await.assert_status(200);
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

#[tokio::test]
async fn the_status_shows_that_the_browser_has_lost_its_key() {
    let world = World::with(&SECURE).await;
    let browser = BoundBrowser::bound(&world, "alice", world.device()).await;
    let refresh_only = format!("__Host-latchkey_refresh={}", browser.refresh);
    let can_refresh = async |device: &Device, cookies: &str| {
        let status = device.status(cookies).await;
        (status.text("state"), status.body["can_refresh"].as_bool().unwrap())
    };
    let (alive, lost) = (("active".to_owned(), true), ("expired".to_owned(), false));
    assert_eq!(can_refresh(&browser.device, &browser.cookies()).await, alive);
    assert_eq!(can_refresh(&browser.device, &refresh_only).await, lost);
    for reason in ["unreachable", "server_error", "quota_exceeded"] {
        for (id, can) in [
            (&browser.session, true),
            (&BoundBrowser::sign_in(&world, "bob", world.device()).await.session, false),
        ] {
            let noted = format!("{reason};session_identifier=\"{id}\"");
            let device = browser.device.clone().header("secure-session-skipped", &noted);
            assert_eq!(can_refresh(&device, &refresh_only).await.1, can, "{noted}");
        }
    }
    let unbound = BoundBrowser::sign_in(&world, "carol", world.device()).await;
    let refresh_only = format!("__Host-latchkey_refresh={}", unbound.refresh);
    assert!(can_refresh(&unbound.device, &refresh_only).await.1, "no device key");
}

/// A removed access key, another issuer and another audience leave a cookie in the browser that does not verify. The browser sees
/// only that it has not expired, so it renews nothing and notes nothing.
#[tokio::test]
async fn a_cookie_that_does_not_verify_is_cleared_and_is_no_lost_key() {
    let key_set = || serde_json::from_str::<Value>(&generate_key_set()).unwrap();
    let (keys, new_keys) = (key_set(), key_set());
    // The first key is the access key, the second the refresh key.
    let replaced = json!({"keys": [new_keys["keys"][0], keys["keys"][1]]}).to_string();
    let keys = keys.to_string();
    let world = World::with(&[SECURE[0], ("LATCHKEY_KEYS", &keys)]).await;
    let issuer = ("LATCHKEY_ISSUER", "https://moved.example.com/api/auth");
    let changes = [
        [SECURE[0], ("LATCHKEY_KEYS", &replaced)].to_vec(),
        vec![SECURE[0], ("LATCHKEY_KEYS", &keys), issuer],
    ];
    for (change, user) in changes.into_iter().zip(["alice", "bob"]) {
        let mut browser = BoundBrowser::bound(&world, user, world.device()).await;
        let mut unbound = BoundBrowser::sign_in(&world, user, world.device()).await;
        let changed = world.redeployed(&change, IssuerKeyCache::default());
        for one in [&mut browser, &mut unbound] {
            one.device = one.device.clone().in_world(&changed);
        }
        let status = browser.device.status(&browser.cookies()).await;
        let facts = |status: &Reply| (status.text("state"), status.body["can_refresh"].as_bool().unwrap());
        assert_eq!(facts(&status), ("expired".to_owned(), true), "{user}");
        assert_eq!(status.cookie("__Host-latchkey_access").as_deref(), Some(""), "the browser renews it");
        assert_eq!(status.cookie("__Host-latchkey_refresh"), None);
        browser.renew().await.assert_status(200);
        let status = browser.device.status(&browser.cookies()).await;
        assert_eq!(facts(&status), ("active".to_owned(), true), "{user}");
        assert_eq!(status.cookie("__Host-latchkey_access"), None, "a cookie that verifies stays");
        let without = browser.device.status(&format!("__Host-latchkey_refresh={}", browser.refresh)).await;
        assert_eq!(facts(&without), ("expired".to_owned(), false), "the key is lost");
        let status = unbound.device.status(&unbound.cookies()).await;
        assert_eq!(status.body["needs_refresh"], true, "a script refreshes");
        assert_eq!(status.cookie("__Host-latchkey_access"), None);
    }
}

/// A thief with the copied cookies calls the refresh of scripts. From the owner's network with the owner's program this looks like
/// a page from before an update of the client.
#[tokio::test]
async fn a_copied_cookie_at_the_refresh_of_scripts_is_an_alert() {
    let world = World::with(&SECURE).await;
    let browser = BoundBrowser::bound(&world, "alice", world.device()).await;
    let mut alerts = world.server.alerts.listen();
    let refused = async |device: Device| {
        let mut thief = BoundBrowser { device, ..browser.clone() };
        thief.refresh_by_script().await.assert_problem(400, "device_proof_required");
    };
    refused(browser.device.clone()).await;
    assert!(alerts.try_recv().is_err(), "the same network and program");
    refused(browser.device.clone().agent("curl/8.0")).await;
    let alert = alerts.try_recv().expect("an alert");
    assert_eq!(
        (&alert["event_type"], &alert["details"]["fault"]),
        (&json!("binding_failed"), &json!("missing"))
    );
    let events = world.events("alice").await;
    let failed = events.iter().filter(|event| event.event_type == "binding_failed");
    let mut severities: Vec<_> = failed.map(|event| event.severity.as_str()).collect();
    severities.sort_unstable();
    assert_eq!(severities, ["high", "medium"]);
}

/// The browser rotates once an hour. The user may sign out with the cookie from before, because the response was lost.
#[tokio::test]
async fn signing_out_after_a_lost_rotation_is_no_theft() {
    let world = World::with(&SECURE).await;
    let idempotency_key = "an-idempotency-key-of-the-sign-in";
    let with_dpop = world.device().with_key(&DeviceKey::generate());
    let keyed = world.device().key(idempotency_key);
    for (user, device, keys) in [("alice", with_dpop, json!([])), ("bob", keyed, json!([idempotency_key]))] {
        let mut browser = BoundBrowser::bound(&world, user, device).await;
        world.advance(3_700);
        browser.take(&browser.renew_without_proof().await);
        let lost = browser.clone().renew().await;
        assert!(lost.assert_status(200).cookie("__Host-latchkey_refresh").is_some(), "a rotation");
        world.advance(60);
        let body = json!({"strategy": "current", "previous_keys": keys});
        let reply = browser.device.clone().revoke_with_cookies(&browser.cookies(), body).await;
        assert_eq!(reply.assert_status(200).body["ended"], 1, "{user}");
        assert_eq!(world.count_events(user, "token_reused").await, 0, "{user}");
    }
}

/// An app without our client has neither a DPoP key nor idempotency keys.
#[tokio::test]
async fn a_lost_rotation_of_a_session_with_a_device_key_only_is_no_theft() {
    let world = World::with(&SECURE).await;
    type Client = fn(Device) -> Device;
    let same: Client = |device| device;
    // The last is the owner, after `REFRESH_LATE_RETRY`. Nothing in the request shows it, and the session ends in any case.
    let rows: [(&str, Client, u64, usize); 4] = [
        ("carol", same, 120, 0),
        ("dave", Device::elsewhere, 120, 1),
        ("erin", |device| device.agent(FIREFOX), 120, 1),
        ("frank", same, 86_401, 1),
    ];
    for (user, client, pause, thefts) in rows {
        let mut browser = BoundBrowser::bound(&world, user, world.device()).await;
        world.advance(3_700);
        browser.take(&browser.renew_without_proof().await);
        let lost = browser.clone().renew().await;
        assert!(lost.assert_status(200).cookie("__Host-latchkey_refresh").is_some(), "a rotation");
        world.advance(pause);
        let reply = client(browser.device.clone())
            .revoke_with_cookies(&browser.cookies(), json!({"strategy": "current"}))
            .await;
        assert_eq!(reply.assert_status(200).body["ended"], 1, "{user}");
        assert_eq!(world.count_events(user, "token_reused").await, thefts, "{user}");
    }
}

#[tokio::test]
async fn registrations_renewals_and_challenges_are_counted() {
    let world = World::with(&SECURE).await;
    let mut browser = BoundBrowser::bound(&world, "alice", world.device()).await;
    browser.renew_without_proof().await.assert_status(403);
    browser.renew_with("a.b.c").await.assert_status(403);
    let thief = BoundBrowser { key: DeviceKey::generate(), ..browser.clone() };
    thief.renew_with(&thief.refresh_proof()).await.assert_status(403);
    browser.renew().await.assert_status(200);
    let counted =
        [Counter::DeviceKeysRegistered, Counter::DeviceRefreshesServed, Counter::DeviceRefreshesChallenged];
    assert_eq!(counted.map(|counter| world.server.app.metrics().value(counter)), [1, 2, 2]);
}
