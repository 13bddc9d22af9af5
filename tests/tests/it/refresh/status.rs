//! The status of a session. The request never changes anything, no matter which credentials it has.

use latchkey_tests::world::{FIREFOX, Jar, Reply, World};
use serde_json::json;

async fn signed_in(world: &World) -> Jar {
    Jar::of(&world.device().login_in_browser(&world.assertion("alice")).await)
}

#[track_caller]
fn assert_state(reply: &Reply, state: &str, needs_refresh: bool, can_refresh: bool) {
    reply.assert_status(200).assert_no_cookie();
    let body = &reply.body;
    let found = (body["state"].as_str(), body["needs_refresh"].as_bool(), body["can_refresh"].as_bool());
    assert_eq!(found, (Some(state), Some(needs_refresh), Some(can_refresh)), "{body}");
}

#[tokio::test]
async fn a_status_moves_from_active_to_expiring_expired_and_ended() {
    let world = World::new().await;
    let (jar, device) = (signed_in(&world).await, world.device());
    world.advance(290);
    let reply = device.status(&jar.line()).await;
    let expected = json!({
        "state": "active", "expires_at": "2026-09-21T15:13:20Z", "expires_in": 3_310, "needs_refresh": false,
        "can_refresh": true, "server_time": "2026-09-21T14:18:10Z", "session_id": jar.session,
        "binding": "none",
    });
    assert_eq!(reply.assert_status(200).body, expected);
    world.advance(3_009);
    assert_state(&device.status(&jar.line()).await, "active", false, true);
    world.advance(2);
    assert_state(&device.status(&jar.line()).await, "expiring", true, true);
    world.advance(298);
    assert_state(&device.status(&jar.line()).await, "expiring", true, true);
    world.advance(1);
    let expired = device.status(&jar.line()).await;
    assert_state(&expired, "expired", true, true);
    assert_eq!((&expired.body["expires_in"], &expired.body["session_id"]), (&json!(0), &json!(jar.session)));
    world.advance(7 * 86_400);
    let ended = device.status(&jar.line()).await;
    assert_state(&ended, "ended", false, false);
    assert_eq!(ended.body["reason"], "expired");
}

#[tokio::test]
async fn an_access_token_can_request_the_status() {
    let world = World::new().await;
    let tokens = world.device().sign_in("alice").await;
    let bearer = world.device().bearer(&tokens.access);
    assert_state(&bearer.get("/api/auth/refresh").await, "active", false, true);
    world.advance(3_400);
    assert_state(&bearer.get("/api/auth/refresh").await, "expiring", true, true);
    world.advance(300);
    let expired = bearer.get("/api/auth/refresh").await;
    assert_state(&expired, "expired", true, true);
    assert_eq!(expired.body["session_id"], tokens.session);
}

#[tokio::test]
async fn an_invalid_token_has_the_status_none_and_costs_nothing() {
    let world = World::new().await;
    let device = world.device();
    let none = json!({
        "state": "none", "expires_at": null, "expires_in": 0, "needs_refresh": false, "can_refresh": false,
        "server_time": "2026-09-21T14:13:20Z", "session_id": null,
    });
    let before = world.server.stats.total();
    for cookies in ["", "latchkey_refresh=made-up", "latchkey_access=a.b.c; latchkey_refresh="] {
        assert_eq!(device.status(cookies).await.assert_status(200).body, none);
    }
    for authorization in ["Bearer made-up", "Bearer ", "Bearer", "Basic YTpi", "Bearer a, Bearer b"] {
        let reply = device.clone().header("authorization", authorization).get("/api/auth/refresh").await;
        assert_eq!(reply.assert_status(200).body, none, "{authorization}");
    }
    assert_eq!(world.server.stats.total(), before);
}

#[tokio::test]
async fn a_status_never_writes() {
    let world = World::new().await;
    let (old, device) = (signed_in(&world).await, world.device());
    let new = Jar::of(&device.refresh_with_cookies(&old.line()).await);
    let ended = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    device.revoke(&ended.access, json!({"strategy": "current"})).await.assert_status(200);
    let before = world.everything().await;
    world.server.stats.reset();
    for seconds in [0, 61, 3_600, 86_400] {
        world.advance(seconds);
        for jar in [&old, &new, &ended] {
            for cookies in [jar.line(), jar.refresh_line(), format!("latchkey_access={}", jar.access)] {
                device.clone().agent(FIREFOX).status(&cookies).await.assert_status(200);
                let head = device.clone().cookies(&cookies).send("HEAD", "/api/auth/refresh", None, "").await;
                head.assert_status(200);
            }
        }
    }
    let usage = world.server.stats.total();
    assert!(usage.calls > 0 && usage.write_units == 0.0, "{usage:?}");
    world.assert_unchanged(&before, "a status must change nothing").await;
    device.refresh_with_cookies(&new.line()).await.assert_status(200);
}

#[tokio::test]
async fn the_status_of_an_old_token_reveals_no_newer_token() {
    let world = World::new().await;
    let (old, device) = (signed_in(&world).await, world.device());
    let thief = device.clone().agent(FIREFOX).elsewhere();
    let members = ["state", "can_refresh", "needs_refresh", "session_id", "expires_at"];
    let facts = async || {
        let status = thief.status(&old.refresh_line()).await;
        members.map(|member| status.body[member].clone())
    };
    let before = facts().await;
    assert_eq!(before, [json!("expired"), json!(true), json!(true), json!(old.session), json!(null)]);
    device.refresh_with_cookies(&old.line()).await.assert_status(200);
    assert_eq!(facts().await, before, "the thief does not see that the owner has refreshed");
    world.advance(86_400);
    let new = Jar::of(device.refresh_with_cookies(&old.line()).await.assert_status(200));
    device.refresh_with_cookies(&new.line()).await.assert_status(200);
    assert_eq!(facts().await, before, "two generations later");
    assert_eq!(world.live("alice").await, std::slice::from_ref(&old.session), "the status ends no session");
    world.advance(6 * 86_400);
    assert_state(&thief.status(&old.refresh_line()).await, "none", false, false);
}

#[tokio::test]
async fn a_blocked_session_is_not_signed_out() {
    let world = World::with(&[("LIMIT_REFRESH", "1/5m/15m")]).await;
    let (jar, device) = (signed_in(&world).await, world.device());
    let jar = Jar::of(&device.refresh_with_cookies(&jar.line()).await);
    device.refresh_with_cookies(&jar.line()).await.assert_problem(429, "rate_limited");
    assert_state(&device.status(&jar.line()).await, "active", false, false);
    // The access cookie is missing, but the refresh token is the newest one and identifies the session.
    let refresh_only = device.status(&jar.refresh_line()).await;
    assert_state(&refresh_only, "expired", false, false);
    assert_eq!(refresh_only.body["session_id"], jar.session);
}

#[tokio::test]
async fn the_status_of_an_ended_session_has_the_reason() {
    let world = World::new().await;
    let (jar, device) = (signed_in(&world).await, world.device());
    let other = device.sign_in("alice").await;
    device.revoke(&other.access, json!({"strategy": "others"})).await.assert_status(200);
    for cookies in [jar.line(), jar.refresh_line(), format!("latchkey_access={}", jar.access)] {
        let reply = device.status(&cookies).await;
        assert_state(&reply, "ended", false, false);
        let facts = (&reply.body["reason"], &reply.body["session_id"], &reply.body["expires_at"]);
        assert_eq!(facts, (&json!("signed_out"), &json!(jar.session), &json!(null)));
    }
    let bearer = device.bearer(&jar.access).get("/api/auth/refresh").await;
    assert_state(&bearer, "ended", false, false);
}

#[tokio::test]
async fn cookies_of_two_sessions_are_not_combined() {
    let world = World::new().await;
    let (one, two) = (signed_in(&world).await, signed_in(&world).await);
    let cookies = format!("latchkey_access={}; latchkey_refresh={}", one.access, two.refresh);
    let reply = world.device().status(&cookies).await;
    assert_state(&reply, "active", false, false);
    assert_eq!(reply.body["session_id"], one.session);
}
