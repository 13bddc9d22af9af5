//! When is a browser offered to register a device key? Only with a sign-in and with a refresh that proves the DPoP key, because a
//! thief with a copied cookie could register a key of their own.

use latchkey_tests::world::{BoundBrowser, DeviceKey, Reply, SECURE, World};

const OFFER: &str = "secure-session-registration";

async fn login(settings: &[(&str, &str)]) -> Reply {
    let world = World::with(settings).await;
    let reply = world.device().login_in_browser(&world.assertion("alice")).await;
    reply.assert_status(201);
    reply
}

#[tokio::test]
async fn a_sign_in_with_secure_cookies_offers_a_registration() {
    let reply = login(&SECURE).await;
    let offer = reply.header(OFFER);
    assert!(offer.starts_with("(ES256);path=\"/api/auth/dbsc/registration\";challenge=\""), "{offer}");
}

#[tokio::test]
async fn browsers_that_cannot_bind_get_no_offer() {
    assert_eq!(login(&[("COOKIE_SECURE", "false")]).await.header(OFFER), "");
    assert_eq!(login(&[SECURE[0], ("SESSION_BINDING", "off")]).await.header(OFFER), "");
    let shared = [
        SECURE[0],
        ("COOKIE_DOMAIN", "example.com"),
        ("LATCHKEY_ISSUER", "https://auth.example.com/api/auth"),
    ];
    let world =
        World::with(&[&shared[..], &[("LATCHKEY_ALLOWED_ORIGINS", "https://app.example.com")]].concat())
            .await;
    let reply = world.device().login_in_browser(&world.assertion("alice")).await;
    assert_eq!(reply.assert_status(201).header(OFFER), "", "the cookie belongs to many hosts");
    let world = World::with(&SECURE).await;
    let reply = world.device().login(&world.assertion("alice")).await;
    assert_eq!(reply.assert_status(201).header(OFFER), "", "tokens in the body");
    let elsewhere = [SECURE[0], ("LATCHKEY_ALLOWED_ORIGINS", "https://app.example.com")];
    let world = World::with(&elsewhere).await;
    let page =
        world.device().header("origin", "https://app.example.com").header("sec-fetch-site", "same-site");
    let reply = page.login_in_browser(&world.assertion("alice")).await;
    assert_eq!(reply.assert_status(201).header(OFFER), "", "a page on another host of the site");
}

#[tokio::test]
async fn a_repeated_sign_in_offers_nothing() {
    let world = World::with(&SECURE).await;
    let (device, assertion) = (world.device(), world.assertion("alice"));
    assert_ne!(device.login_in_browser(&assertion).await.header(OFFER), "");
    let repeated = device.login_in_browser(&assertion).await;
    assert_eq!(repeated.assert_status(201).header(OFFER), "");
}

#[tokio::test]
async fn only_a_rotation_with_a_proof_repeats_the_offer() {
    let world = World::with(&SECURE).await;
    let mut unbound = BoundBrowser::sign_in(&world, "alice", world.device()).await;
    let reply = unbound.refresh_by_script().await;
    assert_eq!(reply.assert_status(200).header(OFFER), "", "the cookie may be a copy");
    let device = world.device().with_key(&DeviceKey::generate());
    let mut proven = BoundBrowser::sign_in(&world, "alice", device).await;
    let before = proven.clone();
    let reply = proven.refresh_by_script().await;
    assert_ne!(reply.assert_status(200).header(OFFER), "");
    let replay = before.clone().refresh_by_script().await;
    assert_eq!(replay.assert_status(200).header(OFFER), "", "a replay");
    world.advance(3_600);
    let mut bound = BoundBrowser::bound(&world, "bob", world.device().with_key(&DeviceKey::generate())).await;
    let reply = bound.refresh_by_script().await;
    assert_eq!(reply.assert_status(200).header(OFFER), "", "it has a confirmed key");
}
