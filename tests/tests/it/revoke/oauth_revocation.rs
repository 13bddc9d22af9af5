//! Revoking a token: the strategy `token` and the form of RFC 7009.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{BoundBrowser, Device, DeviceKey, Jar, Reply, SECURE, Tokens, World, flipped};
use serde_json::json;

const FORM: &str = "application/x-www-form-urlencoded";

async fn form(device: &Device, body: &str) -> Reply {
    device.send("POST", "/api/auth/revoke", Some(FORM), body.to_owned()).await
}

#[tokio::test]
async fn either_token_ends_its_session_and_the_response_is_empty() {
    let world = World::new().await;
    let device = world.device();
    let kept = device.sign_in("alice").await;
    for hint in ["", "&token_type_hint=refresh_token", "&token_type_hint=access_token", "&token_type_hint=x"]
    {
        for pick in [|tokens: &Tokens| tokens.access.clone(), |tokens: &Tokens| tokens.refresh.clone()] {
            let tokens = device.sign_in("alice").await;
            let reply = form(&device, &format!("token={}{hint}", pick(&tokens))).await;
            assert_eq!((reply.status.as_u16(), &reply.body), (200, &json!({})), "{hint}");
            assert!(world.raw_row("alice", &tokens.session).await.is_none());
            device.refresh(&tokens.refresh).await.assert_ended("signed_out");
            device.list(&tokens.access).await.assert_ended("signed_out");
        }
    }
    assert_eq!(world.live("alice").await, [kept.session]);
}

#[tokio::test]
async fn an_older_refresh_token_of_the_owner_ends_its_session_without_an_alarm() {
    let world = World::new().await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    device.refresh(&first.refresh).await.assert_status(200);
    world.advance(3_600);
    form(&device, &format!("token={}", first.refresh)).await.assert_status(200);
    assert!(world.live("alice").await.is_empty());
    assert_eq!(world.count_events("alice", "token_reused").await, 0);
}

/// The form has no member for idempotency keys, and the header with the proof is the same for every body.
#[tokio::test]
async fn an_older_token_of_a_bound_session_needs_the_proof_to_be_no_theft() {
    let world = World::with(&SECURE).await;
    for (user, is_owner, thefts) in [("alice", true, 0), ("bob", false, 1)] {
        let device = world.device().with_key(&DeviceKey::generate());
        let mut browser = BoundBrowser::sign_in(&world, user, device).await;
        let older = browser.refresh.clone();
        browser.refresh_by_script().await.assert_status(200);
        let device = if is_owner { browser.device.clone() } else { world.device() };
        form(&device, &format!("token={older}")).await.assert_status(200);
        assert!(world.live(user).await.is_empty(), "{user}");
        assert_eq!(world.count_events(user, "token_reused").await, thefts, "{user}");
    }
}

#[tokio::test]
async fn every_other_token_is_200_too_and_changes_nothing() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let ended = device.sign_in("bob").await;
    form(&device, &format!("token={}", ended.refresh)).await.assert_status(200);
    let assertion = world.assertion("alice");
    let before = world.everything().await;
    for token in [
        "x",
        "made.up.token",
        &flipped(&tokens.access),
        &flipped(&tokens.refresh),
        &ended.refresh,
        &ended.access,
        &assertion,
    ] {
        let reply = form(&device, &format!("token={token}")).await;
        assert_eq!((reply.status.as_u16(), &reply.body), (200, &json!({})), "{token}");
        let json = device.post("/api/auth/revoke", json!({"strategy": "token", "token": token})).await;
        assert_eq!(json.assert_status(200).body["ended"], 0);
    }
    world.assert_unchanged(&before, "an invalid token must change nothing").await;
}

#[tokio::test]
async fn an_authenticated_caller_cannot_revoke_another_users_token() {
    let world = World::new().await;
    let device = world.device();
    let (alice, bob) = (device.sign_in("alice").await, device.sign_in("bob").await);
    let as_alice = device.clone().bearer(&alice.access);
    for token in [&bob.access, &bob.refresh] {
        form(&as_alice, &format!("token={token}")).await.assert_status(200);
        let body = json!({"strategy": "token", "token": token});
        assert_eq!(as_alice.post("/api/auth/revoke", body).await.assert_status(200).body["ended"], 0);
    }
    device.list(&bob.access).await.assert_status(200);
    let other = device.sign_in("alice").await;
    let body = json!({"strategy": "token", "token": other.refresh});
    let reply = as_alice.post("/api/auth/revoke", body).await;
    assert_eq!(reply.assert_status(200).body["session_ids"], json!([other.session]));
}

#[tokio::test]
async fn a_form_from_another_site_ends_nothing_of_its_visitor() {
    let world = World::new().await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    let evil = device.clone().header("cookie", &jar.line()).header("origin", "https://evil.example");
    form(&evil, "token=x").await.assert_status(200);
    assert_eq!(form(&evil, "strategy=current").await.assert_status(400).body["error"], "invalid_request");
    assert_eq!(world.live("alice").await, [jar.session]);
}

#[tokio::test]
async fn missing_and_repeated_parameters_are_an_oauth_error() {
    let world = World::new().await;
    let device = world.device();
    for body in [
        "",
        "token=",
        "token=a&token=b",
        "token_type_hint=access_token",
        "token=a&token_type_hint=b&token_type_hint=c",
    ] {
        let reply = form(&device, body).await;
        assert_eq!((reply.status.as_u16(), &reply.body["error"]), (400, &json!("invalid_request")), "{body}");
    }
    device.post("/api/auth/revoke", json!({"strategy": "token"})).await.assert_field("token");
}

#[tokio::test]
async fn a_revocation_during_a_store_outage_is_503() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    for operation in ["GetItem", "TransactWriteItems"] {
        world.server.faults.queue(Some(operation), FaultKind::Error500, 3);
        let reply = form(&device, &format!("token={}", tokens.refresh)).await;
        assert_eq!((reply.status.as_u16(), &reply.body["error"]), (503, &json!("temporarily_unavailable")));
        world.server.faults.clear(None);
    }
    device.list(&tokens.access).await.assert_status(200);
}

#[tokio::test]
async fn a_sealed_token_with_a_wrong_nonce_alerts_at_every_endpoint() {
    let world = World::new().await;
    let device = world.device();
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    // With another nonce in the row, the cookie is like a token that was forged with a stolen refresh key.
    let mut row = world.raw_row("alice", &jar.session).await.unwrap();
    row.insert("n".into(), AttributeValue::B(Blob::new([7; 32])));
    world.put_row(row).await;
    let forged = jar.refresh_line().split_once('=').unwrap().1.to_owned();
    let body = json!({"strategy": "current", "refresh_token": forged});
    device.post("/api/auth/revoke", body).await.assert_problem(401, "invalid_token");
    assert_eq!(world.count_events("alice", "token_forged").await, 1);
    let body = json!({"strategy": "token", "token": forged});
    assert_eq!(device.post("/api/auth/revoke", body).await.assert_status(200).body["ended"], 0);
    assert_eq!(world.count_events("alice", "token_forged").await, 2);
    let browser = device.clone().cookies(&jar.refresh_line());
    browser.login_in_browser(&world.assertion("bob")).await.assert_status(201);
    assert_eq!(world.count_events("alice", "token_forged").await, 3);
    assert!(world.raw_row("alice", &jar.session).await.is_some(), "a forged token ends no session");
}
