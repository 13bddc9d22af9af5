//! ETags: a client that polls an unchanged list gets a short 304.

use latchkey_tests::world::World;
use serde_json::{Value, json};

#[tokio::test]
async fn an_unchanged_list_is_not_sent_again() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let first = device.list(&tokens.access).await;
    let tag = first.header("etag").to_owned();
    assert!(tag.len() > 10 && tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    world.advance(60);
    let asks = device.clone().bearer(&tokens.access).header("if-none-match", &tag);
    let unchanged = asks.get("/api/auth/sessions").await;
    assert_eq!(
        (unchanged.status.as_u16(), &unchanged.body, unchanged.header("etag")),
        (304, &Value::Null, &*tag)
    );
    assert_eq!(unchanged.header("cache-control"), "no-store");
    assert_eq!(device.list(&tokens.access).await.header("etag"), tag, "the tag does not depend on the time");
    let other = world.device().sign_in("alice").await;
    let changed = asks.get("/api/auth/sessions").await;
    assert_ne!(changed.assert_status(200).header("etag"), tag);
    // A tag gives no access by itself, because the session is checked first.
    let tag = changed.header("etag").to_owned();
    device.revoke(&other.access, json!({"strategy": "others"})).await.assert_status(200);
    let asks = device.clone().bearer(&tokens.access).header("if-none-match", &tag);
    asks.get("/api/auth/sessions").await.assert_ended("signed_out");
}

#[tokio::test]
async fn an_etag_of_another_users_list_does_not_match() {
    let world = World::new().await;
    let device = world.device();
    let (alice, bob) = (device.sign_in("alice").await, device.sign_in("bob").await);
    let tag = device.list(&bob.access).await.header("etag").to_owned();
    let asks = device.clone().bearer(&alice.access).header("if-none-match", &tag);
    assert_eq!(asks.get("/api/auth/sessions").await.status, 200);
}

#[tokio::test]
async fn if_none_match_accepts_lists_weak_tags_and_a_star() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let tag = device.list(&tokens.access).await.header("etag").to_owned();
    for known in [format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let asks = device.clone().bearer(&tokens.access).header("if-none-match", &known);
        assert_eq!(asks.get("/api/auth/sessions").await.status, 304, "{known}");
    }
}
