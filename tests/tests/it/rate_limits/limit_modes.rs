//! A limit in shadow mode reports which calls it would refuse, and refuses none.

use latchkey::telemetry::metrics::Counter;
use latchkey_tests::world::{Tokens, World};

#[tokio::test]
async fn a_limit_in_shadow_mode_counts_and_changes_no_response() {
    let settings = [("LIMIT_GENERAL", "2/15m:shadow"), ("LIMIT_LOGIN", "1/15m/30m:shadow")];
    let world = World::with(&settings).await;
    let device = world.device();
    let tokens = device.sign_in("alice").await;
    for _ in 0..5 {
        let reply = device.list(&tokens.access).await;
        assert_eq!(reply.assert_status(200).header("ratelimit"), "");
    }
    assert_eq!(world.server.app.metrics().value(Counter::LimitedInShadow), 3);
    for _ in 0..3 {
        let reply = device.login("made-up").await;
        assert_eq!(reply.assert_problem(401, "invalid_assertion").header("ratelimit-policy"), "");
    }
    assert_eq!(world.server.app.metrics().value(Counter::LimitedInShadow), 5);
    assert_eq!(world.count_events("alice", "rate_limited").await, 0, "no call was refused");
}

#[tokio::test]
async fn the_refresh_limit_has_a_shadow_mode_too() {
    let world = World::with(&[("LIMIT_REFRESH", "2/5m/15m:shadow")]).await;
    let device = world.device();
    let mut tokens = device.sign_in("alice").await;
    for _ in 0..5 {
        let reply = device.refresh(&tokens.refresh).await;
        assert_eq!(reply.assert_status(200).header("ratelimit"), "");
        tokens = Tokens::of(&reply);
    }
    assert_eq!(world.server.app.metrics().value(Counter::LimitedInShadow), 3);
    assert_eq!(world.count_events("alice", "blocked").await, 0);
}

#[tokio::test]
async fn a_limit_that_is_off_makes_no_call() {
    let world = World::with(&[("LIMIT_GENERAL", "1/15m:off"), ("LIMIT_REFRESH", "1/5m:off")]).await;
    let device = world.device();
    let mut tokens = device.sign_in("alice").await;
    world.server.stats.reset();
    for _ in 0..4 {
        device.list(&tokens.access).await.assert_status(200);
    }
    assert!(!world.server.stats.snapshot().dynamodb.contains_key("UpdateItem"));
    for _ in 0..4 {
        tokens = Tokens::of(device.refresh(&tokens.refresh).await.assert_status(200));
    }
    assert_eq!(world.server.app.metrics().value(Counter::LimitedInShadow), 0);
}
