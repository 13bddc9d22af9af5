//! `GET /sessions/events`: every event of the user once, newest first, and no event of another user.

use latchkey_tests::world::{Device, Reply, Tokens, World};
use serde_json::{Value, json};

const PATH: &str = "/api/auth/sessions/events";

async fn page(device: &Device, tokens: &Tokens, query: &str) -> Reply {
    device.clone().bearer(&tokens.access).get(&format!("{PATH}{query}")).await
}

fn ids(reply: &Reply) -> Vec<String> {
    let events = reply.body["events"].as_array().unwrap_or_else(|| panic!("{}", reply.body));
    events.iter().map(|event| event["event_id"].as_str().expect("an id").to_owned()).collect()
}

/// A user with a trail of 25 sign-ins and 20 evictions.
async fn busy() -> (World, Device, Tokens) {
    let world = World::new().await;
    let device = world.device();
    let mut tokens = device.sign_in("alice").await;
    for _ in 0..24 {
        world.advance(31);
        tokens = device.sign_in("alice").await;
    }
    (world, device, tokens)
}

#[tokio::test]
async fn the_pages_contain_each_event_once_newest_first() {
    let (_world, device, tokens) = busy().await;
    let whole = ids(&page(&device, &tokens, "?limit=100").await);
    assert_eq!(whole.len(), 65);
    assert!(whole.windows(2).all(|pair| pair[0] > pair[1]), "newest first");
    let (mut collected, mut query) = (vec![], "?limit=7".to_owned());
    loop {
        let reply = page(&device, &tokens, &query).await;
        collected.extend(ids(&reply));
        let Some(cursor) = reply.body["next_cursor"].as_str() else { break };
        query = format!("?limit=7&cursor={cursor}");
    }
    assert_eq!(collected, whole);
    assert_eq!(ids(&page(&device, &tokens, "").await).len(), 50, "the default limit");
}

#[tokio::test]
async fn filters_apply_to_every_page() {
    let (_world, device, tokens) = busy().await;
    let ends = page(&device, &tokens, "?type=session_ended&limit=100").await;
    assert_eq!(ids(&ends).len(), 20);
    assert!(
        ends.body["events"].as_array().unwrap().iter().all(|event| event["details"]["reason"] == "evicted")
    );
    let (mut collected, mut query) = (vec![], "?type=session_ended&limit=3".to_owned());
    loop {
        let reply = page(&device, &tokens, &query).await;
        collected.extend(ids(&reply));
        let Some(cursor) = reply.body["next_cursor"].as_str() else { break };
        query = format!("?type=session_ended&limit=3&cursor={cursor}");
    }
    assert_eq!(collected, ids(&ends));
    let own = page(&device, &tokens, &format!("?session_id={}", tokens.session)).await;
    assert_eq!(ids(&own).len(), 1);
    let made_room = page(&device, &tokens, "?severity=low&type=session_evicted").await;
    assert_eq!(ids(&made_room), ids(&page(&device, &tokens, "?severity=low").await));
    assert_eq!(made_room.body["events"][0]["details"]["new_session_id"], tokens.session);
}

#[tokio::test]
async fn a_severity_includes_the_higher_severities() {
    let world = World::new().await;
    let device = world.device();
    let victim = device.sign_in("alice").await;
    let next = Tokens::of(&device.refresh(&victim.refresh).await);
    device.refresh(&next.refresh).await;
    device.refresh(&victim.refresh).await;
    let tokens = device.sign_in("alice").await;
    for (severity, expected) in [("info", 4), ("medium", 1), ("critical", 1)] {
        let reply = page(&device, &tokens, &format!("?severity={severity}")).await;
        assert_eq!(ids(&reply).len(), expected, "{severity}: {}", reply.body);
    }
}

#[tokio::test]
async fn a_wrong_parameter_is_named() {
    let (_world, device, tokens) = busy().await;
    let other = device.sign_in("bob").await;
    let first = page(&device, &tokens, "?limit=1").await;
    let cursor = first.text("next_cursor");
    let foreign = page(&device, &other, &format!("?cursor={cursor}")).await;
    assert_eq!((foreign.status.as_u16(), &foreign.body["field"]), (400, &json!("cursor")));
    for (query, field) in [
        ("?limit=0", "limit"),
        ("?limit=101", "limit"),
        ("?limit=x", "limit"),
        ("?cursor=x", "cursor"),
        ("?type=nonsense", "type"),
        ("?severity=awful", "severity"),
        ("?session_id=1", "session_id"),
        ("?limit=1&limit=2", "limit"),
    ] {
        let reply = page(&device, &tokens, query).await;
        assert_eq!((reply.status.as_u16(), &reply.body["field"]), (400, &json!(field)), "{query}");
    }
}

#[tokio::test]
async fn only_administrators_read_the_events_of_another_user() {
    let world = World::new().await;
    let device = world.device();
    device.sign_in("alice").await;
    let bob = device.sign_in("bob").await;
    let admin = device.login(&world.assertion_with("root", json!({"scope": "latchkey:admin"}))).await;
    let admin = Tokens::of(&admin);
    for path in ["/api/auth/sessions?user_id=alice", "/api/auth/sessions/events?user_id=alice"] {
        let refused = device.clone().bearer(&bob.access).get(path).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (403, "forbidden"), "{path}");
        let shown = device.clone().bearer(&admin.access).get(path).await;
        assert_eq!(shown.status, 200, "{path}: {}", shown.body);
        assert!(shown.body.to_string().contains("Chrome"), "{}", shown.body);
    }
    world.take_scope("root", &admin.session).await;
    let refused = device.clone().bearer(&admin.access).get("/api/auth/sessions?user_id=alice").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "forbidden"), "the scope was taken away");
}

#[tokio::test]
async fn only_an_administrator_sees_the_internals_of_an_event() {
    let world = World::new().await;
    let device = world.device();
    let victim = device.sign_in("alice").await;
    let next = Tokens::of(&device.refresh(&victim.refresh).await);
    device.refresh(&next.refresh).await;
    device.refresh(&victim.refresh).await;
    let own = device.sign_in("alice").await;
    let admin = device.login(&world.assertion_with("root", json!({"scope": "latchkey:admin"}))).await;
    let reuse = |reply: Reply| -> Value { reply.body["events"][0]["details"].clone() };
    let own_view = reuse(page(&device, &own, "?type=token_reused").await);
    assert!(own_view["presented"].is_null() && own_view["device"] == "Chrome on Windows", "{own_view}");
    let full = reuse(page(&device, &Tokens::of(&admin), "?type=token_reused&user_id=alice").await);
    assert_eq!((&full["presented"], &full["current"]), (&json!(0), &json!(2)));
}
