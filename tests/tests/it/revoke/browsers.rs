//! Signing out in a browser: the cookies go, and only for our own pages.

use latchkey_tests::world::{Jar, World, flipped};
use serde_json::json;

async fn signed_in(world: &World, user: &str) -> Jar {
    Jar::of(&world.device().login_in_browser(&world.assertion(user)).await)
}

#[tokio::test]
async fn signing_out_clears_the_cookies_even_if_they_have_expired() {
    let world = World::new().await;
    let device = world.device();
    for (seconds, left) in [(0, "both"), (3_700, "both"), (0, "refresh"), (0, "access"), (3_700, "refresh")] {
        let jar = signed_in(&world, "alice").await;
        world.advance(seconds);
        let cookies = match left {
            "refresh" => jar.refresh_line(),
            "access" => format!("latchkey_access={}", jar.access),
            _ => jar.line(),
        };
        let out = device.revoke_with_cookies(&cookies, json!({"strategy": "current"})).await;
        assert_eq!(out.assert_status(200).body["session_ids"], json!([jar.session]), "{seconds} {left}");
        out.assert_cookies_cleared();
        let again = device.revoke_with_cookies(&cookies, json!({"strategy": "current"})).await;
        again.assert_status(200).assert_cookies_cleared();
        assert_eq!(again.body["ended"], 0);
        assert!(world.live("alice").await.is_empty());
    }
}

#[tokio::test]
async fn strategy_all_clears_the_cookies_and_others_keeps_them() {
    let world = World::new().await;
    let device = world.device();
    let (mine, other) = (signed_in(&world, "alice").await, signed_in(&world, "alice").await);
    let out = device.revoke_with_cookies(&mine.line(), json!({"strategy": "others"})).await;
    out.assert_status(200).assert_no_cookie();
    assert_eq!(out.body["session_ids"], json!([other.session]));
    let out = device.revoke_with_cookies(&mine.line(), json!({"strategy": "all"})).await;
    out.assert_status(200).assert_cookies_cleared();
}

#[tokio::test]
async fn only_our_own_pages_may_sign_out_with_a_cookie() {
    let world = World::new().await;
    let other = signed_in(&world, "alice").await;
    let jar = signed_in(&world, "alice").await;
    let page = world.device().header("cookie", &jar.line());
    let strategies = [
        json!({"strategy": "current"}),
        json!({"strategy": "session", "session_id": other.session}),
        json!({"strategy": "others"}),
        json!({"strategy": "all"}),
    ];
    for body in strategies {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("x-requested-with", "XMLHttpRequest"),
        ] {
            let reply = page.clone().header(name, value).post("/api/auth/revoke", body.clone()).await;
            reply.assert_problem(403, "csrf_rejected").assert_no_cookie();
        }
    }
    assert_eq!(world.live("alice").await.len(), 2);
}

#[tokio::test]
async fn cookies_of_two_users_end_no_session_of_the_other_user() {
    let world = World::new().await;
    let (mine, victor) = (signed_in(&world, "alice").await, signed_in(&world, "victor").await);
    let device = world.device();
    let cookies = format!("{}; other={}; session={}", mine.line(), victor.refresh, victor.session);
    let out = device.revoke_with_cookies(&cookies, json!({"strategy": "current"})).await;
    assert_eq!(out.assert_status(200).body["session_ids"], json!([mine.session]));
    let twice = format!("{}; {}", mine.refresh_line(), victor.refresh_line());
    let out = device.revoke_with_cookies(&twice, json!({"strategy": "current"})).await;
    out.assert_field("cookie").assert_cookies_cleared();
    let forged = format!("latchkey_refresh={}", flipped(&victor.refresh));
    let out = device.revoke_with_cookies(&forged, json!({"strategy": "current"})).await;
    assert_eq!(out.assert_status(200).assert_cookies_cleared().body["ended"], 0);
    assert_eq!(world.live("victor").await, [victor.session]);
}

#[tokio::test]
async fn a_revocation_without_a_credential_ends_no_session() {
    let world = World::new().await;
    let device = world.device();
    for body in [json!({"strategy": "current"}), json!({"strategy": "all"}), json!({"strategy": "others"})] {
        let reply = device.post("/api/auth/revoke", body).await;
        reply.assert_problem(401, "token_missing").assert_no_cookie();
        assert_eq!(reply.header("www-authenticate"), "Bearer");
    }
}

#[tokio::test]
async fn the_refresh_cookie_alone_ends_nothing_but_its_own_session() {
    let world = World::new().await;
    let other = signed_in(&world, "alice").await;
    let jar = signed_in(&world, "alice").await;
    let device = world.device();
    let strategies = [
        json!({"strategy": "session", "session_id": other.session}),
        json!({"strategy": "others"}),
        json!({"strategy": "all"}),
    ];
    for body in strategies {
        let reply = device.revoke_with_cookies(&jar.refresh_line(), body).await;
        reply.assert_problem(401, "token_expired").assert_no_cookie();
    }
    assert_eq!(world.live("alice").await.len(), 2);
}
