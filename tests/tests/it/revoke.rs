//! Signing out: the session has ended when the response arrives.

mod admin;
mod browsers;
mod ended_sessions;
mod global_revocation;
mod history;
mod introspection;
mod oauth_revocation;
mod races;
mod stale_credentials;
mod suspension;
mod unused_members;

use latchkey_tests::world::{Jar, Tokens, World};
use serde_json::json;

#[tokio::test]
async fn signing_out_ends_this_session_and_can_be_repeated() {
    let world = World::new().await;
    let device = world.device();
    let (mine, other) = (device.sign_in("alice").await, device.sign_in("alice").await);
    let out = device.revoke(&mine.access, json!({"strategy": "current"})).await;
    let expected =
        json!({"ended": 1, "session_ids": [mine.session], "access_tokens_expire_by": "2026-09-21T15:13:20Z"});
    assert_eq!(out.assert_status(200).body, expected);
    out.assert_no_cookie();
    let again = device.revoke(&mine.access, json!({"strategy": "current"})).await;
    assert_eq!(again.assert_status(200).body["ended"], 0);
    assert_eq!(again.body["session_ids"], json!([]));
    assert_eq!(world.live("alice").await, [other.session]);
    assert_eq!(world.count_events("alice", "session_ended").await, 1);
}

#[tokio::test]
async fn a_refresh_token_in_the_body_is_enough_to_sign_out() {
    let world = World::new().await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    let second = Tokens::of(&device.refresh(&first.refresh).await);
    world.advance(3_600);
    let body = |token: &str| json!({"strategy": "current", "refresh_token": token});
    for made_up in ["", "made-up", &second.access] {
        device.post("/api/auth/revoke", body(made_up)).await.assert_problem(401, "invalid_token");
    }
    assert_eq!(world.live("alice").await.len(), 1);
    // The direct predecessor from the same device and network is accepted, too, and raises no alert.
    let out = device.post("/api/auth/revoke", body(&first.refresh)).await;
    assert_eq!(out.assert_status(200).body["session_ids"], json!([first.session]));
    let again = device.post("/api/auth/revoke", body(&second.refresh)).await;
    assert_eq!(again.assert_status(200).body["ended"], 0);
    device.refresh(&second.refresh).await.assert_ended("signed_out");
    assert_eq!(world.count_events("alice", "token_reused").await, 0);
}

#[tokio::test]
async fn a_valid_bearer_token_has_priority_over_a_token_in_the_body() {
    let world = World::new().await;
    let device = world.device();
    let (alice, bob) = (device.sign_in("alice").await, device.sign_in("bob").await);
    let body = json!({"strategy": "current", "refresh_token": bob.refresh});
    let out = device.revoke(&alice.access, body.clone()).await;
    assert_eq!(out.assert_status(200).body["session_ids"], json!([alice.session]));
    assert_eq!(world.live("bob").await, [&*bob.session]);
    for malformed in ["Bearer", "Bearer a b", "DPoP", "DPoP a b"] {
        let reply =
            device.clone().header("authorization", malformed).post("/api/auth/revoke", body.clone()).await;
        reply.assert_problem(401, "invalid_token");
    }
    assert_eq!(world.live("bob").await, [bob.session]);
}

#[tokio::test]
async fn a_sign_out_with_an_expired_refresh_token_succeeds() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    world.advance(8 * 86_400);
    let body = json!({"strategy": "current", "refresh_token": tokens.refresh});
    assert_eq!(device.post("/api/auth/revoke", body).await.assert_status(200).body["ended"], 0);
    let out = device.revoke(&tokens.access, json!({"strategy": "current"})).await;
    assert_eq!(out.assert_status(200).body["ended"], 0, "an expired access token is enough, too");
}

#[tokio::test]
async fn an_expired_refresh_token_ends_no_session_that_lives_on() {
    let world = World::new().await;
    let device = world.device();
    let first = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    world.advance(6 * 86_400);
    let second = Jar::of(device.refresh_with_cookies(&first.refresh_line()).await.assert_status(200));
    world.advance(86_400);
    let form = "application/x-www-form-urlencoded";
    let token = json!({"strategy": "token", "token": first.refresh});
    let body = json!({"strategy": "current", "refresh_token": first.refresh});
    for body in [token, body] {
        assert_eq!(device.post("/api/auth/revoke", body).await.assert_status(200).body["ended"], 0);
    }
    device
        .send("POST", "/api/auth/revoke", Some(form), format!("token={}", first.refresh))
        .await
        .assert_status(200);
    let reply = device.revoke_with_cookies(&first.refresh_line(), json!({"strategy": "current"})).await;
    assert_eq!(reply.assert_status(200).assert_cookies_cleared().body["ended"], 0);
    assert_eq!(world.live("alice").await, std::slice::from_ref(&first.session));
    assert_eq!(world.count_events("alice", "token_reused").await, 0);
    device.refresh_with_cookies(&second.refresh_line()).await.assert_status(200);
}

#[tokio::test]
async fn a_stolen_older_token_that_signs_out_is_theft() {
    for strategy in ["current", "token", "form", "cookie"] {
        let world = World::new().await;
        let device = world.device();
        let first = device.sign_in("alice").await;
        let second = Tokens::of(&device.refresh(&first.refresh).await);
        world.advance(61);
        let thief = device.clone().elsewhere();
        let path = "/api/auth/revoke";
        let reply = match strategy {
            "current" => {
                thief.post(path, json!({"strategy": "current", "refresh_token": first.refresh})).await
            }
            "token" => thief.post(path, json!({"strategy": "token", "token": first.refresh})).await,
            "form" => {
                let form = "application/x-www-form-urlencoded";
                thief.send("POST", path, Some(form), format!("token={}", first.refresh)).await
            }
            _ => {
                let cookie = format!("latchkey_refresh={}", first.refresh);
                thief.revoke_with_cookies(&cookie, json!({"strategy": "current"})).await
            }
        };
        reply.assert_status(200);
        device.refresh(&second.refresh).await.assert_ended("security");
        let trail = world.events("alice").await;
        let reused = trail.iter().find(|event| event.event_type == "token_reused").expect(strategy);
        assert_eq!((reused.severity.as_str(), &reused.session), ("critical", &first.session));
        assert_eq!(world.count_events("alice", "logout").await, 0, "{strategy}");
        let end = trail.iter().find(|event| event.event_type == "session_ended").expect(strategy);
        assert_eq!(end.reason, "reuse_detected", "{strategy}");
    }
}

#[tokio::test]
async fn one_of_my_sessions_is_ended_by_its_id() {
    let world = World::new().await;
    let device = world.device();
    let (mine, lost) = (device.sign_in("alice").await, device.sign_in("alice").await);
    let body = json!({"strategy": "session", "session_id": lost.session});
    let out = device.revoke(&mine.access, body.clone()).await;
    assert_eq!(out.assert_status(200).body["session_ids"], json!([lost.session]));
    device.revoke(&mine.access, body).await.assert_problem(404, "not_found");
    device.refresh(&lost.refresh).await.assert_ended("signed_out");
    let own = json!({"strategy": "session", "session_id": mine.session});
    assert_eq!(device.revoke(&mine.access, own).await.assert_status(200).body["ended"], 1);
    device.list(&mine.access).await.assert_ended("signed_out");
}

#[tokio::test]
async fn the_others_end_and_the_caller_stays() {
    let world = World::new().await;
    let device = world.device();
    let (lost, mine) = (device.sign_in("alice").await, device.sign_in("alice").await);
    let victor = device.sign_in("victor").await;
    let out = device.revoke(&mine.access, json!({"strategy": "others"})).await;
    assert_eq!(out.assert_status(200).body["session_ids"], json!([lost.session]));
    let none = device.revoke(&mine.access, json!({"strategy": "others"})).await;
    assert_eq!((&none.body["ended"], &none.body["session_ids"]), (&json!(0), &json!([])));
    assert_eq!(device.refresh(&mine.refresh).await.status, 200);
    assert_eq!(device.refresh(&victor.refresh).await.status, 200);
}

#[tokio::test]
async fn all_ends_every_session_of_one_user_only() {
    let world = World::with(&[("SESSION_LIMIT", "30")]).await;
    let device = world.device();
    let mut mine = vec![];
    for _ in 0..30 {
        mine.push(device.sign_in("alice").await);
    }
    let victor = device.sign_in("victor").await;
    let out = device.revoke(&mine[0].access, json!({"strategy": "all"})).await;
    assert_eq!(out.assert_status(200).body["ended"], 30);
    for tokens in &mine {
        device.refresh(&tokens.refresh).await.assert_ended("signed_out");
        device.list(&tokens.access).await.assert_ended("signed_out");
    }
    assert_eq!(world.count_events("alice", "session_ended").await, 30);
    assert_eq!(device.list(&victor.access).await.status, 200, "another user is untouched");
    assert_eq!(device.refresh(&victor.refresh).await.status, 200);
}

#[tokio::test]
async fn signing_out_here_invalidates_no_assertion_of_another_sign_in() {
    let world = World::new().await;
    let device = world.device();
    let (one, two) = (device.sign_in("alice").await, device.sign_in("alice").await);
    let waiting = world.assertion("alice");
    world.advance(60);
    device.revoke(&one.access, json!({"strategy": "current"})).await.assert_status(200);
    device.revoke(&two.access, json!({"strategy": "others"})).await.assert_status(200);
    assert_eq!(device.login(&waiting).await.status, 201);
}

#[tokio::test]
async fn a_request_that_names_no_strategy_ends_nothing() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let bodies = [
        (json!({}), "strategy"),
        (json!({"strategy": "everything"}), "strategy"),
        (json!({"strategy": "Current"}), "strategy"),
        (json!({"strategy": null}), "strategy"),
        (json!({"strategy": 7}), "strategy"),
        (json!({"strategy": "session"}), "session_id"),
        (json!({"strategy": "session", "session_id": 7}), "session_id"),
        (json!({"strategy": "session", "session_id": null}), "session_id"),
        (json!({"strategy": "current", "refresh_token": 7}), "refresh_token"),
        (json!([]), "body"),
    ];
    let mut misnamed = vec![];
    for (body, field) in bodies {
        let reply = device.revoke(&tokens.access, body.clone()).await;
        reply.assert_problem(400, "invalid_request");
        if reply.body["field"] != field {
            misnamed.push(format!("{body}: {}", reply.body["detail"]));
        }
    }
    assert!(misnamed.is_empty(), "{misnamed:#?}");
    let twice = r#"{"strategy":"current","strategy":"all"}"#;
    let bearer = device.clone().bearer(&tokens.access);
    bearer.send("POST", "/api/auth/revoke", Some("application/json"), twice).await.assert_field("strategy");
    assert_eq!(world.live("alice").await, [tokens.session]);
}
