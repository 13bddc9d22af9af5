//! `GET /sessions?include=analytics`: the numbers, which are read in parallel with the list.

use latchkey_tests::world::{FIREFOX, World};
use serde_json::json;

#[tokio::test]
async fn the_analytics_count_the_events_of_the_history() {
    let world = World::new().await;
    let device = world.device();
    let first = device.sign_in("alice").await;
    world.advance(86_400);
    let second = device.clone().agent(FIREFOX).sign_in("alice").await;
    device.revoke(&second.access, json!({"strategy": "session", "session_id": first.session})).await;
    let reply = device.clone().bearer(&second.access).get("/api/auth/sessions?include=analytics").await;
    let numbers = &reply.body["analytics"];
    assert_eq!(numbers["active_sessions"], 1);
    assert_eq!(numbers["by_browser"], json!({"Firefox": 1}));
    assert_eq!(numbers["session_seconds"]["longest"], 86_400);
    let days = numbers["sign_ins_by_day"].as_array().unwrap();
    assert_eq!(days.len(), 30);
    assert_eq!(days.iter().map(|day| day["count"].as_u64().unwrap()).sum::<u64>(), 2);
    assert!(reply.body["recommendations"].is_array());
}

#[tokio::test]
async fn the_plain_list_has_no_analytics_and_an_unknown_include_is_400() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let plain = device.list(&tokens.access).await;
    assert!(plain.body.get("analytics").is_none() && plain.body.get("recommendations").is_none());
    let reply = device.bearer(&tokens.access).get("/api/auth/sessions?include=everything").await;
    assert_eq!((reply.status.as_u16(), &reply.body["field"]), (400, &json!("include")));
}

#[tokio::test]
async fn analytics_cost_one_more_read_for_any_length_of_history() {
    let world = World::new().await;
    let device = world.device();
    let mut tokens = device.sign_in("alice").await;
    for _ in 0..60 {
        world.advance(40);
        tokens = device.sign_in("alice").await;
    }
    world.server.store.global_revocation(world.now()).await.expect("the engine answers");
    world.server.stats.reset();
    let reply = device.bearer(&tokens.access).get("/api/auth/sessions?include=analytics").await;
    assert_eq!(reply.status, 200);
    let operations = world.server.stats.snapshot().dynamodb;
    assert_eq!((operations["Query"].calls, operations["UpdateItem"].calls), (2, 1), "{operations:?}");
    assert_eq!(operations.len(), 2);
}

#[tokio::test]
async fn an_unchanged_list_with_analytics_is_304_without_a_body() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let first = device.clone().bearer(&tokens.access).get("/api/auth/sessions?include=analytics").await;
    let asked = device.clone().bearer(&tokens.access).header("if-none-match", first.header("etag"));
    world.advance(5);
    let again = asked.get("/api/auth/sessions?include=analytics").await;
    assert_eq!(again.status, 304, "a later time alone does not change the ETag");
    world.advance(60);
    device.sign_in("alice").await;
    assert_eq!(asked.get("/api/auth/sessions?include=analytics").await.status, 200);
}
