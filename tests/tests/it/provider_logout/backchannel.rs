//! A logout token ends the sessions that it names, at once, and no others.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use latchkey_tests::world::{PROVIDER, Provider, Tokens, World};
use serde_json::{Value, json};

use super::{LOGOUT_EVENT, Scene, send};

#[tokio::test]
async fn a_logout_token_ends_all_sessions_of_its_user() {
    let scene = Scene::new().await;
    let (one, two) =
        (scene.sign_in("alice", json!({})).await, scene.sign_in("alice", json!({"sid": "s"})).await);
    let bob = scene.sign_in("bob", json!({})).await;
    let reply = scene.log_out(json!({"sub": "alice"})).await;
    reply.assert_status(200).assert_no_cookie();
    assert_eq!((reply.header("cache-control"), &reply.body), ("no-store", &Value::Null));
    assert!(!scene.is_alive(&one).await && !scene.is_alive(&two).await);
    assert!(scene.is_alive(&bob).await);
    let events = scene.world.raw_events("alice", "session_ended").await;
    assert_eq!(events.len(), 2);
    for event in events {
        let details = event["details"].as_m().expect("a map");
        assert_eq!(details["reason"].as_s().expect("text"), "provider");
        assert_eq!(details["by"].as_m().expect("a map")["kind"].as_s().expect("text"), "provider");
    }
    let rest = scene.sign_in_later("alice").await;
    assert!(scene.is_alive(&rest).await, "the user may sign in again");
}

#[tokio::test]
async fn a_repeated_logout_token_ends_nothing_new() {
    let scene = Scene::new().await;
    for claims in [json!({"sub": "alice"}), json!({"sub": "alice", "sid": "s"}), json!({"sid": "s"})] {
        scene.sign_in_later("alice").await;
        let token = scene.logout_token(claims.clone());
        send(&scene.world, &token).await.assert_status(200);
        let later = scene.sign_in_later("alice").await;
        let before = scene.world.everything().await;
        send(&scene.world, &token).await.assert_status(200);
        scene.world.assert_unchanged(&before, &format!("a repeated order: {claims}")).await;
        assert!(scene.is_alive(&later).await);
    }
}

/// The time of an order is the provider's. A session whose assertion is younger was opened after the order.
#[tokio::test]
async fn an_order_ends_sessions_up_to_its_own_second() {
    let scene = Scene::new().await;
    let now = scene.world.now().seconds();
    let before = scene.sign_in("alice", json!({"iat": now - 1})).await;
    let same = scene.sign_in("alice", json!({"iat": now})).await;
    let after = scene.sign_in("alice", json!({"iat": now + 1})).await;
    scene.log_out(json!({"sub": "alice", "iat": now})).await.assert_status(200);
    assert!(!scene.is_alive(&before).await && !scene.is_alive(&same).await);
    assert!(scene.is_alive(&after).await);
}

#[tokio::test]
async fn an_order_voids_unused_assertions_without_any_allowance() {
    let scene = Scene::new().await;
    let now = scene.world.now().seconds();
    let sign = |iat: i64| scene.provider.assertion(&scene.world, "alice", json!({"iat": iat}));
    let (before, same, after) = (sign(now - 1), sign(now), sign(now + 1));
    // An administrator's revocation would still accept the assertion of a second before.
    scene.log_out(json!({"sub": "alice", "iat": now})).await.assert_status(200);
    for void in [before, same] {
        scene.world.device().login(&void).await.assert_problem(401, "invalid_assertion");
    }
    scene.world.device().login(&after).await.assert_status(201);
}

#[tokio::test]
async fn an_order_of_an_older_time_does_not_take_back_a_newer_one() {
    let scene = Scene::new().await;
    let now = scene.world.now().seconds();
    let assertion = scene.provider.assertion(&scene.world, "alice", json!({"iat": now - 1}));
    scene.log_out(json!({"sub": "alice", "iat": now})).await.assert_status(200);
    scene.log_out(json!({"sub": "alice", "iat": now - 300})).await.assert_status(200);
    scene.world.device().login(&assertion).await.assert_problem(401, "invalid_assertion");
}

#[tokio::test]
async fn an_order_about_an_unknown_user_is_answered_like_all_others() {
    let scene = Scene::new().await;
    for claims in [json!({"sub": "new-user"}), json!({"sid": "none"}), json!({"sub": "x".repeat(255)})] {
        let reply = scene.log_out(claims).await;
        assert_eq!((reply.status.as_u16(), &reply.body), (200, &Value::Null));
    }
    let first = scene.provider.assertion(&scene.world, "new-user", json!({}));
    scene.world.device().login(&first).await.assert_problem(401, "invalid_assertion");
}

#[tokio::test]
async fn a_users_long_id_is_ended_like_any_other() {
    let scene = Scene::new().await;
    let user = "u".repeat(255);
    let tokens = scene.sign_in(&user, json!({"sid": "s"})).await;
    scene.log_out(json!({"sid": "s"})).await.assert_status(200);
    assert!(!scene.is_alive(&tokens).await);
}

/// Providers send an order once. A part of it that names nothing must not lose the order of the other part.
#[tokio::test]
async fn either_of_sub_and_sid_is_enough_beside_one_that_names_nothing() {
    let scene = Scene::new().await;
    for sub in [json!(""), json!("ali\nce"), json!("a".repeat(256))] {
        let (laptop, phone) = (
            scene.sign_in("alice", json!({"sid": "l"})).await,
            scene.sign_in("alice", json!({"sid": "p"})).await,
        );
        scene.log_out(json!({"sub": sub, "sid": "l"})).await.assert_status(200);
        assert!(!scene.is_alive(&laptop).await && scene.is_alive(&phone).await, "{sub}");
        scene.world.advance(5);
    }
    let tokens = scene.sign_in_later("alice").await;
    scene.log_out(json!({"sub": "alice", "sid": ""})).await.assert_status(200);
    assert!(!scene.is_alive(&tokens).await);
}

/// The types that OpenID Connect Back-Channel Logout 1.0 permits, and a token without `exp`, as its drafts had it.
#[tokio::test]
async fn every_permitted_form_of_a_logout_token_is_accepted() {
    let scene = Scene::new().await;
    for (typ, changes) in [
        (json!("logout+jwt"), json!({})),
        (json!("Logout+JWT"), json!({})),
        (json!("application/logout+jwt"), json!({})),
        (json!("JWT"), json!({})),
        (Value::Null, json!({})),
        (json!("logout+jwt"), json!({"exp": null})),
        (json!("logout+jwt"), json!({"aud": ["another", "shop"]})),
        (json!("logout+jwt"), json!({"iat": scene.world.now().seconds() as f64 + 40.5})),
        (
            json!("logout+jwt"),
            json!({"events": {LOGOUT_EVENT: {"reason": "x"}, "https://other.example": {}}}),
        ),
        (json!("logout+jwt"), json!({"unknown": {"claim": 1}, "trace_id": "x"})),
    ] {
        let tokens = scene.sign_in_later("alice").await;
        let mut claims = scene.logout_claims(json!({"sub": "alice"}));
        claims.as_object_mut().expect("claims").extend(changes.as_object().expect("changes").clone());
        claims.as_object_mut().expect("claims").retain(|_, value| !value.is_null());
        let mut header = json!({"alg": "ES256", "kid": "p1", "typ": typ});
        header.as_object_mut().expect("a header").retain(|_, value| !value.is_null());
        let token = scene.provider.sign(&header, &claims.to_string());
        send(&scene.world, &token).await.assert_status(200);
        assert!(!scene.is_alive(&tokens).await, "{header} {changes}");
    }
}

/// The example of OpenID Connect Back-Channel Logout 1.0 section 2.4, with its issuer, audience, subject and session, and the
/// times of today.
#[tokio::test]
async fn the_example_of_the_specification_ends_its_session() {
    let provider = Provider::generate();
    let (issuer, audience) = ("https://server.example.com", "s6BhdRkqt3");
    let entry = json!({"issuer": issuer, "audience": audience, "logout": {"backchannel": {}}});
    let world = provider.world(entry, &[]).await;
    let (sub, sid) = ("248289761001", "08a5019c-17e1-4977-8f42-65a12843ea02");
    let claims = json!({"iss": issuer, "aud": audience, "sid": sid});
    let assertion = provider.assertion(&world, sub, claims);
    let tokens = Tokens::of(world.device().login(&assertion).await.assert_status(201));
    let now = world.now().seconds();
    let claims = json!({
        "iss": issuer, "sub": sub, "aud": audience, "iat": now, "exp": now + 120, "jti": "bWJq", "sid": sid,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    });
    let token =
        provider.sign(&json!({"typ": "logout+jwt", "alg": "ES256", "kid": "p1"}), &claims.to_string());
    send(&world, &token).await.assert_status(200);
    world.device().refresh(&tokens.refresh).await.assert_ended("provider");
}

/// An independent library makes the token.
#[tokio::test]
async fn a_logout_token_of_an_independent_library_is_accepted() {
    let (world, key) = trusting_a_library().await;
    let now = world.now().seconds();
    let claims = json!({"iss": PROVIDER, "aud": "shop", "iat": now, "exp": now + 300});
    let (mut assertion, mut logout) = (claims.clone(), claims);
    assertion["sub"] = json!("alice");
    logout["sub"] = json!("alice");
    logout["jti"] = json!("1");
    logout["events"] = json!({LOGOUT_EVENT: {}});
    let header = Header { kid: Some("p1".into()), ..Header::new(Algorithm::ES256) };
    let assertion = encode(&header, &assertion, &key).expect("it signs");
    let tokens = Tokens::of(world.device().login(&assertion).await.assert_status(201));
    let header = Header { typ: Some("logout+jwt".into()), ..header };
    send(&world, &encode(&header, &logout, &key).expect("it signs")).await.assert_status(200);
    world.device().refresh(&tokens.refresh).await.assert_ended("provider");
}

/// A world that trusts a key of the library.
async fn trusting_a_library() -> (World, EncodingKey) {
    let provider = Provider::generate();
    let world = provider.world(json!({"logout": {"backchannel": {}}}), &[]).await;
    let der = provider.pair().to_pkcs8v1().expect("a private key");
    (world, EncodingKey::from_ec_der(der.as_ref()))
}

impl Scene {
    /// Signs a user in some seconds later, so that the assertion is younger than every order before.
    pub(super) async fn sign_in_later(&self, user: &str) -> Tokens {
        self.world.advance(5);
        self.sign_in(user, json!({"sid": "s"})).await
    }
}
