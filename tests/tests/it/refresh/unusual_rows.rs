//! Rows that do not match the token: restored from a backup, malformed, or with a pending end.

use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{Jar, Tokens, World};
use serde_json::json;

#[tokio::test]
async fn a_token_newer_than_its_restored_row_ends_the_session() {
    let world = World::new().await;
    let device = world.device();
    let other = device.sign_in("alice").await;
    let first = device.sign_in("alice").await;
    let second = Tokens::of(&device.refresh(&first.refresh).await);
    let backup = world.raw_row("alice", &first.session).await.unwrap();
    let third = Tokens::of(&device.refresh(&second.refresh).await);
    world.put_row(backup).await;
    device.refresh(&third.refresh).await.assert_ended("security");
    device.refresh(&second.refresh).await.assert_ended("security");
    assert_eq!(world.live("alice").await, [other.session]);
    let alarms = world.raw_events("alice", "state_regression").await;
    assert_eq!(alarms.len(), 1);
    assert_eq!(alarms[0]["severity"].as_s().unwrap(), "critical");
    let trail = world.events("alice").await;
    let end = trail.iter().find(|event| event.event_type == "session_ended").unwrap();
    assert_eq!(end.reason, "state_regression");
    assert_eq!(world.count_events("alice", "token_reused").await, 0, "a restore is no theft");
}

#[tokio::test]
async fn a_session_with_a_pending_end_has_ended() {
    let world = World::new().await;
    let (device, elsewhere) = (world.device(), world.device());
    let other = elsewhere.sign_in("alice").await;
    let jar = Jar::of(&device.login_in_browser(&world.assertion("alice")).await);
    world.set_pending_end("alice", &jar.session, "signed_out").await;
    let before = world.everything().await;
    device.list(&jar.access).await.assert_ended("signed_out");
    let status = device.status(&jar.line()).await;
    assert_eq!((&status.body["state"], &status.body["reason"]), (&json!("ended"), &json!("signed_out")));
    let list = elsewhere.list(&other.access).await;
    assert_eq!(list.body["sessions"].as_array().unwrap().len(), 1, "{}", list.body);
    let path = format!("/api/auth/sessions/{}", jar.session);
    elsewhere.clone().bearer(&other.access).get(&path).await.assert_problem(404, "not_found");
    world.assert_unchanged(&before, "reading completes no pending end").await;
    let refused = device.refresh_with_cookies(&jar.line()).await;
    refused.assert_ended("signed_out").assert_cookies_cleared();
    assert!(world.raw_row("alice", &jar.session).await.is_none(), "a refresh completes the pending end");
    assert_eq!(world.count_events("alice", "session_ended").await, 1);
}

#[tokio::test]
async fn a_session_has_ended_even_if_its_end_cannot_be_recorded() {
    let world = World::new().await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    world.set_pending_end("alice", &first.session, "signed_out").await;
    world.server.faults.queue(Some("TransactWriteItems"), FaultKind::Error500, 3);
    device.refresh(&first.refresh).await.assert_ended("signed_out");
    assert!(world.raw_row("alice", &first.session).await.is_some(), "the end record is not written yet");
}

#[tokio::test]
async fn a_foreign_older_token_meets_a_pending_end_with_an_alarm() {
    for (reason, alarms) in [("admin", 1), ("signed_out", 1), ("reuse_detected", 0)] {
        for how in ["refresh", "sign-in", "sign-out"] {
            let world = World::new().await;
            let device = world.device();
            let first = device.sign_in("alice").await;
            let second = Tokens::of(&device.refresh(&first.refresh).await);
            world.set_pending_end("alice", &first.session, reason).await;
            world.advance(61);
            let stranger = device.clone().elsewhere();
            match how {
                "refresh" => drop(stranger.refresh(&first.refresh).await.assert_status(401)),
                "sign-in" => {
                    let stranger = stranger.cookies(&format!("latchkey_refresh={}", first.refresh));
                    stranger.login_in_browser(&world.assertion("alice")).await.assert_status(201);
                }
                _ => {
                    let body = json!({"strategy": "current", "refresh_token": first.refresh});
                    stranger.post("/api/auth/revoke", body).await.assert_status(200);
                }
            }
            assert_eq!(world.count_events("alice", "token_reused").await, alarms, "{reason}, {how}");
            device.refresh(&second.refresh).await.assert_status(401);
            device.clone().elsewhere().refresh(&first.refresh).await.assert_status(401);
            assert_eq!(world.count_events("alice", "token_reused").await, alarms, "{reason}, {how}, again");
        }
    }
}

#[tokio::test]
async fn an_owners_older_token_meets_a_pending_end_without_an_alarm() {
    let world = World::new().await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    device.refresh(&first.refresh).await.assert_status(200);
    world.set_pending_end("alice", &first.session, "admin").await;
    world.advance(61);
    device.refresh(&first.refresh).await.assert_ended("admin");
    assert_eq!(world.count_events("alice", "token_reused").await, 0);
}

#[tokio::test]
async fn the_owner_can_complete_a_pending_end() {
    let world = World::new().await;
    let device = world.device();
    let other = device.sign_in("alice").await;
    let first = device.sign_in("alice").await;
    world.set_pending_end("alice", &first.session, "reuse_detected").await;
    let reply = device.revoke(&other.access, json!({"strategy": "others"})).await;
    assert_eq!(reply.body["session_ids"], json!([first.session]));
    assert!(world.raw_row("alice", &first.session).await.is_none());
    let trail = world.events("alice").await;
    let end = trail.iter().find(|event| event.event_type == "session_ended").unwrap();
    assert_eq!(end.reason, "reuse_detected", "it keeps the reason of the pending end");
    device.refresh(&first.refresh).await.assert_ended("security");
}

#[tokio::test]
async fn a_malformed_row_affects_no_other_session() {
    let world = World::new().await;
    let device = world.device();
    let good = device.sign_in("alice").await;
    let bad = device.sign_in("alice").await;
    let mut row = world.raw_row("alice", &bad.session).await.unwrap();
    row.insert("e".into(), aws_sdk_dynamodb::types::AttributeValue::S("soon".into()));
    world.put_row(row).await;
    assert_eq!(device.list(&good.access).await.body["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(device.login(&world.assertion("alice")).await.status, 201);
    let refused = device.refresh(&bad.refresh).await;
    assert!(refused.status.is_server_error(), "{}", refused.body);
    refused.assert_no_cookie();
}

#[tokio::test]
async fn a_pending_end_of_another_version_can_be_completed() {
    let world = World::new().await;
    let device = world.device();
    for reason in ["signed_out", "a_reason_of_tomorrow"] {
        let ended = device.sign_in("alice").await;
        let mut row = world.raw_row("alice", &ended.session).await.unwrap();
        // A pending end with a reason only, which this version may not know.
        row.insert("z".into(), aws_sdk_dynamodb::types::AttributeValue::S(reason.into()));
        world.put_row(row).await;
        let own = device.sign_in("alice").await;
        device.revoke(&own.access, json!({"strategy": "all"})).await.assert_status(200);
        assert!(world.raw_row("alice", &ended.session).await.is_none(), "{reason}");
    }
}
