//! While the store is down, every request gets the same 503, and none gets 401.

use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{Jar, Reply, Tokens, World};
use serde_json::{Value, json};

const KINDS: [FaultKind; 3] = [FaultKind::Throttle, FaultKind::TimeoutBefore, FaultKind::Error500];

/// Every call that needs the store, with cookies.
async fn all_calls(world: &World, jar: &Jar, other: &str) -> Vec<(String, Reply)> {
    let device = world.device().cookies(&jar.line());
    let login = json!({"assertion": world.assertion("alice")});
    let calls: [(&str, String, Option<Value>); 13] = [
        ("POST", "/api/auth/login".into(), Some(login)),
        ("POST", "/api/auth/refresh".into(), Some(json!({}))),
        ("POST", "/api/auth/refresh".into(), Some(json!({"refresh_token": jar.refresh}))),
        ("GET", "/api/auth/refresh".into(), None),
        ("GET", "/api/auth/sessions".into(), None),
        ("GET", format!("/api/auth/sessions/{other}"), None),
        ("DELETE", format!("/api/auth/sessions/{other}"), None),
        ("DELETE", "/api/auth/sessions?scope=others".into(), None),
        ("POST", "/api/auth/revoke".into(), Some(json!({"strategy": "current"}))),
        (
            "POST",
            "/api/auth/revoke".into(),
            Some(json!({"strategy": "current", "refresh_token": jar.refresh})),
        ),
        ("POST", "/api/auth/revoke".into(), Some(json!({"strategy": "session", "session_id": other}))),
        ("POST", "/api/auth/revoke".into(), Some(json!({"strategy": "others"}))),
        ("POST", "/api/auth/revoke".into(), Some(json!({"strategy": "all"}))),
    ];
    let mut replies = vec![];
    for (method, path, body) in calls {
        let what = format!("{method} {path} {}", body.clone().unwrap_or_default());
        let kind = body.as_ref().map(|_| "application/json");
        let text = body.map(|body| body.to_string()).unwrap_or_default();
        replies.push((what, device.send(method, &path, kind, text).await));
    }
    replies
}

#[tokio::test]
async fn every_call_is_503_and_keeps_the_cookies_while_the_store_is_down() {
    for kind in KINDS {
        let world = World::new().await;
        let device = world.device();
        let other = device.sign_in("alice").await;
        let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
        let before = world.everything().await;
        world.server.faults.queue(None, kind, 1_000);
        for (what, reply) in all_calls(&world, &jar, &other.session).await {
            assert_eq!(reply.status, 503, "{kind:?} {what}: {}", reply.body);
            reply.assert_problem(503, "store_unavailable").assert_no_cookie();
            assert_eq!(reply.header("retry-after"), "2", "{what}");
            let text = reply.body.to_string();
            for word in ["DynamoDB", "dynamodb", "throughput", "Internal", "timeout", "latchkey-sessions"] {
                assert!(!text.contains(word), "{what} leaks {word}: {text}");
            }
        }
        world.server.faults.clear(None);
        world.assert_unchanged(&before, "an outage must change nothing").await;
        device.refresh_with_cookies(&jar.line()).await.assert_status(200);
    }
}

#[tokio::test]
async fn endpoints_that_need_no_store_work_without_it() {
    let world = World::new().await;
    let device = world.device();
    world.server.faults.queue(None, FaultKind::TimeoutBefore, 1_000);
    device.get("/api/auth/.well-known/jwks.json").await.assert_status(200);
    device.get("/api/auth/refresh").await.assert_status(200);
    device.refresh("made-up").await.assert_problem(401, "invalid_token");
    device.get("/api/auth/sessions").await.assert_problem(401, "token_missing");
    assert_eq!(world.server.faults.pending(), 1_000, "no call to the store was made");
    // A failed login is counted. If the store cannot count it, the login is refused.
    device.login("made-up").await.assert_problem(503, "store_unavailable");
}

#[tokio::test]
async fn a_refresh_is_503_while_the_end_record_cannot_be_read() {
    let world = World::new().await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    device.revoke(&jar.access, json!({"strategy": "current"})).await.assert_status(200);
    // The row is deleted, and the end record cannot be read.
    let fail_end_record = || world.server.faults.queue(Some("GetItem"), FaultKind::TimeoutBefore, 3);
    fail_end_record();
    let reply = device.refresh_with_cookies(&jar.line()).await;
    reply.assert_problem(503, "store_unavailable").assert_no_cookie();
    fail_end_record();
    device.list(&jar.access).await.assert_problem(503, "store_unavailable");
    fail_end_record();
    device.status(&jar.line()).await.assert_problem(503, "store_unavailable");
    device.refresh_with_cookies(&jar.line()).await.assert_ended("signed_out").assert_cookies_cleared();
}

#[tokio::test]
async fn many_faults_do_not_sign_out_an_honest_client() {
    let world = World::with(&[("LIMIT_REFRESH", "1000/5m/15m")]).await;
    let device = world.device();
    let mut tokens = device.sign_in("alice").await;
    let kinds = [
        FaultKind::TimeoutAfterCommit,
        FaultKind::Throttle,
        FaultKind::TimeoutBefore,
        FaultKind::Error500,
        FaultKind::Conflict,
    ];
    for round in 0..40_u32 {
        let kind = kinds[round as usize % kinds.len()];
        world.server.faults.queue(Some("UpdateItem"), kind, round % 5);
        // A client repeats the refresh with the same token a little later, until the response is not 503.
        let mut reply = device.refresh(&tokens.refresh).await;
        while reply.status == 503 {
            world.advance(2);
            reply = device.refresh(&tokens.refresh).await;
        }
        tokens = Tokens::of(reply.assert_status(200));
        world.server.faults.clear(None);
        world.advance(100);
    }
    assert_eq!(world.row("alice", &tokens.session).await.unwrap().generation, 40);
    assert_eq!(world.events("alice").await.len(), 1);
}
