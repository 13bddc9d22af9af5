//! Times: when an entry leaves, the change of the hour, and instances whose clocks differ.

use std::collections::BTreeSet;

use latchkey_tests::world::{START, World};
use serde_json::json;

async fn end_one(world: &World, user: &str) -> String {
    let device = world.device();
    let tokens = device.sign_in(user).await;
    device.revoke(&tokens.access, json!({"strategy": "current"})).await.assert_status(200);
    tokens.session
}

#[tokio::test]
async fn an_entry_leaves_two_minutes_after_the_last_access_token() {
    for (settings, lifetime) in [
        (&[][..], 3_600),
        (&[("ACCESS_TOKEN_TTL", "1d")][..], 86_400),
        // A session that a browser has bound has access tokens of 10 minutes.
        (&[("ACCESS_TOKEN_TTL", "5s")][..], 600),
    ] {
        let world = World::with(settings).await;
        let session = end_one(&world, "alice").await;
        let rows = world.feed_rows().await;
        let until = world.now().seconds() + lifetime + 120;
        assert_eq!(
            rows[0]["ttl"].as_n().expect("a number"),
            &until.to_string(),
            "DynamoDB removes the row then"
        );
        world.advance(u64::try_from(lifetime + 119).expect("it is positive"));
        assert!(world.feed().await.lists(&session), "{settings:?}");
        world.advance(1);
        // The row is still there, because DynamoDB's TTL can be days late.
        assert!(world.feed().await.is_empty(), "{settings:?}");
        let cold = world.instance(0);
        assert!(cold.feed().await.is_empty(), "{settings:?}: an instance without a copy");
    }
}

#[tokio::test]
async fn entries_of_every_hour_and_shard_are_read() {
    let world = World::with(&[("ACCESS_TOKEN_TTL", "4h")]).await;
    let into_hour = u64::try_from(3_600 - START.rem_euclid(3_600)).expect("it is positive");
    world.advance(into_hour - 8);
    let mut ended = vec![];
    // Eight endings on each side of four changes of the hour.
    for _ in 0..4 {
        for _ in 0..16 {
            ended.push(end_one(&world, &format!("user-{}", ended.len())).await);
            world.advance(1);
            let feed = world.feed().await;
            assert!(ended.iter().all(|session| feed.lists(session)), "after {} endings", ended.len());
        }
        world.advance(3_600 - 16);
    }
    let cold = world.instance(0).feed().await;
    assert_eq!((cold.len(), world.feed().await.len()), (64, 64));
    assert!(ended.iter().all(|session| cold.lists(session)));
    let rows = world.feed_rows().await;
    let part = |nth| {
        let parts = rows.iter().filter_map(move |row| row["pk"].as_s().expect("a text").split('#').nth(nth));
        parts.collect::<BTreeSet<&str>>().len()
    };
    assert_eq!((part(1), part(2)), (5, 4), "hours and shards");
}

#[tokio::test]
async fn an_ending_of_another_instance_is_listed_within_a_second() {
    // The clock of the instance that ends the session is this much ahead of the one that serves the feed.
    for ahead in [-60, -1, 0, 60] {
        for to_the_hour in [0, 30, 90] {
            let world = World::new().await;
            let into_hour = 3_600 - START.rem_euclid(3_600) - to_the_hour;
            world.advance(u64::try_from(into_hour).expect("it is positive"));
            assert!(world.feed().await.is_empty());
            let other = world.instance(ahead);
            let session = end_one(&other, "alice").await;
            let device = world.device();
            let honest = device.sign_in("bob").await;
            // The times at which one of the two clocks changes its hour, or the entry leaves the part that is read again.
            for seconds in [1, 1, 27, 1, 29, 1, 1, 28, 1, 1, 59, 1] {
                world.advance(seconds);
                let feed = world.feed().await;
                assert!(feed.lists(&session), "{ahead} s ahead, {to_the_hour} s to the hour");
                assert!(!feed.lists(&honest.session));
            }
        }
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_keeps_no_old_copy() {
    let world = World::new().await;
    world.advance(600);
    assert!(world.feed().await.is_empty());
    let behind = world.instance(-600);
    let session = end_one(&behind, "alice").await;
    world.server.clock.step_back(std::time::Duration::from_secs(600));
    let feed = world.feed().await;
    assert!(feed.lists(&session));
    assert_eq!(feed.payload["iat"], START);
}

#[tokio::test]
async fn an_instance_serves_its_copy_for_less_than_a_second() {
    let world = World::new().await;
    world.feed().await;
    let session = end_one(&world, "alice").await;
    let first = world.feed().await;
    assert!(!first.lists(&session), "the copy of this millisecond");
    world.server.clock.advance(std::time::Duration::from_millis(999));
    assert!(!world.feed().await.lists(&session));
    world.server.clock.advance(std::time::Duration::from_millis(1));
    assert!(world.feed().await.lists(&session));
}
