//! A logout token with `sid` ends the sessions that came from that session at the provider.

use latchkey::token::fetch::IssuerKeyCache;
use latchkey::token::keys::generate_key_set;
use latchkey_tests::world::{Provider, Tokens, World};
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

/// The provider's orders may have another form of `sub` than its assertions. It gets success, and sends no order again.
#[tokio::test]
async fn an_order_with_another_sub_still_ends_the_session_with_its_sid() {
    let scene = Scene::new().await;
    for sub in ["bob", "carol"] {
        let marked = scene.sign_in("alice", json!({"sid": sub})).await;
        let phone = scene.sign_in("alice", json!({"sid": "phone"})).await;
        let unmarked = scene.sign_in("alice", json!({})).await;
        let (bob, desk) =
            (scene.sign_in(sub, json!({})).await, scene.sign_in(sub, json!({"sid": "desk"})).await);
        let unused = scene.provider.assertion(&scene.world, "alice", json!({}));
        scene.log_out(json!({"sub": sub, "sid": sub})).await.assert_status(200);
        assert!(!scene.is_alive(&marked).await, "{sub}: the sid leads to this session");
        assert!(!scene.is_alive(&bob).await, "{sub}: the session of the named user may belong to it");
        for other in [phone, unmarked, desk] {
            assert!(scene.is_alive(&other).await, "{sub}");
        }
        scene.world.device().login(&unused).await.assert_status(201);
        scene.world.advance(5);
    }
}

#[tokio::test]
async fn a_session_that_was_refreshed_is_still_found_by_its_sid() {
    let scene = Scene::new().await;
    let tokens = scene.sign_in("alice", json!({"sid": "s"})).await;
    scene.world.advance(6 * 86_400);
    let next = scene.world.device().refresh(&tokens.refresh).await;
    let next = Tokens::of(next.assert_status(200));
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
        (json!({"sub": "alice"}), json!({})),
        (json!({"sub": "alice", "sid": "s4"}), json!({})),
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

/// An order about one session at the provider does not concern an assertion that names another one, nor one of a later time.
#[tokio::test]
async fn an_order_for_one_session_voids_no_assertion_of_another() {
    let scene = Scene::new().await;
    let now = scene.world.now().seconds();
    let sign = |claims| scene.provider.assertion(&scene.world, "alice", claims);
    let (other, later) = (sign(json!({"sid": "phone"})), sign(json!({"iat": now + 1})));
    let (unmarked, bob) = (sign(json!({})), scene.provider.assertion(&scene.world, "bob", json!({})));
    scene.log_out(json!({"sub": "alice", "sid": "laptop"})).await.assert_status(200);
    scene.world.device().login(&unmarked).await.assert_problem(401, "invalid_assertion");
    for assertion in [other, later, bob] {
        scene.world.device().login(&assertion).await.assert_status(201);
    }
}

/// Nothing leads from an order with `sid` alone to the user whose assertion has none, and it must not matter which comes first.
#[tokio::test]
async fn a_sid_alone_voids_no_assertion_without_one() {
    let scene = Scene::new().await;
    for known in [false, true] {
        if known {
            scene.sign_in("alice", json!({"sid": "s"})).await;
        }
        let unmarked = scene.provider.assertion(&scene.world, "alice", json!({}));
        scene.log_out(json!({"sid": "s"})).await.assert_status(200);
        scene.world.device().login(&unmarked).await.assert_status(201);
        scene.world.advance(5);
    }
}

/// The times of two orders do not take each other back, whichever is older.
#[tokio::test]
async fn an_order_for_a_session_and_one_for_its_user_both_hold() {
    let scene = Scene::new().await;
    let now = scene.world.now().seconds();
    let sign = |iat: i64| scene.provider.assertion(&scene.world, "alice", json!({"iat": iat}));
    let (early, middle, late, after) = (sign(now - 9), sign(now - 5), sign(now - 1), sign(now));
    scene.log_out(json!({"sub": "alice", "iat": now - 5})).await.assert_status(200);
    for iat in [now - 4, now - 1, now - 7] {
        scene.log_out(json!({"sub": "alice", "sid": "s", "iat": iat})).await.assert_status(200);
    }
    for void in [early, middle, late] {
        scene.world.device().login(&void).await.assert_problem(401, "invalid_assertion");
    }
    let with_sid = scene.provider.assertion(&scene.world, "alice", json!({"iat": now - 4, "sid": "t"}));
    for valid in [after, with_sid] {
        scene.world.device().login(&valid).await.assert_status(201);
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

/// The row of an old sign-in is about to be deleted when the order arrives. The order needs it for longer.
#[tokio::test]
async fn an_order_outlives_the_row_of_an_old_sign_in() {
    let scene = Scene::new().await;
    scene.sign_in("alice", json!({"sid": "s"})).await;
    // The life of a session, and the time for which its rows are kept after it.
    scene.world.advance(30 * 86_400 + 4 * 86_400 - 1);
    let unused = scene.provider.assertion(&scene.world, "alice", json!({"sid": "s"}));
    scene.log_out(json!({"sid": "s"})).await.assert_status(200);
    for seconds in [1, 200] {
        scene.world.advance(seconds);
        sweep(&scene.world);
        assert_eq!(rows(&scene.world).await, 1);
        scene.world.device().login(&unused).await.assert_problem(401, "invalid_assertion");
    }
}

/// `SESSION_TTL` was reduced. The older session still lives, and the provider must still be able to end it by its `sid`.
#[tokio::test]
async fn a_shorter_session_does_not_cut_the_row_of_a_longer_one() {
    let (provider, keys) = (Provider::generate(), generate_key_set());
    let logout = json!({"logout": {"backchannel": {}}});
    let before = provider.world(logout.clone(), &[("LATCHKEY_KEYS", &keys)]).await;
    let assertion = provider.assertion(&before, "alice", json!({"sid": "s"}));
    let mut long = Tokens::of(before.device().login(&assertion).await.assert_status(201));
    let trusted = json!([provider.entry(logout)]).to_string();
    let settings = [
        ("LATCHKEY_KEYS", keys.as_str()),
        ("LATCHKEY_TRUSTED_ISSUERS", &trusted),
        ("PROVIDER_ORDERS", "true"),
        ("SESSION_TTL", "1d"),
        ("REFRESH_TOKEN_TTL", "1d"),
    ];
    let world = before.redeployed(&settings, IssuerKeyCache::default());
    let scene = Scene { provider, world };
    scene.sign_in("alice", json!({"sid": "s"})).await;
    // Longer than the shorter session, and than the four days for which its rows are kept after it.
    for _ in 0..6 {
        scene.world.advance(80_000);
        long = Tokens::of(scene.world.device().refresh(&long.refresh).await.assert_status(200));
    }
    let engine = before.server.engine.as_ref().expect("the engine is in this process");
    engine.sweep().expect("the engine deletes");
    scene.log_out(json!({"sid": "s"})).await.assert_status(200);
    assert!(!scene.is_alive(&long).await);
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
    let provider = Provider::generate();
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
