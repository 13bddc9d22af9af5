//! Browsers without `Sec-Fetch-Site` name the page in `Origin` only: pages of the API's own origin need no setting.

use latchkey_tests::world::{Device, Jar, Reply, World};
use serde_json::json;

/// A deployment behind the domain `app.example.com`, whose gateway sees another host.
const DEPLOYED: [(&str, &str); 3] = [
    ("LATCHKEY_ISSUER", "https://app.example.com/api/auth"),
    ("LATCHKEY_ALLOWED_ORIGINS", ""),
    ("COOKIE_SECURE", "false"),
];

/// A browser without `Sec-Fetch-Site` on a page of `origin`.
fn old_browser(world: &World, origin: &str) -> Device {
    world.device().header("origin", origin)
}

/// Signs in, refreshes and signs out with cookies. Returns the first refusal, or the last response.
async fn story(world: &World, browser: &Device) -> Reply {
    let login = browser.login_in_browser(&world.assertion("alice")).await;
    if login.status != 201 {
        return login;
    }
    let line = Jar::of(&login).line();
    let refreshed = browser.clone().header("cookie", &line).send("POST", "/api/auth/refresh", None, "").await;
    if refreshed.status != 200 {
        return refreshed;
    }
    let line = Jar::of(&refreshed).line();
    let signed_in = browser.clone().header("cookie", &line);
    let others = signed_in.delete("/api/auth/sessions?scope=others").await;
    if others.status != 200 {
        return others;
    }
    signed_in.post("/api/auth/revoke", json!({"strategy": "current"})).await
}

#[tokio::test]
async fn a_page_of_the_issuers_origin_needs_no_setting() {
    let world = World::with(&DEPLOYED).await;
    let reply = story(&world, &old_browser(&world, "https://app.example.com")).await;
    assert_eq!(reply.assert_status(200).body["ended"], 1);
    for origin in ["http://app.example.com", "https://app.example.com:8443", "https://evil.example", "null"] {
        story(&world, &old_browser(&world, origin)).await.assert_problem(403, "csrf_rejected");
    }
}

#[tokio::test]
async fn a_page_of_the_requests_own_host_needs_no_setting() {
    // The devices send the host 127.0.0.1:9000.
    let world = World::with(&DEPLOYED).await;
    story(&world, &old_browser(&world, "http://127.0.0.1:9000")).await.assert_status(200);
    let sibling = old_browser(&world, "http://127.0.0.1:9000").header("sec-fetch-site", "cross-site");
    story(&world, &sibling).await.assert_problem(403, "csrf_rejected");
    story(&world, &old_browser(&world, "http://127.0.0.1")).await.assert_problem(403, "csrf_rejected");
}

#[tokio::test]
async fn a_page_over_http_may_not_send_secure_cookies() {
    let world = World::with(&[DEPLOYED[0], DEPLOYED[1], ("COOKIE_SECURE", "true")]).await;
    let line = {
        let reply = world.device().login_in_browser(&world.assertion("alice")).await;
        format!("__Host-latchkey_refresh={}", reply.cookie("__Host-latchkey_refresh").expect("a cookie"))
    };
    let page = old_browser(&world, "http://127.0.0.1:9000").header("cookie", &line);
    page.send("POST", "/api/auth/refresh", None, "").await.assert_problem(403, "csrf_rejected");
    let page = old_browser(&world, "https://127.0.0.1:9000").header("cookie", &line);
    page.send("POST", "/api/auth/refresh", None, "").await.assert_status(200);
}

#[tokio::test]
async fn an_allowed_origin_with_a_default_port_is_the_origin_that_browsers_send() {
    let settings =
        [DEPLOYED[0], ("LATCHKEY_ALLOWED_ORIGINS", "https://shop.example.com:443, http://localhost:80")];
    let world = World::with(&settings).await;
    for origin in ["https://shop.example.com", "http://localhost"] {
        story(&world, &old_browser(&world, origin)).await.assert_status(200);
    }
    for origin in ["https://shop.example.com:443", "https://shop.example.com:80", "https://localhost"] {
        story(&world, &old_browser(&world, origin)).await.assert_problem(403, "csrf_rejected");
    }
}
