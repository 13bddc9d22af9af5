//! After a revocation returned, no endpoint accepts a token of the session.

use latchkey_tests::world::{Jar, Reply, Tokens, World};
use serde_json::{Value, json};

/// Every request that needs an access token, with the id of a live session of the same user.
fn requests(id: &str) -> Vec<(&'static str, String, Option<Value>)> {
    vec![
        ("GET", "/api/auth/sessions".into(), None),
        ("GET", format!("/api/auth/sessions/{id}"), None),
        ("DELETE", format!("/api/auth/sessions/{id}"), None),
        ("DELETE", "/api/auth/sessions?scope=others".into(), None),
        ("POST", "/api/auth/revoke".into(), Some(json!({"strategy": "session", "session_id": id}))),
        ("POST", "/api/auth/revoke".into(), Some(json!({"strategy": "others"}))),
        ("POST", "/api/auth/revoke".into(), Some(json!({"strategy": "all"}))),
    ]
}

async fn send(world: &World, access: &str, request: &(&'static str, String, Option<Value>)) -> Reply {
    let (method, path, body) = request;
    let kind = body.as_ref().map(|_| "application/json");
    let text = body.as_ref().map(ToString::to_string).unwrap_or_default();
    world.device().bearer(access).send(method, path, kind, text).await
}

#[tokio::test]
async fn an_ended_sessions_access_token_is_refused_by_every_endpoint() {
    let world = World::new().await;
    let device = world.device();
    let (mine, lost) = (device.sign_in("alice").await, device.sign_in("alice").await);
    device.revoke(&lost.access, json!({"strategy": "current"})).await.assert_status(200);
    let before = world.everything().await;
    let ids = [&*mine.session, &*lost.session, "0193aaaa-0000-7000-8000-000000000000"];
    for request in ids.into_iter().flat_map(requests) {
        send(&world, &lost.access, &request).await.assert_ended("signed_out");
    }
    let out = device.revoke(&lost.access, json!({"strategy": "current"})).await;
    assert_eq!(out.assert_status(200).body["ended"], 0);
    let status = device.clone().bearer(&lost.access).get("/api/auth/refresh").await;
    assert_eq!((&status.body["state"], &status.body["reason"]), (&json!("ended"), &json!("signed_out")));
    world.assert_unchanged(&before, "an ended session must change nothing").await;
}

#[tokio::test]
async fn an_ended_session_is_reported_even_for_a_malformed_id() {
    let world = World::new().await;
    let device = world.device();
    let lost = device.sign_in("alice").await;
    device.revoke(&lost.access, json!({"strategy": "current"})).await.assert_status(200);
    for request in requests("x") {
        send(&world, &lost.access, &request).await.assert_ended("signed_out");
    }
}

#[tokio::test]
async fn tokens_are_refused_for_every_reason_of_the_end() {
    let world = World::with(&[("SESSION_LIMIT", "2")]).await;
    let device = world.device();
    let reasons = ["signed_out", "evicted", "security", "expired"];
    for reason in reasons {
        let lost = device.sign_in(reason).await;
        world.advance(1);
        let kept = device.sign_in(reason).await;
        match reason {
            "signed_out" => drop(device.revoke(&kept.access, json!({"strategy": "others"})).await),
            "evicted" => drop(device.sign_in(reason).await),
            "security" => {
                let next = Tokens::of(&device.refresh(&lost.refresh).await);
                drop(device.refresh(&next.refresh).await);
                device.refresh(&lost.refresh).await.assert_ended("security");
            }
            _ => {
                let mut row = world.raw_row(reason, &lost.session).await.unwrap();
                let soon = (world.now().seconds() + 1).to_string();
                row.insert("e".into(), aws_sdk_dynamodb::types::AttributeValue::N(soon));
                world.put_row(row).await;
                world.advance(1);
            }
        }
        device.refresh(&lost.refresh).await.assert_ended(reason);
        for request in requests(&kept.session) {
            send(&world, &lost.access, &request).await.assert_ended(reason);
        }
    }
}

#[tokio::test]
async fn a_session_that_ended_does_not_come_back_with_its_cookies() {
    let world = World::new().await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    device.revoke_with_cookies(&jar.line(), json!({"strategy": "current"})).await.assert_status(200);
    let reply = device.refresh_with_cookies(&jar.line()).await;
    reply.assert_ended("signed_out").assert_cookies_cleared();
    let list = device.clone().cookies(&jar.line()).get("/api/auth/sessions").await;
    list.assert_ended("signed_out");
    let login = device.clone().cookies(&jar.line()).login_in_browser(&world.assertion("alice")).await;
    assert_eq!(login.assert_status(201).body["ended"], json!([]));
    assert_eq!(world.count_events("alice", "session_ended").await, 1, "it ended once");
}

#[tokio::test]
async fn no_endpoint_lets_a_user_touch_another_users_session() {
    let world = World::new().await;
    let device = world.device();
    let (mallory, victor) = (device.sign_in("mallory").await, device.sign_in("victor").await);
    let admin = device.login(&world.assertion_with("root", json!({"scope": "latchkey:admin"}))).await;
    let admin = Tokens::of(&admin);
    let row = world.raw_row("victor", &victor.session).await;
    for (caller, tokens) in [("mallory", &mallory), ("an administrator", &admin)] {
        for request in &requests(&victor.session)[1..=2] {
            send(&world, &tokens.access, request).await.assert_problem(404, "not_found");
        }
        let session = json!({"strategy": "session", "session_id": victor.session, "user_id": "victor"});
        for body in [session, json!({"strategy": "others", "user_id": "victor"})] {
            let reply = device.revoke(&tokens.access, body).await;
            assert_ne!(reply.body["session_ids"], json!([victor.session]), "{caller}");
        }
    }
    let query = device.clone().bearer(&mallory.access).get("/api/auth/sessions?user_id=victor").await;
    assert!(!query.body.to_string().contains(&victor.session), "{}", query.body);
    assert_eq!(world.raw_row("victor", &victor.session).await, row);
    assert_eq!(world.count_events("victor", "session_ended").await, 0);
}
