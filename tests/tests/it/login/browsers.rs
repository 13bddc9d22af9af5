//! Signing in with a browser that has cookies already, and from pages of other sites.

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use latchkey_tests::world::{Jar, Provider, START, Tokens, World, flipped};
use serde_json::{Value, json};
use tower::ServiceExt as _;

#[tokio::test]
async fn a_sign_in_ends_the_session_of_the_browser_it_comes_from() {
    let world = World::new().await;
    let device = world.device();
    let old = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    let reply = device.clone().cookies(&old.line()).login_in_browser(&world.assertion("alice")).await;
    let new = Jar::of(reply.assert_status(201));
    assert_eq!(reply.body["ended"], json!([{"session_id": old.session, "reason": "signed_out"}]));
    assert_ne!(new.session, old.session);
    device.refresh_with_cookies(&old.line()).await.assert_ended("signed_out");
    assert_eq!(world.live("alice").await, [new.session]);
}

#[tokio::test]
async fn a_sign_in_as_another_user_ends_the_first_session_without_naming_it() {
    let world = World::new().await;
    let device = world.device();
    let alice = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    let elsewhere = world.device().sign_in("alice").await;
    let reply = device.clone().cookies(&alice.refresh_line()).login_in_browser(&world.assertion("bob")).await;
    assert_eq!(reply.assert_status(201).body["ended"], json!([]));
    assert!(!reply.body.to_string().contains(&alice.session));
    device.refresh_with_cookies(&alice.line()).await.assert_ended("signed_out");
    assert_eq!(world.live("alice").await, [elsewhere.session], "the user's other session lives");
    let trail = world.events("alice").await;
    let end = trail.iter().find(|event| event.event_type == "session_ended").unwrap();
    assert_eq!((end.session.as_str(), end.reason.as_str()), (alice.session.as_str(), "signed_out"));
}

#[tokio::test]
async fn the_owners_older_cookie_is_signed_out_at_a_login_without_an_alarm() {
    let world = World::new().await;
    let device = world.device();
    let old = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    device.refresh_with_cookies(&old.line()).await.assert_status(200);
    // The browser crashed, and its cookies are those of before the refresh.
    world.advance(3_600);
    let reply = device.clone().cookies(&old.line()).login_in_browser(&world.assertion("alice")).await;
    let ended = &reply.assert_status(201).body["ended"][0];
    assert_eq!((&ended["session_id"], &ended["reason"]), (&json!(old.session), &json!("signed_out")));
    assert_eq!(world.count_events("alice", "token_reused").await, 0);
}

#[tokio::test]
async fn the_owners_older_cookie_from_another_network_needs_a_key() {
    let refresh = "key-of-the-refresh-01";
    // A client repeats a key that had no response, also with a sign-in.
    for (key, previous_keys, reason) in [
        ("key-of-the-sign-in-02", json!([refresh]), "signed_out"),
        (refresh, json!(null), "signed_out"),
        ("key-of-the-sign-in-02", json!(null), "reuse_detected"),
    ] {
        let world = World::new().await;
        let device = world.device();
        let old = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
        device.clone().key(refresh).refresh_with_cookies(&old.line()).await.assert_status(200);
        // The response was lost, and the browser is in another network now.
        world.advance(3_600);
        let elsewhere = device.clone().elsewhere().key(key).cookies(&old.line());
        let body = json!({"assertion": world.assertion("alice"), "previous_keys": previous_keys});
        elsewhere.post("/api/auth/login", body).await.assert_status(201);
        let trail = world.events("alice").await;
        let end = trail.iter().find(|event| event.event_type == "session_ended").expect("the end");
        assert_eq!((end.reason.as_str(), &end.session), (reason, &old.session));
    }
}

/// A token from an old backup ends nothing, as at `POST /refresh` and `POST /revoke`, and it raises no alarm.
#[tokio::test]
async fn a_sign_in_ignores_an_expired_refresh_cookie() {
    let world = World::new().await;
    let device = world.device();
    let old = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    let mut jar = old.clone();
    for _ in 0..8 {
        world.advance(86_400);
        jar = Jar::of(device.refresh_with_cookies(&jar.line()).await.assert_status(200));
    }
    let thief = device.clone().elsewhere().cookies(&old.line());
    thief.login_in_browser(&world.assertion("mallory")).await.assert_status(201);
    assert_eq!(world.live("alice").await, [old.session]);
    assert_eq!(world.count_events("alice", "token_reused").await, 0);
}

#[tokio::test]
async fn a_stolen_older_cookie_with_the_thiefs_own_login_is_theft() {
    let world = World::new().await;
    let device = world.device();
    let old = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    let new = Jar::of(device.refresh_with_cookies(&old.line()).await.assert_status(200));
    world.advance(61);
    let thief = device.clone().elsewhere().cookies(&old.line());
    let reply = thief.login_in_browser(&world.assertion("mallory")).await;
    assert_eq!(reply.assert_status(201).body["ended"], json!([]), "another user's session");
    device.refresh_with_cookies(&new.line()).await.assert_ended("security");
    let trail = world.events("alice").await;
    let reused = trail.iter().find(|event| event.event_type == "token_reused").expect("the event");
    assert_eq!((reused.severity.as_str(), &reused.session), ("critical", &old.session));
    let end = trail.iter().find(|event| event.event_type == "session_ended").expect("the end");
    assert_eq!((end.reason.as_str(), &end.session), ("reuse_detected", &old.session));
    assert_eq!(world.count_events("mallory", "token_reused").await, 0);
}

#[tokio::test]
async fn a_planted_cookie_does_not_fix_the_session() {
    let world = World::new().await;
    let device = world.device();
    let victim = Jar::of(&device.login_in_browser(&world.assertion("victor")).await);
    let theirs = [
        "latchkey_refresh=made-up".to_owned(),
        format!("latchkey_refresh={}", flipped(&victim.refresh)),
        format!("latchkey_refresh={}", victim.access),
        format!("latchkey_access={}", victim.access),
        format!("session={}", victim.session),
        format!("__Host-latchkey_refresh={}", victim.refresh),
    ];
    for (number, cookies) in theirs.into_iter().enumerate() {
        let user = format!("user {number}");
        let reply = device.clone().cookies(&cookies).login_in_browser(&world.assertion(&user)).await;
        let jar = Jar::of(reply.assert_status(201));
        assert_eq!(reply.body["ended"], json!([]));
        assert_ne!(jar.session, victim.session);
        assert_eq!(world.live("victor").await, std::slice::from_ref(&victim.session), "{cookies}");
    }
}

#[tokio::test]
async fn a_login_with_two_refresh_cookies_is_refused() {
    let world = World::new().await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    let cookies = format!("latchkey_refresh=tossed; {}", jar.refresh_line());
    let reply = device.clone().cookies(&cookies).login_in_browser(&world.assertion("alice")).await;
    reply.assert_field("cookie").assert_no_cookie();
    assert_eq!(world.live("alice").await, [jar.session]);
}

#[tokio::test]
async fn a_page_of_another_site_cannot_sign_the_visitor_in() {
    let world = World::with(&[("LATCHKEY_ALLOWED_ORIGINS", "https://app.example.com")]).await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&world.assertion("victor")).await);
    let pages: [&[(&str, &str)]; 9] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "https://app.example.com.evil.tld")],
        &[("origin", "http://app.example.com")],
        &[("origin", "https://app.example.com:8443")],
        &[("origin", "https://app.example.com"), ("origin", "https://evil.example")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
    ];
    for page in pages {
        let mut stranger = device.clone().header("cookie", &jar.line());
        for (name, value) in page {
            stranger = stranger.header(name, value);
        }
        let body = json!({"assertion": world.assertion("mallory")});
        let reply = stranger.post("/api/auth/login", body).await;
        reply.assert_problem(403, "csrf_rejected").assert_no_cookie();
        assert_eq!(world.live("victor").await, std::slice::from_ref(&jar.session), "{page:?}");
        assert!(world.live("mallory").await.is_empty());
    }
    let body = json!({"assertion": world.assertion("alice")});
    let ours =
        device.clone().header("origin", "https://app.example.com").header("sec-fetch-site", "same-site");
    assert_eq!(ours.post("/api/auth/login", body).await.status, 201);
}

#[tokio::test]
async fn a_simple_form_request_cannot_sign_in() {
    let world = World::new().await;
    let text = json!({"assertion": world.assertion("alice")}).to_string();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let reply = world.device().send("POST", "/api/auth/login", Some(kind), text.clone()).await;
        reply.assert_problem(415, "unsupported_media_type");
    }
    let reply = world.device().send("POST", "/api/auth/login", None, text).await;
    reply.assert_problem(415, "unsupported_media_type");
    assert!(world.live("alice").await.is_empty());
}

/// The API at another host than that of the local server, without its layers.
async fn at_host(world: &World, host: &str, body: Value) -> (u16, Value, bool) {
    let service = latchkey::http::service(latchkey::api::login::routes(), world.server.app.clone());
    let request =
        Request::post("/api/auth/login").header("host", host).header("content-type", "application/json");
    let request = request.body(Body::from(body.to_string())).expect("a request");
    let response = service.oneshot(request).await.expect("an answer");
    let (status, cookie) = (response.status().as_u16(), response.headers().contains_key("set-cookie"));
    let bytes = response.into_body().collect().await.expect("a body in memory").to_bytes();
    (status, serde_json::from_slice(&bytes).expect("JSON"), cookie)
}

#[tokio::test]
async fn cookies_are_not_set_at_an_execute_api_host() {
    let world = World::new().await;
    let host = "abcdef1234.execute-api.eu-west-1.amazonaws.com";
    let body = json!({"assertion": world.assertion("alice")});
    let (status, problem, cookie) = at_host(&world, host, body.clone()).await;
    assert_eq!(
        (status, &problem["code"], &problem["field"]),
        (400, &json!("invalid_request"), &json!("delivery"))
    );
    assert!(!cookie && problem["detail"].as_str().unwrap().contains("execute-api"), "{problem}");
    assert!(world.live("alice").await.is_empty());
    let (status, _, cookie) = at_host(&world, "auth.example.com", body).await;
    assert_eq!((status, cookie), (201, true));
    let body = json!({"assertion": world.assertion("bob"), "delivery": "body"});
    assert_eq!(at_host(&world, host, body).await.0, 201);
}

#[tokio::test]
async fn a_cookie_lives_no_longer_than_its_session() {
    let provider = Provider::generate();
    let world = provider.world(json!({}), &[("SESSION_TTL", "8d")]).await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&provider.assertion(&world, "alice", json!({}))).await);
    world.advance(6 * 86_400);
    let reply = device.refresh_with_cookies(&jar.line()).await;
    assert_eq!(world.now().seconds(), START + 6 * 86_400);
    for name in ["latchkey_access", "latchkey_refresh"] {
        let line = reply.cookie_line(name).unwrap();
        assert!(line.contains(&format!("Max-Age={};", 2 * 86_400)), "{line}");
    }
    let tokens = Tokens::of(&device.refresh(&reply.cookie("latchkey_refresh").unwrap()).await);
    assert_eq!(tokens.session, jar.session);
}
