//! `since`: only what was written in or after a minute.

use latchkey_tests::world::{Device, START, World};
use serde::Deserialize;
use serde_json::{Value, json};

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
    assert_eq!(world.feed_since(minute - 30).await.len(), 2);
    assert!(world.feed().await.payload.get("since").is_none());
}

/// A query of `tests/vectors/feed-since.json`.
#[derive(Deserialize)]
struct Case {
    why: String,
    query: String,
    edge: Value,
    api: bool,
}

/// The cases, which the CloudFront function of the template passes, too.
fn cases() -> Vec<Case> {
    #[derive(Deserialize)]
    struct File {
        cases: Vec<Case>,
    }
    let file: File = serde_json::from_str(include_str!("../../../vectors/feed-since.json")).expect("JSON");
    assert!(file.cases.len() > 70, "{} cases", file.cases.len());
    file.cases
}

impl Case {
    /// The query `minutes` after the start of a world.
    fn at(&self, minutes: i64) -> String {
        let mut parts = self.query.split('<');
        let mut whole = parts.next().expect("a split has a part").to_owned();
        for part in parts {
            let (offset, rest) = part.split_once('>').expect("a placeholder ends");
            let offset: i64 = offset.parse().expect("a number");
            whole += &format!("{}{rest}", START.div_euclid(60) + minutes + offset);
        }
        whole
    }
}

/// A cache whose key has `since` and no other parameter would store the response to another spelling as the whole feed. All verifiers
/// would then get a feed without the earlier entries, for as long as an attacker repeats the request. A cache that tells
/// spellings apart would ask again for each.
#[tokio::test]
async fn a_feed_has_one_query_for_each_minute_and_every_other_is_refused() {
    let world = World::new().await;
    let device = world.device();
    for case in cases() {
        let reply = device.get(&format!("/api/auth/.well-known/revocations?{}", case.at(0))).await;
        if case.api {
            assert_eq!(reply.status, 200, "{}: {}", case.query, case.why);
        } else {
            assert_eq!(
                (reply.status.as_u16(), &reply.body["field"]),
                (400, &json!("since")),
                "{}: {}",
                case.query,
                case.why
            );
            assert_eq!(reply.header("cache-control"), "no-store", "no cache may keep the refusal");
        }
    }
    let mut count = 0;
    for minute in (-200..200).map(|minutes| START.div_euclid(60) + minutes) {
        let reply = device.get(&format!("/api/auth/.well-known/revocations?since={minute}")).await;
        count += usize::from(reply.status == 200);
    }
    assert_eq!(count, 33, "so many keys, whatever an attacker asks for");
}

/// A refusal is not cached, so that a query that CloudFront passes and the endpoint refuses would reach the throttle each time.
#[tokio::test]
async fn the_endpoint_refuses_nothing_that_cloudfront_passes() {
    for minutes in [-1, 0, 1] {
        let world = World::new().await;
        for case in cases().iter().filter(|case| case.edge == true) {
            let reply =
                world.device().get(&format!("/api/auth/.well-known/revocations?{}", case.at(minutes))).await;
            assert_eq!(reply.status, 200, "{} with clocks that differ by {minutes} minutes", case.query);
        }
    }
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
