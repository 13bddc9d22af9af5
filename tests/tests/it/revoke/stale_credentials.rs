//! Signing out with a credential that is stale: expired, of an older key, or unreadable.

use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{Jar, World, flipped};
use serde_json::json;

#[tokio::test]
async fn cookies_that_the_server_cannot_open_are_cleared() {
    let world = World::new().await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    for line in [
        "latchkey_access=x; latchkey_refresh=y".to_owned(),
        "latchkey_access=x".to_owned(),
        "latchkey_refresh=y".to_owned(),
        format!("latchkey_access={}; latchkey_refresh={}", flipped(&jar.access), flipped(&jar.refresh)),
    ] {
        let reply = device.revoke_with_cookies(&line, json!({"strategy": "current"})).await;
        assert_eq!(reply.assert_status(200).assert_cookies_cleared().body["ended"], 0, "{line}");
    }
    assert_eq!(world.live("alice").await, [jar.session], "a cookie that is not authentic ends nothing");
}

#[tokio::test]
async fn a_readable_access_cookie_signs_out_beside_an_unreadable_refresh_cookie() {
    let world = World::new().await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    world.advance(3_601);
    let line = format!("latchkey_access={}; latchkey_refresh={}", jar.access, flipped(&jar.refresh));
    let reply = device.revoke_with_cookies(&line, json!({"strategy": "current"})).await;
    assert_eq!(reply.assert_status(200).assert_cookies_cleared().body["session_ids"], json!([jar.session]));
    assert!(world.live("alice").await.is_empty());
}

#[tokio::test]
async fn an_expired_access_token_is_enough_to_sign_out() {
    let world = World::new().await;
    let device = world.device();
    for body in [json!({"strategy": "current"}), json!({"strategy": "token"})] {
        let tokens = device.sign_in("alice").await;
        world.advance(3_601);
        device.list(&tokens.access).await.assert_problem(401, "token_expired");
        let mut body = body;
        let caller = if body["strategy"] == "token" {
            body["token"] = json!(tokens.access);
            device.clone()
        } else {
            device.clone().bearer(&tokens.access)
        };
        let reply = caller.post("/api/auth/revoke", body).await;
        assert_eq!(reply.assert_status(200).body["session_ids"], json!([tokens.session]));
        device.refresh(&tokens.refresh).await.assert_ended("signed_out");
    }
}

#[tokio::test]
async fn the_refresh_token_in_the_body_is_enough_beside_any_bearer_token() {
    let world = World::new().await;
    let device = world.device();
    for bearer in ["expired", "foreign"] {
        let tokens = device.sign_in("alice").await;
        world.advance(3_601);
        let access = if bearer == "expired" { tokens.access.clone() } else { flipped(&tokens.access) };
        let body = json!({"strategy": "current", "refresh_token": tokens.refresh});
        let reply = device.revoke(&access, body).await;
        assert_eq!(reply.assert_status(200).body["session_ids"], json!([tokens.session]), "{bearer}");
        device.refresh(&tokens.refresh).await.assert_ended("signed_out");
    }
    let tokens = device.sign_in("alice").await;
    let body = json!({"strategy": "current", "refresh_token": flipped(&tokens.refresh)});
    device.revoke(&flipped(&tokens.access), body).await.assert_problem(401, "invalid_token");
    assert_eq!(world.live("alice").await, [tokens.session], "two tokens that are not authentic end nothing");
}

#[tokio::test]
async fn a_refused_sign_out_clears_the_cookies_of_its_own_page_only() {
    let world = World::new().await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    let twice = format!("{}; {}", jar.line(), jar.line());
    let current = json!({"strategy": "current"});
    let reply = device.revoke_with_cookies(&twice, current.clone()).await;
    reply.assert_status(400).assert_cookies_cleared();
    let bearer = device.clone().bearer("x.y.z").cookies(&jar.line());
    let reply = bearer.post("/api/auth/revoke", current.clone()).await;
    reply.assert_problem(401, "invalid_token").assert_cookies_cleared();
    for (line, bearer) in [(&jar.line(), None), (&twice, None), (&jar.line(), Some("x.y.z"))] {
        let evil = device.clone().header("cookie", line).header("origin", "https://evil.example");
        let evil = evil.header("sec-fetch-site", "cross-site");
        let evil = bearer.map_or_else(|| evil.clone(), |token| evil.clone().bearer(token));
        let reply = evil.post("/api/auth/revoke", current.clone()).await;
        assert!(reply.status.is_client_error(), "{}", reply.status);
        reply.assert_no_cookie();
    }
    assert_eq!(world.live("alice").await, [jar.session], "the user is still signed in");
}

#[tokio::test]
async fn an_outage_keeps_the_cookies_so_that_the_sign_out_can_be_repeated() {
    let world = World::new().await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    world.server.faults.queue(Some("GetItem"), FaultKind::Error500, 3);
    let reply = device.revoke_with_cookies(&jar.line(), json!({"strategy": "current"})).await;
    reply.assert_problem(503, "store_unavailable").assert_no_cookie();
    world.server.faults.clear(None);
    let reply = device.revoke_with_cookies(&jar.line(), json!({"strategy": "current"})).await;
    assert_eq!(reply.assert_status(200).assert_cookies_cleared().body["ended"], 1);
}

#[tokio::test]
async fn signing_out_everywhere_from_an_ended_session_clears_the_cookies() {
    let world = World::new().await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    let other = world.device().sign_in("alice").await;
    device.revoke(&other.access, json!({"strategy": "others"})).await.assert_status(200);
    let reply = device.revoke_with_cookies(&jar.line(), json!({"strategy": "all"})).await;
    reply.assert_ended("signed_out").assert_cookies_cleared();
}
