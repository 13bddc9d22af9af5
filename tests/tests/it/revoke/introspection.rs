//! Introspection: a token is active exactly as long as its session lives.

use latchkey_local::dev_controls::faults::FaultKind;
use latchkey_tests::world::{Device, Reply, World, flipped};
use serde_json::json;

async fn ask(device: &Device, token: &str) -> Reply {
    let form = "application/x-www-form-urlencoded";
    device.send("POST", "/api/auth/introspect", Some(form), format!("token={token}")).await
}

fn backend(world: &World) -> Device {
    world.device().bearer(&world.assertion_with("api", json!({"scope": "latchkey:introspect"})))
}

#[tokio::test]
async fn a_backend_gets_all_claims_of_an_active_token() {
    let world = World::new().await;
    let tokens = world.device().sign_in("alice").await;
    let reply = ask(&backend(&world), &tokens.access).await;
    assert_eq!(
        reply.assert_status(200).members(),
        ["active", "aud", "auth_time", "client_id", "exp", "iat", "iss", "jti", "sid", "sub", "token_type"]
    );
    let body = &reply.body;
    assert_eq!(
        (&body["active"], &body["sub"], &body["sid"]),
        (&json!(true), &json!("alice"), &json!(tokens.session))
    );
    assert_eq!(
        (&body["exp"], &body["token_type"]),
        (&json!(world.now().seconds() + 3_600), &json!("Bearer"))
    );
}

#[tokio::test]
async fn all_inactive_tokens_get_the_same_response() {
    let world = World::new().await;
    let device = world.device();
    let (tokens, ended) = (device.sign_in("alice").await, device.sign_in("bob").await);
    device.revoke(&ended.access, json!({"strategy": "current"})).await.assert_status(200);
    let pending = device.sign_in("carol").await;
    world.set_pending_end("carol", &pending.session, "admin").await;
    let backend = backend(&world);
    let assertion = world.assertion("alice");
    for (what, token) in [
        ("made up", "x"),
        ("tampered", &flipped(&tokens.access)),
        ("a refresh token", &tokens.refresh),
        ("an assertion", &assertion),
        ("of an ended session", &ended.access),
        ("of a session with a pending end", &pending.access),
    ] {
        let reply = ask(&backend, token).await;
        assert_eq!((reply.status.as_u16(), &reply.body), (200, &json!({"active": false})), "{what}");
    }
    let fresh = world.assertion_with(
        "api",
        json!({"scope": "latchkey:introspect", "iat": world.now().seconds() + 3_600 - 60}),
    );
    drop(fresh);
    world.advance(3_600);
    let backend = self::backend(&world);
    assert_eq!(ask(&backend, &tokens.access).await.body, json!({"active": false}), "expired");
}

#[tokio::test]
async fn a_scope_that_was_taken_away_is_missing_from_introspection() {
    let world = World::new().await;
    let admin = super::admin::admin(&world).await;
    let backend = backend(&world);
    assert_eq!(ask(&backend, &admin.access).await.body["scope"], "latchkey:admin");
    world.take_scope("root", &admin.session).await;
    assert_eq!(ask(&backend, &admin.access).await.body.get("scope"), None);
}

#[tokio::test]
async fn a_token_holder_may_introspect_that_token_only() {
    let world = World::new().await;
    let device = world.device();
    let (mine, other) = (device.sign_in("alice").await, device.sign_in("alice").await);
    let own = device.clone().bearer(&mine.access);
    assert_eq!(ask(&own, &mine.access).await.body["active"], true);
    assert_refused(&ask(&own, &other.access).await, "invalid_token");
    assert_refused(&ask(&device, &mine.access).await, "token_missing");
    assert_eq!(ask(&device.clone().bearer("x"), "x").await.body, json!({"active": false}));
    let wrong_scope =
        device.clone().bearer(&world.assertion_with("api", json!({"scope": "latchkey:attempts"})));
    let refused = ask(&wrong_scope, &mine.access).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "forbidden"));
    assert_eq!(refused.body["error"], "insufficient_scope");
    assert!(refused.header("www-authenticate").contains("insufficient_scope"));
    let cookie = device.clone().cookies(&format!("latchkey_access={}", mine.access));
    assert_refused(&ask(&cookie, &mine.access).await, "token_missing");
}

/// RFC 7662 section 2.3: a caller without a valid credential gets 401 with a challenge, in the error format of OAuth.
#[track_caller]
fn assert_refused(reply: &Reply, code: &str) {
    assert_eq!((reply.status.as_u16(), reply.code()), (401, code), "{}", reply.body);
    assert_eq!(
        (&reply.body["error"], reply.header("content-type")),
        (&json!("invalid_client"), "application/json")
    );
    assert!(reply.header("www-authenticate").starts_with("Bearer"));
}

#[tokio::test]
async fn invalid_forms_are_400_and_a_store_outage_is_503() {
    let world = World::new().await;
    let tokens = world.device().sign_in("alice").await;
    let backend = backend(&world);
    let send = async |kind: &str, body: &str| {
        backend.send("POST", "/api/auth/introspect", Some(kind), body.to_owned()).await
    };
    let form = "application/x-www-form-urlencoded";
    for body in ["", "token=", "token=a&token=b"] {
        let reply = send(form, body).await;
        assert_eq!((reply.status.as_u16(), &reply.body["error"]), (400, &json!("invalid_request")), "{body}");
    }
    send("application/json", "{\"token\":\"a\"}").await.assert_problem(415, "unsupported_media_type");
    world.server.faults.queue(Some("GetItem"), FaultKind::Error500, 3);
    let reply = ask(&backend, &tokens.access).await;
    assert_eq!((reply.status.as_u16(), &reply.body["error"]), (503, &json!("temporarily_unavailable")));
}
