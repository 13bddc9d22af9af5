//! The revocation history: users read their own, and administrators read that of any user.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_tests::world::{Tokens, World};
use serde_json::json;

use super::admin::admin;

const PATH: &str = "/api/auth/revoke";

#[tokio::test]
async fn a_user_reads_the_public_reasons_of_their_own() {
    let world = World::new().await;
    let device = world.device();
    let stolen = device.sign_in("alice").await;
    let next = Tokens::of(&device.refresh(&stolen.refresh).await);
    device.refresh(&next.refresh).await.assert_status(200);
    device.refresh(&stolen.refresh).await.assert_ended("security");
    let left = device.sign_in("alice").await;
    device.revoke(&left.access, json!({"strategy": "current"})).await.assert_status(200);
    let own = device.sign_in("alice").await;
    let asked = device.clone().bearer(&own.access).get(PATH).await;
    let reasons: Vec<_> = asked.assert_status(200).body["revocations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["reason"].clone())
        .collect();
    assert_eq!(reasons, [json!("signed_out"), json!("security")], "newest first, and no internals");
    assert_eq!(asked.body["tokens_valid_after"], json!(null));
    let one = device.clone().bearer(&own.access).get(&format!("{PATH}?session_id={}", left.session)).await;
    let expected = json!([{"session_id": left.session, "reason": "signed_out", "note": null,
        "by": {"kind": "user"},
        "at": world.now().to_rfc3339()}]);
    assert_eq!(one.assert_status(200).body["revocations"], expected);
    let admin = admin(&world).await;
    let full = device.bearer(&admin.access).get(&format!("{PATH}?user_id=alice")).await;
    assert_eq!(full.body["revocations"][1]["reason"], "reuse_detected");
}

#[tokio::test]
async fn the_history_of_another_users_session_is_empty() {
    let world = World::new().await;
    let device = world.device();
    let bob = device.sign_in("bob").await;
    device.revoke(&bob.access, json!({"strategy": "current"})).await.assert_status(200);
    let alice = device.sign_in("alice").await;
    let own = device.clone().bearer(&alice.access);
    let never = "01930b5e-0000-7000-8000-000000000000";
    for id in [&bob.session, never, &alice.session] {
        let asked = own.get(&format!("{PATH}?session_id={id}")).await;
        assert_eq!(asked.assert_status(200).body["revocations"], json!([]), "{id}");
    }
    own.get(&format!("{PATH}?session_id=x")).await.assert_field("session_id");
    own.get(&format!("{PATH}?user_id=bob")).await.assert_problem(403, "forbidden");
    let admin = admin(&world).await;
    let asked =
        device.bearer(&admin.access).get(&format!("{PATH}?user_id=bob&session_id={}", bob.session)).await;
    assert_eq!(asked.body["revocations"][0]["by"], json!({"kind": "user"}));
}

#[tokio::test]
async fn expired_sessions_are_not_in_the_revocation_history() {
    let world = World::new().await;
    let device = world.device();
    device.sign_in("alice").await;
    world.advance(8 * 86_400);
    let own = device.sign_in("alice").await;
    let asked = device.bearer(&own.access).get(PATH).await;
    assert_eq!(asked.assert_status(200).body["revocations"], json!([]));
}

#[tokio::test]
async fn a_hundred_expired_sessions_hide_no_revocation() {
    let world = World::with(&[("SESSION_LIMIT", "25"), ("LIMIT_LOGIN", "1000/15m")]).await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    device.revoke(&first.access, json!({"strategy": "current"})).await.assert_status(200);
    for _ in 0..5 {
        for _ in 0..25 {
            device.sign_in("alice").await;
        }
        world.advance(8 * 86_400);
        let admin = admin(&world).await;
        let body = json!({"action": "cleanup"});
        device.clone().bearer(&admin.access).post("/api/auth/sessions", body).await.assert_status(200);
    }
    assert_eq!(world.count_events("alice", "session_ended").await, 126);
    let own = device.sign_in("alice").await;
    let asked = device.bearer(&own.access).get(PATH).await;
    assert_eq!(asked.assert_status(200).body["revocations"][0]["session_id"], json!(first.session));
}

#[tokio::test]
async fn a_page_full_of_other_events_hides_no_revocation() {
    let world = World::new().await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    device.revoke(&first.access, json!({"strategy": "current"})).await.assert_status(200);
    world.advance(60);
    // More events than one page reads, all newer than the revocation.
    let expired = world.raw_events("alice", "login").await.remove(0);
    for number in 0..1_001_u64 {
        let mut event = expired.clone();
        let millis = world.now().seconds() as u64 * 1_000 + number;
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &[7; 10]).into_uuid();
        event.insert("event_id".into(), AttributeValue::S(id.to_string()));
        let put =
            world.dynamodb().put_item().table_name(&world.tables().security_events).set_item(Some(event));
        put.send().await.expect("the engine answers");
    }
    let own = device.sign_in("alice").await;
    let asked = device.bearer(&own.access).get(PATH).await;
    assert_eq!(asked.assert_status(200).body["revocations"][0]["session_id"], json!(first.session));
}
