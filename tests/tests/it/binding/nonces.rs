//! A script in a page can sign proofs, but cannot take the key away. In body delivery it can read the refresh token, too, so
//! a proof needs a nonce there: proofs that were signed ahead of time are useless.

use latchkey_tests::world::{Device, DeviceKey, Reply, World};
use serde_json::json;

/// An app with a key, signed in with tokens in the body.
struct App {
    world: World,
    device: Device,
    key: DeviceKey,
    refresh: String,
    nonce: String,
}

impl App {
    async fn new() -> Self {
        let world = World::new().await;
        let (device, key) = (world.device(), DeviceKey::generate());
        let reply = device.clone().with_key(&key).login(&world.assertion("alice")).await;
        let refresh = reply.assert_status(201).text("refresh_token");
        let nonce = reply.header("dpop-nonce").to_owned();
        Self { world, device, key, refresh, nonce }
    }

    fn proof(&self, nonce: &str) -> String {
        let mut claims = DeviceKey::claims("POST", "/api/auth/refresh", self.world.now());
        claims["nonce"] = json!(nonce);
        self.key.sign(&claims)
    }

    async fn refresh(&self, nonce: &str) -> Reply {
        self.device.clone().proof(&self.proof(nonce)).refresh(&self.refresh).await
    }
}

#[tokio::test]
async fn a_refresh_in_the_body_needs_a_nonce_of_the_server() {
    let app = App::new().await;
    let without = app.key.proof("POST", "/api/auth/refresh", app.world.now());
    let before = app.world.server.stats.total();
    let reply = app.device.clone().proof(&without).refresh(&app.refresh).await;
    reply.assert_problem(400, "use_dpop_nonce");
    let other = World::new().await;
    let foreign = other.device().with_key(&app.key).login(&other.assertion("alice")).await;
    app.refresh(foreign.header("dpop-nonce")).await.assert_problem(400, "use_dpop_nonce");
    assert_eq!(app.world.server.stats.total(), before, "no store call");
    app.refresh(reply.header("dpop-nonce")).await.assert_status(200);
}

#[tokio::test]
async fn a_nonce_is_good_until_ten_minutes_after_the_access_token() {
    let app = App::new().await;
    app.world.advance(3_600 + 600 - 60);
    app.refresh(&app.nonce).await.assert_status(200);
    let app = App::new().await;
    app.world.advance(3_600 + 600 + 60);
    app.refresh(&app.nonce).await.assert_problem(400, "use_dpop_nonce");
}

#[tokio::test]
async fn a_token_from_a_body_needs_its_nonce_in_a_cookie_too() {
    let app = App::new().await;
    let without = app.key.proof("POST", "/api/auth/refresh", app.world.now());
    let cookie = format!("latchkey_refresh={}", app.refresh);
    let reply = app.device.clone().proof(&without).refresh_with_cookies(&cookie).await;
    reply.assert_problem(400, "use_dpop_nonce").assert_no_cookie();
}

#[tokio::test]
async fn a_repeated_response_has_the_same_token() {
    let app = App::new().await;
    let mut tokens = vec![];
    for _ in 0..2 {
        let device = app.device.clone().key("key-of-the-refresh-01").proof(&app.proof(&app.nonce));
        tokens.push(device.refresh(&app.refresh).await.assert_status(200).text("refresh_token"));
    }
    assert_eq!(tokens[0], tokens[1]);
}
