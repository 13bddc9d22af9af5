//! An access token in the body of a bound session needs a proof for each request, and passes nowhere without it.

use latchkey_tests::world::{Device, DeviceKey, Reply, World, payload};
use serde_json::json;

/// An app with a key and its tokens in the body.
struct App {
    world: World,
    device: Device,
    key: DeviceKey,
    access: String,
    refresh: String,
}

impl App {
    async fn new() -> Self {
        let world = World::new().await;
        let (device, key) = (world.device(), DeviceKey::generate());
        let reply = device.clone().with_key(&key).login(&world.assertion("alice")).await;
        assert_eq!(reply.assert_status(201).body["token_type"], "DPoP");
        let (access, refresh) = (reply.text("access_token"), reply.text("refresh_token"));
        Self { world, device, key, access, refresh }
    }

    fn proof(&self, method: &str, path: &str) -> String {
        self.key.proof_with(method, path, self.world.now(), &self.access)
    }

    fn with_proof(&self, proof: &str) -> Device {
        self.device.clone().header("authorization", &format!("DPoP {}", self.access)).proof(proof)
    }

    async fn list(&self, proof: &str) -> Reply {
        self.with_proof(proof).get("/api/auth/sessions").await
    }

    async fn end_others(&self, proof: &str) -> Reply {
        self.with_proof(proof).post("/api/auth/revoke", json!({"strategy": "others"})).await
    }
}

#[tokio::test]
async fn a_token_in_the_body_names_its_key_and_a_cookie_does_not() {
    let app = App::new().await;
    assert_eq!(payload(&app.access)["cnf"], json!({"jkt": app.key.thumbprint()}));
    let browser = app.device.clone().with_key(&app.key);
    let reply = browser.login_in_browser(&app.world.assertion("alice")).await;
    let jar = latchkey_tests::world::Jar::of(&reply);
    assert_eq!(payload(&jar.access).get("cnf"), None);
    browser.cookies(&jar.line()).get("/api/auth/sessions").await.assert_status(200);
}

#[tokio::test]
async fn a_request_with_token_and_proof_is_accepted() {
    let app = App::new().await;
    let list = app.list(&app.proof("GET", "/api/auth/sessions")).await;
    assert_eq!(list.assert_status(200).body["sessions"][0]["binding"], "dpop");
    app.end_others(&app.proof("POST", "/api/auth/revoke")).await.assert_status(200);
    let status = app.with_proof(&app.proof("GET", "/api/auth/refresh")).get("/api/auth/refresh").await;
    assert_eq!(status.assert_status(200).body["state"], "active");
}

#[tokio::test]
async fn a_bound_token_passes_nowhere_without_its_proof() {
    let app = App::new().await;
    let bearer = app.device.clone().bearer(&app.access);
    let cookie = app.device.clone().cookies(&format!("latchkey_access={}", app.access));
    let proven_bearer = bearer.clone().proof(&app.proof("GET", "/api/auth/sessions"));
    for device in [bearer.clone(), cookie.clone(), proven_bearer] {
        let reply = device.get("/api/auth/sessions").await;
        reply.assert_problem(401, "device_proof_required");
        assert!(reply.header("www-authenticate").starts_with("DPoP "), "{:?}", reply.headers);
        assert_eq!(reply.body["status"], 401);
    }
    for device in [bearer, cookie] {
        let reply = device.post("/api/auth/revoke", json!({"strategy": "all"})).await;
        reply.assert_problem(401, "device_proof_required");
        assert_eq!(device.get("/api/auth/refresh").await.assert_status(200).body["state"], "none");
    }
    let none = app.device.clone().header("authorization", &format!("DPoP {}", app.access));
    none.get("/api/auth/sessions").await.assert_problem(401, "device_proof_required");
    assert_eq!(app.world.live("alice").await.len(), 1);
}

#[tokio::test]
async fn a_wrong_proof_of_a_token_is_refused() {
    let app = App::new().await;
    let (now, path) = (app.world.now(), "/api/auth/sessions");
    let without_ath = app.key.proof("GET", path, now);
    let of_other_key = DeviceKey::generate().proof_with("GET", path, now, &app.access);
    let of_other_token = app.key.proof_with("GET", path, now, "another");
    let of_other_path = app.proof("GET", "/api/auth/revoke");
    let of_other_method = app.proof("POST", path);
    for proof in [without_ath, of_other_key, of_other_token, of_other_path, of_other_method] {
        let reply = app.list(&proof).await;
        reply.assert_problem(401, "invalid_dpop_proof");
        assert!(reply.header("www-authenticate").starts_with("DPoP error=\"invalid_dpop_proof\""));
    }
}

#[tokio::test]
async fn a_repeated_proof_is_refused_for_methods_that_change_something() {
    let app = App::new().await;
    let read = app.proof("GET", "/api/auth/sessions");
    app.list(&read).await.assert_status(200);
    app.list(&read).await.assert_status(200);
    let write = app.proof("POST", "/api/auth/revoke");
    app.end_others(&write).await.assert_status(200);
    app.end_others(&write).await.assert_problem(401, "invalid_dpop_proof");
}

#[tokio::test]
async fn an_unbound_token_is_no_dpop_token() {
    let world = World::new().await;
    let (device, key) = (world.device(), DeviceKey::generate());
    let tokens = device.sign_in("alice").await;
    let proof = key.proof_with("GET", "/api/auth/sessions", world.now(), &tokens.access);
    let device = device.header("authorization", &format!("DPoP {}", tokens.access)).proof(&proof);
    device.get("/api/auth/sessions").await.assert_problem(401, "invalid_token");
}

#[tokio::test]
async fn introspection_describes_a_bound_token() {
    let app = App::new().await;
    let form = format!("token={}", app.access);
    let media = Some("application/x-www-form-urlencoded");
    let holder = app.device.clone().bearer(&app.access);
    let reply = holder.send("POST", "/api/auth/introspect", media, form).await;
    let body = &reply.assert_status(200).body;
    assert_eq!((&body["active"], &body["token_type"]), (&json!(true), &json!("DPoP")));
    assert_eq!(body["cnf"]["jkt"], app.key.thumbprint());
}

#[tokio::test]
async fn a_holder_signs_out_with_the_refresh_token_or_the_form() {
    let app = App::new().await;
    let media = Some("application/x-www-form-urlencoded");
    let form = format!("token={}", app.access);
    app.device.send("POST", "/api/auth/revoke", media, form).await.assert_status(200);
    assert!(app.world.live("alice").await.is_empty());
    let app = App::new().await;
    let body = json!({"strategy": "current", "refresh_token": app.refresh});
    app.device.post("/api/auth/revoke", body).await.assert_status(200);
    assert!(app.world.live("alice").await.is_empty());
}
