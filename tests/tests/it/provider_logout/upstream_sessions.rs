//! A logout token with `sid` ends the sessions that came from that session at the provider.

use latchkey_tests::world::World;
use serde_json::json;

use super::{LOGOUT_EVENT, Scene, send};

#[tokio::test]
async fn a_sid_alone_ends_the_sessions_that_came_from_it() {
    let scene = Scene::new().await;
    let laptop = scene.sign_in("alice", json!({"sid": "laptop"})).await;
    let tab = scene.sign_in("alice", json!({"sid": "laptop"})).await;
    let phone = scene.sign_in("alice", json!({"sid": "phone"})).await;
    let unknown = scene.sign_in("alice", json!({})).await;
    let bob = scene.sign_in("bob", json!({"sid": "bobs"})).await;
    scene.log_out(json!({"sid": "laptop"})).await.assert_status(200);
    assert!(!scene.is_alive(&laptop).await && !scene.is_alive(&tab).await);
    for other in [phone, unknown, bob] {
        assert!(scene.is_alive(&other).await);
    }
}

/// A session that was opened before the provider was allowed to end sessions does not show from which one it came.
#[tokio::test]
async fn sub_and_sid_also_end_sessions_of_unknown_origin() {
    let scene = Scene::new().await;
    let named = scene.sign_in("alice", json!({"sid": "laptop"})).await;
    let unknown = scene.sign_in("alice", json!({})).await;
    let phone = scene.sign_in("alice", json!({"sid": "phone"})).await;
    scene.log_out(json!({"sub": "alice", "sid": "laptop"})).await.assert_status(200);
    assert!(!scene.is_alive(&named).await && !scene.is_alive(&unknown).await);
    assert!(scene.is_alive(&phone).await, "another session at the provider lives on");
}

#[tokio::test]
async fn a_session_that_was_refreshed_is_still_found_by_its_sid() {
    let scene = Scene::new().await;
    let tokens = scene.sign_in("alice", json!({"sid": "s"})).await;
    scene.world.advance(6 * 86_400);
    let next = scene.world.device().refresh(&tokens.refresh).await;
    let next = latchkey_tests::world::Tokens::of(next.assert_status(200));
    scene.log_out(json!({"sid": "s"})).await.assert_status(200);
    assert!(!scene.is_alive(&next).await);
}

/// The order arrives first. The sign-in of that session must lose, whether its assertion names the user or not.
#[tokio::test]
async fn a_logout_that_overtakes_its_sign_in_wins() {
    let scene = Scene::new().await;
    for (order, claims) in [
        (json!({"sid": "s1"}), json!({"sid": "s1"})),
        (json!({"sub": "alice", "sid": "s2"}), json!({"sid": "s2"})),
        (json!({"sub": "alice"}), json!({"sid": "s3"})),
    ] {
        scene.world.advance(5);
        let assertion = scene.provider.assertion(&scene.world, "alice", claims.clone());
        scene.log_out(order.clone()).await.assert_status(200);
        for _ in 0..2 {
            let reply = scene.world.device().login(&assertion).await;
            assert_eq!((reply.status.as_u16(), reply.code()), (401, "invalid_assertion"), "{order}");
        }
        assert!(scene.world.live("alice").await.is_empty());
        scene.world.advance(1);
        let later = scene.provider.assertion(&scene.world, "alice", claims);
        scene.world.device().login(&later).await.assert_status(201);
        let now = scene.world.now().seconds();
        scene.log_out(json!({"sub": "alice", "iat": now})).await.assert_status(200);
    }
}

/// The row that remembers the order outlives every assertion that it voids.
#[tokio::test]
async fn the_memory_of_an_overtaking_logout_lasts_as_long_as_its_assertions() {
    let scene = Scene::new().await;
    let now = scene.world.now().seconds();
    let claims = json!({"sid": "s", "iat": now + 60, "exp": now + 900});
    let youngest = scene.provider.assertion(&scene.world, "alice", claims);
    scene.log_out(json!({"sid": "s", "iat": now + 60})).await.assert_status(200);
    scene.world.advance(660);
    sweep(&scene.world);
    scene.world.device().login(&youngest).await.assert_problem(401, "invalid_assertion");
    scene.world.advance(60 + 1);
    sweep(&scene.world);
    assert_eq!(rows(&scene.world).await, 0, "nothing is kept for longer");
}

fn sweep(world: &World) {
    let engine = world.server.engine.as_ref().expect("the engine is in this process");
    engine.sweep().expect("the engine deletes");
}

/// The number of rows of sessions at providers.
async fn rows(world: &World) -> usize {
    world.everything().await.matches("I#").count()
}

/// Issuers that cannot end sessions pay nothing for those that can.
#[tokio::test]
async fn only_issuers_with_logout_keep_the_session_at_the_provider() {
    let provider = latchkey_tests::world::Provider::generate();
    let world = provider.world(json!({}), &[]).await;
    let assertion = provider.assertion(&world, "alice", json!({"sid": "s"}));
    world.device().login(&assertion).await.assert_status(201);
    assert_eq!(rows(&world).await, 0);
    let scene = Scene::new().await;
    scene.sign_in("alice", json!({"sid": "s"})).await;
    assert_eq!(rows(&scene.world).await, 1);
    assert!(!scene.world.everything().await.contains("\"s\""), "the sid itself is not stored");
}

/// Keys, issuer and audience of the orders may differ from those of the sign-ins.
#[tokio::test]
async fn orders_may_have_an_issuer_and_an_audience_of_their_own() {
    let logout =
        json!({"backchannel": {"issuer": "https://org.example", "audience": "https://app.example.com"}});
    let scene = Scene::with(logout).await;
    let tokens = scene.sign_in("alice", json!({})).await;
    let own = scene.logout_token(json!({"sub": "alice"}));
    assert_eq!(send(&scene.world, &own).await.status, 400, "the issuer of the sign-ins sends no orders");
    let claims = json!({"sub": "alice", "iss": "https://org.example"});
    assert_eq!(scene.log_out(claims.clone()).await.status, 400, "the audience of the sign-ins");
    let mut claims = claims;
    claims["aud"] = json!("https://app.example.com");
    claims["events"] = json!({LOGOUT_EVENT: {}});
    scene.log_out(claims).await.assert_status(200);
    assert!(!scene.is_alive(&tokens).await);
}
