//! Refreshing with cookies: only for our own pages, and never mixed with a token in the body.

use latchkey_tests::world::{Jar, Tokens, World};
use serde_json::json;

async fn signed_in(world: &World) -> Jar {
    Jar::of(&world.device().login_in_browser(&world.assertion("alice")).await)
}

#[tokio::test]
async fn a_refresh_by_cookie_returns_cookies() {
    let world = World::new().await;
    let jar = signed_in(&world).await;
    let device = world.device();
    world.advance(3_600);
    let reply = device.refresh_with_cookies(&jar.refresh_line()).await;
    let next = Jar::of(reply.assert_status(200));
    assert_eq!(
        reply.members(),
        ["binding", "expires_at", "expires_in", "session_expires_at", "session_id", "user_id"]
    );
    assert_ne!(next.refresh, jar.refresh);
    for name in ["latchkey_access", "latchkey_refresh"] {
        assert!(reply.cookie_line(name).unwrap().contains("Max-Age=604800;"));
    }
    let empty = device.clone().cookies(&next.line()).post("/api/auth/refresh", json!({})).await;
    assert_eq!(empty.status, 200, "an empty object is not a token either");
}

#[tokio::test]
async fn a_token_in_the_body_has_priority_and_does_not_fall_back() {
    let world = World::new().await;
    let jar = signed_in(&world).await;
    let bob = world.device().sign_in("bob").await;
    let page = world.device().cookies(&jar.line());
    let reply = page.refresh(&bob.refresh).await;
    reply.assert_status(200).assert_no_cookie();
    assert_eq!(Tokens::of(&reply).session, bob.session);
    for token in ["", "made-up", &jar.access] {
        page.refresh(token).await.assert_problem(401, "invalid_token").assert_no_cookie();
    }
    let generation = world.row("alice", &jar.session).await.unwrap().generation;
    assert_eq!(generation, 0, "her cookie was not used");
}

#[tokio::test]
async fn a_token_in_the_query_is_ignored() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let path = format!("/api/auth/refresh?refresh_token={}", tokens.refresh);
    device.send("POST", &path, None, "").await.assert_problem(401, "token_missing");
    device.post(&path, json!({})).await.assert_problem(401, "token_missing");
    assert_eq!(device.get(&path).await.body["state"], "none");
    assert_eq!(world.row("alice", &tokens.session).await.unwrap().generation, 0);
}

#[tokio::test]
async fn only_our_own_pages_may_refresh_with_cookies() {
    let world = World::with(&[("LATCHKEY_ALLOWED_ORIGINS", "https://app.example.com")]).await;
    let jar = signed_in(&world).await;
    let device = world.device().header("cookie", &jar.line());
    let strangers: [&[(&str, &str)]; 10] = [
        &[],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "same-origin, same-origin")],
        &[("origin", "null")],
        &[("origin", "https://blog.example.com"), ("sec-fetch-site", "same-site")],
        &[("origin", "https://app.example.com.evil.tld")],
        &[("origin", "https://app.example.com"), ("origin", "https://app.example.com")],
        &[("origin", "HTTPS://APP.EXAMPLE.COM")],
    ];
    for headers in strangers {
        let mut page = device.clone();
        for (name, value) in headers {
            page = page.header(name, value);
        }
        let reply = page.send("POST", "/api/auth/refresh", None, "").await;
        reply.assert_problem(403, "csrf_rejected").assert_no_cookie();
        assert_eq!(world.row("alice", &jar.session).await.unwrap().generation, 0, "{headers:?}");
    }
    let ours = device.clone().header("origin", "https://app.example.com");
    ours.send("POST", "/api/auth/refresh", None, "").await.assert_status(200);
}

#[tokio::test]
async fn a_simple_request_of_a_form_cannot_refresh() {
    let world = World::new().await;
    let jar = signed_in(&world).await;
    let evil = world.device().header("cookie", &jar.line()).header("origin", "https://evil.example");
    for kind in ["text/plain", "multipart/form-data; boundary=x", "application/octet-stream"] {
        let reply = evil.send("POST", "/api/auth/refresh", Some(kind), "{}").await;
        reply.assert_problem(415, "unsupported_media_type").assert_no_cookie();
    }
    let reply = evil.send("POST", "/api/auth/refresh", None, "{}").await;
    reply.assert_problem(415, "unsupported_media_type");
    assert_eq!(world.row("alice", &jar.session).await.unwrap().generation, 0);
}

#[tokio::test]
async fn two_cookies_of_one_name_are_refused_whichever_comes_first() {
    let world = World::new().await;
    let (jar, mallory) = (signed_in(&world).await, world.device().sign_in("mallory").await);
    let tossed = format!("latchkey_refresh={}", mallory.refresh);
    for cookies in [
        format!("{tossed}; {}", jar.refresh_line()),
        format!("{}; {tossed}", jar.refresh_line()),
        format!("{}; latchkey_refresh=", jar.refresh_line()),
        format!("{0};{0}", jar.refresh_line()),
    ] {
        let reply = world.device().refresh_with_cookies(&cookies).await;
        reply.assert_field("cookie").assert_no_cookie();
    }
    let lines = world.device().cookies(&tossed).header("cookie", &jar.refresh_line());
    lines.send("POST", "/api/auth/refresh", None, "").await.assert_field("cookie");
    assert_eq!(world.row("alice", &jar.session).await.unwrap().generation, 0);
    let twice = format!("latchkey_access={0}; latchkey_access={0}", jar.access);
    world.device().cookies(&twice).get("/api/auth/sessions").await.assert_field("cookie");
}

#[tokio::test]
async fn a_secure_deployment_takes_no_cookie_without_the_host_prefix() {
    let world = World::with(&[("COOKIE_SECURE", "true")]).await;
    let reply = world.device().login_in_browser(&world.assertion("alice")).await;
    let token = reply.cookie("__Host-latchkey_refresh").unwrap();
    for name in ["latchkey_refresh", "__host-latchkey_refresh", "__Secure-latchkey_refresh"] {
        let cookies = format!("{name}={token}");
        world.device().refresh_with_cookies(&cookies).await.assert_problem(401, "token_missing");
    }
    let cookies = format!("__Host-latchkey_refresh={token}");
    world.device().refresh_with_cookies(&cookies).await.assert_status(200);
}

#[tokio::test]
async fn an_answer_without_a_credential_clears_no_cookie() {
    let world = World::new().await;
    for cookies in ["", "latchkey_refresh=", "latchkey_refresh=made-up", "other=1"] {
        let reply = world.device().refresh_with_cookies(cookies).await;
        assert_eq!(reply.status, 401);
        reply.assert_no_cookie();
    }
}
