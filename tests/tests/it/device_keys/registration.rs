//! The registration of a device key, and the attacks on it.

use latchkey::token::device::challenge::Offer;
use latchkey::token::refresh::open;
use latchkey_tests::world::{BoundBrowser, DeviceKey, SECURE, World};
use serde_json::json;

use crate::fleet::{EVENTS, administrator, read_all};

const REGISTRATION: &str = "/api/auth/dbsc/registration";

#[tokio::test]
async fn a_registration_rotates_once_and_the_first_proof_confirms_it() {
    let world = World::with(&SECURE).await;
    let mut browser = BoundBrowser::sign_in(&world, "alice", world.device()).await;
    let reply = browser.register().await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.body["session_identifier"], json!(browser.session));
    assert_eq!(reply.body["credentials"][0]["name"], "__Host-latchkey_access");
    let line = reply.cookie_line("__Host-latchkey_access").unwrap();
    assert!(line.contains("; Max-Age=60; "), "{line}");
    let without_life = line.replace("; Max-Age=60", "");
    let (_, attributes) = without_life.split_once("; ").unwrap();
    assert_eq!(reply.body["credentials"][0]["attributes"], json!(attributes), "Chromium compares them");
    let row = world.row("alice", &browser.session).await.unwrap();
    assert_eq!((row.generation, row.is_device_bound()), (1, false));
    assert_eq!(world.count_events("alice", "session_bound").await, 0);

    let reply = browser.renew().await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(reply.cookie_line("__Host-latchkey_access").unwrap().contains("; Max-Age=600; "));
    let row = world.row("alice", &browser.session).await.unwrap();
    assert_eq!((row.generation, row.is_device_bound()), (1, true));
    assert_eq!(world.count_events("alice", "session_bound").await, 1);
    let list = browser.device.clone().cookies(&browser.cookies()).get("/api/auth/sessions").await;
    assert_eq!(list.body["sessions"][0]["binding"], "dbsc");
}

/// A laptop may be closed after the sign-in, so that the first proof comes the day after.
#[tokio::test]
async fn a_key_that_is_confirmed_late_is_listed_at_the_time_of_its_event() {
    let world = World::with(&SECURE).await;
    let mut browser = BoundBrowser::sign_in(&world, "alice", world.device()).await;
    browser.register().await;
    world.advance(26 * 3_600);
    browser.renew().await.assert_problem(403, "device_challenge");
    browser.renew().await.assert_status(200);
    let admin = administrator(&world).await;
    let path = format!("{EVENTS}?type=session_bound&from={}", world.now().to_rfc3339());
    assert_eq!(read_all(&admin, &path, "events", "user_id").await, ["alice"]);
}

#[tokio::test]
async fn a_browser_renews_its_cookie_before_every_request_that_needs_one() {
    let world = World::with(&SECURE).await;
    let mut browser = BoundBrowser::sign_in(&world, "alice", world.device()).await;
    let scope = browser.register().await.body["scope"]["scope_specification"].clone();
    let excluded: Vec<_> =
        scope.as_array().unwrap().iter().map(|rule| rule["path"].as_str().unwrap()).collect();
    assert_eq!(excluded, ["/api/auth/login", "/api/auth/.well-known"]);
    browser.renew().await.assert_status(200);
    // An expired access cookie is no longer sent.
    let idle = browser.device.clone().cookies(&format!("__Host-latchkey_refresh={}", browser.refresh));
    for strategy in ["all", "others"] {
        let reply = idle.post("/api/auth/revoke", json!({ "strategy": strategy })).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (401, "token_expired"), "{strategy}");
    }
    let renewed = browser.device.clone().cookies(&browser.cookies());
    renewed.post("/api/auth/revoke", json!({"strategy": "all"})).await.assert_status(200);
}

#[tokio::test]
async fn a_script_cannot_register_a_key() {
    let world = World::with(&SECURE).await;
    let browser = BoundBrowser::sign_in(&world, "alice", world.device()).await;
    let proof = browser.registration_proof();
    // A script can send the proof with fetch(), which sets other values than the browser's own requests have.
    let cookies =
        browser.device.clone().cookies(&browser.cookies()).header("secure-session-response", &proof);
    let by_script = cookies.header("sec-fetch-mode", "cors").header("sec-fetch-dest", "empty");
    let reply = by_script.send("POST", REGISTRATION, None, "").await;
    assert_eq!((reply.status.as_u16(), reply.code()), (403, "csrf_rejected"));
    assert_eq!(world.row("alice", &browser.session).await.unwrap().device_key, None);
}

#[tokio::test]
async fn an_offer_works_for_its_session_and_five_minutes_only() {
    let world = World::with(&SECURE).await;
    let alice = BoundBrowser::sign_in(&world, "alice", world.device()).await;
    let bob = BoundBrowser::sign_in(&world, "bob", world.device()).await;
    let thief = BoundBrowser { refresh: bob.refresh.clone(), ..alice.clone() };
    let reply = thief.register_with(&alice.registration_proof()).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (400, "device_proof_required"));
    let no_cookie = BoundBrowser { refresh: String::new(), ..alice.clone() };
    let reply = no_cookie.register_with(&alice.registration_proof()).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (401, "token_missing"));
    let refresh_challenge = BoundBrowser { offer: alice.challenge.clone(), ..alice.clone() };
    let reply = refresh_challenge.register_with(&refresh_challenge.registration_proof()).await;
    assert_eq!(reply.code(), "device_proof_required");
    let missing = alice.own_requests().send("POST", REGISTRATION, None, "").await;
    assert_eq!(missing.code(), "device_proof_required");
    world.advance(300);
    let late = alice.register_with(&alice.registration_proof()).await;
    assert_eq!((late.status.as_u16(), late.code()), (400, "device_proof_required"));
    for user in ["alice", "bob"] {
        let session = if user == "alice" { &alice.session } else { &bob.session };
        assert_eq!(world.row(user, session).await.unwrap().device_key, None);
    }
}

#[tokio::test]
async fn an_offer_works_at_its_generation_and_the_next_one() {
    let world = World::with(&SECURE).await;
    let mut browser = BoundBrowser::sign_in(&world, "alice", world.device()).await;
    let offer = browser.offer.clone();
    browser.refresh_by_script().await.assert_status(200);
    let lost = browser.register_with(&browser.registration_proof()).await;
    assert_eq!(lost.status, 200, "{}", lost.body);
    browser.offer = offer;
    let reply = browser.register_with(&browser.registration_proof()).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (400, "device_proof_required"));
}

#[tokio::test]
async fn a_confirmed_key_is_never_replaced() {
    let world = World::with(&SECURE).await;
    for device in [world.device(), world.device().with_key(&DeviceKey::generate())] {
        let browser = BoundBrowser::bound(&world, "alice", device).await;
        // The thief has the cookies, and the offer of a minute ago.
        let thief = BoundBrowser { key: DeviceKey::generate(), ..browser.clone() };
        let reply = thief.register_with(&thief.registration_proof()).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (400, "device_proof_required"));
        assert_eq!(browser.clone().renew().await.status, 200);
    }
}

#[tokio::test]
async fn a_lost_answer_to_a_registration_signs_no_user_out() {
    let world = World::with(&SECURE).await;
    let dpop = world.device().with_key(&DeviceKey::generate());
    let keyed = world.device().key("an-idempotency-key-of-the-sign-in");
    for (device, user) in [(dpop, "alice"), (keyed, "bob"), (world.device(), "carol")] {
        let mut browser = BoundBrowser::sign_in(&world, user, device).await;
        browser.register_with(&browser.registration_proof()).await.assert_status(200);
        let reply = browser.refresh_by_script().await;
        assert_eq!(reply.status, 200, "{user}: {}", reply.body);
        assert!(reply.cookie("__Host-latchkey_access").is_some(), "{user} is not bound yet");
    }
}

#[tokio::test]
async fn a_second_offer_replaces_a_key_whose_registration_was_lost() {
    let world = World::with(&SECURE).await;
    let device = world.device().with_key(&DeviceKey::generate());
    let mut browser = BoundBrowser::sign_in(&world, "alice", device).await;
    browser.register_with(&browser.registration_proof()).await.assert_status(200);
    // The replay has no offer, and the rotation after it has one.
    browser.refresh_by_script().await.assert_status(200);
    world.advance(600);
    browser.refresh_by_script().await.assert_status(200);
    browser.key = DeviceKey::generate();
    browser.register().await.assert_status(200);
    browser.renew().await.assert_status(200);
    assert!(world.row("alice", &browser.session).await.unwrap().is_device_bound());
}

#[tokio::test]
async fn copies_from_before_the_registration_are_worthless() {
    let world = World::with(&SECURE).await;
    let mut browser = BoundBrowser::sign_in(&world, "alice", world.device()).await;
    let before = browser.clone();
    browser.register().await.assert_status(200);
    let unconfirmed = browser.clone();
    browser.renew().await.assert_status(200);
    for mut copy in [before, unconfirmed] {
        copy.device = world.device().elsewhere();
        let reply = copy.refresh_by_script().await;
        assert_eq!((reply.status.as_u16(), reply.code()), (400, "device_proof_required"));
    }
    assert_eq!(browser.renew().await.status, 200, "the owner stays signed in");
    assert_eq!(world.count_events("alice", "binding_failed").await, 1);
}

/// A thief of a refresh key can seal a token for any session, and cannot know its nonce or the key that it is bound to.
#[tokio::test]
async fn a_registration_with_a_forged_token_alerts_and_changes_nothing() {
    let world = World::with(&SECURE).await;
    for user in ["alice", "bob"] {
        let device = world.device().with_key(&DeviceKey::generate());
        let browser = BoundBrowser::sign_in(&world, user, device).await;
        let key = &world.server.app.config().keys.refresh()[0];
        let mut token = open(&browser.refresh, std::slice::from_ref(key)).unwrap();
        let offer = Offer { session: token.session, generation: 0, dpop_key: None };
        match user {
            "alice" => token.nonce = key.nonce("what a thief of the key can think of"),
            _ => token.bound_key = None,
        }
        let dpop_key = token.bound_key.map(|key| *key.as_bytes());
        let offer = Offer { dpop_key, ..offer }.challenge(key, world.now());
        let forged = BoundBrowser { refresh: key.seal(&token).expose().to_owned(), offer, ..browser.clone() };
        let reply = forged.register_with(&forged.registration_proof()).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (401, "session_ended"), "{user}: {}", reply.body);
        assert_eq!(world.count_events(user, "token_forged").await, 1, "{user}");
        let row = world.row(user, &browser.session).await.unwrap();
        assert_eq!((row.generation, row.device_key), (0, None), "{user}");
    }
}
