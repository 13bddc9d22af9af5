//! `since`: only what was written in or after a minute.

use latchkey_tests::world::{Device, START, World};
use serde_json::json;

/// Ends a new session of a user.
async fn end_one(device: &Device, user: &str) -> String {
    let tokens = device.sign_in(user).await;
    device.revoke(&tokens.access, json!({"strategy": "current"})).await.assert_status(200);
    tokens.session
}

#[tokio::test]
async fn only_entries_of_that_minute_and_later_are_returned() {
    let world = World::new().await;
    let device = world.device();
    let minute = START.div_euclid(60) + 1;
    // The last second before the minute, and its first one.
    world.advance(u64::try_from(minute * 60 - 1 - START).expect("START is no full minute"));
    let before = end_one(&device, "alice").await;
    world.advance(1);
    let after = end_one(&device, "bob").await;
    world.advance(1);
    let feed = world.feed_since(minute).await;
    assert!(feed.lists(&after) && !feed.lists(&before) && feed.len() == 1);
    assert_eq!(feed.payload["since"], minute);
    let feed = world.feed_since(minute - 1).await;
    assert!(feed.lists(&after) && feed.lists(&before) && feed.len() == 2);
    let feed = world.feed_since(minute + 1).await;
    assert!(feed.is_empty());
    assert_eq!(world.feed_since(0).await.len(), 2, "the beginning of time is the whole feed");
    assert!(world.feed().await.payload.get("since").is_none());
}

#[tokio::test]
async fn a_wrong_since_is_refused_and_named() {
    let world = World::new().await;
    let device = world.device();
    let now = START.div_euclid(60);
    let wrong = [
        "",
        "-1",
        "%2B1",
        "1.5",
        "0x10",
        "abc",
        "1%00",
        "99999999999999999999",
        "9223372036854775807",
        "%FF",
        "1&since=2",
    ];
    let wrong = wrong.into_iter().map(str::to_owned).chain([(now + 3).to_string(), START.to_string()]);
    for text in wrong {
        let reply = device.get(&format!("/api/auth/.well-known/revocations?since={text}")).await;
        reply.assert_field("since");
    }
    for minute in [now + 2, now, 0] {
        world.feed_since(minute).await;
    }
}

/// A cache whose key has `since` and no other parameter would store the response to another spelling as the whole feed. All verifiers
/// would then get a feed without the earlier entries, for as long as an attacker repeats the request.
#[tokio::test]
async fn no_other_query_than_since_is_accepted() {
    let world = World::new().await;
    let now = START.div_euclid(60);
    let queries = [
        "%73ince=",
        "Since=",
        "until=3&since=",
        "&since=",
        "x=1",
        "since",
        "since%3D",
        "s%69nce=",
        "since[]=",
    ];
    for query in queries {
        let reply = world.device().get(&format!("/api/auth/.well-known/revocations?{query}{now}")).await;
        reply.assert_field("since");
    }
    for rest in ["&x=1", "&", "%20", "&since=1"] {
        let path = format!("/api/auth/.well-known/revocations?since={now}{rest}");
        world.device().get(&path).await.assert_field("since");
    }
    let reply = world.device().get("/api/auth/.well-known/revocations?").await;
    assert!(reply.assert_status(200).body.is_string(), "an empty query is the whole feed");
}

#[tokio::test]
async fn a_refused_since_costs_no_store_call() {
    let world = World::new().await;
    let before = world.server.stats.total();
    world.device().get("/api/auth/.well-known/revocations?since=x").await.assert_field("since");
    assert_eq!(world.server.stats.total(), before);
}

/// A verifier that polls by the rules has every entry, whatever the seconds at which it polls and sessions end.
#[tokio::test]
async fn a_verifier_that_repeats_two_minutes_misses_nothing() {
    let world = World::new().await;
    let device = world.device();
    let (mut seen, mut ended) = (vec![], vec![]);
    let mut last = world.feed().await.payload["iat"].as_i64().expect("a number");
    for round in 0..40 {
        ended.push(end_one(&device, &format!("user-{round}")).await);
        world.advance(11);
        let feed = world.feed_since(last.div_euclid(60) - 2).await;
        last = feed.payload["iat"].as_i64().expect("a number");
        seen.extend(ended.iter().filter(|session| feed.lists(session)).cloned());
        assert!(ended.iter().all(|session| seen.contains(session)), "round {round}");
        assert!(feed.len() <= 17, "a delta of three minutes does not grow with the hour: {}", feed.len());
    }
    assert_eq!(world.feed().await.len(), 40);
}
