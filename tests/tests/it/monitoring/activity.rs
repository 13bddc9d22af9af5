//! The time of the last activity changes with a refresh and with requests that change something, never with a GET.

use latchkey_tests::world::{Tokens, World};
use serde_json::json;

async fn activity(world: &World, tokens: &Tokens) -> i64 {
    world.row("alice", &tokens.session).await.expect("a live row").last_activity.seconds()
}

#[tokio::test]
async fn a_get_does_not_change_the_last_activity() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let before = activity(&world, &tokens).await;
    world.advance(1_000);
    device.list(&tokens.access).await;
    device.clone().bearer(&tokens.access).get("/api/auth/refresh").await;
    assert_eq!(activity(&world, &tokens).await, before);
}

#[tokio::test]
async fn a_request_that_ends_others_updates_it_once_in_five_minutes() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    let start = activity(&world, &tokens).await;
    for (wait, moved_to) in [(299, 0), (1, 300), (200, 300), (100, 600)] {
        world.advance(wait);
        device.clone().bearer(&tokens.access).delete("/api/auth/sessions?scope=others").await;
        assert_eq!(activity(&world, &tokens).await - start, moved_to, "after {wait} s");
    }
}

#[tokio::test]
async fn activity_never_revives_an_ended_session() {
    let world = World::new().await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    world.advance(1_000);
    let path = format!("/api/auth/sessions/{}", tokens.session);
    let ended = device.clone().bearer(&tokens.access).delete(&path).await;
    assert_eq!((ended.status.as_u16(), &ended.body["ended"]), (200, &json!(1)));
    assert!(world.row("alice", &tokens.session).await.is_none());
}
