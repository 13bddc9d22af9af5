//! The capacity units of sign-ins with a session at the provider, and of orders, as the engine counts them.

use std::future::Future;

use latchkey_local::dev_controls::stats::Usage;
use latchkey_tests::world::{Provider, World};
use serde_json::json;

use super::{Scene, send};

async fn cost<T>(world: &World, work: impl Future<Output = T>) -> (T, Usage) {
    world.server.store.global_revocation(world.now()).await.expect("the engine answers");
    world.server.stats.reset();
    let result = work.await;
    (result, world.server.stats.total())
}

#[tokio::test]
async fn a_session_at_the_provider_costs_a_sign_in_two_write_units() {
    let plain = Provider::generate();
    let without = plain.world(json!({}), &[]).await;
    let assertion = plain.assertion(&without, "alice", json!({"sid": "s"}));
    let (_, before) = cost(&without, without.device().login(&assertion)).await;
    let scene = Scene::new().await;
    for (claims, more) in [(json!({"sid": "s"}), 2.0), (json!({}), 0.0)] {
        let user = format!("user-{more}");
        let assertion = scene.provider.assertion(&scene.world, &user, claims);
        let (reply, usage) = cost(&scene.world, scene.world.device().login(&assertion)).await;
        reply.assert_status(201);
        assert_eq!(usage.write_units, before.write_units + more);
        assert_eq!((usage.read_units, usage.calls), (before.read_units, before.calls), "no call more");
    }
}

#[tokio::test]
async fn an_order_that_ends_nothing_costs_little() {
    let scene = Scene::new().await;
    let sid = scene.logout_token(json!({"sid": "none"}));
    // DynamoDB also charges a unit for a condition that fails, and does not report it.
    for (calls, units) in [(2, 1.0), (1, 0.0)] {
        let (_, usage) = cost(&scene.world, send(&scene.world, &sid)).await;
        assert_eq!((usage.calls, usage.write_units), (calls, units), "the first order makes the row");
    }
    let user = scene.logout_token(json!({"sub": "alice"}));
    cost(&scene.world, send(&scene.world, &user)).await.0.assert_status(200);
    let (_, usage) = cost(&scene.world, send(&scene.world, &user)).await;
    assert_eq!((usage.calls, usage.write_units), (1, 0.0), "a repeated order only reads");
    let forged = scene.logout_token(json!({"sub": "alice", "aud": "another"}));
    let (_, usage) = cost(&scene.world, send(&scene.world, &forged)).await;
    assert_eq!(usage.calls, 0);
}
